"""DICOM clips are read in every coding, with their own times, scale and region, and a stale tag is not believed."""

import cv2
import numpy as np
import pytest
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import expand_ybr422
from pydicom.uid import (
    MPEG4HP41,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

from fasciscan.clip import ClipOptions, open_clip
from fasciscan.errors import ClipError


def header_of(frames, photometric="MONOCHROME2", **elements):
    """DICOM header for (n, h, w) or (n, h, w, 3) frames, without pixels."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = UltrasoundMultiFrameImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid()
    ds.Modality = "US"
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape[:3]
    ds.SamplesPerPixel = frames.shape[3] if frames.ndim == 4 else 1
    ds.PhotometricInterpretation = photometric
    if ds.SamplesPerPixel > 1:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = ds.BitsStored = 8 * frames.dtype.itemsize
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = 0
    ds.FrameTime = "40"
    ds.FrameIncrementPointer = 0x00181063
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def save(ds, path, data=None, syntax=None):
    if data is not None:
        ds.PixelData = data + b"\0" * (len(data) % 2)
        ds["PixelData"].VR = "OB" if ds.BitsAllocated == 8 else "OW"
    if syntax is not None:
        ds.file_meta.TransferSyntaxUID = syntax
    little = ds.file_meta.TransferSyntaxUID != ExplicitVRBigEndian
    implicit = ds.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    ds.save_as(path, enforce_file_format=True, implicit_vr=implicit, little_endian=little)
    return path


def region(box, unit=3, delta=0.01, spatial=1, data=1):
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = spatial, data, 0
    item.RegionLocationMinX0, item.RegionLocationMinY0, item.RegionLocationMaxX1, item.RegionLocationMaxY1 = box
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = unit
    item.PhysicalDeltaX, item.PhysicalDeltaY = delta, delta * 1.5
    return item


def luma(clip):
    return np.stack([frame.luma.copy() for frame in clip.frames()])


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, JPEG2000Lossless])
def test_lossless_codings_give_the_very_grey_levels(syntax, tmp_path, speckle):
    frames = speckle(12)
    ds = header_of(frames)
    ds.PixelData = frames.tobytes()
    ds["PixelData"].VR = "OB"
    if syntax.is_compressed:
        ds.compress(syntax, generate_instance_uid=False)
    clip = open_clip(save(ds, tmp_path / "c.dcm", syntax=syntax))
    np.testing.assert_array_equal(luma(clip), frames)
    np.testing.assert_allclose(clip.times_s, np.arange(12) * 0.04)
    assert clip.timing_source == "dicom FrameTime"


@pytest.mark.parametrize("coding", ["RLE", "jpeg_ls_lossless", "jpeg_2k_lossless", "big_endian"])
def test_the_same_image_in_other_codings_is_the_same(coding):
    plain, coded = (get_testdata_file(f"emri_small{end}.dcm", download=False) for end in ("", "_" + coding))
    if plain is None or coded is None:
        pytest.skip("pydicom's test files are not installed")
    np.testing.assert_array_equal(luma(open_clip(coded)), luma(open_clip(plain)))


def test_lossless_jpeg_is_read():
    path = get_testdata_file("SC_rgb_jpeg_gdcm.dcm", download=False)
    if path is None:
        pytest.skip("pydicom's test files are not installed")
    clip = open_clip(path)
    assert clip.codec == "dicom jpeg lossless"
    assert luma(clip).std() > 10


def test_jpeg_baseline_is_read_fast_and_right(tmp_path, speckle):
    frames = speckle(12)
    pictures = [cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes() for f in frames]
    clip = open_clip(save(header_of(frames), tmp_path / "c.dcm", encapsulate(pictures), JPEGBaseline8Bit))
    assert clip.codec == "dicom jpeg baseline"
    assert np.abs(luma(clip).astype(int) - frames).mean() < 2


def test_jpeg_pictures_may_be_padded(tmp_path, speckle):
    frames = speckle(6)
    pictures = [cv2.imencode(".jpg", f)[1].tobytes() + bytes(100) for f in frames]
    clip = open_clip(save(header_of(frames), tmp_path / "c.dcm", encapsulate(pictures), JPEGBaseline8Bit))
    assert len(luma(clip)) == 6


def test_jpeg_pictures_without_an_end_mark_are_whole_but_for_the_last(tmp_path, speckle, capfd):
    frames = speckle(6)
    pictures = [cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()[:-2] for f in frames]
    clip = open_clip(save(header_of(frames), tmp_path / "c.dcm", encapsulate(pictures), JPEGBaseline8Bit))
    assert np.abs(luma(clip).astype(int) - frames[:5]).mean() < 2
    assert capfd.readouterr() == ("", "")  # the decoder finds no fault with them


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("with_table", [True, False])
def test_frames_in_several_fragments_are_put_together(fragments, with_table, tmp_path, speckle):
    frames = speckle(8)
    pictures = [cv2.imencode(".jpg", f)[1].tobytes() for f in frames]
    data = encapsulate(pictures, fragments_per_frame=fragments, has_bot=with_table)
    clip = open_clip(save(header_of(frames), tmp_path / "c.dcm", data, JPEGBaseline8Bit))
    assert len(luma(clip)) == 8
    assert not [w for w in clip.warnings if "promises" in w]


def test_big_endian_16_bit_uses_the_window(tmp_path, speckle):
    frames = speckle(6).astype(np.uint16) * 16
    ds = header_of(frames, WindowCenter=2040, WindowWidth=4080)
    clip = open_clip(save(ds, tmp_path / "c.dcm", frames.astype(">u2").tobytes(), ExplicitVRBigEndian))
    np.testing.assert_allclose(luma(clip), frames / 16, atol=1)


def test_deep_pixels_without_a_window_span_the_grey_levels(tmp_path, speckle):
    frames = speckle(6).astype(np.uint16) * 4 + 100  # 10 of 16 bits
    read = luma(open_clip(save(header_of(frames), tmp_path / "c.dcm", frames.tobytes())))
    assert read.min() == 0
    assert read.max() == 255


def test_bytes_in_big_endian_words_are_put_in_order(tmp_path, speckle):
    frames = speckle(3)
    ds = header_of(frames)
    ds.PixelData = frames.view("<u2").byteswap().tobytes()
    ds["PixelData"].VR = "OW"
    clip = open_clip(save(ds, tmp_path / "c.dcm", syntax=ExplicitVRBigEndian))
    np.testing.assert_array_equal(luma(clip), frames)


def test_signed_bytes_do_not_wrap_round(tmp_path, speckle):
    frames = speckle(3)
    frames[:, 0, :2] = 0, 255
    ds = header_of(frames, PixelRepresentation=1)
    clip = open_clip(save(ds, tmp_path / "c.dcm", (frames.astype(int) - 128).astype(np.int8).tobytes()))
    np.testing.assert_array_equal(luma(clip), frames)


def test_monochrome1_is_turned_round(tmp_path, speckle):
    frames = speckle(3)
    clip = open_clip(save(header_of(frames, "MONOCHROME1"), tmp_path / "c.dcm", frames.tobytes()))
    np.testing.assert_array_equal(luma(clip), 255 - frames)


@pytest.mark.parametrize("planar", [0, 1])
def test_rgb_becomes_luma(planar, tmp_path, speckle):
    colours = np.stack([speckle(3, seed=s) for s in range(3)], axis=-1)
    stored = np.moveaxis(colours, 3, 1) if planar else colours
    ds = header_of(colours, "RGB", PlanarConfiguration=planar)
    clip = open_clip(save(ds, tmp_path / "c.dcm", np.ascontiguousarray(stored).tobytes()))
    np.testing.assert_allclose(luma(clip), colours @ [0.299, 0.587, 0.114], atol=1)


@pytest.mark.parametrize("planar", [0, 1])
def test_ybr_full_gives_its_luma(planar, tmp_path, speckle):
    colours = np.stack([speckle(3, seed=s) for s in range(3)], axis=-1)
    stored = np.moveaxis(colours, 3, 1) if planar else colours
    ds = header_of(colours, "YBR_FULL", PlanarConfiguration=planar)
    clip = open_clip(save(ds, tmp_path / "c.dcm", np.ascontiguousarray(stored).tobytes()))
    np.testing.assert_array_equal(luma(clip), colours[..., 0])


def test_native_ybr_422_gives_its_luma(tmp_path, speckle):
    frames = speckle(3)
    packed = np.full((*frames.shape[:2], frames.shape[2] // 2, 4), 128, np.uint8)
    packed[..., :2] = frames.reshape(*packed.shape[:3], 2)
    assert expand_ybr422(packed[0].tobytes(), 8)[::3] == frames[0].tobytes()  # as pydicom understands the layout
    ds = header_of(np.empty((*frames.shape, 3), np.uint8), "YBR_FULL_422")
    clip = open_clip(save(ds, tmp_path / "c.dcm", packed.tobytes()))
    np.testing.assert_array_equal(luma(clip), frames)


def with_palette(ds, bits, table, kind=""):
    for colour in ("Red", "Green", "Blue"):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, bits])
        setattr(ds, f"{kind}{colour}PaletteColorLookupTableData", table)
    return ds


FALLING = np.arange(256)[::-1]


@pytest.mark.parametrize(
    ("bits", "table"),
    [
        (16, (FALLING * 257).astype("<u2")),
        (8, FALLING.astype("u1")),
        (8, FALLING.astype("<u2")),
        (16, FALLING.astype("<u2")),
    ],
    ids=["16 bits", "8 bits", "8 bits in 16", "8 bits called 16"],
)
def test_a_palette_is_looked_up(bits, table, tmp_path, speckle):
    frames = speckle(3)
    ds = with_palette(header_of(frames, "PALETTE COLOR"), bits, table.tobytes())
    clip = open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes()))
    np.testing.assert_allclose(luma(clip), 255 - frames.astype(int), atol=1)


def test_a_palette_in_segments_is_looked_up(tmp_path, speckle):
    frames = speckle(3)
    one_white_then_down_to_black = np.array([0, 1, 65535, 1, 255, 0], "<u2").tobytes()
    ds = with_palette(header_of(frames, "PALETTE COLOR"), 16, one_white_then_down_to_black, "Segmented")
    clip = open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes()))
    np.testing.assert_allclose(luma(clip), 255 - frames.astype(int), atol=1)


@pytest.mark.parametrize("table", [None, b"", b"12", b"123", bytes(70)], ids=lambda table: str(table and len(table)))
def test_a_missing_or_broken_palette_is_told(table, tmp_path, speckle):
    frames = speckle(3)
    ds = header_of(frames, "PALETTE COLOR")
    if table is not None:
        with_palette(ds, 16, table)
    with pytest.raises(ClipError, match="palette"):
        open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes()))


def test_a_frame_time_vector_gives_every_frame_its_time(tmp_path, speckle):
    frames = speckle(5)
    ds = header_of(frames, FrameTimeVector=["0", "30", "50", "30", "40"], FrameIncrementPointer=0x00181065)
    del ds.FrameTime
    clip = open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes()))
    np.testing.assert_allclose(clip.times_s, [0, 0.03, 0.08, 0.11, 0.15])
    assert clip.timing_source == "dicom FrameTimeVector"


@pytest.mark.parametrize(
    ("elements", "source", "rate"),
    [
        ({"CineRate": 50}, "dicom CineRate", 50),
        ({"ActualFrameDuration": 40, "RecommendedDisplayFrameRate": 20}, "dicom ActualFrameDuration", 25),
        ({"RecommendedDisplayFrameRate": 20}, "dicom RecommendedDisplayFrameRate", 20),
        ({"FrameTime": "0", "CineRate": 25}, "dicom CineRate", 25),
        ({}, "assumed", 30),
    ],
)
def test_without_a_frame_time_the_next_best_rate_is_taken(elements, source, rate, tmp_path, speckle):
    frames = speckle(5)
    ds = header_of(frames)
    del ds.FrameTime, ds.FrameIncrementPointer
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    clip = open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes()))
    assert clip.timing_source == source
    assert clip.times_s[1] == pytest.approx(1 / rate)
    assert any("assumed" in w for w in clip.warnings) is (source == "assumed")
    assert any("how fast to show" in w for w in clip.warnings) is source.endswith("DisplayFrameRate")


def test_a_region_gives_scale_and_bounds_the_tissue(tmp_path, speckle):
    frames = speckle(5)
    ds = header_of(frames, SequenceOfUltrasoundRegions=[region((20, 10, 99, 79))])
    clip = open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes()))
    assert (clip.scale.x_mm_per_px, clip.scale.y_mm_per_px) == (pytest.approx(0.1), pytest.approx(0.15))
    assert clip.scale.source == "dicom region"
    outside = clip.mask.copy()
    outside[10:80, 20:100] = False
    assert not outside.any()
    assert clip.mask.sum() > 0.9 * 70 * 80


def test_other_regions_do_not_count(tmp_path, speckle):
    frames = speckle(5)
    trace = region((0, 0, 127, 95), unit=4, spatial=3, data=9)
    ds = header_of(frames, SequenceOfUltrasoundRegions=[trace, region((0, 0, 99, 79), delta=0.02)])
    assert open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes())).scale.x_mm_per_px == pytest.approx(0.2)


def test_a_region_beyond_the_image_is_stale(tmp_path, speckle):
    frames = speckle(5)
    ds = header_of(frames, SequenceOfUltrasoundRegions=[region((0, 0, 639, 479))], PixelSpacing=["0.1", "0.1"])
    clip = open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes()))
    assert clip.scale is None
    assert any("outside the image" in w for w in clip.warnings)


def test_an_uncalibrated_region_gives_no_millimetres(tmp_path, speckle):
    frames = speckle(5)
    ds = header_of(frames, SequenceOfUltrasoundRegions=[region((0, 0, 127, 95), unit=0)])
    assert open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes())).scale is None


def test_pixel_spacing_names_rows_first(tmp_path, speckle):
    frames = speckle(5)
    clip = open_clip(save(header_of(frames, PixelSpacing=["0.2", "0.1"]), tmp_path / "c.dcm", frames.tobytes()))
    assert (clip.scale.x_mm_per_px, clip.scale.y_mm_per_px) == (0.1, 0.2)


def test_the_user_goes_before_the_file_and_is_told_so(tmp_path, speckle):
    frames = speckle(5)
    path = save(header_of(frames, PixelSpacing=["0.2", "0.2"]), tmp_path / "c.dcm", frames.tobytes())
    clip = open_clip(path, ClipOptions(mm_per_px=0.08))
    assert (clip.scale.x_mm_per_px, clip.scale.source) == (0.08, "user")
    assert any("replaces the file's own 0.2" in w for w in clip.warnings)


@pytest.mark.parametrize("is_compressed", [False, True])
def test_frames_beyond_those_promised_are_told(is_compressed, tmp_path, speckle):
    frames = speckle(10)
    ds = header_of(frames, NumberOfFrames=4)
    if is_compressed:
        pictures = [cv2.imencode(".jpg", f)[1].tobytes() for f in frames]
        path = save(ds, tmp_path / "c.dcm", encapsulate(pictures), JPEGBaseline8Bit)
    else:
        path = save(ds, tmp_path / "c.dcm", frames.tobytes())
    clip = open_clip(path)
    assert len(luma(clip)) == clip.frame_count == 4
    assert any("promises 4 frames and holds 10" in w for w in clip.warnings)


@pytest.mark.parametrize(("cine_rate", "told"), [("60", True), ("25", False), ("24", False), ("0", False)])
def test_a_frame_time_and_a_rate_that_differ_are_told(cine_rate, told, tmp_path, speckle):
    frames = speckle(5)
    clip = open_clip(save(header_of(frames, CineRate=cine_rate), tmp_path / "c.dcm", frames.tobytes()))
    np.testing.assert_allclose(clip.times_s, np.arange(5) * 0.04)
    assert any("25 frames/s, by CineRate 60" in w for w in clip.warnings) == told


def test_a_screen_of_traces_alone_is_told(tmp_path, speckle):
    frames = speckle(5)
    ds = header_of(frames, SequenceOfUltrasoundRegions=[region((0, 0, 127, 95), unit=4, spatial=2)])
    clip = open_clip(save(ds, tmp_path / "c.dcm", frames.tobytes()))
    assert any("no region of the DICOM file is an image of tissue" in w for w in clip.warnings)


@pytest.mark.parametrize(
    "shape", [{"PixelSpacing": ["0.2", "0.1"]}, {"PixelAspectRatio": [2, 1]}], ids=lambda shape: next(iter(shape))
)
@pytest.mark.parametrize("given", [{"mm_per_px": 0.16}, {"depth_mm": 0.16 * 96}], ids=lambda given: next(iter(given)))
def test_the_users_scale_is_that_of_the_height_where_the_file_says_pixels_are_not_square(
    given, shape, tmp_path, speckle
):
    frames = speckle(5)
    whole = ((0, 0), (127, 0), (127, 95), (0, 95))
    path = save(header_of(frames, **shape), tmp_path / "c.dcm", frames.tobytes())
    clip = open_clip(path, ClipOptions(roi=whole, **given))
    assert (clip.scale.x_mm_per_px, clip.scale.y_mm_per_px) == pytest.approx((0.08, 0.16))
    assert any("width : height = 0.5" in w for w in clip.warnings)


@pytest.mark.parametrize(
    ("spacing", "word"),
    [("0.0001", "0.0096 mm deep"), ("10", "960 mm deep"), (["0.001", "0.1"], "100 times as wide as high")],
    ids=str,
)
def test_a_scale_that_no_tissue_has_is_not_believed(spacing, word, tmp_path, speckle):
    frames = speckle(5)
    both = spacing if isinstance(spacing, list) else [spacing, spacing]
    path = save(header_of(frames, PixelSpacing=both), tmp_path / "c.dcm", frames.tobytes())
    clip = open_clip(path)
    assert clip.scale is None
    assert any(word in w for w in clip.warnings)
    assert open_clip(path, ClipOptions(mm_per_px=0.1)).scale.x_mm_per_px == 0.1


def test_a_file_shorter_than_it_says_is_read_as_far_as_it_goes(tmp_path, speckle):
    frames = speckle(10)
    ds = header_of(frames)
    path = save(ds, tmp_path / "c.dcm", frames.tobytes())
    path.write_bytes(path.read_bytes()[: -3 * 96 * 128 - 500])
    clip = open_clip(path)
    assert clip.frame_count == len(luma(clip)) == 6
    assert any("promises 10 frames, 6" in w for w in clip.warnings)


def test_a_compressed_file_cut_short_is_read_as_far_as_it_goes(tmp_path, speckle):
    frames = speckle(10)
    pictures = [cv2.imencode(".jpg", f)[1].tobytes() for f in frames]
    path = save(header_of(frames), tmp_path / "c.dcm", encapsulate(pictures), JPEGBaseline8Bit)
    path.write_bytes(path.read_bytes()[: -2 * len(pictures[-1])])
    clip = open_clip(path)
    assert 6 <= clip.frame_count == len(luma(clip)) < 10
    assert any("promises 10 frames" in w for w in clip.warnings)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"Rows": 0}, "0 px"),
        ({"Columns": 65000}, "65000"),
        ({"BitsAllocated": 1}, "1 bits"),
        ({"SamplesPerPixel": 2}, "2 samples"),
    ],
)
def test_a_header_that_makes_no_sense(change, word, tmp_path, speckle):
    frames = speckle(3)
    ds = header_of(frames)
    data = frames.tobytes()
    for keyword, value in change.items():
        setattr(ds, keyword, value)
    with pytest.raises(ClipError, match=word):
        open_clip(save(ds, tmp_path / "c.dcm", data))


def test_dicom_without_pixels(tmp_path, speckle):
    with pytest.raises(ClipError, match="no pixels"):
        open_clip(save(header_of(speckle(3)), tmp_path / "c.dcm"))


def test_an_unread_coding_is_named(tmp_path, speckle):
    path = save(header_of(speckle(3)), tmp_path / "c.dcm", encapsulate([b"x" * 100]), MPEG4HP41)
    with pytest.raises(ClipError, match="MPEG-4"):
        open_clip(path)


def test_noise_called_dicom(tmp_path):
    path = tmp_path / "c.dcm"
    path.write_bytes(np.random.default_rng(0).integers(0, 256, 20000, dtype=np.uint8).tobytes())
    with pytest.raises(ClipError, match=r"DICOM|pixels"):
        open_clip(path)


def test_a_real_colour_clip():
    path = get_testdata_file("color3d_jpeg_baseline.dcm", download=False)
    if path is None:
        pytest.skip("pydicom-data is not installed")
    clip = open_clip(path)
    assert clip.frame_count == len(luma(clip)) == 120
    assert clip.times_s[1] == pytest.approx(0.033333)
    assert clip.scale is not None
    assert clip.warnings == ()


def test_a_real_clip_with_a_stale_region():
    path = get_testdata_file("examples_ybr_color.dcm", download=False)
    if path is None:
        pytest.skip("pydicom's examples are not installed")
    clip = open_clip(path)
    assert clip.frame_count == 30
    assert clip.scale is None
