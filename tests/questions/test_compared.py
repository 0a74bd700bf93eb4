"""The two pictures of a verdict: as it names them, whatever became of the boxes since."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces import Deer, build
from thumper_core.decisions import kinds
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.record import record
from thumper_core.questions.compared import compared
from thumper_core.questions.review_queue import verdict_key


def test_both_pictures_of_a_verdict_are_shown_and_of_nothing_else(tmp_path: Path) -> None:
    ranch = build(tmp_path, [Deer("buck", 3), Deer("doe", 2)], drawn=False)
    rows = ranch.sql("select * from detections order by detection_id").to_dicts()
    keys = [verdict_key(row) for row in rows[:3]]
    gone = BoxKey("f" * 32, (1.0, 1.0, 9.0, 9.0))
    numbers = [
        record(ranch.ledger, one, "Kim")
        for one in (
            kinds.Different(keys[0], keys[1]),
            kinds.Note("deer-001", "limps"),
            kinds.Unknowable(keys[0], keys[2]),
            kinds.Same(keys[1], gone),  # a photo that was taken out since
        )
    ]
    found = compared(ranch, numbers)
    both = [(row["decision_id"], BoxKey.of_row(row)) for row in found.to_dicts()]
    assert sorted(both, key=str) == sorted(
        [
            (numbers[0], keys[0]), (numbers[0], keys[1]),
            (numbers[2], keys[0]), (numbers[2], keys[2]),
            (numbers[3], keys[1]),
        ],
        key=str,
    )  # fmt: skip
    assert found["camera"].null_count() == found["taken_at"].null_count() == 0
    assert compared(ranch, ()).is_empty()
