from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.export.files import (
    MANIFEST,
    building,
    csv_text,
    safe_cell,
    safe_text,
    write_file,
    write_folder,
)


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_safe_text_never_starts_a_formula(text: str) -> None:
    safe = safe_text(text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))
    assert not safe.startswith(("\t", "\r", "\n"))
    assert safe_text(safe) == safe  # and a second time changes nothing


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("Old Crooked", "Old Crooked"), ("=1", "'=1"), ("＝1", "'＝1"), ("-5", "'-5"), (-5, -5),
        (-1.5, -1.5), (float("nan"), None), (["a", "=b"], "a, =b"), (["=b"], "'=b"), (None, None),
        (b"\xff=", "\\udcff="), (True, True),
    ],
)  # fmt: skip
def test_safe_cell(value: Any, cell: Any) -> None:
    assert safe_cell(value) == cell


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)))))
def test_csv_reads_back(texts: list[str]) -> None:
    frame = pl.DataFrame({"a,b": texts}, schema={"a,b": pl.String})
    rows = list(csv.reader(io.StringIO(csv_text(frame), newline="")))
    assert rows[0] == ["a,b"]
    # A row of one empty cell is written as "" and read as such.
    assert [r[0] if r else "" for r in rows[1:]] == [safe_text(t) for t in texts]


def test_csv_values() -> None:
    frame = pl.DataFrame(
        {
            "n": [1, None],
            "t": [datetime(2026, 1, 2, 3, 4, 5), None],
            "b": [True, False],
            "x": [-0.5, None],
        }
    )
    assert csv_text(frame).splitlines() == [
        "n,t,b,x",
        "1,2026-01-02 03:04:05,true,-0.5",
        ",,false,",
    ]


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    target = write_file(tmp_path / "new" / "a.txt", "old")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ThumperError, match="is full"):
        write_file(target, fail)
    assert target.read_text() == "old"
    assert [p.name for p in target.parent.iterdir()] == ["a.txt"]
    with pytest.raises(UsageError, match="folder"):
        write_file(tmp_path / "new", "x")


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write_folder(target, {"a.csv": "1", "b/c.csv": "2"}, "test")
    write_folder(target, {"d.csv": "3"}, "test")
    assert {p.relative_to(target).as_posix() for p in target.rglob("*")} == {"d.csv", MANIFEST}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    target = write_folder(tmp_path / "out", {"a.csv": "1"}, "test")
    with pytest.raises(ThumperError, match="is full"), building(target, "test") as folder:
        (folder / "half.csv").write_text("")
        raise OSError(28, "No space left on device")
    assert (target / "a.csv").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_nothing_of_anybody_else_is_deleted(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write_folder(target, {"a.csv": "1"}, "test")
    (target / "my thesis.docx").write_text("years of work")
    with pytest.raises(UsageError, match="my thesis"):
        write_folder(target, {"a.csv": "2"}, "test")
    assert (target / "a.csv").read_text() == "1"
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    write_folder(foreign, {"a.csv": "1"}, "test")  # an empty folder may be taken
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        write_folder(tmp_path / "file", {"a.csv": "1"}, "test")
