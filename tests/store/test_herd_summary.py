"""A herd's summary: what any version wrote is read, and what is read is written again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thumper_core.store.herd_summary import (
    CalibrationFigures,
    DecisionsHeard,
    Departed,
    Growth,
    HerdChanges,
    HerdCounts,
    HerdCut,
    HerdSummary,
    HerdTrust,
    Interval,
    MergedProfile,
    Part,
    SplitIndividual,
)

PART = {"profile_id": "p1", "individual_id": "D0001", "n": 4, "share": 0.8}
PAYLOAD: dict[str, Any] = {
    "n_profiles": 3,
    "n_individuals": 3,
    "n_detections": 20,
    "n_assigned": 18,
    "assignment_rate": 0.9,
    "n_singletons": 1,
    "n_bucks": 1,
    "n_does": 1,
    "n_fawns": 0,
    "n_unknown": 1,
    "method": "average",
    "threshold": 0.62,
    "recommended": 0.6,
    "reason": "least expected error",
    "whitening": "none",
    "false_merge": 0.01,
    "false_split": {"value": 0.03, "low": 0.01, "high": 0.05},
    "estimated_animals": 2.6,
    "stability": 0.97,
    "profiles_low": 2.0,
    "profiles_high": 4.0,
    "unstable": ["D0003"],
    "broken_links": 0,
    "animals_low": 2.0,
    "animals_high": 4.0,
    "calibration": {
        "must_link_pairs": 40,
        "cannot_link_pairs": 9,
        "verdict_pairs": 0,
        "equal_error_rate": 0.05,
        "area_under_roc": 0.98,
        "d_prime": None,
        "calibration_error": 0.02,
        "separation": 3.2,
    },
    "sweep": {"threshold": [0.1, 0.2], "profiles": [3, 4], "ari": [None, 0.9]},
    "warnings": ["Two verdicts contradict.", "Few pairs."],
    "said": ["Two verdicts contradict."],
    "new": ["D0003"],
    "returned": [],
    "absent": ["D0009"],
    "departed": {"D0009": {"herd_id": "h0001", "merged_into": None}},
    "splits": [{"individual_id": "D0001", "parts": [PART]}],
    "merges": [{"profile_id": "p1", "individual_id": "D0001", "parts": [PART]}],
    "herd_id": "h0002",
    "base": "h0002",
    "heard": {"last": 7, "undone": [3]},
}
"""As the code wrote it when it was a dict."""


def test_a_payload_is_read_into_its_parts() -> None:
    part = Part("p1", "D0001", 4, 0.8)
    assert HerdSummary.from_json(PAYLOAD) == HerdSummary(
        "h0002",
        HerdCounts(3, 3, 20, 18, 0.9, 1, 1, 1, 0, 1),
        HerdCut("average", 0.62, 0.6, "least expected error", "none"),
        HerdTrust(0.01, Interval(0.03, 0.01, 0.05), 2.6, 0.97, 2.0, 4.0, ("D0003",), 0, 2.0, 4.0),
        CalibrationFigures(40, 9, 0, 0.05, 0.98, None, 0.02, 3.2),
        PAYLOAD["sweep"],
        ("Two verdicts contradict.", "Few pairs."),
        ("Two verdicts contradict.",),
        None,
        HerdChanges(
            ("D0003",),
            (),
            ("D0009",),
            {"D0009": Departed("h0001")},
            (SplitIndividual("D0001", (part,)),),
            (MergedProfile("p1", "D0001", (part,)),),
        ),
        "h0002",
        DecisionsHeard(7, (3,)),
    )


@pytest.mark.parametrize("more", [{}, {"grown": {"detections": 4, "photos": 2}}])
def test_what_is_written_is_what_was_read(more: dict[str, Any]) -> None:
    written = json.loads(json.dumps(HerdSummary.from_json(PAYLOAD | more).to_json()))
    assert written == {"about": "", "answered_on": "", "metric": ""} | PAYLOAD | more


@pytest.mark.parametrize(
    ("old", "read"),
    [
        ({}, HerdSummary()),
        ({"a key of another version": 1}, HerdSummary()),
        ({"threshold": None, "calibration": None, "departed": None}, HerdSummary()),
        ({"false_split": 0.05}, HerdSummary(trust=HerdTrust(false_split=Interval(0.05)))),
        (
            {"departed": {"D1": {"herd_id": "h1"}}},
            HerdSummary(changes=HerdChanges(departed={"D1": Departed("h1")})),
        ),
        (
            {"calibration": {"equal_error_rate": 0.1}},
            HerdSummary(calibration=CalibrationFigures(equal_error_rate=0.1)),
        ),
    ],
    ids=["nothing", "unknown", "nulls", "a plain rate", "departed", "calibration"],
)
def test_older_payloads_read_with_what_they_lack_at_its_default(
    old: dict[str, Any], read: HerdSummary
) -> None:
    assert HerdSummary.from_json(old) == read
    assert HerdSummary.from_json(read.to_json()) == read
    assert read.sweep_table().is_empty()


def test_growth_and_the_sweep_as_a_table() -> None:
    summary = HerdSummary.from_json(PAYLOAD | {"grown": {"detections": 4, "photos": 2}})
    assert summary.grown == Growth(4, 2)
    assert summary.sweep_table().rows() == [(0.1, 3, None), (0.2, 4, 0.9)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, Interval(0.5)),
        (1, Interval(1.0)),
        ({"value": 0.5, "low": 0.4, "high": None}, Interval(0.5, 0.4, None)),
        ({"low": 0.4}, None),
        (True, None),
        ("many", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_an_interval_reads_what_it_can(value: Any, expected: Interval | None) -> None:
    assert Interval.from_json(value) == expected
