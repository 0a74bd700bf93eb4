"""Whether there is enough to learn from, kind of model by kind of model, and what is missing, in sentences.

Nothing is loaded for it: decisions and the views are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core.contracts import DEER, ThumperError
from thumper_core.counting import counted
from thumper_core.decisions.kinds import CONTENT
from thumper_core.heads.fit import require_enough
from thumper_core.heads.head import KINDS
from thumper_core.learning.cards import last_learned
from thumper_core.learning.classes import corrected_classes, labels_of, why_none
from thumper_core.learning.corrected import OF_BOXES, Corrected, corrected_photos
from thumper_core.learning.kept_back import DEER_NEEDED, SHARE, kept_back
from thumper_core.workspace import Workspace

NEW_NEEDED: Final = round(DEER_NEEDED / SHARE)
"""New corrections worth an attempt: a quarter is kept back, and of fewer than a dozen deer in it nobody
can tell better from chance."""
_NEW: Final = """
select count(*) from decisions where not undone and decision_id > ? and list_contains(?::varchar[], kind)
"""

SAME_NEEDED: Final = 12
"""Answers "same" without which nothing is known of how one deer differs between visits."""
OF_WHO: Final = ("same", "different", "merge", "split", "move")
CALLED: Final[Mapping[str, str]] = {"reid": "re-identification"}


@dataclass(frozen=True)
class Ready:
    """What there is to learn from.

    what: `detector`, `heads`, `reid`; is_first: nothing was tried before; n_new: corrections, or answers,
    since the last attempt; missing: what a first attempt lacks, as a sentence; empty: nothing.
    """

    what: str
    is_first: bool
    n_new: int
    missing: str = ""

    @property
    def called(self) -> str:
        """What it is for people."""
        return CALLED.get(self.what, self.what)

    @property
    def is_enough(self) -> bool:
        """Whether it is worth an attempt."""
        return not self.missing and self.n_new >= NEW_NEEDED

    @property
    def sentence(self) -> str:
        """How it stands."""
        since = "" if self.is_first else f" since the {self.called} was last tuned"
        many = self.what.endswith("s") and not self.is_first
        since = since.replace(" was ", " were ") if many else since
        noun = "answer" if self.what == "reid" else "correction"
        new = f"{counted(self.n_new, noun)}{since}"
        if self.missing:
            return f"{new}. {self.missing}"
        if self.is_enough:
            return f"{new}: enough to learn from."
        return (
            f"{new}: {NEW_NEEDED} are worth an attempt, for a part is kept back, and with fewer a better "
            "model cannot be told from chance."
        )


def with_deer(corrected: Corrected) -> pl.DataFrame:
    """The photos with `n_deer`, as `kept_back` takes them."""
    deer = corrected.boxes.filter(pl.col("label") == DEER).group_by("photo_id").len("n_deer")
    return corrected.photos.join(
        deer, on="photo_id", how="left", maintain_order="left"
    ).with_columns(pl.col("n_deer").fill_null(0))


def _detector(workspace: Workspace) -> Ready:
    n_new, is_first = _n_new(workspace, "detector", OF_BOXES)
    try:
        kept_back(with_deer(corrected_photos(workspace)))
    except ThumperError as error:
        return Ready("detector", is_first, n_new, str(error))
    return Ready("detector", is_first, n_new)


def _heads(workspace: Workspace) -> Ready:
    n_new, is_first = _n_new(workspace, "heads", CONTENT)
    frame = corrected_classes(workspace, with_vectors=False)
    missing = {}
    for kind in KINDS:
        rows, positive = labels_of(frame, kind)
        try:
            require_enough(kind, positive, rows["camera"].to_numpy())
        except ThumperError as error:
            missing[kind] = str(error)
    return Ready("heads", is_first, n_new, why_none(missing) if len(missing) == len(KINDS) else "")


def _reid(workspace: Workspace) -> Ready:
    n_new, is_first = _n_new(workspace, "reid", OF_WHO)
    n_same = int(workspace.sql(_NEW, [0, ["same", "merge"]]).item())
    missing = ""
    if n_same < SAME_NEEDED:
        missing = (
            "How one deer differs from visit to visit is learned from answers that two visits show one: "
            f"it needs {SAME_NEEDED}, and there are {n_same}."
        )
    return Ready("reid", is_first, n_new, missing)


def _n_new(workspace: Workspace, what: str, kinds: tuple[str, ...]) -> tuple[int, bool]:
    last = last_learned(workspace.root, what)
    return int(workspace.sql(_NEW, [last, list(kinds)]).item()), last == 0


READY: Final[Mapping[str, Callable[[Workspace], Ready]]] = {
    "detector": _detector,
    "heads": _heads,
    "reid": _reid,
}
"""How it stands with each kind of model; `flows.learn.LEARNERS` says how each is learned."""


def ready(workspace: Workspace) -> list[Ready]:
    """How it stands with each kind of model that can be learned here.

    >>> from thumper_core import Workspace, ready_to_learn
    >>> [(one.what, one.is_enough) for one in ready_to_learn(Workspace.open("ranch"))]
    [('detector', False), ('heads', False), ('reid', False)]
    """
    return [ask(workspace) for ask in READY.values()]
