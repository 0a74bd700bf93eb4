"""Decisions are read of the version that is used, at any depth, and stay as they were written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.decisions.every_kind import EVERY_KIND
from thumper_core.decisions.in_place import in_place
from thumper_core.store.records import DecisionRow
from thumper_core.store.versions import Used

USED = {"aa": Used("AA", 2.0, 3.0)}
SMALL: dict[str, Any] = {"photo_id": "aa", "box": [1.0, 2.0, 30.0, 40.0]}
LARGE: dict[str, Any] = {"photo_id": "AA", "box": [2.0, 6.0, 60.0, 120.0]}
OTHER: dict[str, Any] = {"photo_id": "bb", "box": [5.0, 6.0, 70.0, 80.12]}


def row(kind: str, payload: dict[str, Any], subject: str = "x") -> DecisionRow:
    return DecisionRow(1, kind, subject, payload, "ann", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, {}),
        (SMALL, LARGE),
        (OTHER, OTHER),
        ({"a": SMALL, "b": OTHER}, {"a": LARGE, "b": OTHER}),
        (
            {"boxes": [OTHER, SMALL], "cannot": [{"a": OTHER, "b": SMALL}]},
            {"boxes": [OTHER, LARGE], "cannot": [{"a": OTHER, "b": LARGE}]},
        ),
        (SMALL | {"to": [1, 1, 2.004, 2]}, LARGE | {"to": [2, 3, 4.01, 6]}),
        (SMALL | {"to": "deer-002"}, LARGE | {"to": "deer-002"}),
        (SMALL | {"to": None}, LARGE | {"to": None}),
        (
            SMALL | {"marks": [{"name": "ears", "points": [[1, 1], [3, 4.004]]}]},
            LARGE | {"marks": [{"name": "ears", "points": [[2, 3], [6, 12.01]]}]},
        ),
        ({"photo_id": 7, "box": "none"}, {"photo_id": 7, "box": "none"}),
    ],
)
def test_boxes_follow(payload: dict[str, Any], expected: dict[str, Any]) -> None:
    written = row("any", payload)
    [followed] = in_place([written], USED)
    assert followed == written._replace(payload=expected)
    assert in_place([written], {}) == [written]


def test_a_decision_of_every_kind_can_be_followed() -> None:
    rows = [row(kind, payload, subject) for _, kind, subject, payload in EVERY_KIND]
    followed = in_place(rows, USED)
    assert [one.kind for one in followed] == [one.kind for one in rows]
    assert '"aa"' not in str([one.payload for one in followed]).replace("'", '"').replace(
        "aa-0", ""
    )
