"""Freed memory is kept: what is asked for again costs no new pages."""

from __future__ import annotations

import subprocess
import sys

import pytest

from thumper_core.vision.centernet.allocator import keep_freed_memory

PROGRAM = """
import resource, sys
import numpy as np
from thumper_core.vision.centernet.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(8_000_000, np.float32)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(), keep_freed_memory(), np.ones(8_000_000, np.float32)[0], faults())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator")
def test_blocks_that_were_freed_are_used_again() -> None:
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    before, is_kept, _, after = made.stdout.split()
    assert (is_kept, int(after) < int(before) / 10) == ("True", True), made.stdout


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        pass

    monkeypatch.setattr("ctypes.CDLL", lambda name: Other())
    assert not keep_freed_memory()
