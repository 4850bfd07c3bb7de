"""The manifest says what each clip shows, and what it does not understand it refuses by line."""

import os
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
import tifffile
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from fasciscan.errors import FasciscanError
from fasciscan.exam import Entry, find_clips, read_manifest, write_manifest
from fasciscan.exam.discover import describe_clip, read_name
from fasciscan.exam.manifest import one_subject_and_visit


def manifest(folder: Path, text: str) -> Path:
    path = folder / "manifest.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_two_columns_are_enough(tmp_path):
    (entry,) = read_manifest(manifest(tmp_path, "clip,muscle\na.mp4,BB\n"))
    assert entry == Entry(tmp_path / "a.mp4", "BB")


def test_all_columns_are_read_with_semicolons_as_excel_writes_them(tmp_path):
    text = (
        "\ufeffclip;muscle;side;view;subject;visit_date;mm_per_px;notes\n"
        'a.mp4;tongue;;transverse;S-07;2026-03-04;0,08;"after ""rest""; calm"\n'
        "b.mp4;TA;R;;S-07;2026-03-04;;\n;;;;;;;\n"
    )
    first, second = read_manifest(manifest(tmp_path, text))
    assert first == Entry(
        tmp_path / "a.mp4", "tongue", None, "transverse", "S-07", date(2026, 3, 4), 0.08, 'after "rest"; calm'
    )
    assert second.side == "right"
    assert one_subject_and_visit([first, second], tmp_path) == ("S-07", date(2026, 3, 4))


def test_a_table_saved_as_text_is_read_with_tabs_and_columns_in_any_case(tmp_path):
    text = "Clip\tMUSCLE\tSide \tNotes\na.mp4\tBB\tL\tcalm, after rest; warm\n"
    (entry,) = read_manifest(manifest(tmp_path, text))
    assert entry == Entry(tmp_path / "a.mp4", "BB", "left", notes="calm, after rest; warm")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("muscle,side\nBB,left\n", "no column 'clip'"),
        ("clip,muscle,sides\na.mp4,BB,left\n", "did you mean 'side'"),
        ("Clip\tMuscle\tSides\na.mp4\tBB\tleft\n", "has a column 'Sides' that is not known; did you mean 'side'"),
        ("clip,muscle,side,Side\na.mp4,BB,left,\n", "more than one column 'side'"),
        ("Clip\tside\na.mp4\tleft\n", "no column 'muscle'"),
        ("clip,muscle\n", "names no clip"),
        ("clip,muscle\na.mp4,BB\nb.mp4,\n", "line 3 names no muscle"),
        ("clip,muscle,side\na.mp4,BB,middle\n", "line 2 has the side 'middle'"),
        ("clip,muscle,visit_date\na.mp4,BB,04.03.2026\n", "write it as 2026-01-31"),
        ("clip,muscle,mm_per_px\na.mp4,BB,-1\n", "mm_per_px '-1'"),
        ("clip,muscle,mm_per_px\na.mp4,BB,nan\n", "mm_per_px 'nan'"),
        ("clip,muscle,subject\na.mp4,BB,Jane Doe\n", "never a name"),
        ("clip,muscle\na.mp4,BB\na.mp4,TA\n", "more than once"),
        ('clip,muscle,notes\na.mp4,BB,"5 cm above elbow\nb.mp4,TA,\n', "line 2 is no row of a table"),
        ("clip,muscle,notes\na.mp4,BB,calm, and warm\n", "line 2 goes on beyond its columns with 'and warm'"),
        ("clip,muscle,mm_per_px\na.mp4,BB,1,08\n", "beyond its columns with '08'"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(tmp_path, text, words):
    path = manifest(tmp_path, text)
    with pytest.raises(FasciscanError, match=words) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "encoding"), [("a", "utf-16"), ("a", "utf-16-le"), ("für-links", "latin-1")])
def test_a_table_in_another_encoding_is_refused_with_what_to_do(tmp_path, name, encoding):
    path = tmp_path / "manifest.csv"
    path.write_text(f"clip,muscle\n{name}.mp4,BB\n", encoding=encoding)
    with pytest.raises(FasciscanError, match="save the table as 'CSV UTF-8'"):
        read_manifest(path)


@pytest.mark.parametrize("again", ["./sub/../a.mp4", "link.mp4", "here/a.mp4"])
def test_a_clip_is_known_by_whatever_path_it_is_named(tmp_path, again):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "link.mp4").symlink_to("a.mp4")
    (tmp_path / "here").symlink_to(".", target_is_directory=True)
    (tmp_path / "sub").mkdir()
    path = manifest(tmp_path, f"clip,muscle,side\na.mp4,BB,left\n{again},BB,right\n")
    with pytest.raises(FasciscanError, match="names a clip more than once") as caught:
        read_manifest(path)
    assert f"as {tmp_path / 'a.mp4'} and as {tmp_path / again};" in str(caught.value)


def test_clips_of_two_people_or_two_visits_are_no_exam():
    of = [Entry(Path("a"), "BB", subject="S1"), Entry(Path("b"), "BB", subject="S2"), Entry(Path("c"), "BB")]
    with pytest.raises(FasciscanError, match="2 subjects"):
        one_subject_and_visit(of, Path("manifest.csv"))
    at = [Entry(Path("a"), "BB", visit_date=date(2026, 1, day)) for day in (1, 2)]
    with pytest.raises(FasciscanError, match="2 visits"):
        one_subject_and_visit(at, Path("manifest.csv"))


@pytest.mark.parametrize(
    ("stem", "muscle", "side"),
    [
        ("biceps-left-01", "biceps brachii", "left"),
        ("rectus_femoris_R_2", "rectus femoris", "right"),
        ("LeftTibialisAnterior", "tibialis anterior", "left"),
        ("2026-03-04 FDI links", "first dorsal interosseous", "left"),
        ("tongue", "tongue", None),
        ("sub-07_ses-20260131_muscle-BB_side-L_us", "BB", "left"),
        ("popliteus-right-03", "popliteus", "right"),
        ("IMG_0042", "", None),
        ("RA_biceps_left_01", "biceps brachii", "left"),
        ("TA-deltoid-right", "deltoid", "right"),
        ("M_TA_deltoid_right", "deltoid", "right"),
        ("TA-right", "tibialis anterior", "right"),
        ("Smith_John_L_0001", "", "left"),
        ("sub_07_biceps_left", "biceps brachii", "left"),
        ("biceps_side_view", "biceps brachii", None),
        ("Sub-07_Muscle-BB_Side-L_us", "BB", "left"),
    ],
)
def test_names_of_files_tell_muscle_and_side(stem, muscle, side):
    told = read_name(stem)
    assert (told.muscle, told.side) == (muscle, side)


def test_a_sidecar_goes_before_the_name(tmp_path):
    clip = tmp_path / "biceps-left-01.mp4"
    clip.touch()
    clip.with_suffix(".json").write_text(
        '{"BodyPart": "triceps", "Laterality": "R", "view": "long", "PixelSpacing": [0.07, 0.07], "subject": "S3"}'
    )
    entry = describe_clip(clip)
    assert (entry.muscle, entry.side, entry.view) == ("triceps brachii", "right", "longitudinal")
    assert (entry.mm_per_px, entry.subject) == (0.07, "S3")


def test_a_sidecar_is_read_as_other_programs_write_it(tmp_path):
    clip = tmp_path / "IM0001.mp4"
    clip.touch()
    clip.with_suffix(".json").write_text('\ufeff{"muscle": "soleus", "mm_per_px": "0,1"}', encoding="utf-8")
    entry = describe_clip(clip)
    assert (entry.muscle, entry.mm_per_px, entry.notes) == ("soleus", 0.1, "")


def test_a_sidecar_that_cannot_be_read_is_told(tmp_path):
    clip = tmp_path / "biceps.mp4"
    clip.touch()
    clip.with_suffix(".json").write_text('{"muscle": "soleus"')
    assert describe_clip(clip).notes == "biceps.json cannot be read"


@pytest.mark.parametrize("name", ["a", "sub-John Doe_muscle-BB_side-L_us"])
def test_no_name_of_a_person_becomes_a_subject(tmp_path, name):
    clip = tmp_path / f"{name}.mp4"
    clip.touch()
    clip.with_suffix(".json").write_text('{"muscle": "biceps", "participant": "Doe, John"}')
    entry = describe_clip(clip)
    assert entry.subject is None
    assert "subject left out, since it is no code" in entry.notes
    assert "Doe" not in entry.notes


def test_a_result_of_ours_beside_a_clip_is_no_sidecar(tmp_path):
    clip = tmp_path / "biceps-left-01.mp4"
    clip.touch()
    clip.with_suffix(".json").write_text('{"schema": "fasciscan.clip/1", "muscle": {"name": "tongue"}}')
    assert describe_clip(clip).muscle == "biceps brachii"


def dicom(path: Path, **tags: str) -> Path:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path, enforce_file_format=False)
    return path


def test_a_dicom_header_tells_muscle_side_and_date(tmp_path):
    path = dicom(tmp_path / "IM0001", SeriesDescription="Biceps brachii quer", Laterality="L", StudyDate="20260304")
    entry = describe_clip(path)
    assert (entry.muscle, entry.side, entry.visit_date) == ("biceps brachii", "left", date(2026, 3, 4))


def test_nothing_that_names_a_patient_leaves_a_dicom_header(tmp_path):
    dicom(
        tmp_path / "IM0001.dcm", PatientName="Doe^Jane", PatientID="12345", PatientBirthDate="19700101",
        SeriesDescription="Doe Jane biceps left", ProtocolName="Jane tongue", ReferringPhysicianName="House^Greg",
    )  # fmt: skip
    entries = find_clips(tmp_path)
    write_manifest(entries, tmp_path / "manifest.csv")
    text = (tmp_path / "manifest.csv").read_text(encoding="utf-8-sig").casefold()
    assert entries[0].muscle == "biceps brachii"
    assert not [word for word in ("doe", "jane", "12345", "1970", "house", "greg") if word in text]


def test_the_index_of_a_dicom_export_is_no_clip(tmp_path):
    dicom(tmp_path / "DICOMDIR")
    dicom(tmp_path / "IM0001")
    assert [entry.clip.name for entry in find_clips(tmp_path)] == ["IM0001"]


def frames_in(folder: Path, suffix: str, *, pages: int = 1) -> Path:
    """Write three files of so many pictures each."""
    folder.mkdir(parents=True)
    picture = np.full((16, 24), 90, np.uint8)
    for number in range(3):
        path = folder / f"{number}{suffix}"
        if suffix == ".tif":
            tifffile.imwrite(path, np.stack([picture] * pages), photometric="minisblack")
        else:
            cv2.imwrite(str(path), picture)
    return folder


def names_in(folder: Path) -> list[str]:
    return [entry.clip.relative_to(folder).as_posix() for entry in find_clips(folder)]


def test_every_clip_that_can_be_analysed_is_listed_once(tmp_path):
    for name in ("biceps-left-01.mp4", "gastroc-right-01.gif", "tongue-01.IMA"):
        (tmp_path / name).touch()
    frames_in(tmp_path / "biceps-left-02", ".png")
    frames_in(tmp_path / "later" / "triceps-left.01", ".tif")
    entries = find_clips(tmp_path)
    assert {(entry.clip.name, entry.muscle, entry.side) for entry in entries} == {
        ("biceps-left-01.mp4", "biceps brachii", "left"),
        ("biceps-left-02", "biceps brachii", "left"),
        ("gastroc-right-01.gif", "gastrocnemius", "right"),
        ("tongue-01.IMA", "tongue", None),
        ("triceps-left.01", "triceps brachii", "left"),
    }
    assert len(entries) == 5
    write_manifest(entries, tmp_path / "manifest.csv")
    assert read_manifest(tmp_path / "manifest.csv") == entries


def test_a_sidecar_tells_of_a_folder_of_frames_too(tmp_path):
    frames_in(tmp_path / "clip.01", ".png")
    (tmp_path / "clip.01.json").write_text('{"muscle": "soleus", "mm_per_px": 0.1}')
    (entry,) = find_clips(tmp_path)
    assert (entry.muscle, entry.mm_per_px) == ("soleus", 0.1)


def test_a_folder_of_tiff_stacks_is_many_clips_and_a_broken_frame_does_not_make_it_so(tmp_path):
    frames_in(tmp_path / "stacks", ".tif", pages=4)
    (frames_in(tmp_path / "frames", ".tif") / "1.tif").write_bytes(b"broken")
    assert names_in(tmp_path) == ["frames", "stacks/0.tif", "stacks/1.tif", "stacks/2.tif"]


@pytest.mark.parametrize("clip", ["biceps.mp4", "biceps.npy"])
def test_pictures_beside_clips_are_no_clip(tmp_path, clip):
    (frames_in(tmp_path / "left", ".png") / clip).touch()
    assert names_in(tmp_path) == [f"left/{clip}"]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_the_folder_of_one_clips_frames_is_no_folder_of_clips(tmp_path, suffix):
    folder = frames_in(tmp_path / "biceps-left-01", suffix)
    with pytest.raises(FasciscanError, match="holds the frames of one clip; name the folder that it lies in"):
        find_clips(folder)


def test_a_damaged_dicom_file_is_still_listed(tmp_path):
    (tmp_path / "biceps-left.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\x08\x00broken")
    assert [entry.muscle for entry in find_clips(tmp_path)] == ["biceps brachii"]


def test_a_written_manifest_reads_back_and_is_never_overwritten(tmp_path):
    folder = tmp_path / "left"
    folder.mkdir()
    for name in ("biceps, two-left-01.mp4", "tibialis anterior-left-01.AVI", "notes.txt", ".hidden.mp4"):
        (folder / name).touch()
    entries = find_clips(tmp_path)
    assert [entry.clip.name for entry in entries] == ["biceps, two-left-01.mp4", "tibialis anterior-left-01.AVI"]
    path = tmp_path / "manifest.csv"
    write_manifest(entries, path)
    assert read_manifest(path) == entries
    assert str(tmp_path) not in path.read_text(encoding="utf-8-sig")
    with pytest.raises(FasciscanError, match="is there already"):
        write_manifest(entries, path)


def test_a_name_that_is_no_text_is_refused_before_anything_is_written(tmp_path):
    clip = tmp_path / os.fsdecode(b"biceps-\xe9.mp4")
    with pytest.raises(FasciscanError, match=r"biceps-�.mp4: its name is no UTF-8"):
        write_manifest([Entry(clip, "biceps brachii")], tmp_path / "manifest.csv")
    assert not (tmp_path / "manifest.csv").exists()


def test_the_header_reader_asks_for_no_name():
    from fasciscan.exam.discover import DICOM_KEYWORDS

    tags = [pydicom.datadict.tag_for_keyword(keyword) for keyword in DICOM_KEYWORDS]
    assert None not in tags
    assert not [tag for tag in tags if tag is not None and tag >> 16 == 0x0010]  # the patient's group
