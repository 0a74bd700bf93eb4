"""Keypoints on disk: in parts, by name; a broken part is made anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thumper_core.match.marks import Marks
from thumper_core.match.shelf import Shelf


def marks(*levels: int) -> Marks:
    found = Marks.none(len(levels))
    for row, level in enumerate(levels):
        found.place[row], found.descriptor[row] = level, level
    return found


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
