"""New pictures meet the herd: nobody is forced, what is said is an ordinary decision, and IDs hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl
import pytest

from tests import generated
from tests.generated import Size
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions.kinds import Undo
from thumper_core.decisions.record import record
from thumper_core.herd.following import following
from thumper_core.questions import who
from thumper_core.questions.met import Meeting, Visit
from thumper_core.questions.steps import last_step
from thumper_core.workspace import Workspace

LONG_AGO = datetime(2000, 1, 1)
WHO = "select detection_id, individual_id from assignments order by 1"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return generated.build(tmp_path_factory.mktemp("who"), Size(photos=180, animals=6, cameras=3))


@pytest.fixture
def ranch(built: Workspace) -> Workspace:
    """The built workspace; what a test says in it is taken back afterwards."""
    yield built  # type: ignore[misc]
    for row in built.sql(
        "from decisions where not undone and kind <> 'undo' order by decision_id desc"
    ).to_dicts():
        record(built.ledger, Undo(row["decision_id"]), "me")
    following(built).follow()
    assert following(built).wait(60)


def last_photos(workspace: Workspace, n: int = 12) -> list[str]:
    rows = workspace.sql(
        "select p.photo_id from photos p join detections d using (photo_id) where d.is_deer "
        "group by p.photo_id, p.taken_at order by p.taken_at desc, 1 limit ?",
        [n],
    )
    return rows["photo_id"].to_list()


def met_last(workspace: Workspace) -> tuple[Meeting, Visit]:
    met = who.meet(workspace, last_photos(workspace))
    return met, met.visits[-1]


def test_the_last_visits_are_of_those_whom_the_herd_holds_them_with(ranch: Workspace) -> None:
    met, _ = met_last(ranch)
    held = dict(ranch.sql(WHO).iter_rows())
    assert met.visits and met.answered == ()
    for visit in met.visits:
        assert sum(visit.chances.values()) + visit.p_new + visit.p_unknown == pytest.approx(1)
        assert visit.said == "known" and visit.is_settled
        assert visit.individual_id == held[visit.detection_id] == visit.held_by == visit.rebuilt_as
        assert list(visit.chances.values()) == sorted(visit.chances.values(), reverse=True)
        assert 1 <= len(visit.candidates) <= 5
        best = visit.candidates[0]
        assert (best.individual_id, best.chance) == next(iter(visit.chances.items()))
        assert held[best.detection_id] == best.individual_id
        assert best.detection_id not in visit.detection_ids
        assert best.n_visits >= best.n_here >= 0 and best.reasons
        assert visit.detection_id == visit.detection_ids[0]
        assert visit.values()["is_sure"] == visit.is_sure
    begun = [visit.started_at for visit in met.visits]
    assert begun == sorted(begun)
    assert len(met.asked) + len(met.sure) + len(met.untold) == len(met.visits)
    assert who.meet(ranch, last_photos(ranch)) == met  # the same again, from what was kept


def test_a_deer_that_only_the_visits_themselves_show_is_new(ranch: Workspace) -> None:
    one = ranch.sql("select min(individual_id) from assignments").item()
    photos = ranch.sql(
        "select distinct d.photo_id from assignments a join detections d using (detection_id) "
        "where a.individual_id = ?",
        [one],
    )["photo_id"].to_list()
    met = who.meet(ranch, photos)
    own = [visit for visit in met.visits if visit.held_by == one]
    assert own
    for visit in own:
        assert one not in visit.chances and visit.rebuilt_as is None
        assert all(candidate.individual_id != one for candidate in visit.candidates)
    assert sum(visit.said == "new" for visit in own) > len(own) / 2


def test_what_was_read_before_the_herd_is_not_new_and_without_a_gallery_all_is(
    ranch: Workspace,
) -> None:
    assert who.meet(ranch).visits == () and who.meet(ranch).sentence == "Nothing new."
    everything = who.meet(ranch, since=LONG_AGO)
    boxes = ranch.sql("select count(*) from assignments").item()
    assert sum(len(visit.detection_ids) for visit in everything.visits) == boxes
    assert {visit.said for visit in everything.visits} <= {"new", "unknown"}
    assert all(not visit.candidates and not visit.is_sure for visit in everything.visits)
    assert "to look at" in everything.sentence


def test_what_is_said_is_recorded_with_what_was_suggested_and_can_be_taken_back(
    ranch: Workspace,
) -> None:
    before = ranch.sql(WHO)
    photos = last_photos(ranch)
    met = who.meet(ranch, photos)
    first, second, third = met.visits[:3]
    known = who.answer(ranch, first, met, "known", "kim", first.individual_id)
    new = who.answer(ranch, second, met, "new", "kim")
    untold = who.answer(ranch, third, met, "unknown", "kim")
    assert len(known) == len(new) == len(untold) == 1
    so_far = who.record_so_far(ranch)
    assert so_far["said"].to_list() == ["known", "new", "unknown"]
    assert so_far["rank"].to_list() == [1, None, None]
    wanted = [next(iter(first.chances.values())), second.p_new, third.p_unknown]
    assert so_far["chance"].to_list() == pytest.approx(wanted)
    kinds = ranch.sql("select kind from decisions where not undone order by decision_id")
    assert kinds["kind"].to_list() == ["move", "move", "untold"]
    assert following(ranch).wait(60)
    # Nobody's ID changed but theirs of whom it was said that they are another deer.
    after, was = (dict(rows.iter_rows()) for rows in (ranch.sql(WHO), before))
    moved = {d for d in was if after[d] != was[d]}
    assert set(second.detection_ids) <= moved
    assert {was[d] for d in moved} == {second.held_by}
    pending = who.meet(ranch, since=LONG_AGO)
    assert [one.said for one in pending.answered] == ["unknown", "new", "known"]
    answered = {one.visit_id for one in pending.answered}
    assert answered == {first.visit_id, second.visit_id, third.visit_id}
    assert not answered & {visit.visit_id for visit in pending.visits}
    # One answer counts at once for the next: its deer is known now.
    assert any(first.individual_id in visit.chances for visit in pending.visits)
    who.take_back(ranch, (*known, *new, *untold), "kim")
    assert following(ranch).wait(60)
    assert ranch.sql(WHO).equals(before)
    assert who.record_so_far(ranch).is_empty()


@pytest.mark.parametrize(("said", "kind"), [("not_deer", "class"), ("nothing", "not_animal")])
def test_what_is_no_deer_is_said_of_every_box_of_the_visit(
    ranch: Workspace, said: str, kind: str
) -> None:
    met, visit = met_last(ranch)
    numbers = who.answer(ranch, visit, met, said, "kim")
    assert len(numbers) == len(visit.detection_ids)
    rows = ranch.sql("select kind from decisions where not undone and kind <> 'undo'")
    assert rows["kind"].to_list() == [kind] * len(numbers)
    step = last_step(ranch, "kim")
    assert step is not None and step.numbers == numbers  # one answer is one step to take back
    left = ranch.sql("select detection_id from detections where is_deer")["detection_id"]
    assert not set(visit.detection_ids) & set(left)
    # One answer, beside what was suggested; the other boxes of the visit are no answers of their own.
    so_far = who.record_so_far(ranch)
    assert so_far["said"].to_list() == [said]
    assert so_far.select("chance", "was_right", "rank").row(0) == (0.0, False, None)
    assert so_far["first"][0] > 0


@pytest.mark.parametrize(
    ("said", "individual", "words"),
    [("perhaps", None, "perhaps"), ("known", None, "which deer"), ("known", "deer-x", "deer-x")],
)
def test_what_makes_no_sense_is_not_recorded(
    ranch: Workspace, said: str, individual: str | None, words: str
) -> None:
    met, visit = met_last(ranch)
    with pytest.raises(UsageError, match=words):
        who.answer(ranch, visit, met, said, "kim", individual)
    assert ranch.sql("select 1 from decisions where not undone and kind <> 'undo'").is_empty()


def test_sure_ones_are_confirmed_together_and_a_look_ends_what_is_new(ranch: Workspace) -> None:
    met, _ = met_last(ranch)
    sure = [replace(visit, chances={**visit.chances}) for visit in met.visits][:4]
    assert len(who.confirm(ranch, sure, met, "kim")) == 4
    assert who.confirm(ranch, [], met, "kim") == ()
    assert who.record_so_far(ranch)["rank"].to_list() == [1, 1, 1, 1]
    before = who.meet(ranch).since
    number = who.looked(ranch, "kim")
    assert who.meet(ranch).since > before
    who.take_back(ranch, [number], "kim")
    assert who.meet(ranch).since == before


def test_every_deer_has_what_its_pictures_are_fit_for(ranch: Workspace) -> None:
    found = who.eligibility(ranch)
    assert found.height == ranch.sql("select count(*) from assignments").item()
    for name in ("fit_identify", "fit_sex", "fit_age", "fit_antlers", "p_male"):
        assert found[name].is_between(0, 1).all()
    assert found["is_shed_season"].to_list() == [False] * found.height  # August
    bucks = ranch.sql("select detection_id from detections where sex = 'male'")
    seen = found.join(bucks, on="detection_id")["has_antlers"]
    assert len(seen) and seen.all()


def test_where_there_is_no_herd_the_command_that_makes_one_is_named(tmp_path) -> None:
    empty = generated.build(tmp_path, Size(photos=12, animals=2), identify=False)
    with pytest.raises(ThumperError, match="thumper identify"):
        who.meet(empty)


def test_a_space_that_is_gone_is_said(ranch: Workspace) -> None:
    spaces = ranch.cache_dir / "spaces"
    spaces.rename(ranch.cache_dir / "away")
    try:
        with pytest.raises(ThumperError, match="not kept any more"):
            who.meet(ranch)
    finally:
        (ranch.cache_dir / "away").rename(spaces)


def test_the_record_of_nothing_has_its_columns(ranch: Workspace) -> None:
    empty = who.record_so_far(ranch)
    assert empty.is_empty() and empty.schema["made_at"] == pl.Datetime("us", "UTC")
