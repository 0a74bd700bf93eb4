"""One camera, however its name is written: composed or not, in any case, with blanks round it.

Macs store `ü` as two characters and Windows as one, cards are copied with a blank at the end, and
a name is hardly ever typed twice in the same way. Names are compared by `camera_key` and shown in the
spelling that most photos have, or as a person renamed them (`thumper cameras rename`).
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from thumper_core.contracts import UsageError
from thumper_core.store.ledger import Ledger, mark_files_changed
from thumper_core.store.records import now_text

if TYPE_CHECKING:
    import polars as pl


def camera_key(name: str) -> str:
    """What all spellings of a name have in common."""
    return unicodedata.normalize(
        "NFC", " ".join(unicodedata.normalize("NFC", name).split()).casefold()
    )


def tidy(name: str) -> str:
    """The name as it is shown: composed, without blanks round it or twice inside."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def shown_names(counts: Mapping[str, int], renames: Mapping[str, str]) -> dict[str, str]:
    """Each written name -> the name that its camera is shown by.

    counts: written name -> photos; renames: key -> new name (`renames_of`). Of the spellings of a
    camera the one with most photos is shown, of equals the first in the alphabet.
    """
    by_key: dict[str, dict[str, int]] = {}
    for name, n_photos in counts.items():
        key = camera_key(name)
        spelling = tidy(renames.get(key, name))
        spellings = by_key.setdefault(camera_key(spelling), {})
        # A name that a person gave is not outvoted by the folders that have it too.
        weight = n_photos if key not in renames else 1 << 60
        spellings[spelling] = spellings.get(spelling, 0) + weight
    shown = {
        key: min(spellings, key=lambda name: (-spellings[name], name))
        for key, spellings in by_key.items()
    }
    return {name: shown[camera_key(renames.get(camera_key(name), name))] for name in counts}


def find_camera(name: str, known: Iterable[str]) -> str | None:
    """The known camera that a name means in any of its forms; None: there is none."""
    key = camera_key(name)
    return next((camera for camera in known if camera_key(camera) == key), None)


def require_camera(name: str, known: Sequence[str]) -> str:
    """The known camera that a name means. Raises UsageError that lists them where there is none."""
    found = find_camera(name, known)
    if found is None:
        cameras = ", ".join(sorted(known)) or "none yet"
        raise UsageError(f"There is no camera {name!r}. Cameras: {cameras}.")
    return found


def with_known_names(
    cameras: pl.DataFrame, known: Iterable[str], renames: Mapping[str, str]
) -> pl.DataFrame:
    """The rows of `cameras.csv` under the names that photos show; other rows as they are.

    A row with a name that a camera had before it was renamed counts for that camera, unless the new
    name has rows of its own.
    """
    import polars as pl

    by_key = {camera_key(name): name for name in known}
    own = {camera_key(name) for name in cameras["name"]}

    def shown(name: str) -> str:
        key = camera_key(name)
        renamed = camera_key(renames.get(key, name))
        if key in by_key or (renamed != key and renamed in own):
            return by_key.get(key, name)
        return by_key.get(renamed, name)

    names = [shown(name) for name in cameras["name"]]
    return cameras.with_columns(pl.Series("name", names, pl.String))


def names_in(connection: sqlite3.Connection) -> dict[str, str]:
    """What each name in an open ledger's files is shown as."""
    counts = connection.execute("select camera, count(*) from files group by camera").fetchall()
    renames = connection.execute("select camera_key, name from camera_renames").fetchall()
    return shown_names(dict(counts), dict(renames))


def renames_of(ledger: Ledger) -> dict[str, str]:
    """Key of a written name -> the name that a person gave that camera."""
    with ledger.reading() as c:
        return dict(c.execute("select camera_key, name from camera_renames").fetchall())


def set_rename(ledger: Ledger, old: str, new: str) -> None:
    """Show what is called `old`, now and whenever photos are added, as `new`.

    What was renamed to `old` before follows; `new` itself is no longer called anything else.
    """
    was, to = camera_key(old), camera_key(new)
    with ledger.transaction() as c:
        rows = c.execute("select camera_key, name from camera_renames").fetchall()
        following = [key for key, name in rows if camera_key(name) == was]
        keys = {was, *following} if was == to else {was, *following} - {to}
        c.execute("delete from camera_renames where camera_key = ?", (to,))
        c.executemany(
            "insert or replace into camera_renames values (?, ?, ?)",
            [(key, tidy(new), now_text()) for key in sorted(keys)],
        )
        mark_files_changed(c)


def forget_renames(ledger: Ledger, name: str) -> int:
    """Take back the renames that made the camera `name`; how many names are themselves again."""
    key = camera_key(name)
    with ledger.transaction() as c:
        rows = c.execute("select camera_key, name from camera_renames").fetchall()
        undone = [old for old, new in rows if camera_key(new) == key]
        c.executemany("delete from camera_renames where camera_key = ?", [(k,) for k in undone])
        mark_files_changed(c)
    return len(undone)
