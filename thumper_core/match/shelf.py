"""Keypoints kept on disk by what they were seen in: a photo's content, and a box in it.

A cache: it may be cleared at any time, and costs only the time to look again. It holds parts, each
written whole, so that a process that is stopped loses at most what it had not yet put down.
"""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from thumper_core.disk import refusal
from thumper_core.files import write_whole
from thumper_core.match.marks import Marks

_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,  # a flag says that it is encrypted, or packed in a way that is not known
    zipfile.BadZipFile,
    zlib.error,
)


class Shelf:
    """The parts in a folder; what made them is in its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._place: dict[str, tuple[Path, int]] = {}
        for part in sorted(folder.glob("*.npz")):
            self._enter(part)

    def __contains__(self, name: str) -> bool:
        return name in self._place

    def __len__(self) -> int:
        return len(self._place)

    def put(self, names: Sequence[str], marks: Marks) -> None:
        """Keep the keypoints of crops that are not here yet.

        Raises ThumperError where the folder takes none.
        """
        try:
            part = self._written(names, marks)
        except OSError as error:
            raise refusal(
                error,
                self.folder,
                f"Cannot keep keypoints in {self.folder}: {error.strerror or error}. Let it be a folder "
                "that may be written to, and the same command goes on.",
            ) from error
        self._place |= {name: (part, row) for row, name in enumerate(names)}

    def _written(self, names: Sequence[str], marks: Marks) -> Path:
        """A new part. Raises OSError."""
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
        return part

    def check(self, names: Iterable[str]) -> None:
        """Read the parts that hold these crops to the end, and forget those that are broken."""
        for part in {self._place[name][0] for name in names if name in self._place}:
            self._read(part)

    def get(self, names: Sequence[str]) -> Marks:
        """The keypoints of crops in the order of their names; none of one that is not here.

        A part that turns out to be broken is put away, and what it held is not here any more.
        """
        found = Marks.none(len(names))
        rows: dict[Path, list[tuple[int, int]]] = {}
        for row, name in enumerate(names):
            if name in self._place:
                part, place = self._place[name]
                rows.setdefault(part, []).append((row, place))
        for part, wanted in rows.items():
            into, of = (list(column) for column in zip(*wanted, strict=True))
            kept = self._read(part)
            if kept is not None:
                found.place[into] = kept.place[of]
                found.descriptor[into] = kept.descriptor[of]
        return found

    def _read(self, part: Path) -> Marks | None:
        """All that a part holds; None of one that is broken, which is put away."""
        try:
            with part.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                return Marks(kept["place"], kept["descriptor"])
        except _BROKEN:
            self._put_away(part)
            return None

    def _put_away(self, part: Path) -> None:
        with contextlib.suppress(OSError):  # where nothing can be deleted it is known as broken
            part.unlink(missing_ok=True)
        self._place = {name: at for name, at in self._place.items() if at[0] != part}

    def _enter(self, part: Path) -> None:
        """Know what a part says that it holds; one that does not is put away and made anew."""
        try:
            with part.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                names = kept["names"].tolist()
        except _BROKEN:
            self._put_away(part)
            return
        self._place |= {name: (part, row) for row, name in enumerate(names)}
