"""What decisions did to the herd, told in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thumper_core import language
from thumper_core.language import say
from thumper_core.questions.words import counted, listed

if TYPE_CHECKING:
    from thumper_core.herd.recut import Applied


def change_told(applied: Applied) -> str:
    """What decisions did to the herd, as `2 groups became 1 (deer-019 and deer-034); 35 now.`."""
    before, after = applied.before, applied.after
    left = language.figure(applied.summary.counts.n_individuals or 0, ",")
    if before == after:
        names = listed(list(before))
        did = (
            say("Pictures moved between {names}", names=names)
            if len(before) > 1
            else say("{names} changed", names=names)
        )
        return say("{did}; {left} groups now.", did=did, left=left)
    names = listed(sorted({*before, *after}))
    return say(
        "{groups} became {n} ({names}); {left} now.",
        groups=counted(len(before), "group"),
        n=len(after),
        names=names,
        left=left,
    )
