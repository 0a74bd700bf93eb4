"""Keypoints kept on disk by what they were seen in: a photo's content, and a box in it.

A cache: it may be cleared at any time, and costs only the time to look again. It holds parts, each
written whole, so that a process that is stopped loses at most what it had not yet put down.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from thumper_core.files import write_whole
from thumper_core.match.marks import Marks

_BROKEN = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)


class Shelf:
    """The parts in a folder; what made them is in its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._place: dict[str, tuple[Path, int]] = {}
        for part in sorted(folder.glob("*.npz")):
            self._enter(part)

    def __contains__(self, name: str) -> bool:
        return name in self._place

    def put(self, names: Sequence[str], marks: Marks) -> None:
        """Keep the keypoints of crops that are not here yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        number = max((int(part.stem) for part in self.folder.glob("*.npz")), default=-1) + 1
        part = self.folder / f"{number:06d}.npz"

        def write(path: Path) -> None:
            with path.open("wb") as file:  # given a name, savez would add a suffix to it
                np.savez(
                    file,
                    names=np.array(names, np.str_),
                    place=marks.place,
                    descriptor=marks.descriptor,
                )

        write_whole(part, write)
        self._enter(part)

    def get(self, names: Sequence[str]) -> Marks:
        """The keypoints of crops in the order of their names; none of one that is not here.

        A part that turns out to be broken is put away: the next look makes it anew.
        """
        found = Marks.none(len(names))
        rows: dict[Path, list[tuple[int, int]]] = {}
        for row, name in enumerate(names):
            if name in self._place:
                part, place = self._place[name]
                rows.setdefault(part, []).append((row, place))
        for part, wanted in rows.items():
            into, of = (list(column) for column in zip(*wanted, strict=True))
            try:
                with part.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                    found.place[into] = kept["place"][of]
                    found.descriptor[into] = kept["descriptor"][of]
            except _BROKEN:
                part.unlink(missing_ok=True)
        return found

    def _enter(self, part: Path) -> None:
        """Know what a part holds; one that is broken is put away and made anew."""
        try:
            with part.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                names = kept["names"].tolist()
        except _BROKEN:
            part.unlink(missing_ok=True)
            return
        self._place |= {name: (part, row) for row, name in enumerate(names)}
