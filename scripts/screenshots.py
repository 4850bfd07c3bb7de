"""Makes the README's pictures as Chromium shows them: the report of a sample clip, and that of an exam.

The exam's counts are drawn at random around made-up rates, as no clips of a whole exam are small enough to lie here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from fasciscan import __version__
from fasciscan.clip import ClipOptions
from fasciscan.exam import ClipCount, Entry, Muscle, make_exam
from fasciscan.exam.clip_counts import ClipEvent
from fasciscan.exam.context import Context, Signs, Triggers
from fasciscan.pipeline import analyze
from fasciscan.report import write_reports
from fasciscan.report.exam_write import PAGE_NAME, write_exam

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "data_samples" / "biceps-twitches.mp4"
MM_PER_PX = 0.1
IMAGES = ROOT / "docs" / "images"
WIDTH_PX = 1200
"""Of the window: as wide as the pages grow."""
CLIP_HEIGHT_PX = 1465
"""Down to the end of the raster."""
EXAM_HEIGHT_PX = 2130
"""Down to the first muscles of the table."""
TIMEOUT_S = 120


RATES_PER_MIN = {
    ("tongue", None): 0.0,
    ("trapezius", "left"): 2.0, ("trapezius", "right"): 0.0,
    ("deltoid", "left"): 14.0, ("deltoid", "right"): 5.0,
    ("biceps", "left"): 42.0, ("biceps", "right"): 11.0,
    ("triceps", "left"): 9.0, ("triceps", "right"): 3.0,
    ("FDI", "left"): 65.0, ("FDI", "right"): 18.0,
    ("thoracic paraspinals", "left"): 1.0, ("thoracic paraspinals", "right"): 0.0,
    ("RF", "left"): 3.0, ("RF", "right"): 0.0,
    ("TA", "left"): 6.0, ("TA", "right"): 2.0,
    ("GM", "left"): 8.0, ("GM", "right"): 12.0,
}  # fmt: skip
"""Of each muscle of the made-up exam, named as a manifest may; from none to within the range that MRI found in ALS."""
CLIPS_S = (30.0, 32.0)
"""Length of each muscle's clips."""
SITES = 3
"""Most in a clip."""
FRAME_PX, DEPTH_MM = (640, 480), 40.0
AMPLITUDE_MM, DURATION_S = 0.2, 0.25
"""Medians of the twitches."""
SPREAD = 0.35
"""Standard deviation of the logarithm of both."""


def main() -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("There is no Chromium here; make browser installs it.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        take_picture(browser, report_clip(folder), IMAGES / "report.png", CLIP_HEIGHT_PX, folder)
        take_picture(browser, report_exam(folder / "exam"), IMAGES / "exam.png", EXAM_HEIGHT_PX, folder)


def report_clip(folder: Path) -> Path:
    """Analyse the sample clip and write its page."""
    done = analyze(
        CLIP.relative_to(ROOT),
        ClipOptions(mm_per_px=MM_PER_PX),
        muscle=Muscle("biceps brachii", "left"),
        command=f"fasciscan analyze {CLIP.relative_to(ROOT)} --mm-per-px {MM_PER_PX}",
    )
    (page,) = write_reports(done.clip, done.result, done.raster, folder, ["html"])
    return page


def report_exam(folder: Path) -> Path:
    """Make up an exam and write its page."""
    rng = np.random.default_rng(0)
    clips = [
        make_up_clip(Entry(folder / f"{'-'.join(filter(None, place))}-{n}.mp4", *place), seconds, rate, rng)
        for place, rate in RATES_PER_MIN.items()
        for n, seconds in enumerate(CLIPS_S, 1)
    ]
    signs = Signs(weakness=True, atrophy=False, bulbar=False, severe_cramps=False)
    context = Context(signs, Triggers(caffeine=True, poor_sleep=True))
    exam = make_exam(
        clips, context=context, subject="EXAMPLE", visit_date=date(2026, 3, 2), command="fasciscan exam visit-3",
        version=__version__,
    )  # fmt: skip
    write_exam(exam, folder)
    return folder / PAGE_NAME


def make_up_clip(entry: Entry, seconds: float, rate_per_min: float, rng: np.random.Generator) -> ClipCount:
    """Make up what was found in a clip: twitches at random moments, from a few sites."""
    width, height = FRAME_PX
    sites = rng.uniform((0.1 * width, 0.2 * height), (0.9 * width, 0.8 * height), (SITES, 2))
    events = []
    for number, peak_s in enumerate(np.sort(rng.uniform(0.5, seconds - 0.5, rng.poisson(rate_per_min * seconds / 60)))):
        site = int(rng.integers(SITES))
        x_px, y_px = sites[site]
        amplitude, duration = np.exp(rng.normal(np.log((AMPLITUDE_MM, DURATION_S)), SPREAD))
        mm_per_px = DEPTH_MM / height
        events.append(
            ClipEvent(
                number + 1, 0.9, peak_s - duration / 3, peak_s, peak_s + 2 * duration / 3, x_px, y_px,
                x_px * mm_per_px, y_px * mm_per_px, amplitude, None, None, site + 1,
            )
        )  # fmt: skip
    area_mm2 = width * height * (DEPTH_MM / height) ** 2
    return ClipCount(
        entry, entry.clip.with_suffix(".json"), sha256(entry.clip.name.encode()).hexdigest(), width, height, seconds,
        seconds, (), 40.0, area_mm2, 0.08, tuple(events), (), len({event.site for event in events}), (), __version__,
        "made up", None,
    )  # fmt: skip


def take_picture(browser: str, page: Path, picture: Path, height_px: int, scratch: Path) -> None:
    """Let the browser draw the page, and keep it at PNG's best compression, which Chromium does not use."""
    raw = scratch / "raw.png"
    subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--no-first-run", f"--user-data-dir={scratch / 'profile'}", "--hide-scrollbars",
            f"--window-size={WIDTH_PX},{height_px}", f"--screenshot={raw}", page.as_uri(),
        ],
        check=True, capture_output=True, timeout=TIMEOUT_S,
    )  # fmt: skip
    pixels = cv2.imread(str(raw))
    if pixels is None:
        raise SystemExit(f"{page}: {browser} drew no picture.")
    cv2.imwrite(str(picture), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
