"""Keypoints on disk: in parts, by name; a broken part is made anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thumper_core.contracts import ThumperError
from thumper_core.match.marks import Marks
from thumper_core.match.shelf import Shelf


def marks(*levels: int) -> Marks:
    found = Marks.none(len(levels))
    for row, level in enumerate(levels):
        found.place[row], found.descriptor[row] = level, level
    return found


def damage(part: Path, share: float) -> None:
    """Turn some bytes round, so far into the file."""
    content = bytearray(part.read_bytes())
    at = int(share * len(content))
    content[at : at + 300] = bytes(byte ^ 0xFF for byte in content[at : at + 300])
    part.write_bytes(content)


def test_what_was_put_is_there_for_the_next_process(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kept")
    assert "a" not in shelf
    shelf.put(["a", "b"], marks(1, 2))
    shelf.put(["c"], marks(3))
    again = Shelf(tmp_path / "kept")
    assert all(name in again for name in "abc")
    found = again.get(["c", "nobody", "a", "c"])
    assert found.descriptor[:, 0, 0].tolist() == [3, 0, 1, 3]
    assert found.place[:, 0, 0].tolist() == [3, 0, 1, 3]
    assert len(again.get([]).place) == 0


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_a_broken_part_is_put_away(tmp_path: Path, content: bytes | None) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(["a"], marks(1))
    shelf.put(["b"], marks(2))
    part = tmp_path / "000000.npz"
    part.write_bytes(part.read_bytes()[:-40] if content is None else content)
    again = Shelf(tmp_path)
    assert "a" not in again and "b" in again
    assert not part.exists()
    again.put(["a"], marks(5))
    assert Shelf(tmp_path).get(["a"]).descriptor[0, 0, 0] == 5


def test_a_part_that_breaks_later_gives_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(["a"], marks(1))
    (tmp_path / "000000.npz").write_bytes(b"gone")
    assert not shelf.get(["a"]).descriptor.any()
    assert "a" not in Shelf(tmp_path)
    assert np.array_equal(shelf.get(["a"]).place, Marks.none(1).place)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.99])
def test_a_part_damaged_anywhere_is_not_there(tmp_path: Path, share: float) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(["a", "b"], marks(1, 2))
    shelf.put(["c"], marks(3))
    part = tmp_path / "000000.npz"
    damage(part, share)
    for ask in (lambda kept: kept.check(["a", "c", "nobody"]), lambda kept: kept.get(["b", "c"])):
        damaged = Shelf(tmp_path)
        ask(damaged)
        assert [name in damaged for name in "abc"] == [False, False, True]
        assert not part.exists()
    assert damaged.get(["c", "b"]).descriptor[:, 0, 0].tolist() == [3, 0]


def test_a_damaged_part_that_cannot_be_deleted_is_not_there_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(tmp_path).put(["a"], marks(1))
    shelf = Shelf(tmp_path)
    damage(tmp_path / "000000.npz", 0.5)

    def refused(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refused)
    shelf.check(["a"])
    assert "a" not in shelf


def test_a_folder_that_takes_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "keypoints").write_bytes(b"")
    for folder in (tmp_path / "keypoints", tmp_path / "keypoints" / "how"):
        shelf = Shelf(folder)
        with pytest.raises(ThumperError, match="Cannot keep keypoints in "):
            shelf.put(["a"], marks(1))
        assert "a" not in shelf
