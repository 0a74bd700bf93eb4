"""How many visits wait to be looked at, before a herd, after answers and after a look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generated import Size, build
from thumper_core import who
from thumper_core.decisions import record
from thumper_core.questions.waiting import waiting


def test_visits_wait_until_they_are_answered_or_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = Size(photos=72, animals=4, cameras=2, new=24)
    assert waiting(build(tmp_path / "no-herd", size, identify=False)) == 0
    ranch = build(tmp_path / "herd", size)
    met = who.meet(ranch)
    events = {visit.event_id for visit in met.visits}
    assert waiting(ranch) == len(events) > 2
    one = met.visits[0]
    of_event = [visit for visit in met.visits if visit.event_id == one.event_id]
    numbers = [who.answer(ranch, visit, met, "unknown", "Ann") for visit in of_event]
    assert waiting(ranch) == len(events) - 1
    who.take_back(ranch, numbers[0], "Ann")
    assert waiting(ranch) == len(events)
    who.looked(ranch, "Ann")
    # All new photos of a generated herd are read in the far future: that look was before them.
    assert waiting(ranch) == len(events)
    monkeypatch.setattr(record, "now_text", lambda: "2100-01-01 00:00:00.000000+00:00")
    number = who.looked(ranch, "Ann")
    assert waiting(ranch) == len(who.meet(ranch).visits) == 0
    who.take_back(ranch, [number], "Ann")
    assert waiting(ranch) == len(events)
