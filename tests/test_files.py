"""Files appear whole or not at all; a hash of content is one thing everywhere."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import (
    content_digest,
    content_hash,
    content_hash_of,
    expanded,
    shipped_files,
    write_whole,
)


@pytest.mark.parametrize("content", [b"new", "new", lambda path: path.write_bytes(b"new")])
def test_the_new_file_takes_the_place_of_the_old_one(tmp_path: Path, content: object) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    write_whole(path, content)  # type: ignore[arg-type]
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def half(temporary: Path) -> None:
        temporary.write_text("half")
        temporary.with_name(f"{temporary.name}.wal").write_text("a database's log")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_whole(path, half)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def write(draft: Path) -> None:
        draft.mkdir()
        (draft / "part").write_text("half")
        if not is_whole:
            raise OSError(28, "No space left on device")

    is_whole = False
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "model", write)
    assert not list(tmp_path.iterdir())
    is_whole = True
    write_whole(tmp_path / "model", write, durable=True)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [
        "model", "model/part",
    ]  # fmt: skip


def test_what_is_durable_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "a.txt", []
    monkeypatch.setattr("os.fsync", lambda handle: synced.append(path.exists()))
    write_whole(path, "kept", durable=True)
    assert synced == [False] and path.read_text() == "kept"
    write_whole(path, "can be made again")
    assert synced == [False]


def test_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    texts = [str(i) * 50_000 for i in range(8)]
    threads = [threading.Thread(target=write_whole, args=(path, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("data", [b"", b"deer", b"x" * 3_000_000], ids=["none", "few", "many"])
def test_a_hash_of_bytes_a_file_and_pieces_agree(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photo"
    path.write_bytes(data)
    pieces = content_digest()
    for start in range(0, len(data), 1000):
        pieces.update(data[start : start + 1000])
    assert content_hash(data) == content_hash_of(path) == pieces.hexdigest()
    assert len(content_hash(data)) == 32


def test_what_does_not_ship_is_named() -> None:
    with pytest.raises(ThumperError, match=r"nowhere/a\.txt is missing"):
        shipped_files("nowhere", "a.txt")


def test_a_home_folder_is_put_in_full_or_said_to_be_none() -> None:
    assert expanded("~/cards") == Path.home() / "cards"
    assert expanded(Path("/cards/~x")) == Path("/cards/~x")
    with pytest.raises(UsageError, match="~nobody-of-that-name/x begins with no home folder"):
        expanded("~nobody-of-that-name/x")
