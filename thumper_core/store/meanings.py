"""What a detector's class names stand for: a table of the ledger, applied when a view is asked.

The raw class is what the lake stores. A wrong mapping is mended by one row here, and every run that
the detector ever made reads right from the next query on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from thumper_core.contracts import DEER, AgeClass, ClassMeaning, Sex
from thumper_core.deer import DEER_NAMES
from thumper_core.store.ledger import Ledger


def set_meanings(
    ledger: Ledger, detector: str, meanings: Mapping[str, ClassMeaning], *, replace: bool = False
) -> None:
    """Record meanings of a detector's classes; without `replace`, known ones stay as they are."""
    verb = "replace" if replace else "ignore"
    with ledger.transaction() as c:
        c.executemany(
            f"insert or {verb} into class_meanings values (?,?,?,?,?)",
            [
                (detector, name, m.species, m.sex.value, m.age_class.value)
                for name, m in meanings.items()
            ],
        )


def meanings_of(ledger: Ledger, detector: str) -> dict[str, ClassMeaning]:
    """The recorded meanings of one detector: class name -> meaning."""
    with ledger.reading() as c:
        rows = c.execute(
            "select class, species, sex, age_class from class_meanings where detector = ?",
            (detector,),
        ).fetchall()
    return {r[0]: ClassMeaning(r[1], Sex(r[2]), AgeClass(r[3])) for r in rows}


def say_deer(meanings: Iterable[ClassMeaning], species: str) -> bool:
    """Whether one of a detector's classes is a deer, of the species of interest or another."""
    return any(m.species in (DEER, species, *DEER_NAMES) for m in meanings)
