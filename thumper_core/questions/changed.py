"""What decisions did to the herd, told in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from thumper_core import language
from thumper_core.language import say
from thumper_core.questions.words import counted, listed

if TYPE_CHECKING:
    from thumper_core.herd.recut import Applied


NAMED_MAX: Final = 4
"""Groups that are named one by one; of more, one fewer and a count."""


def change_told(applied: Applied) -> str:
    """What decisions did to the herd, as `2 groups became 1 (deer-019 and deer-034); 35 now.`."""
    before, after = applied.before, applied.after
    left = language.figure(applied.summary.counts.n_individuals or 0, ",")
    if before == after:
        names = _few(list(before))
        did = (
            say("Pictures moved between {names}", names=names)
            if len(before) > 1
            else say("{names} changed", names=names)
        )
        return say("{did}; {left} groups now.", did=did, left=left)
    names = _few(sorted({*before, *after}))
    return say(
        "{groups} became {n} ({names}); {left} now.",
        groups=counted(len(before), "group"),
        n=len(after),
        names=names,
        left=left,
    )


def _few(names: list[str]) -> str:
    if len(names) <= NAMED_MAX:
        return listed(names)
    rest = len(names) - NAMED_MAX + 1
    return listed([*names[: NAMED_MAX - 1], counted(rest, "other", "others")])
