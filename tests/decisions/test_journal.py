"""Decisions: what each kind says, undo, names that two people change at once."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions import journal, kinds
from thumper_core.decisions import table as stored
from thumper_core.decisions.journal import Conflict, record, rename, undo
from thumper_core.decisions.keys import BoxKey
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.ledger import DecisionRow, Ledger

A = BoxKey("aa", (1, 2, 30, 40))
B = BoxKey("bb", (5, 6, 70, 80.123456))
A_JSON = {"photo_id": "aa", "box": [1.0, 2.0, 30.0, 40.0]}
B_JSON = {"photo_id": "bb", "box": [5.0, 6.0, 70.0, 80.12]}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.create()
    animals = [
        {"individual_id": i, "sex": "male", "age_class": "adult"} for i in ("i1", "i2", "i3")
    ]
    ledger.add_herd("h0001", "r0001", "average", 0.6, HerdSummary(), animals, promote=True)
    return ledger


def individual(ledger: Ledger, individual_id: str) -> tuple[str | None, ...]:
    with ledger.reading() as c:
        row = c.execute(
            "select name, theme, status, notes from individuals where individual_id = ?",
            (individual_id,),
        ).fetchone()
    return tuple(row)


EVERY_KIND = [
    (kinds.Same(A, B), "same", f"{A}|{B}", {"a": A_JSON, "b": B_JSON}),
    (kinds.Different(B, A), "different", f"{A}|{B}", {"a": A_JSON, "b": B_JSON}),
    (kinds.Unknowable(A, B), "unknowable", f"{A}|{B}", {"a": A_JSON, "b": B_JSON}),
    (
        kinds.Merge("i1", ("i2", "i3")),
        "merge",
        "i1",
        {"into": "i1", "from": ["i2", "i3"], "must": [], "kept": []},
    ),
    (
        kinds.Split("i1", (A, B)),
        "split",
        "i1",
        {"individual_id": "i1", "boxes": [A_JSON, B_JSON], "kept": [], "cannot": []},
    ),
    (
        kinds.Move(A, "i2"),
        "move",
        str(A),
        {**A_JSON, "to": "i2", "must": [], "kept": [], "cannot": []},
    ),
    (
        kinds.Move(A, None),
        "move",
        str(A),
        {**A_JSON, "to": None, "must": [], "kept": [], "cannot": []},
    ),
    (
        kinds.Reclass(A, "white-tailed deer", "female", "adult"),  # type: ignore[arg-type]
        "class",
        str(A),
        {**A_JSON, "species": "white-tailed deer", "sex": "female", "age_class": "adult"},
    ),
    (kinds.NotAnimal(A), "not_animal", str(A), A_JSON),
    (kinds.MoveBox(A, (1, 2, 3.004, 4)), "box", str(A), {**A_JSON, "to": [1.0, 2.0, 3.0, 4.0]}),
    (
        kinds.MissedAnimal(A, "coyote"),
        "missed_animal",
        str(A),
        {**A_JSON, "species": "coyote", "sex": "unknown", "age_class": "unknown"},
    ),
    (
        kinds.Name("i1", "  Old\u00a0  Bambi ", "disney"),
        "name",
        "i1",
        {"individual_id": "i1", "name": "Old Bambi", "theme": "disney"},
    ),
    (kinds.Note("i1", "limps"), "note", "i1", {"individual_id": "i1", "note": "limps"}),
    (
        kinds.Status("i1", "harvested"),
        "status",
        "i1",
        {"individual_id": "i1", "status": "harvested"},
    ),
    (kinds.BestPhoto("i1", A), "best_photo", "i1", {"individual_id": "i1", **A_JSON}),
]


@pytest.mark.parametrize(("decision", "kind", "subject", "payload"), EVERY_KIND)
def test_every_kind_is_recorded_as_it_was_said(
    ledger: Ledger, decision: kinds.Decision, kind: str, subject: str, payload: dict
) -> None:
    number = record(ledger, decision, " Kim ")
    frame = stored.decisions_frame(ledger)
    assert frame.schema == stored.FRAME_SCHEMA
    row = frame.row(0, named=True)
    assert (row["decision_id"], row["kind"], row["subject"]) == (number, kind, subject)
    assert json.loads(row["payload"]) == payload
    assert (row["author"], row["undone"]) == ("Kim", False)
    undo(ledger, number, "Kim")
    assert stored.decisions_frame(ledger)["undone"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: BoxKey("", (0, 0, 1, 1)), "photo_id"),
        (lambda: BoxKey("a", (0, 0, 0, 1)), "no area"),
        (lambda: BoxKey("a", (0, 5, 1, 1)), "no area"),
        (lambda: BoxKey("a", (0, 0, float("nan"), 1)), "finite"),
        (lambda: BoxKey("a", (0, 0, 1)), "four"),
        (lambda: kinds.Same(A, A), "two different boxes"),
        (lambda: kinds.MoveBox(A, A.box), "where it was"),
        (lambda: kinds.MoveBox(A, (5, 5, 5, 9)), "no area"),
        (lambda: kinds.Merge("i1", ()), "others"),
        (lambda: kinds.Merge("i1", ("i1",)), "others"),
        (lambda: kinds.Merge("i1", ("i2", "i2")), "others"),
        (lambda: kinds.Split("i1", ()), "at least one"),
        (lambda: kinds.Reclass(A, " "), "species"),
        (lambda: kinds.Reclass(A, "deer", "buck"), "sex"),
        (lambda: kinds.Status("i1", "asleep"), "alive, harvested, gone"),
        (lambda: kinds.Name("i1", "\x07"), "do not print"),
        (lambda: kinds.Note("i1", "x" * 4001), "4000"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_said(make, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make()


@pytest.mark.parametrize(
    "decision",
    [
        kinds.Name("i9", "Bambi"),
        kinds.Merge("i1", ("i9",)),
        kinds.Split("i9", (A,)),
        kinds.Move(A, "i9"),
        kinds.Status("i9", "gone"),
        kinds.BestPhoto("i9", A),
    ],
)
def test_an_individual_that_is_not_there_is_refused_and_nothing_written(
    ledger: Ledger, decision: kinds.Decision
) -> None:
    with pytest.raises(ThumperError, match="no individual 'i9'"):
        record(ledger, decision, "Kim")
    assert ledger.decisions() == []


@pytest.mark.parametrize("author", ["", "  ", "x" * 81])
def test_a_decision_has_an_author(ledger: Ledger, author: str) -> None:
    with pytest.raises(UsageError, match="author"):
        record(ledger, kinds.NotAnimal(A), author)
    assert ledger.decisions() == []


def test_the_table_of_individuals_follows_decisions_and_undo(ledger: Ledger) -> None:
    first = record(ledger, kinds.Name("i1", "Bambi", "disney"), "Kim")
    record(ledger, kinds.Note("i1", "limps"), "Kim")
    second = record(ledger, kinds.Name("i1", "Copper"), "Kim")
    gone = record(ledger, kinds.Status("i1", "gone"), "Kim")
    assert individual(ledger, "i1") == ("Copper", None, "gone", "limps")
    undone = undo(ledger, second, "Lee")
    assert individual(ledger, "i1") == ("Bambi", "disney", "gone", "limps")
    undo(ledger, undone, "Kim")
    assert individual(ledger, "i1") == ("Copper", None, "gone", "limps")
    undo(ledger, gone, "Kim")
    undo(ledger, second, "Kim")
    undo(ledger, first, "Kim")
    assert individual(ledger, "i1") == (None, None, "alive", "limps")
    assert individual(ledger, "i2") == (None, None, "alive", None)


def test_a_status_that_was_set_elsewhere_survives_a_note(ledger: Ledger) -> None:
    with ledger.transaction() as c:  # as versions did that kept no decision of it
        c.execute(
            "update individuals set status = 'gone', name = 'Old One' where individual_id = 'i1'"
        )
    record(ledger, kinds.Note("i1", "seen by the creek"), "Kim")
    assert individual(ledger, "i1") == ("Old One", None, "gone", "seen by the creek")


def test_undo_of_nothing_and_undo_twice_are_refused(ledger: Ledger) -> None:
    number = record(ledger, kinds.NotAnimal(A), "Kim")
    with pytest.raises(UsageError, match="no decision 99"):
        undo(ledger, 99, "Kim")
    record(ledger, kinds.Undo(number), "Kim")
    with pytest.raises(UsageError, match="undone already"):
        undo(ledger, number, "Kim")
    assert len(ledger.decisions()) == 2


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0), max_size=12))
def test_undone_equals_the_plain_definition(targets: list[int]) -> None:
    """Decision 1 is a verdict; each later one undoes some earlier one."""
    rows = [DecisionRow(1, "same", "s", {}, "k", None)]  # type: ignore[arg-type]
    for number, target in enumerate(targets, start=2):
        payload = {"decision_id": target % (number - 1) + 1}
        rows.append(DecisionRow(number, "undo", "", payload, "k", None))  # type: ignore[arg-type]

    def stands(number: int) -> bool:
        undos = [r for r in rows if r.kind == "undo" and r.payload["decision_id"] == number]
        return not any(stands(u.decision_id) for u in undos)

    expected = {r.decision_id for r in rows if not stands(r.decision_id)}
    assert stored.undone_ids(rows) == expected


def test_rename_needs_the_name_that_was_seen(ledger: Ledger) -> None:
    rename(ledger, "i1", "Bambi", "Kim", expected=None, theme="disney")
    with pytest.raises(Conflict, match="'Bambi' now"):
        rename(ledger, "i1", "Copper", "Lee", expected=None)
    assert individual(ledger, "i1")[0] == "Bambi"
    rename(ledger, "i1", None, "Lee", expected="Bambi")
    with pytest.raises(Conflict, match="no name now"):
        rename(ledger, "i1", "Copper", "Kim", expected="Bambi")
    assert [r.kind for r in ledger.decisions()] == ["name", "name"]


def test_of_two_who_name_one_deer_at_once_one_wins_and_one_is_told(ledger: Ledger) -> None:
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def name_it(name: str) -> None:
        gate.wait()
        try:
            rename(ledger, "i1", name, name, expected=None)
            outcomes.append(name)
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=name_it, args=(n,)) for n in ("A1", "B1", "C1", "D1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("conflict") == 3
    (winner,) = set(outcomes) - {"conflict"}
    assert individual(ledger, "i1")[0] == winner


@pytest.mark.parametrize("status", ["alive", "gone", "harvested"])
def test_a_name_belongs_to_one_deer_even_after_its_death(ledger: Ledger, status: str) -> None:
    record(ledger, kinds.Name("i1", "Bambi"), "Kim")
    record(ledger, kinds.Status("i1", status), "Kim")
    for say in (
        lambda: record(ledger, kinds.Name("i2", "BAMBI"), "Lee"),
        lambda: rename(ledger, "i2", "ｂambi", "Lee", expected=None),
    ):
        with pytest.raises(ThumperError, match="is the name of i1"):
            say()
    assert individual(ledger, "i2")[0] is None
    assert journal.taken_names(ledger) == {"Bambi"}


def test_undo_does_not_bring_back_a_name_that_another_deer_has(ledger: Ledger) -> None:
    record(ledger, kinds.Name("i1", "Bambi"), "Kim")
    later = record(ledger, kinds.Name("i1", "Copper"), "Kim")
    record(ledger, kinds.Name("i2", "Bambi"), "Lee")
    with pytest.raises(ThumperError, match="is the name of i2"):
        undo(ledger, later, "Kim")
    assert individual(ledger, "i1")[0] == "Copper"
    assert len(ledger.decisions()) == 3
