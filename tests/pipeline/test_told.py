from __future__ import annotations

import numpy as np
import pytest

from thumper_core.pipeline.told import ToldDetector


def test_it_decodes_as_a_detector_of_its_size_and_is_never_asked() -> None:
    told = ToldDetector("md (imported)", "ab", ("animal",), 0.2)
    assert told.input_size(1920, 1080) == (384, 640)
    assert told.input_size(1080, 1920) == (640, 384)
    with pytest.raises(NotImplementedError):
        told.detect(np.zeros((1, 384, 640, 3), np.uint8))


def test_another_file_threshold_or_size_is_another_run() -> None:
    base = ToldDetector("md (imported)", "ab", ("animal",), 0.2)
    others = [
        ToldDetector("md (imported)", "cd", ("animal",), 0.2),
        ToldDetector("md (imported)", "ab", ("animal",), 0.1),
        ToldDetector("md (imported)", "ab", ("animal",), 0.2, 448),
    ]
    assert all(one.fingerprint_fields() != base.fingerprint_fields() for one in others)
