"""The keys of all pages: a letter means one thing wherever it means anything. Help shows this table.

Parts with a script of their own (`parts/`) name their letters there; a test holds them to this table.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from thumper_core import mark

ALL, BUCK, CHOOSE, D, DEER, FAWN, ONE_DEER = "A", "B", "C", "D", "E", "F", "I"
NEWER, OLDER, THE_LIST, MATCHES, NEXT, OTHER = "J", "K", "L", "M", "N", "O"
AS_SAID, PERSON, DRAW, SAME, CANNOT_TELL, VISITS, WHOLE, NO_ANIMAL, UNDO = (
    "Y",
    "P",
    "R",
    "S",
    "U",
    "V",
    "W",
    "X",
    "Z",
)


class Key(NamedTuple):
    """key: what is pressed; means: what it does; where: on which pages."""

    key: str
    means: str
    where: str


TABLE: Final = (
    Key(UNDO, mark("Takes back what you decided last"), mark("Review, New, Photos, Herd, Years")),
    Key(NEXT, mark("On to the next question, this one later"), mark("Review, New, Years")),
    Key(SAME, mark("The two pictures show the same deer"), mark("Review, Years")),
    Key(
        D,
        mark("A different deer: two deer on Review and Years, a new one on New; of a class, doe"),
        mark("Review, New, Photos, Years"),
    ),
    Key(CANNOT_TELL, mark("Cannot be told from these pictures"), mark("Review, New, Years")),
    Key(mark("1 to 5, Enter"), mark("It is this known deer"), mark("New")),
    Key(VISITS, mark("Every visit of both, or hide them"), mark("Review, New")),
    Key(MATCHES, mark("What matches, or hide it"), mark("Review, New")),
    Key(mark("+ and -"), mark("Larger and smaller"), mark("Review, New")),
    Key(BUCK, mark("Buck"), mark("Review, Photos")),
    Key(FAWN, mark("Fawn"), mark("Review, Photos")),
    Key(DEER, mark("Deer of unknown sex"), mark("Review, Photos")),
    Key(OTHER, mark("Another animal"), mark("Review, New, Photos")),
    Key(PERSON, mark("A person"), mark("Review, Photos")),
    Key(AS_SAID, mark("What the model says it is"), mark("Review, one photo")),
    Key(NO_ANIMAL, mark("No animal"), mark("Review, New, Photos")),
    Key(
        f"Shift+{NO_ANIMAL}",
        mark("No animal in all other boxes of the photo"),
        mark("One photo"),
    ),
    Key(ONE_DEER, mark("Of the chosen photos: all show one deer"), mark("Photos")),
    Key(mark("C or Space"), mark("Chooses the photo"), mark("Photos")),
    Key(ALL, mark("Chooses all photos of the page; Esc none"), mark("Photos")),
    Key(mark("Arrows, Enter"), mark("From photo to photo; open it"), mark("Photos")),
    Key(NEWER, mark("The newer photo"), mark("One photo")),
    Key(OLDER, mark("The older photo"), mark("One photo")),
    Key(THE_LIST, mark("Back to the list"), mark("One photo")),
    Key(
        WHOLE, mark("A question's whole photo, and back to the question"), mark("Review, one photo")
    ),
    Key(
        mark("A number"),
        mark("Chooses the box of that number; arrows move it, with Shift resize it"),
        mark("One photo"),
    ),
    Key(DRAW, mark("Draws the box of an animal that was missed"), mark("One photo")),
)
