"""What the kind of a deer rests on, in a sentence."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces import Deer, build
from thumper_core.contracts import DEER, AgeClass, Sex
from thumper_core.decisions import kinds
from thumper_core.decisions.record import record
from thumper_core.questions.kind_rests import kind_rests
from thumper_core.questions.review_queue import verdict_key


def test_who_said_what_of_how_many_pictures(tmp_path: Path) -> None:
    ranch = build(tmp_path, [Deer("buck", 3)], drawn=False)
    (who,) = ranch.sql("select distinct individual_id from assignments")["individual_id"]
    rows = ranch.sql("select * from detections order by detection_id").to_dicts()
    n = len(rows)
    assert kind_rests(ranch, who) == f"Of {n} pictures the detector says buck of {n}."
    for row, sex in zip(rows[:2], (Sex.FEMALE, Sex.UNKNOWN), strict=True):
        said = kinds.Reclass(verdict_key(row), DEER, sex, AgeClass.ADULT)
        record(ranch.ledger, said, "Kim")
    assert kind_rests(ranch, who) == (
        f"Of {n} pictures people say doe of 1 and the detector says buck of {n - 2}; of 1 nothing is known."
    )
    for row in rows:
        record(ranch.ledger, kinds.Reclass(verdict_key(row), DEER), "Kim")
    assert kind_rests(ranch, who) == (
        f"Whether it is a buck, a doe or a fawn is said of none of its {n} pictures."
    )
    assert kind_rests(ranch, "deer-999") == ""
