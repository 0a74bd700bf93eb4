"""What one browser was asked on Review, what it said, and what became of each answer.

The browser shows the next pair before the server has heard of the answer to the one before. So it
says all that was not confirmed yet, each with a number, as often as it takes; here every number is
taken once, and only answers about a pair that was sent are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from thumper_core.questions.pair_questions import Question

Word = Literal["same", "different", "unknowable", "next", "odd", "undo"]
WORDS: Final = frozenset(get_args(Word))


@dataclass(frozen=True)
class Said:
    """One thing that a person said.

    question: what it is about, None for an undo of what was decided before this sitting; odd: of
    `odd` and its undo, the picture that shows another deer.
    """

    word: Word
    question: Question | None
    odd: str | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        """What an undo names."""
        return (key_of(self.question) if self.question else "", self.odd)


def key_of(question: Question) -> str:
    """A question's name between server and browser: the two pictures that are compared, and how often they
    were before.
    """
    return f"{question.left[0]}|{question.right[0]}|{question.looks}"


@dataclass
class Sitting:
    """heard: the last number that was taken of each of this browser's visits to the page; sent:
    questions by name; decided: numbers in the record of what stands, by what it answers; passed:
    names of questions that are not to come back now; lost: answers about pairs that were never sent.
    """

    heard: dict[str, int] = field(default_factory=dict)
    sent: dict[str, Question] = field(default_factory=dict)
    decided: dict[tuple[str, str | None], int] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    lost: int = 0

    def send(self, questions: list[Question]) -> None:
        """Note what the browser gets to see."""
        self.sent.update({key_of(question): question for question in questions})

    def is_closed(self, question: Question) -> bool:
        """Whether it was answered or passed over in this sitting."""
        name = key_of(question)
        return name in self.passed or (name, None) in self.decided

    def take(self, told: Mapping[str, Any] | None) -> Iterator[Said]:
        """What was said and not taken yet, in order; each is taken before it is handed out.

        told: `{"sitting", "answers": [{"n", "id", "say", "odd"}]}`, as the browser says it.
        """
        if not told:
            return
        sitting = str(told["sitting"])
        for answer in sorted(told["answers"], key=lambda one: int(one["n"])):
            if int(answer["n"]) <= self.heard.get(sitting, 0):
                continue
            self.heard[sitting] = int(answer["n"])
            question = self.sent.get(answer["id"]) if answer["id"] is not None else None
            if _makes_sense(answer["say"], question, answer.get("odd")):
                yield Said(answer["say"], question, answer.get("odd"))
            else:
                self.lost += 1


def _makes_sense(word: str, question: Question | None, odd: str | None) -> bool:
    """Whether it is about what was sent."""
    if question is None:
        return word == "undo" and odd is None
    beside = (*question.left[1:], *question.right[1:])
    return word in WORDS and (odd in beside if odd is not None else word != "odd")
