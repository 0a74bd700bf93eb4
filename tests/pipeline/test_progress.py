from __future__ import annotations

import time

import pytest

from thumper_core.pipeline.progress import Meter


def spin(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_a_stage_inside_another_is_taken_off_it() -> None:
    meter = Meter(1)
    with meter.busy("decode"):
        spin(0.02)
        with meter.busy("read"):
            time.sleep(0.05)
    with meter.busy("detect"):
        pass
    progress = meter.progress()
    assert progress.busy_s["read"] >= 0.05 > progress.cpu_s["read"]
    assert progress.cpu_s["decode"] == pytest.approx(0.02, abs=0.015)
    assert progress.busy_s["decode"] >= 0.02
    total = progress.busy_s["read"] + progress.busy_s["decode"]
    assert total <= progress.elapsed_s
    assert progress.busy_s["detect"] < 0.02  # what came before is not taken off it


def test_waiting_is_told_from_work() -> None:
    meter = Meter(1)
    with meter.decoding(3, on_gpu=True):
        with meter.busy("decode"):
            time.sleep(0.02)
        with meter.busy("held"):
            time.sleep(0.05)
        with meter.busy("photos"):
            time.sleep(0.01)
        during = meter.progress()
    after = meter.progress()
    time.sleep(0.03)
    assert meter.spent() == after.busy_s | after.waiting_s  # nobody waits for room any more
    assert set(during.busy_s) == {"decode"}
    assert set(during.waiting_s) == {"photos", "held", "room"}
    # Three threads less what one of them worked, and all of them while nothing may be done.
    whole = sum(after.waiting_s[wait] for wait in ("photos", "held")) + after.busy_s["decode"]
    expected = 3 * (whole - after.waiting_s["held"]) - after.busy_s["decode"]
    assert after.waiting_s["room"] == pytest.approx(expected, abs=0.03)
    assert (after.decode_threads, after.on_gpu) == (3, True)


def test_what_another_process_spent_is_added() -> None:
    worker, here = Meter(0), Meter(10)
    with worker.decoding(2), worker.busy("detect"):
        time.sleep(0.01)
    here.add(worker.spent())
    progress = here.progress()
    assert progress.busy_s == worker.progress().busy_s
    assert progress.waiting_s == worker.progress().waiting_s
