"""How wide a page lays itself out in Chromium."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path


def laid_out_px(page: str, width_px: int, browser: str, folder: Path) -> int:
    """Width a page takes in a frame of a width: larger than the frame if it scrolls sideways.

    The page allows no script, so a copy that does is measured. A window of Chromium's own would be no narrower than
    500 px.
    """
    opened = re.sub(r"<meta http-equiv.*?>", "", page)
    probe = folder / "probe.html"
    probe.write_text(
        f'<iframe style="width:{width_px}px;height:800px;border:0" srcdoc="{html.escape(opened)}"></iframe>'
        "<script>onload = () => { const page = document.querySelector('iframe').contentDocument;"
        "document.body.innerHTML = `width=${page.documentElement.scrollWidth} text=${page.body.innerText.length}` }"
        "</script>",
        encoding="utf-8",
    )
    dom = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
         f"--user-data-dir={folder / 'profile'}", "--window-size=1400,900", "--dump-dom", probe.as_uri()],
        capture_output=True, text=True, timeout=120,
    ).stdout  # fmt: skip
    measured = re.search(r"width=(\d+) text=(\d+)", dom)
    assert measured and int(measured[2]) > 0, dom[:500]
    return int(measured[1])
