"""Makes the pictures of docs/simulator.md: frames of many scenes, a displacement map, and how look-alikes move.

Usage: python scripts/simulator_gallery.py [--stills FILE...]

Without stills the picture of warped ones is left as it is.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate import Scene, displacement, random_scene, render, tell_truth

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
TILE_PX = 200
BROAD_SEEDS = (1, 0, 2, 6, 7, 11, 13, 14)
"""Picked to show the range: plain and striated muscle, vessels, bone, fans, screens."""
COLUMNS = 4
ARROW_STEP_PX = 24
ARROW_GAIN = 6
MMODE_NAMES = (
    "fasciculation", "pulsation", "tremor", "myokymia", "contraction", "cramp", "slip", "tap", "press", "fibrillation",
    "shadow", "swallow",
)  # fmt: skip
MMODE_S = 6.0
MMODE_REACH_MM = 5.0
MMODE_WIDTH_PX, MMODE_HEIGHT_PX = 300, 130
LONGEST_SEARCH = 400
"""Seeds looked through for a clip with a look-alike."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stills", nargs="*", type=Path, default=[], help="pictures of muscle")
    stills = parser.parse_args().stills
    FOLDER.mkdir(parents=True, exist_ok=True)
    write("broad", sheet([first_frame(random_scene(seed, "broad")) for seed in BROAD_SEEDS], COLUMNS))
    write("heldout", sheet([first_frame(random_scene(seed, "broad-heldout")) for seed in BROAD_SEEDS], COLUMNS))
    if stills:
        write(
            "texture", sheet([first_frame(random_scene(seed, "broad-texture", stills)) for seed in range(4)], COLUMNS)
        )
    write("displacement", displacement_map(first_with("fasciculation")))
    drawn = mmodes()
    write("motions", np.vstack([np.hstack(drawn[i : i + 3]) for i in range(0, len(drawn), 3)]))


def write(name: str, picture: NDArray[np.uint8]) -> None:
    path = FOLDER / f"simulator-{name}.png"
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB")


def first_frame(scene: Scene) -> NDArray[np.uint8]:
    return next(render(replace(scene, duration_s=0.1)))[1]


def sheet(frames: list[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Lay frames out in rows, each made to fit a tile."""
    tiles = [tile(frame) for frame in frames]
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])


def tile(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = (TILE_PX - 4) / max(frame.shape)
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    framed = np.full((TILE_PX, TILE_PX), 255, np.uint8)
    top, left = (TILE_PX - small.shape[0]) // 2, (TILE_PX - small.shape[1]) // 2
    framed[top : top + small.shape[0], left : left + small.shape[1]] = small
    return framed


def first_with(name: str) -> Scene:
    """Return the first broad scene on a linear probe with a large event of a name, rid of everything else."""
    least_mm = 0.02 if name == "fibrillation" else 0.15
    for seed in range(LONGEST_SEARCH):
        scene = random_scene(seed, "broad")
        sizes = [abs(e.peak_displacement_mm or 1.0) for e in tell_truth(scene, "").events if e.name == name]
        if scene.tissue.layers.sector is None and max(sizes, default=0.0) > least_mm:
            twitches = scene.twitches if name == "fasciculation" else ()
            return replace(scene, twitches=twitches, look_alikes=tuple(m for m in scene.look_alikes if m.name == name))
    raise ValueError(f"no scene with {name}")


def displacement_map(scene: Scene) -> NDArray[np.uint8]:
    """Show a frame, and the truth of how far its tissue has moved at the peak of the largest twitch."""
    twitch = max(scene.twitches, key=lambda twitch: twitch.amplitude_mm)
    scene = replace(scene, twitches=(twitch,), machine=replace(scene.machine, screen=None, dropped_share=0.0))
    frame = cv2.cvtColor(first_frame(scene), cv2.COLOR_GRAY2BGR)
    moved = displacement(scene, twitch.peak_s)
    size = np.hypot(*moved)
    colours = cv2.applyColorMap(np.rint(255 * size / size.max()).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
    for y in range(ARROW_STEP_PX // 2, scene.height_px, ARROW_STEP_PX):
        for x in range(ARROW_STEP_PX // 2, scene.width_px, ARROW_STEP_PX):
            end = np.rint(np.array([x, y]) + ARROW_GAIN * moved[:, y, x] / scene.mm_per_px).astype(int)
            cv2.arrowedLine(colours, (x, y), (int(end[0]), int(end[1])), (255, 255, 255), 1, cv2.LINE_AA, 0, 0.3)
    pair = np.hstack([frame, colours])
    return cv2.resize(pair, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA).astype(np.uint8)


def mmodes() -> list[NDArray[np.uint8]]:
    """Draw one column of the picture over time for each of the ways to move."""
    return [mmode(first_with(name), name) for name in MMODE_NAMES]


def mmode(scene: Scene, name: str) -> NDArray[np.uint8]:
    """Follow the column through an event: the depths around it downwards, six seconds from left to right."""
    machine = replace(scene.machine, screen=None, dropped_share=0.0, recorded_rate_hz=None)
    event = max(
        (event for event in tell_truth(scene, "").events if event.name == name),
        key=lambda event: event.peak_displacement_mm or 0.0,
    )
    start = float(np.clip(event.onset_s - 1.0, 0, scene.duration_s - MMODE_S))
    column = int(np.clip((event.x_mm or scene.width_mm / 2) / scene.mm_per_px, 0, scene.width_px - 1))
    frames = (frame for time, frame in render(replace(scene, machine=machine)) if start <= time < start + MMODE_S)
    lines = np.stack([frame[:, column] for frame in frames], axis=1)
    top, bottom = scene.tissue.layers.muscle_top_mm, scene.tissue.layers.muscle_bottom_mm
    if event.y_mm is not None:
        top, bottom = max(top, event.y_mm - MMODE_REACH_MM), min(bottom, event.y_mm + MMODE_REACH_MM)
    part = lines[int(top / scene.mm_per_px) : int(bottom / scene.mm_per_px)]
    picture = cv2.resize(part, (MMODE_WIDTH_PX, MMODE_HEIGHT_PX), interpolation=cv2.INTER_AREA)
    picture = cv2.copyMakeBorder(picture, 18, 2, 2, 2, cv2.BORDER_CONSTANT, value=255)
    cv2.putText(picture, name, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
    return picture.astype(np.uint8)


if __name__ == "__main__":
    main()
