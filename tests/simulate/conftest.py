"""What tests of presets share: a still that stands for a picture of muscle."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="session")
def still(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("stills") / "grey.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (458, 514), np.uint8))
    return path
