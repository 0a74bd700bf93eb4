"""A disk that takes no more is recognised in whatever way it is said, and blamed for nothing else."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import duckdb
import polars as pl
import pytest

from thumper_core import disk
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.disk import DiskError, Trouble, refusal, sentence, size_text, told, trouble_of


def sqlite_error(text: str) -> sqlite3.OperationalError:
    return sqlite3.OperationalError(text)


def wrapped(inner: Exception, *, is_said: bool = True) -> Exception:
    """An error that was raised over another one, with `from` or without."""
    try:
        try:
            raise inner
        except Exception as error:
            if is_said:
                raise ThumperError("Cannot write it. Name another place.") from error
            raise RuntimeError("gone wrong") from None
    except Exception as error:
        return error


PLAIN = [
    (OSError(errno.ENOSPC, "No space left on device"), "full"),
    (OSError(errno.EDQUOT, "Disk quota exceeded"), "quota"),
    (OSError(errno.EROFS, "Read-only file system"), "read-only"),
    (OSError("No space left on device (os error 28)"), "full"),  # polars' CSV: no errno
    (sqlite_error("database or disk is full"), "full"),
    (duckdb.IOException('Could not write file "x": No space left on device'), "full"),
    (pl.exceptions.ComputeError("parquet: underlying IO error: Disk quota exceeded"), "quota"),
    (wrapped(OSError(errno.EROFS, "Read-only file system")), "read-only"),
]
DOUBTFUL = [
    sqlite_error("disk I/O error"),
    sqlite_error("unable to open database file"),
    sqlite_error("attempt to write a readonly database"),
    RuntimeError("basic_ios::clear: iostream error"),  # OpenVINO
    OSError("2000000 requested and 786416 written"),  # numpy
    FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
]
OTHERS = [
    OSError(errno.EACCES, "Permission denied"),
    OSError(errno.ENOENT, "No such file or directory"),
    sqlite_error("database is locked"),
    ValueError("the disk is not full"),
    ThumperError("No space left on device, says a person's own note."),
    wrapped(OSError(errno.ENOSPC, "No space left on device"), is_said=False),
]


@pytest.mark.parametrize(("error", "kind"), PLAIN, ids=repr)
def test_what_is_plainly_said_is_taken_at_its_word(
    tmp_path: Path, error: Exception, kind: str
) -> None:
    found = trouble_of(error, tmp_path / "not" / "yet" / "there")
    assert found is not None
    assert (found.kind, found.folder) == (kind, tmp_path)
    assert isinstance(told(error, tmp_path), DiskError)
    assert isinstance(refusal(error, tmp_path, "else"), DiskError)


@pytest.mark.parametrize("error", DOUBTFUL, ids=repr)
def test_what_may_mean_many_things_is_asked_of_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    assert trouble_of(error, tmp_path) is None
    assert told(error, tmp_path) is None
    assert str(refusal(error, tmp_path, "else")) == "else"
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 300 * 2**10)
    found = trouble_of(error, tmp_path)
    assert found == Trouble("full", tmp_path, 300 * 2**10)
    with pytest.raises(DiskError, match=r"is full: 300 KiB free\..*same command goes on"):
        raise refusal(error, tmp_path, "else") from error


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_nothing_else_is_blamed_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 0)
    assert trouble_of(error, tmp_path) is None
    assert told(error, tmp_path) is (error if isinstance(error, ThumperError) else None)


def test_the_place_that_the_error_names_is_told(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    error = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "exports" / "a.csv"))
    found = trouble_of(error, Path("/elsewhere"))
    assert found is not None and found.folder == tmp_path / "exports"
    assert found.os_error.errno == errno.ENOSPC


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_the_disk_itself_is_asked_by_writing_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    assert disk.state_of(tmp_path) is None
    assert list(tmp_path.iterdir()) == []

    def refuse(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    found = disk.state_of(tmp_path)
    assert found is not None and found.os_error.errno == number
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "need", "says"),
    [
        ("full", None, "The disk that holds /x is full: 300 KiB free. Nothing that was finished"),
        ("full", 3 * 2**20, "is full: 300 KiB free, about 3.0 MiB more are needed. Nothing"),
        ("files", None, "can hold no more files: 300 KiB free. Nothing"),
        ("quota", 2**20, "Your quota on the disk that holds /x is used up: about 1.0 MiB more"),
        ("read-only", 2**20, "The disk that holds /x is read-only. Nothing"),
    ],
)
def test_one_sentence_says_what_is_wrong_and_what_mends_it(
    kind: disk.Kind, need: int | None, says: str
) -> None:
    text = sentence(Trouble(kind, Path("/x"), 300 * 2**10), need)
    assert says in text
    assert text.endswith("and the same command goes on.")


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 KiB"), (1023, "1 KiB"), (5 * 2**20, "5.0 MiB"), (3 * 2**29, "1.5 GiB")],
)
def test_sizes_are_for_people(n_bytes: int, text: str) -> None:
    assert size_text(n_bytes) == text


def test_errors_for_people_stay_as_they_are(tmp_path: Path) -> None:
    error = UsageError("Name a folder.")
    assert told(error, tmp_path) is error
    known = DiskError(Trouble("full", tmp_path, 5), need=7)
    assert told(known, tmp_path) is known
