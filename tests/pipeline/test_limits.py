from __future__ import annotations

from typing import Any

import pytest

from thumper_core.pipeline.limits import limit_of


def progress(**changed: Any) -> dict[str, Any]:
    """100 s on 4 idle cores in which the detector worked 80 s and nothing was waited for."""
    stages = {"read": 5.0, "decode": 60.0, "detect": 80.0, "crop": 4.0, "embed": 12.0, "write": 1.0}
    return {
        "done": 1000,
        "elapsed_s": 100.0,
        "busy_s": stages | changed.pop("busy_s", {}),
        "waiting_s": {"photos": 4.0, "disk": 0.0} | changed.pop("waiting_s", {}),
        "cpu_s": {"process": 100.0} | changed.pop("cpu_s", {}),
        "cores": 4,
        "decode_threads": 4,
        "on_gpu": False,
    } | changed


@pytest.mark.parametrize(
    ("changed", "limiter", "words"),
    [
        ({}, "detector", "Limited by the detector (80% of the models' time went into it)"),
        ({"on_gpu": True}, "detector", "faster GPU"),
        ({"busy_s": {"detect": 10.0, "embed": 82.0}}, "embedder", "Limited by the embedder (82%"),
        ({"busy_s": {"detect": 5.0, "crop": 90.0}}, "cropping", "cutting out animals"),
        ({"waiting_s": {"photos": 96.0}}, "decoding", "the models waited for it 50% of the time"),
        (
            {"waiting_s": {"photos": 96.0}, "decode_threads": 3},
            "decoding",
            "more decoding threads would help (3 of 4 cores decode)",
        ),
        ({"waiting_s": {"photos": 96.0}, "busy_s": {"read": 300.0}}, "reading", "faster disk"),
        ({"waiting_s": {"disk": 96.0, "photos": 9.0}}, "writing", "workspace on a faster disk"),
    ],
)
def test_the_longest_wait_or_else_the_busiest_model(
    changed: dict[str, Any], limiter: str, words: str
) -> None:
    limit = limit_of(progress(**changed))
    assert limit is not None
    assert limit.limiter == limiter
    assert not limit.is_processor_full
    assert words in limit.sentence


@pytest.mark.parametrize(
    ("decoding_cpu", "limiter", "share"), [(100.0, "detector", 0.65), (300.0, "decoding", 0.75)]
)
def test_a_full_processor_is_limited_by_where_its_work_goes(
    decoding_cpu: float, limiter: str, share: float
) -> None:
    # Waiting for photos is no sign here: the detector has the cores that decoding would need.
    limit = limit_of(
        progress(
            waiting_s={"photos": 30.0},
            cpu_s={"process": 400.0, "decode": decoding_cpu},
            busy_s={"detect": 65.0, "embed": 10.0, "crop": 0.0},
        )
    )
    assert limit is not None
    assert (limit.limiter, limit.is_processor_full) == (limiter, True)
    assert limit.share == pytest.approx(share, abs=0.001)
    assert "all cores were busy" in limit.sentence


def test_a_full_processor_beside_a_gpu_is_judged_by_waiting() -> None:
    limit = limit_of(progress(on_gpu=True, cpu_s={"process": 400.0, "decode": 100.0}))
    assert limit is not None
    assert (limit.limiter, limit.is_processor_full) == ("detector", False)


def test_time_in_which_work_was_held_counts_for_nobody() -> None:
    halves = {"elapsed_s": 200.0, "cpu_s": {"process": 390.0, "decode": 300.0}}
    assert not limit_of(progress(**halves)).is_processor_full  # type: ignore[union-attr]
    held = limit_of(progress(**halves, waiting_s={"held": 100.0}))
    assert held is not None
    assert (held.limiter, held.is_processor_full) == ("decoding", True)


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"done": 9000, "busy_s": {"detect": 5.0, "wait": 2.0}},  # as an older version kept them
        progress(done=31),
        progress(busy_s=dict.fromkeys(("detect", "crop", "embed"), 0.0), waiting_s={"photos": 0.0}),
    ],
)
def test_nothing_is_said_where_nothing_is_known(figures: dict[str, Any]) -> None:
    assert limit_of(figures) is None
