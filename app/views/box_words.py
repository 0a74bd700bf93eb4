"""What a person can say of a box: the classes that have a key, the model's own word, or no animal."""

from __future__ import annotations

from typing import Any, Final

import keys
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import DEER, AgeClass, Sex, language, mark, say
from thumper_core.decisions import kinds
from thumper_core.questions import many_boxes, words
from thumper_core.questions.review_queue import verdict_key

Class = tuple[str, Sex, AgeClass]

CLASSES: Final[dict[str, Class]] = {
    mark("Buck"): (DEER, Sex.MALE, AgeClass.ADULT),
    mark("Doe"): (DEER, Sex.FEMALE, AgeClass.ADULT),
    mark("Fawn"): (DEER, Sex.UNKNOWN, AgeClass.FAWN),
    mark("Deer"): (DEER, Sex.UNKNOWN, AgeClass.UNKNOWN),
    mark("Other animal"): ("other animal", Sex.UNKNOWN, AgeClass.UNKNOWN),
    mark("Person"): ("human", Sex.UNKNOWN, AgeClass.UNKNOWN),
}
_KEYS = (keys.BUCK, keys.D, keys.FAWN, keys.DEER, keys.OTHER, keys.PERSON)
CLASS_KEYS: Final = dict(zip(CLASSES, _KEYS, strict=True))


def as_it_is(row: dict[str, Any]) -> Class:
    """What a box of `browse.detections` is held to be now, as a person would say it."""
    species = DEER if row["is_deer"] else row["species"]
    return species, Sex(row["sex"]), AgeClass(row["age_class"])


def without_button(row: dict[str, Any]) -> bool:
    """Whether none of CLASSES says what the box is held to be: a bird, say."""
    return as_it_is(row) not in CLASSES.values()


def note(source: Pages, row: dict[str, Any], what: Class | None, told: str = "") -> None:
    """Record what a box holds, None: no animal; told: what it is then called in the note."""
    where = verdict_key(row)
    decision = kinds.NotAnimal(where) if what is None else kinds.Reclass(where, *what)
    done = say("Noted: not an animal")
    if what is not None:
        done = say("Noted: a {chosen}", chosen=language.small(told))
    ui.decide(source, lambda: decision, done)
    st.rerun()


def no_animals(source: Pages, photo_id: str, rows: pl.DataFrame) -> None:
    """Say of all these boxes that they are no animals, as one step."""
    plan = many_boxes.of_no_animal([photo_id], rows)
    boxes = words.counted(plan.n_boxes, "box", "boxes")
    done = say("{boxes}: no animal. Undo takes it back", boxes=boxes)
    if plan.n_boxes:
        ui.decide(source, lambda: plan.decisions, done, as_one=True)
    st.rerun()
