"""Whatever happens to a decision's row is found, and named by its number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ledgers import add_decision
from thumper_core.contracts import ThumperError
from thumper_core.store import chain
from thumper_core.store.chain_check import flaws
from thumper_core.store.ledger import Ledger

_BOX = {"photo_id": "a" * 32, "box": [1.5, 2.0, 3.0, 4.0]}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "ledger.sqlite")
    made.create()
    for payload in (_BOX, _BOX | {"box": [9, 8, 7, 6]}, _BOX):
        add_decision(made, "not_animal", "a" * 32, payload, "Ännchen")
    add_decision(made, "undo", "2", {"decision_id": 2}, "b")
    add_decision(made, "note", "deer-0001", {"note": "limps"}, "b")
    return made


def found(ledger: Ledger) -> list[tuple[int, str]]:
    with ledger.reading() as c:
        return [(flaw.decision_id, flaw.kind) for flaw in flaws(chain.read(c))]


def test_what_was_decided_is_sound_and_an_empty_chain_is_too(
    ledger: Ledger, tmp_path: Path
) -> None:
    assert found(ledger) == []
    assert [row.decision_id for row in ledger.decisions()] == [1, 2, 3, 4, 5]
    empty = Ledger(tmp_path / "empty.sqlite")
    empty.create()
    assert found(empty) == [] == empty.decisions()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("update decisions set payload = replace(payload, '2.0', '2.5') where decision_id = 1",
         [(1, "changed")]),
        ("update decisions set author = 'c' where decision_id in (2, 5)",
         [(2, "changed"), (5, "changed")]),
        ("update decisions set kind = 'class' where decision_id = 3", [(3, "changed")]),
        ("update decisions set subject = x'ff' where decision_id = 3", [(3, "changed")]),
        ("update decisions set payload = '' where decision_id = 3", [(3, "changed")]),
        ("update decisions set payload = '{}' where decision_id = 3", [(3, "changed")]),
        ("update decisions set made_at = 'noon' where decision_id = 3", [(3, "changed")]),
        ("update decisions set payload = '{\"decision_id\": 77}' where decision_id = 4",
         [(4, "changed")]),
        ("delete from decisions where decision_id = 1", [(1, "gone")]),
        ("delete from decisions where decision_id in (2, 3)", [(2, "gone"), (3, "gone")]),
        ("delete from decisions where decision_id > 3", [(4, "gone"), (5, "gone")]),
        ("delete from decisions; delete from decision_seals",
         [(n, "gone") for n in range(1, 6)]),
        ("delete from decisions where decision_id > 3; "
         "delete from decision_seals where decision_id > 3", [(4, "gone"), (5, "gone")]),
        ("delete from decisions where decision_id = 3; "
         "delete from decision_seals where decision_id = 3", [(3, "gone")]),
        ("insert into decisions (kind, subject, payload, author, made_at) "
         "select kind, subject, payload, author, made_at from decisions where decision_id = 1",
         [(6, "added")]),
        ("update decisions set decision_id = 9 where decision_id = 2", [(2, "gone"), (9, "added")]),
        ("update decision_seals set seal = 'x' where decision_id = 2", [(2, "seal")]),
        ("update decision_seals set seal = 'x' where decision_id = 5", [(5, "seal")]),
        ("update decision_seals set digest = 'x' where decision_id = 3", [(3, "seal")]),
        ("delete from decision_seals where decision_id = 3", [(3, "seal")]),
        ("delete from decision_seals where decision_id = 5", [(5, "seal")]),
        ("update decision_head set seal = 'x'", [(0, "head")]),
        ("update decision_head set n = 4", [(0, "head")]),
        ("update decision_head set decision_id = 4000", [(0, "head")]),
        ("delete from decision_head", [(0, "head")]),
        ("update sqlite_sequence set seq = 4000 where name = 'decisions'", [(0, "head")]),
    ],
)  # fmt: skip
def test_exactly_what_was_done_is_named(
    ledger: Ledger, change: str, named: list[tuple[int, str]]
) -> None:
    with closing(sqlite3.connect(ledger.path)) as c:
        c.executescript(change)
    assert found(ledger) == named


def test_a_changed_decision_is_refused_by_readers_with_the_way_out(ledger: Ledger) -> None:
    with ledger.transaction() as c:
        c.execute("update decisions set payload = '{}' where decision_id = 2")
    with pytest.raises(ThumperError, match=r"Decision 2 .*thumper verify"):
        ledger.decisions()
    with ledger.transaction() as c:
        c.execute("delete from decisions where decision_id = 2")
    with pytest.raises(ThumperError, match=r"1 decision is missing.*thumper verify"):
        ledger.decisions()


def test_nothing_follows_a_tail_that_was_cut_off(ledger: Ledger) -> None:
    with ledger.transaction() as c:
        c.execute("delete from decisions where decision_id = 5")
        c.execute("delete from decision_seals where decision_id = 5")
    with pytest.raises(ThumperError, match="thumper verify"):
        add_decision(ledger, "note", "deer-0001", {"note": "x"}, "b")
    assert found(ledger) == [(5, "gone")]


def flipped(data: bytes) -> Iterator[tuple[int, bytes]]:
    for at in range(len(data)):
        yield at, data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


@pytest.mark.parametrize("column", ["kind", "subject", "payload", "author", "made_at"])
def test_every_flipped_byte_of_a_row_names_its_decision(ledger: Ledger, column: str) -> None:
    with ledger.transaction() as c:
        query = f"select cast({column} as blob) from decisions where decision_id = 2"
        data = c.execute(query).fetchone()[0]
        for _, damaged in flipped(data):
            query = f"update decisions set {column} = cast(? as text) where decision_id = 2"
            c.execute(query, (damaged,))
            assert [f.decision_id for f in flaws(chain.read(c))] == [2], damaged


def test_a_ledger_from_before_the_chain_is_sealed_as_it_stands(tmp_path: Path) -> None:
    from importlib import resources

    path = tmp_path / "ledger.sqlite"
    script = resources.files("thumper_core.store").joinpath("ledger_schema.sql").read_text("utf-8")
    with closing(sqlite3.connect(path)) as c:
        c.executescript(script)
        c.execute("pragma user_version=1")
        values = "'note', 'deer-1', '{\"note\": \"old\"}', 'a', '2025-01-01 00:00:00+00:00'"
        columns = "(kind, subject, payload, author, made_at)"
        c.execute(f"insert into decisions {columns} values ({values})")
        c.execute(f"insert into decisions {columns} values (x'ff', 's', '', 'a', 'b')")
        c.commit()
    old = Ledger(path)
    old.check()
    assert found(old) == []
    with pytest.raises(ThumperError, match=r"Decision 2 cannot be read.*thumper verify"):
        old.decisions()
    assert add_decision(old, "note", "deer-1", {"note": "new"}, "b") == 3
    assert found(old) == []
