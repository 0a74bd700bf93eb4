"""What older versions called every deer: "white-tailed deer", whatever deer it was.

Then the pages' buttons Buck, Doe, Fawn and Deer said so, and a detector's class of such a name was
recorded so. Both named no species. Recorded meanings are mended once; decisions are sealed and stay
as they were written, and the number of the last one of that time says how to read them.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from thumper_core.contracts import DEER

EVERY_DEER: Final = "white-tailed deer"
_LAST: Final = "every deer was white-tailed"
_CLASSES: Final = ("doe", "female", "buck", "male", "young", "mid", "mature", "fawn", "deer")
_SHIPPED: Final = ("demo", "whitetail-11")
"""Detectors whose entries in the registry name the species."""


def note_deer_words(connection: sqlite3.Connection) -> None:
    """A ledger of an older version: its class meanings mended, its last decision noted."""
    marks = ", ".join("?" * len(_CLASSES)), ", ".join("?" * len(_SHIPPED))
    connection.execute(
        f"update class_meanings set species = ? where species = ? and lower(class) in ({marks[0]}) "
        f"and detector not in ({marks[1]})",
        (DEER, EVERY_DEER, *_CLASSES, *_SHIPPED),
    )
    connection.execute(
        "insert or replace into counters select ?, coalesce(max(decision_id), 0) from decisions",
        (_LAST,),
    )


def last_of_old_words(connection: sqlite3.Connection) -> int:
    """The number of the last decision in which every deer was a white-tailed one; 0: there is none."""
    row = connection.execute("select value from counters where name = ?", (_LAST,)).fetchone()
    return int(row[0]) if row else 0
