"""New visits come with pictures of all that they could be, first those of watched deer."""

from __future__ import annotations

import pytest

from tests.app.new_visits import candidate, meeting, visit
from tests.generated import Size, build
from thumper_core import Workspace, who
from thumper_core.decisions.kinds import Watch
from thumper_core.decisions.record import record
from thumper_core.questions.met import Meeting


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = build(tmp_path_factory.mktemp("herd"), Size(photos=36, animals=3))
    record(workspace.ledger, Watch(workspace.ledger.individual_ids()[1], watched=True), "Ann")
    return workspace


@pytest.fixture
def found(herd: Workspace, monkeypatch: pytest.MonkeyPatch) -> tuple[Meeting, list[int]]:
    """What is met, and how often it was looked for."""
    ids = herd.sql("select detection_id from detections order by 1")["detection_id"].to_list()
    mine, watched = herd.ledger.individual_ids()[:2]
    met = meeting(
        visit(ids[0], candidate(mine, 0.7, ids[5])),
        visit(ids[1], candidate(mine, 0.6, ids[5]), candidate(watched, 0.3, ids[6])),
        visit(ids[2], candidate(mine, 0.98, ids[5])),
        visit(ids[3], candidate(mine, 0.5, "gone")),
        visit("gone", candidate(mine, 0.5, ids[5])),
        visit(ids[4], said="unknown"),
    )
    calls = list[int]()

    def meet(_: Workspace) -> Meeting:
        calls.append(1)
        return met

    monkeypatch.setattr(who, "meet", meet)
    monkeypatch.setattr("visits_ahead._LAST", {})
    return met, calls


def test_it_is_looked_for_once_until_something_is_said(
    herd: Workspace, found: tuple[Meeting, list[int]]
) -> None:
    from visits_ahead import meeting_of

    met, calls = found
    assert meeting_of(herd) is meeting_of(herd) is met
    assert len(calls) == 1
    record(herd.ledger, Watch(herd.ledger.individual_ids()[1], watched=True), "Ann")
    meeting_of(herd)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("doubted", "passed", "expected"),
    [((), (), "1 0 3 4"), ((2,), (), "1 2 0 3 4"), ((), (1, 3), "0 4"), ((2,), (2,), "1 0 3 4")],
)
def test_the_order_of_what_is_asked(
    herd: Workspace,
    found: tuple[Meeting, list[int]],
    doubted: tuple[int, ...],
    passed: tuple[int, ...],
    expected: str,
) -> None:
    from visits_ahead import look

    names = [one.visit_id for one in found[0].visits]
    seen = look(herd, {names[n] for n in doubted}, {names[n] for n in passed})
    assert [names.index(one.visit_id) for one in seen.visits] == [int(n) for n in expected.split()]


def test_pictures_come_with_a_visit_and_what_is_lost_is_left_out(
    herd: Workspace, found: tuple[Meeting, list[int]]
) -> None:
    from visits_ahead import look, prepare

    made = list(prepare(herd, look(herd, (), ())))
    assert [len(one.asked.candidates) for one in made] == [2, 1, 0]  # one picture of three is gone
    for one in made:
        names = {one.asked.visit.detection_id, *(c.detection_id for c in one.asked.candidates)}
        assert set(one.jpegs) == names
        assert one.known["detection_id"].to_list() == [c.detection_id for c in one.asked.candidates]
