"""The ledger: what is said is kept, in one step or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from datetime import datetime
from pathlib import Path

import pytest

from thumper_core.contracts import AgeClass, ClassMeaning, Sex, ThumperError
from thumper_core.decisions.kinds import Name
from thumper_core.decisions.record import record
from thumper_core.store import ledger_file
from thumper_core.store.herd_summary import HerdCounts, HerdSummary
from thumper_core.store.jobs import jobs
from thumper_core.store.ledger import FileRow, Ledger
from thumper_core.store.meanings import meanings_of, set_meanings


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "ledger.sqlite")
    made.create()
    return made


def file_row(name: bytes, photo_id: str = "p1", root: str = "/photos") -> FileRow:
    text = name.decode("utf-8", "backslashreplace")
    taken = datetime(2026, 11, 1, 6, 15)
    return FileRow(root, text, name, 10, 20, photo_id, "north", taken, True, False)


def test_a_new_ledger_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(_: sqlite3.Connection) -> None:
        seen.append(made.path.exists())  # as another process sees it meanwhile
        raise KeyboardInterrupt

    made, seen = Ledger(tmp_path / "ledger.sqlite"), list[bool]()
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(ledger_file, "upgrade", cut_off)
        made.create()
    assert seen == [False]
    assert list(tmp_path.iterdir()) == []
    made.create()
    assert jobs(made) == []
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.sqlite"]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_new_ledger_where_another_was_quicker_or_no_links_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    def refused(own: Path, path: Path) -> None:
        if is_there:
            shutil.copy(own, path)  # another process has made the same
            raise FileExistsError
        raise PermissionError

    made = Ledger(tmp_path / "ledger.sqlite")
    monkeypatch.setattr(ledger_file.os, "link", refused)
    made.create()
    assert jobs(made) == []
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.sqlite"]


def test_files_come_back_as_they_went_in_even_with_names_that_are_not_utf8(ledger: Ledger) -> None:
    rows = [file_row(b"a.jpg"), file_row(b"\xff\n'.jpg", "p2")]
    ledger.upsert_files(rows)
    ledger.upsert_files(rows)
    assert sorted(ledger.files_under("/photos")) == sorted(rows)
    assert ledger.paths_of(["p2"]) == {"p2": [b"/photos/\xff\n'.jpg"]}


def test_one_photo_under_two_paths_has_the_present_one_first(ledger: Ledger) -> None:
    ledger.upsert_files([file_row(b"a.jpg"), file_row(b"b.jpg")])
    ledger.mark_missing("/photos", [b"a.jpg"])
    assert ledger.paths_of(["p1"]) == {"p1": [b"/photos/b.jpg", b"/photos/a.jpg"]}


def test_roots_are_remembered_once(ledger: Ledger) -> None:
    for root in ("/b", "/a", "/b"):
        ledger.add_root(root)
    assert ledger.roots() == ["/b", "/a"]


def test_a_fingerprint_finds_its_run_until_it_is_discarded(ledger: Ledger) -> None:
    assert ledger.find_run("f" * 16) is None
    first = ledger.create_run("f" * 16, "d", "e", {"conf_min": 0.25})
    assert ledger.find_run("f" * 16) == first
    assert first.config == {"conf_min": 0.25}
    ledger.set_run_state(first.run_id, "complete")
    assert ledger.run(first.run_id).finished_at is not None
    ledger.set_run_state(first.run_id, "discarded")
    assert ledger.find_run("f" * 16) is None
    assert ledger.create_run("f" * 16, "d", "e", {}).run_id != first.run_id
    with pytest.raises(ThumperError, match="no run 'nope'"):
        ledger.run("nope")


def test_promotion_is_a_history_with_the_last_word_winning(ledger: Ledger) -> None:
    assert ledger.promoted("run") is None
    ledger.promote({"run": "r1", "herd": "h1"})
    ledger.promote({"run": "r2", "herd": "h2"})
    ledger.promote({"run": "r1", "herd": "h1"}, "rollback")
    assert (ledger.promoted("run"), ledger.promoted("herd")) == ("r1", "h1")


def test_a_herd_with_its_individuals_and_promotion_is_one_step(ledger: Ledger) -> None:
    animals = [{"individual_id": "deer-001", "sex": "male", "age_class": "adult"}]
    summary = HerdSummary(counts=HerdCounts(n_profiles=1))
    ledger.add_herd("h1", "r1", "average", 0.6, summary, animals, promote=True)
    record(ledger, Name("deer-001", "Bambi"), "Kim")
    animals[0]["sex"] = "female"
    ledger.add_herd("h2", "r1", "average", None, HerdSummary(), animals, promote=False)
    assert ledger.promoted("herd") == "h1"
    assert ledger.individual_ids() == ["deer-001"]
    with ledger.reading() as c:
        assert c.execute("select name, sex from individuals").fetchall() == [("Bambi", "female")]
    herd = ledger.herd("h1")
    assert herd is not None
    assert herd.summary == summary
    with pytest.raises(sqlite3.IntegrityError):
        ledger.add_herd("h1", "r9", "average", 0.6, HerdSummary(), animals, promote=True)
    assert ledger.promoted("run") == "r1"


def test_ids_are_never_given_twice_even_by_threads(ledger: Ledger) -> None:
    given: list[str] = []
    threads = [
        threading.Thread(target=lambda: given.append(ledger.reserve_herd_id())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(given)) == 8


def test_meanings_stay_until_replaced(ledger: Ledger) -> None:
    doe = ClassMeaning("white-tailed deer", Sex.FEMALE, AgeClass.ADULT)
    set_meanings(ledger, "demo", {"doe": doe})
    set_meanings(ledger, "demo", {"doe": ClassMeaning("cattle")})
    assert meanings_of(ledger, "demo") == {"doe": doe}
    set_meanings(ledger, "demo", {"doe": ClassMeaning("cattle")}, replace=True)
    assert meanings_of(ledger, "demo") == {"doe": ClassMeaning("cattle")}


@pytest.mark.parametrize("content", [b"", b"not a database, just text that is long enough"])
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    with pytest.raises(ThumperError):
        Ledger(path).check()


@pytest.mark.parametrize(
    "text", ["attempt to write a readonly database", "unable to open database file"]
)
def test_a_workspace_that_may_not_be_written_in_is_not_called_damaged(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    for opened in (ledger.reading, ledger.transaction):
        with pytest.raises(ThumperError) as told, opened():
            raise sqlite3.OperationalError(text)
        assert "You may not write in the workspace" in str(told.value)
        assert "verify" not in str(told.value)
