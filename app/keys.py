"""The keys of all pages: a letter means one thing wherever it means anything. Help shows this table.

Parts with a script of their own (`parts/`) name their letters there; a test holds them to this table.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ALL, BUCK, CHOOSE, D, DEER, FAWN, ONE_DEER = "A", "B", "C", "D", "E", "F", "I"
NEWER, OLDER, THE_LIST, MATCHES, NEXT, OTHER = "J", "K", "L", "M", "N", "O"
PERSON, DRAW, SAME, CANNOT_TELL, VISITS, WHOLE, NO_ANIMAL, UNDO = (
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
    Key(UNDO, "Takes back what you decided last", "Review, New, Photos, Herd"),
    Key(NEXT, "On to the next question, this one later", "Review, New"),
    Key(SAME, "The two pictures show the same deer", "Review"),
    Key(
        D,
        "A different deer: two deer on Review, a new one on New; of a class, doe",
        "Review, New, Photos",
    ),
    Key(CANNOT_TELL, "Cannot be told from these pictures", "Review, New"),
    Key("1 to 5, Enter", "It is this known deer", "New"),
    Key(VISITS, "Every visit of both, or hide them", "Review, New"),
    Key(MATCHES, "What matches, or hide it", "Review, New"),
    Key("+ and -", "Larger and smaller", "Review, New"),
    Key(BUCK, "Buck", "Review, Photos"),
    Key(FAWN, "Fawn", "Review, Photos"),
    Key(DEER, "Deer of unknown sex", "Review, Photos"),
    Key(OTHER, "Another animal", "Review, New, Photos"),
    Key(PERSON, "A person", "Review, Photos"),
    Key(NO_ANIMAL, "No animal", "Review, New, Photos"),
    Key(ONE_DEER, "Of the chosen photos: all show one deer", "Photos"),
    Key(f"{CHOOSE} or Space", "Chooses the photo", "Photos"),
    Key(ALL, "Chooses all photos of the page; Esc none", "Photos"),
    Key("Arrows, Enter", "From photo to photo; open it", "Photos"),
    Key(NEWER, "The newer photo", "One photo"),
    Key(OLDER, "The older photo", "One photo"),
    Key(THE_LIST, "Back to the list", "One photo"),
    Key(WHOLE, "A question's whole photo, and back to the question", "Review, one photo"),
    Key("1 to 9", "Chooses a box; arrows move it, with Shift resize it", "One photo"),
    Key(DRAW, "Draws the box of an animal that was missed", "One photo"),
)
