"""`herd flank`: a person's word on a picture, by its ID or its deer's."""

from __future__ import annotations

import json
from pathlib import Path

from tests.workspaces import Deer, build


def test_the_side_of_a_picture_is_said_and_taken_back(
    tmp_path: Path,
    call,  # type: ignore[no-untyped-def]
) -> None:
    ranch = build(tmp_path, [Deer("doe", 2, "Elsa")])
    herd = ranch.ledger.promoted("herd")
    best = "select flank from detections where detection_id = "
    best += "(select best_detection_id from individuals where name = 'Elsa')"
    code, printed = call("-w", ranch.root, "herd", "flank", "Elsa", "left", "--json")
    assert (code, json.loads(printed)["flank"]) == (0, "left")
    assert ranch.sql(best).item() == "left"
    code, printed = call("-w", ranch.root, "herd", "flank", "Elsa", "rear")
    assert code == 0 and "Noted: from behind" in printed
    assert ranch.sql(best).item() == "rear"
    number = int(ranch.sql("select max(decision_id) from decisions").item())
    assert call("-w", ranch.root, "herd", "undo", str(number), "--later")[0] == 0
    assert ranch.sql(best).item() == "left"
    assert ranch.ledger.promoted("herd") == herd  # who is who stays as it is
    assert call("-w", ranch.root, "herd", "flank", "Elsa", "top")[0] == 2
