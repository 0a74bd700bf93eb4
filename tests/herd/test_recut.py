"""Decisions take effect at once, change nothing else, and leave no trace when they are taken back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.herd.test_build import N_DEER, add_events, add_run, individual_of
from thumper_core.cli import app
from thumper_core.contracts import AgeClass, Sex, ThumperError, UsageError
from thumper_core.decisions import kinds, regroup
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.herd.decide import Effect, decide
from thumper_core.herd.recut import apply_decisions, recut_in_part
from thumper_core.workspace import Workspace

N_EVENTS = 10
TABLES = {"assignments": "detection_id", "profiles": "profile_id", "tracklets": "tracklet_id"}
MEMBERS = (
    "select a.individual_id, a.tracklet_id, d.detection_id, d.photo_id, d.x1, d.y1, d.x2, d.y2, "
    "d.confidence from assignments a join detections d using (detection_id) order by detection_id"
)


class Herd:
    """A herd of six deer, one individual each, and what one asks of it."""

    def __init__(self, workspace: Workspace, boxes: list[dict[str, Any]]) -> None:
        self.workspace, self.boxes = workspace, boxes
        self.of = individual_of(workspace, boxes)
        assert len(set(self.of.values())) == N_DEER

    def decide(self, decision: kinds.Decision) -> int:
        decided = decide(self.workspace, decision, "Kim", effect=Effect.WHOLE)
        assert decided.applied is not None
        assert not decided.applied.is_whole
        return decided.numbers[0]

    def undo(self, number: int) -> None:
        self.decide(kinds.Undo(number))

    def members(self) -> pl.DataFrame:
        return self.workspace.sql(MEMBERS)

    def state(self, but: tuple[str, ...] = ()) -> dict[str, pl.DataFrame]:
        """The herd's tables without the rows of some individuals."""
        tables = {
            name: self.workspace.sql(f"select * exclude (herd_id) from {name} order by {key}")
            for name, key in TABLES.items()
        }
        own = tables["assignments"].filter(pl.col("individual_id").is_in(but))
        tables["tracklets"] = tables["tracklets"].join(own, on="tracklet_id", how="anti")
        for name in ("assignments", "profiles"):
            tables[name] = tables[name].filter(~pl.col("individual_id").is_in(but))
        # How stable a profile is takes a whole identification to say.
        tables["profiles"] = tables["profiles"].drop("stability")
        return tables

    def who(self, detection_ids: list[str]) -> set[str]:
        rows = self.members().filter(pl.col("detection_id").is_in(detection_ids))
        return set(rows["individual_id"])

    def pictures(self, individual_id: str) -> list[str]:
        rows = self.members().filter(pl.col("individual_id") == individual_id)
        return rows["detection_id"].to_list()

    def key(self, detection_id: str) -> BoxKey:
        row = self.members().row(by_predicate=pl.col("detection_id") == detection_id, named=True)
        return BoxKey(row["photo_id"], (row["x1"], row["y1"], row["x2"], row["y2"]))

    def individual(self, individual_id: str) -> dict[str, Any]:
        rows = self.workspace.sql("select * from individuals")
        return rows.row(by_predicate=pl.col("individual_id") == individual_id, named=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A workspace with an identified herd, to be copied, and its true boxes."""
    workspace = Workspace.create(tmp_path_factory.mktemp("template"))
    boxes = add_events(workspace, 0, N_EVENTS)
    add_run(workspace, boxes, seed=1)
    build_herd(workspace)
    return workspace.root, boxes


@pytest.fixture
def herd(template: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> Herd:
    shutil.copytree(template[0], tmp_path / "herd")
    return Herd(Workspace.open(tmp_path / "herd"), template[1])


def apart(herd: Herd) -> tuple[str, str]:
    """Two does that are in no photo together: these can be one."""
    return herd.of[0], herd.of[4]


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    return all(one[name].equals(other[name]) for name in TABLES)


def test_a_merge_shows_one_deer_and_its_undo_two(herd: Herd) -> None:
    a, b = apart(herd)
    before, rest = herd.state(), herd.state(but=(a, b))
    both = herd.pictures(a) + herd.pictures(b)
    record(herd.workspace.ledger, kinds.Name(b, "Bambi"), "Kim")
    record(herd.workspace.ledger, kinds.Note(b, "limps"), "Kim")
    number = herd.decide(regroup.merge(herd.members(), a, (b,)))
    assert herd.who(both) == {a}
    assert same(herd.state(but=(a,)), rest)
    gone = herd.individual(b)
    assert (gone["name"], gone["notes"], gone["n_detections"]) == ("Bambi", "limps", 0)
    assert gone["merged_into"] == a
    assert herd.individual(a)["merged_into"] is None
    herd.undo(number)
    assert same(herd.state(), before)
    assert herd.individual(b)["n_detections"] > 0


def test_a_merge_and_its_undo_hold_in_a_whole_identification(herd: Herd) -> None:
    a, b = apart(herd)
    was_a, was_b = herd.pictures(a), herd.pictures(b)
    number = herd.decide(regroup.merge(herd.members(), a, (b,)))
    summary = build_herd(herd.workspace).summary
    assert summary.changes.departed[b].merged_into == a
    assert herd.who(was_a + was_b) == {a}
    record(herd.workspace.ledger, kinds.Undo(number), "Kim")
    assert build_herd(herd.workspace).summary.changes.returned == (b,)
    assert (herd.who(was_a), herd.who(was_b)) == ({a}, {b})


def test_the_one_that_is_kept_keeps_its_id_however_small(herd: Herd) -> None:
    a, b = apart(herd)
    few = herd.pictures(a)[:2]
    leaves = tuple(d for d in herd.pictures(a) if d not in few)
    herd.decide(regroup.split(herd.members(), a, leaves))
    (small,) = herd.who(few)
    herd.decide(regroup.merge(herd.members(), small, (b,)))
    assert herd.who(herd.pictures(small)) == {small}
    assert herd.individual(b)["merged_into"] == small


def test_a_split_parts_what_was_chosen_and_its_undo_joins_it(herd: Herd) -> None:
    a = herd.of[0]
    before, rest = herd.state(), herd.state(but=(a,))
    own = herd.pictures(a)
    leaves, stays = own[:3], own[3:]
    number = herd.decide(regroup.split(herd.members(), a, tuple(leaves)))
    assert len(herd.who(leaves)) == len(herd.who(stays)) == 1
    assert herd.who(leaves) != herd.who(stays)
    both = (*herd.who(leaves), *herd.who(stays))
    assert a in both
    assert same(herd.state(but=both), rest)
    herd.undo(number)
    assert same(herd.state(), before)
    (other,) = set(both) - {a}
    assert herd.individual(other)["merged_into"] == a
    herd.decide(regroup.split(herd.members(), a, tuple(leaves)))
    assert other in herd.who(own), "the ID of the part that had left comes back"


def test_a_split_undoes_a_merge_and_says_which_decisions_collide(herd: Herd) -> None:
    a, b = apart(herd)
    was_a, was_b = herd.pictures(a), herd.pictures(b)
    herd.decide(regroup.merge(herd.members(), a, (b,)))
    record(herd.workspace.ledger, regroup.split(herd.members(), a, tuple(was_b)), "Kim")
    applied = recut_in_part(herd.workspace)
    assert applied is not None
    assert len(herd.who(was_a)) == len(herd.who(was_b)) == 1
    assert herd.who(was_a) != herd.who(was_b)
    (note,) = applied.notes
    assert "decision 2 says" in note and "Decision 1 (merge)" in note


def test_a_moved_detection_goes_where_it_belongs_and_comes_back(herd: Herd) -> None:
    a, b = apart(herd)
    before, rest = herd.state(), herd.state(but=(a, b))
    picture = herd.pictures(a)[0]
    stays = herd.pictures(a)[1:]
    number = herd.decide(regroup.move(herd.members(), picture, b))
    assert herd.who([picture]) == {b}
    assert herd.who(stays) == {a}
    assert same(herd.state(but=(a, b)), rest)
    herd.undo(number)
    assert same(herd.state(), before)


def test_verdicts_on_two_pictures(herd: Herd) -> None:
    a, b = apart(herd)
    before = herd.state()
    one, two = herd.pictures(a)[0], herd.pictures(b)[0]
    number = herd.decide(kinds.Same(herd.key(one), herd.key(two)))
    assert len(herd.who([one, two])) == 1
    herd.undo(number)
    assert same(herd.state(), before)
    one, two = herd.pictures(a)[0], herd.pictures(a)[-1]
    number = herd.decide(kinds.Different(herd.key(one), herd.key(two)))
    assert len(herd.who([one, two])) == 2
    herd.undo(number)
    assert same(herd.state(), before)


def test_a_box_without_an_animal_leaves_and_returns(herd: Herd) -> None:
    before = herd.state()
    a = herd.of[0]
    picture = herd.pictures(a)[0]
    number = herd.decide(kinds.NotAnimal(herd.key(picture)))
    assert herd.who([picture]) == set()
    assert picture not in herd.workspace.sql("select * from assignments")["detection_id"]
    herd.undo(number)
    assert same(herd.state(), before)


def test_no_individual_holds_a_buck_and_a_doe_that_people_confirmed(herd: Herd) -> None:
    a = herd.of[0]
    first, last = herd.pictures(a)[0], herd.pictures(a)[-1]
    for picture, sex in ((first, Sex.MALE), (last, Sex.FEMALE)):
        said = kinds.Reclass(herd.key(picture), "white-tailed deer", sex, AgeClass.ADULT)
        record(herd.workspace.ledger, said, "Kim")
    assert not apply_decisions(herd.workspace).is_whole
    assert len(herd.who([first, last])) == 2
    record(herd.workspace.ledger, kinds.Same(herd.key(first), herd.key(last)), "Kim")
    for again in (apply_decisions, build_herd):
        assert "an adult buck and an adult doe" in " ".join(again(herd.workspace).summary.said)
        assert len(herd.who([first, last])) == 2


def test_many_decisions_leave_no_trace_when_all_are_taken_back(herd: Herd) -> None:
    a, b = apart(herd)
    before = herd.state()
    numbers = [
        herd.decide(regroup.merge(herd.members(), a, (b,))),
        herd.decide(
            regroup.split(herd.members(), herd.of[5], tuple(herd.pictures(herd.of[5])[:3]))
        ),
        herd.decide(kinds.NotAnimal(herd.key(herd.pictures(herd.of[3])[0]))),
    ]
    for number in (numbers[1], numbers[0], numbers[2]):
        herd.undo(number)
    assert same(herd.state(), before)


def test_what_is_known_already_makes_no_new_herd(herd: Herd) -> None:
    shown = herd.workspace.ledger.promoted("herd")
    first, last = herd.pictures(herd.of[0])[:: len(herd.pictures(herd.of[0])) - 1]
    record(herd.workspace.ledger, kinds.Same(herd.key(first), herd.key(last)), "Kim")
    applied = apply_decisions(herd.workspace)
    assert (applied.is_new, applied.herd_id) == (False, shown)


def test_a_word_on_photos_that_came_since_identifies_all(herd: Herd) -> None:
    more = add_events(herd.workspace, N_EVENTS, N_EVENTS + 2)
    add_run(herd.workspace, more, seed=1)
    old = herd.key(herd.pictures(herd.of[0])[0])
    box = more[0]
    new = BoxKey(box["photo_id"], (box["x1"], box["y1"], box["x2"], box["y2"]))
    record(herd.workspace.ledger, kinds.Different(old, new), "Kim")
    assert recut_in_part(herd.workspace) is None
    applied = apply_decisions(herd.workspace)
    assert applied.is_whole
    assert herd.workspace.sql("select count(*) from assignments").item() == len(herd.boxes + more)


def test_without_the_kept_space_all_is_identified(herd: Herd) -> None:
    a, b = apart(herd)
    for file in (herd.workspace.cache_dir / "spaces").iterdir():
        file.write_bytes(b"not a space")
    both = herd.pictures(a) + herd.pictures(b)
    record(herd.workspace.ledger, regroup.merge(herd.members(), a, (b,)), "Kim")
    assert apply_decisions(herd.workspace).is_whole
    assert herd.who(both) == {a}


# --- through the command line ------------------------------------------------------------------


def thumper(workspace: Workspace, *words: str) -> None:
    app(["-w", str(workspace.root), *words], standalone_mode=False)


def test_contradictory_decisions_are_named_with_their_chain(
    herd: Herd, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = apart(herd)
    x, y, z = herd.pictures(a)[0], herd.pictures(b)[0], herd.pictures(b)[-1]
    for words in (("same", x, y), ("same", y, z), ("different", x, z)):
        thumper(herd.workspace, "herd", *words, "--by", "Kim")
    printed = capsys.readouterr().out
    assert "decision 3 says that" in printed
    assert "the latest of the chain, is set aside; undo whichever is wrong" in printed
    assert len(herd.who([x, z])) == 2
    thumper(herd.workspace, "herd", "undo", "3")
    assert "Note:" not in capsys.readouterr().out
    assert len(herd.who([x, y, z])) == 1


def test_a_decision_on_a_photo_that_has_gone(
    herd: Herd, capsys: pytest.CaptureFixture[str]
) -> None:
    here = herd.key(herd.pictures(herd.of[0])[0])
    gone = BoxKey("0" * 31 + "f", (1, 1, 9, 9))
    record(herd.workspace.ledger, kinds.Same(here, gone), "Kim")
    before = herd.state()
    thumper(herd.workspace, "herd", "apply")
    printed = capsys.readouterr().out
    assert f"decision 1 (same): no deer found at its box in photo {gone.photo_id}" in printed
    assert "applies again when the photo is back" in printed
    assert same(herd.state(), before)


@pytest.mark.parametrize(("n_boxes", "expected"), [(0, 0), (1, 1), (2, 2)])
def test_herds_of_nothing_of_one_and_of_one_photo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], n_boxes: int, expected: int
) -> None:
    workspace = Workspace.create(tmp_path)
    boxes = add_events(workspace, 0, 1)[:n_boxes]
    add_run(workspace, boxes, seed=1)
    thumper(workspace, "identify")
    printed = capsys.readouterr().out
    if not n_boxes:
        assert "3 wait to be processed" in printed
        return
    assert f"{expected} group{'s' if expected > 1 else ''}: " in printed
    assert "counts as a deer of its own" in printed
    assert "too few photos to calibrate on" in printed
    thumper(workspace, "herd", "show", "--json")
    shown = json.loads(capsys.readouterr().out)
    assert [row["n_detections"] for row in shown] == [1] * expected
    thumper(workspace, "herd", "apply")
    assert "nothing changes" in capsys.readouterr().out
    if n_boxes == 2:
        thumper(workspace, "herd", "same", *(row["individual_id"] for row in shown))
        assert "are in one photo" in capsys.readouterr().out
        assert workspace.sql("select count(*) from profiles").item() == 2


def test_who_is_not_there_is_said_so(herd: Herd) -> None:
    a, b = apart(herd)
    thumper(herd.workspace, "herd", "name", b, "Bambi")
    thumper(herd.workspace, "herd", "merge", a, "bambi", "--by", "Kim")
    with pytest.raises(ThumperError, match=f"Bambi is not in this herd: it was merged into {a}"):
        thumper(herd.workspace, "herd", "merge", herd.of[5], "Bambi")
    with pytest.raises(ThumperError, match="no individual 'Nobody'"):
        thumper(herd.workspace, "herd", "merge", "Nobody", a)
    with pytest.raises(UsageError, match="Not a picture of"):
        thumper(herd.workspace, "herd", "split", a, "no-such-detection")


def test_suggested_names_are_nobodys(herd: Herd, capsys: pytest.CaptureFixture[str]) -> None:
    given: set[str] = set()
    for who in sorted(herd.of.values()):
        thumper(herd.workspace, "herd", "name", who, "--theme", "disney")
        suggested = capsys.readouterr().out.split("\n")[:-1]
        assert len(suggested) == 5 and not given & set(suggested)
        thumper(herd.workspace, "herd", "name", who, suggested[0], "--theme", "disney")
        capsys.readouterr()
        given.add(suggested[0])
    record(herd.workspace.ledger, kinds.Status(herd.of[0], "harvested"), "Kim")
    with pytest.raises(ThumperError, match="harvested and keeps its name"):
        thumper(herd.workspace, "herd", "name", herd.of[1], herd.individual(herd.of[0])["name"])
