"""Makes the clips in data_samples/, with their truth: muscle simulated from scatterers. Run it from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, UltrasoundMultiFrameImageStorage, generate_uid

from fasciscan.simulate import (
    Breathing,
    Layers,
    Machine,
    Phantom,
    ProbeMotion,
    Pulsation,
    Scene,
    Screen,
    Tremor,
    Twitch,
    render,
    tell_truth,
    write_clip,
)

FOLDER = Path(__file__).resolve().parents[1] / "data_samples"
JPEG_QUALITY = 70
"""What keeps the DICOM clip under 500 KB while speckle still looks like speckle."""
CENTIMETRES = 3
"""Physical units of an ultrasound region (DICOM PS3.3 C.8.5.5.1.15)."""
UID_ENTROPY = ["fasciscan", "data_samples", "forearm"]
"""Makes the same identifiers on every run, so that the file does not change without reason."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A motor unit of a sample: where it lies and how it pulls."""

    site: int
    x_mm: float
    y_mm: float
    angle_deg: float
    amplitude_mm: float

    def twitch(self, onset_s: float, size: float = 1.0, relaxation_s: float = 0.2) -> Twitch:
        return Twitch(
            x_mm=self.x_mm,
            y_mm=self.y_mm,
            onset_s=onset_s,
            contraction_s=0.075,
            relaxation_s=relaxation_s,
            amplitude_mm=size * self.amplitude_mm,
            angle_deg=self.angle_deg,
            major_mm=10.7,
            minor_mm=4.5,
            site=self.site,
        )


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for scene, name in (
        (biceps_twitches(), "biceps-twitches.mp4"),
        (calf_lookalikes(), "calf-lookalikes.avi"),
    ):
        truth = write_clip(scene, FOLDER / name)
        print(f"{name}: {truth.timing.frames} frames, {len(truth.twitches)} twitches")
    write_dicom(forearm_twitches(), FOLDER / "forearm-twitches.dcm")


def biceps_twitches() -> Scene:
    """Seven twitches from two sites, one pair 0.3 s apart and one at both sites at once, on a scanner's screen."""
    left, right = _Unit(1, 9.5, 15.0, -8.0, 0.3), _Unit(2, 25.5, 20.5, 172.0, 0.25)
    return Scene(
        seed=11,
        preset="data sample: biceps",
        duration_s=12.0,
        frame_rate_hz=40.0,
        width_px=340,
        height_px=300,
        mm_per_px=0.1,
        tissue=_muscle(depth_mm=30.0, pennation_deg=-8.0, muscle_db=-40.0),
        machine=_machine("h264", 20, screen=Screen(52, 36, 32, 16)),
        twitches=(
            left.twitch(1.20),
            right.twitch(3.05, 1.1),
            left.twitch(4.90, 0.9, relaxation_s=0.15),
            left.twitch(5.20, 1.1),
            left.twitch(7.60),
            right.twitch(7.62),
            right.twitch(10.15, 0.9),
        ),
    )


def calf_lookalikes() -> Scene:
    """Nothing to count: an artery pulsates, breathing sways, the muscle trembles, the probe slips."""
    return Scene(
        seed=12,
        preset="data sample: calf",
        duration_s=10.0,
        frame_rate_hz=30.0,
        width_px=360,
        height_px=300,
        mm_per_px=0.1,
        tissue=_muscle(depth_mm=30.0, pennation_deg=14.0, muscle_db=-37.0),
        machine=_machine("mpeg4", 5),
        look_alikes=(
            Breathing(rate_hz=0.25, phase=0.1, amplitude_mm=0.25, angle_deg=80.0),
            Pulsation(x_mm=9.0, y_mm=17.0, radius_mm=1.6, rate_hz=1.1, phase=0.3, amplitude_mm=0.12),
            Tremor(2.0, 4.6, 7.0, 0.12, -20.0, x_mm=18.0, y_mm=15.0, major_mm=40.0, minor_mm=30.0),
            ProbeMotion(onset_s=6.8, travel_s=0.25, x_shift_mm=0.7, y_shift_mm=0.05, returns=False),
        ),
    )


def forearm_twitches() -> Scene:
    """Two twitches of one site, for the DICOM clip."""
    unit = _Unit(1, 12.0, 11.0, 5.0, 0.35)
    return Scene(
        seed=13,
        preset="data sample: forearm",
        duration_s=3.2,
        frame_rate_hz=25.0,
        width_px=240,
        height_px=200,
        mm_per_px=0.1,
        tissue=_muscle(depth_mm=20.0, pennation_deg=5.0, muscle_db=-41.0),
        machine=_machine("mjpeg", 5),
        twitches=(unit.twitch(0.9), unit.twitch(2.3, 0.8)),
    )


def write_dicom(scene: Scene, path: Path) -> None:
    """Write a scene as multi-frame ultrasound, JPEG baseline, with a region that gives the scale."""
    times, frames = zip(*render(scene), strict=True)
    truth = tell_truth(scene, path.name)
    truth.write(path.with_suffix(".truth.json"))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[*UID_ENTROPY, "instance"])
    meta.TransferSyntaxUID = JPEGBaseline8Bit
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID = meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID = generate_uid(entropy_srcs=[*UID_ENTROPY, "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=[*UID_ENTROPY, "series"])
    data.Modality = "US"
    data.Manufacturer = "fasciscan simulator"
    data.PatientName, data.PatientID = "Phantom", "PHANTOM"
    data.PatientBirthDate = data.PatientSex = data.StudyDate = data.StudyTime = ""
    data.AccessionNumber = data.ReferringPhysicianName = data.StudyID = ""
    data.SeriesNumber = data.InstanceNumber = 1
    data.Rows, data.Columns = frames[0].shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    data.NumberOfFrames = len(frames)
    data.FrameTime = f"{1000 * float(np.median(np.diff(times))):.3f}"
    data.FrameIncrementPointer = 0x00181063
    data.LossyImageCompression = "01"
    data.SequenceOfUltrasoundRegions = [_region(scene)]
    coded = [cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes() for frame in frames]
    data.PixelData = encapsulate(coded)
    data["PixelData"].VR = "OB"
    data.save_as(path, enforce_file_format=True)
    print(f"{path.name}: {len(frames)} frames, {len(truth.twitches)} twitches")


def _region(scene: Scene) -> Dataset:
    """Tell where the tissue lies and how large a pixel is."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    left, top, width, height = scene.image_box
    region.RegionLocationMinX0, region.RegionLocationMinY0 = left, top
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = left + width - 1, top + height - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = CENTIMETRES
    region.PhysicalDeltaX = region.PhysicalDeltaY = scene.mm_per_px / 10
    return region


def _muscle(depth_mm: float, pennation_deg: float, muscle_db: float) -> Phantom:
    """Describe a muscle between two aponeuroses under thin fat, at the resolution of a 9 MHz probe."""
    return Phantom(
        layers=Layers(skin_mm=1.5, muscle_top_mm=5.5, muscle_bottom_mm=0.8 * depth_mm, bottom_mm=depth_mm),
        slope=0.03,
        pennation_deg=pennation_deg,
        muscle_db=muscle_db,
        fat_db=-39.0,
        stria_db=-26.0,
        striae_per_cm2=26.0,
        fascia_db=-7.0,
        attenuation_db_per_cm=2.0,
        bone=False,
        frequency_mhz=9.0,
        axial_mm=0.28,
        lateral_mm=0.55,
        focus_mm=0.5 * depth_mm,
    )


def _machine(codec: str, quality: int, screen: Screen | None = None) -> Machine:
    return Machine(
        dynamic_range_db=60.0,
        noise_db=-60.0,
        noise_rise_db_per_cm=2.0,
        persistence=0.3,
        codec=codec,
        quality=quality,
        key_frame_interval=100,
        screen=screen,
    )


if __name__ == "__main__":
    main()
