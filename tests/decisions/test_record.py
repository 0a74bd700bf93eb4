"""The record: what is written and what is refused, undo, names that two people change at once."""

from __future__ import annotations

import json
import threading

import pytest

from tests.decisions.every_kind import EVERY_KIND, A
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions import kinds
from thumper_core.decisions import table as stored
from thumper_core.decisions.names_given import taken_names
from thumper_core.decisions.record import Conflict, record, record_step, undo_all
from thumper_core.store.ledger import Ledger


def individual(ledger: Ledger, individual_id: str) -> tuple[str | None, ...]:
    with ledger.reading() as c:
        row = c.execute(
            "select name, theme, status, notes from individuals where individual_id = ?",
            (individual_id,),
        ).fetchone()
    return tuple(row)


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
    record(ledger, kinds.Undo(number), "Kim")
    assert stored.decisions_frame(ledger)["undone"].to_list() == [True, False]


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
    undone = record(ledger, kinds.Undo(second), "Lee")
    assert individual(ledger, "i1") == ("Bambi", "disney", "gone", "limps")
    record(ledger, kinds.Undo(undone), "Kim")
    assert individual(ledger, "i1") == ("Copper", None, "gone", "limps")
    record(ledger, kinds.Undo(gone), "Kim")
    record(ledger, kinds.Undo(second), "Kim")
    record(ledger, kinds.Undo(first), "Kim")
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
        record(ledger, kinds.Undo(99), "Kim")
    record(ledger, kinds.Undo(number), "Kim")
    with pytest.raises(UsageError, match="undone already"):
        record(ledger, kinds.Undo(number), "Kim")
    assert len(ledger.decisions()) == 2


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (kinds.Undo(99), "no decision 99"),
        (kinds.Undo(2), "undone already"),
        (kinds.Name("i9", "Copper"), "no individual 'i9'"),
        (kinds.Name("i1", "Copper", expected=None), "'Bambi' now"),
        (kinds.Name("i3", "Bambi"), "is the name of i1"),
    ],
)
def test_of_a_step_nothing_is_written_where_one_of_it_is_refused(
    ledger: Ledger, refused: kinds.Decision, words: str
) -> None:
    record(ledger, kinds.Name("i1", "Bambi"), "Lee")
    record(ledger, kinds.NotAnimal(A), "Kim")
    record(ledger, kinds.Undo(2), "Kim")
    with pytest.raises(ThumperError, match=words):
        record_step(ledger, [kinds.Name("i2", "Ruby", expected=None), refused], "Kim")
    assert len(ledger.decisions()) == 3
    assert individual(ledger, "i2")[0] is None


def test_rename_needs_the_name_that_was_seen(ledger: Ledger) -> None:
    record(ledger, kinds.Name("i1", "Bambi", "disney", expected=None), "Kim")
    with pytest.raises(Conflict, match="'Bambi' now"):
        record(ledger, kinds.Name("i1", "Copper", expected=None), "Lee")
    assert individual(ledger, "i1")[0] == "Bambi"
    record(ledger, kinds.Name("i1", None, expected="Bambi"), "Lee")
    with pytest.raises(Conflict, match="no name now"):
        record(ledger, kinds.Name("i1", "Copper", expected="Bambi"), "Kim")
    assert [r.kind for r in ledger.decisions()] == ["name", "name"]


def test_of_two_who_name_one_deer_at_once_one_wins_and_one_is_told(ledger: Ledger) -> None:
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def name_it(name: str) -> None:
        gate.wait()
        try:
            record(ledger, kinds.Name("i1", name, expected=None), name)
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
        lambda: record(ledger, kinds.Name("i2", "ｂambi", expected=None), "Lee"),
    ):
        with pytest.raises(ThumperError, match="is the name of i1"):
            say()
    assert individual(ledger, "i2")[0] is None
    assert taken_names(ledger) == {"Bambi"}


@pytest.mark.parametrize("name", ["i2", "I2", "i1"])
def test_a_name_is_no_deer_s_id(ledger: Ledger, name: str) -> None:
    with pytest.raises(ThumperError, match="is the ID of a deer"):
        record(ledger, kinds.Name("i1", name), "Kim")
    assert individual(ledger, "i1")[0] is None


def test_undo_does_not_bring_back_a_name_that_another_deer_has(ledger: Ledger) -> None:
    first = record(ledger, kinds.Name("i1", "Bambi"), "Kim")
    back = record(ledger, kinds.Undo(first), "Kim")
    record(ledger, kinds.Name("i2", "Bambi"), "Lee")
    for again in (
        lambda: record(ledger, kinds.Undo(back), "Kim"),
        lambda: undo_all(ledger, [back], "Kim"),
    ):
        with pytest.raises(ThumperError, match="is the name of i2"):
            again()
    assert individual(ledger, "i1")[0] is None
    assert len(ledger.decisions()) == 3
