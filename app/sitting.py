"""What one browser was asked on a page, what it said, and what became of each answer.

The browser shows the next question before the server has heard of the answer to the one before. So it
says all that was not confirmed yet, each with a number, as often as it takes; here every number is
taken once, and only answers to a question that was sent are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from thumper_core import say
from thumper_core.questions import words
from thumper_core.questions.steps import Step

Q = TypeVar("Q")
_BY_ITSELF: Final = frozenset(("next", "undo"))
"""What can be said of every question."""


@dataclass(frozen=True)
class Said(Generic[Q]):
    """One thing that a person said.

    question: what it is about, None for an undo of what was decided before this sitting; which: what
    of the question the answer is about, where it could be about several; key: what an undo names.
    """

    word: str
    question: Q | None
    which: str | None
    key: tuple[str, str | None]


@dataclass
class Sitting(Generic[Q]):
    """name: a question's between server and browser; allows: whether a question can be answered with a
    word about one of its parts; stays: words after which it is asked on.

    heard: the last number that was taken of each of this browser's visits to the page; sent:
    questions by name; decided: numbers in the record of what stands, by what it answers; passed:
    names of questions that are not to come back now; lost: answers to what was never sent.
    """

    name: Callable[[Q], str]
    allows: Callable[[str, Q, str | None], bool]
    stays: frozenset[str] = frozenset()
    heard: dict[str, int] = field(default_factory=dict)
    sent: dict[str, Q] = field(default_factory=dict)
    decided: dict[tuple[str, str | None], tuple[int, ...]] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    lost: int = 0

    def send(self, questions: Iterable[Q]) -> None:
        """Note what the browser gets to see."""
        self.sent.update({self.name(question): question for question in questions})

    def is_closed(self, question: Q) -> bool:
        """Whether it was answered or passed over in this sitting."""
        name = self.name(question)
        return name in self.passed or (name, None) in self.decided

    def take(self, told: Mapping[str, Any] | None) -> Iterator[Said[Q]]:
        """What was said and not taken yet, in order; each is taken before it is handed out.

        told: `{"sitting", "answers": [{"n", "id", "say", "which"}]}`, as the browser says it.
        """
        if not told:
            return
        sitting = str(told["sitting"])
        for answer in sorted(told["answers"], key=lambda one: int(one["n"])):
            if int(answer["n"]) <= self.heard.get(sitting, 0):
                continue
            self.heard[sitting] = int(answer["n"])
            name, word, which = answer["id"], str(answer["say"]), answer.get("which")
            question = self.sent.get(name) if name is not None else None
            if self._makes_sense(word, question, which):
                part = which if word in self.stays or word == "undo" else None
                yield Said(word, question, which, (name if question else "", part))
            else:
                self.lost += 1

    def hear(self, told: Mapping[str, Any] | None) -> tuple[list[Said[Q]], str]:
        """The same as a list, and a sentence about what could not be taken; empty where there is none."""
        before = self.lost
        taken = list(self.take(told))
        if self.lost == before:
            return taken, ""
        text = words.counted(self.lost - before, "answer was", "answers were")
        return taken, (
            say(
                "{text} about pictures that this page does not know any more, and not recorded: they "
                "are asked about again.",
                text=text,
            )
        )

    def undoes(self, said: Said[Q], last: Callable[[], Step | None]) -> tuple[int, ...]:
        """The numbers of what an undo takes back: what was said of its question, else the last step."""
        numbers = self.decided.get(said.key, ())
        step = last() if not numbers and said.question is None else None
        return step.numbers if step else numbers

    def forget(self, numbers: tuple[int, ...]) -> None:
        """What was decided with these numbers does not stand any more."""
        for key in [key for key, decided in self.decided.items() if decided == numbers]:
            del self.decided[key]

    def _makes_sense(self, word: str, question: Q | None, which: str | None) -> bool:
        """Whether it is about what was sent."""
        if question is None:
            return word == "undo" and which is None
        if word == "undo" and which is not None:
            return any(self.allows(one, question, which) for one in self.stays)
        if word in _BY_ITSELF:
            return which is None
        return self.allows(word, question, which)
