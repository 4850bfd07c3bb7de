"""Makes the README's picture: the report of a sample clip, as Chromium shows it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from fasciscan.clip import ClipOptions
from fasciscan.exam import Muscle
from fasciscan.pipeline import analyze
from fasciscan.report import write_reports

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "data_samples" / "biceps-twitches.mp4"
MM_PER_PX = 0.1
PICTURE = ROOT / "docs" / "images" / "report.png"
WIDTH_PX, HEIGHT_PX = 1200, 1465
"""Of the window: as wide as the page grows, and down to the end of the raster."""
TIMEOUT_S = 120


def main() -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("There is no Chromium here; make browser installs it.")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        done = analyze(
            CLIP.relative_to(ROOT),
            ClipOptions(mm_per_px=MM_PER_PX),
            muscle=Muscle("biceps brachii", "left"),
            command=f"fasciscan analyze {CLIP.relative_to(ROOT)} --mm-per-px {MM_PER_PX}",
        )
        (page,) = write_reports(done.clip, done.result, done.raster, folder, ["html"])
        take_picture(browser, page, folder)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


def take_picture(browser: str, page: Path, scratch: Path) -> None:
    """Let the browser draw the page, and keep it at PNG's best compression, which Chromium does not use."""
    raw = scratch / "raw.png"
    subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--no-first-run", f"--user-data-dir={scratch / 'profile'}", "--hide-scrollbars",
            f"--window-size={WIDTH_PX},{HEIGHT_PX}", f"--screenshot={raw}", page.as_uri(),
        ],
        check=True, capture_output=True, timeout=TIMEOUT_S,
    )  # fmt: skip
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(PICTURE), cv2.imread(str(raw)), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
