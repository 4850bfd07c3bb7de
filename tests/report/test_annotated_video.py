"""The annotated video plays at the recording's times and outlines an event while it lasts."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from fasciscan.report import annotated_video, write_reports


def decode(case, tmp_path) -> tuple[list[float], list[np.ndarray]]:
    (path,) = write_reports(case.clip, case.result, case.raster, tmp_path, ["mp4"])
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [float(frame.time) for frame in frames], [frame.to_ndarray(format="rgb24") for frame in frames]


def orange(picture: np.ndarray) -> np.ndarray:
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    return (red > 140) & (red - blue > 80) & (green > 70)


def first_seconds(case, seconds: float):
    times_s = case.clip.times_s[case.clip.times_s < seconds]
    clip = replace(case.clip, times_s=times_s, source=replace(case.clip.source, times_s=times_s))
    return replace(case, clip=clip)


def test_an_event_is_outlined_while_it_lasts_and_not_at_rest(case, tmp_path):
    times_s, pictures = decode(first_seconds(case, 5.0), tmp_path)
    height = case.clip.height
    at_peak = orange(pictures[int(np.argmin(np.abs(np.array(times_s) - 3.2)))][:height])
    at_rest = orange(pictures[int(np.argmin(np.abs(np.array(times_s) - 1.0)))][:height])
    assert not at_rest.any()
    rows, columns = np.nonzero(at_peak)
    assert (columns.mean(), rows.mean()) == pytest.approx((110, 90), abs=8)
    assert np.ptp(columns) == pytest.approx(90, abs=10)


def test_times_are_those_of_a_recording_with_an_uneven_rate(case, tmp_path):
    rng = np.random.default_rng(5)
    times_s = np.concatenate([[0.0], np.cumsum(rng.uniform(0.011, 0.09, 80))])
    uneven = replace(case.clip, times_s=times_s, source=replace(case.clip.source, times_s=times_s))
    told, _ = decode(replace(case, clip=uneven), tmp_path)
    assert told == pytest.approx(times_s.tolist(), abs=1e-4)


def test_a_time_in_a_bare_file_name_is_no_protocol(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    short = first_seconds(case, 0.5)
    annotated_video.write_video(short.clip, short.result, short.raster, Path("2024-01-05T10:30:00.mp4"))
    assert (tmp_path / "2024-01-05T10:30:00.mp4").stat().st_size > 0


def test_odd_sizes_are_made_even_and_the_picture_is_not_covered(case, tmp_path):
    class Odd:
        def frames(self):
            for frame in case.clip.source.frames():
                if frame.index == 3:
                    return
                yield frame._replace(luma=frame.luma[:201, :301])

    mask = case.clip.mask[:201, :301]
    odd = replace(case.clip, width=301, height=201, mask=mask, source=Odd())
    _, pictures = decode(replace(case, clip=odd), tmp_path)
    height, width, _ = pictures[0].shape
    assert (height % 2, width % 2) == (0, 0)
    original = next(iter(odd.frames())).luma
    assert np.abs(pictures[0][:201, :301].mean(axis=2) - original).mean() < 12


def test_without_x264_mpeg4_is_written(case, tmp_path, monkeypatch):
    monkeypatch.setattr(annotated_video, "CODECS", ("mpeg4",))
    times_s, _ = decode(first_seconds(case, 1.0), tmp_path)
    assert times_s == pytest.approx(case.clip.times_s[:40].tolist(), abs=1e-4)
