"""A page as PDF, printed by the Chromium that the machine has: its print style is the one the page was made for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from fasciscan.errors import FasciscanError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
TIMEOUT_S = 120
"""A page of an exam prints in seconds; a browser that takes longer hangs."""


def find_browser() -> str:
    """Find a Chromium.

    Raises
    ------
    FasciscanError
        If there is none.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise FasciscanError(
            "There is no Chromium or Chrome here to print the PDF with; install one, or open the HTML report in any "
            "browser and print it to a file."
        )
    return found


def print_pdf(page: Path, path: Path) -> None:
    """Print the page `page`, an HTML file, to `path`.

    Raises
    ------
    FasciscanError
        If there is no browser, or it does not print.
    """
    browser = find_browser()
    with TemporaryDirectory() as profile:
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
            f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={path.resolve()}",
            page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            raise FasciscanError(f"{path}: {browser} took over {TIMEOUT_S} s; print {page} by hand.") from None
    if done.returncode or not path.is_file():
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise FasciscanError(f"{path}: {browser} did not print it ({last}); print {page} by hand.")
