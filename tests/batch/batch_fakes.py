"""Work that stands in for analysis, importable by name from worker processes: the clip's content says what happens."""

import hashlib
import os
import signal
import time

from fasciscan.batch import ClipTask, Reports
from fasciscan.errors import FasciscanError

HUNG_S = 60
HUGE_BYTES = 4 << 30


def fake_work(task: ClipTask) -> Reports:
    """Do what the clip's text says, then report its content."""
    text = task.path.read_text()
    match text.split():
        case ["slow", seconds, *_]:
            time.sleep(float(seconds))
        case ["broken", *_]:
            raise FasciscanError(f"{task.path}: is broken; export it again.")
        case ["bug", *_]:
            raise ZeroDivisionError("division by zero")
        case ["hang", *_]:
            time.sleep(HUNG_S)
        case ["huge", *_]:
            bytearray(HUGE_BYTES)
        case ["die", *_]:
            os.kill(os.getpid(), signal.SIGKILL)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Reports(sha256, {"text": text}, {".json": f"{sha256}\n".encode(), ".html": b"<p>" + text.encode()})
