"""Small groups that probably belong to a deer of the herd, and the questions that join them to it.

A deer whose pictures were poor leaves groups beside its own. Such a group is held against every larger one,
and against being a deer of its own, by `identify.kinship`; what is proposed is what is likelier than
everything else together. A splinter was seen on at most half as many visits as its deer: two groups that
were seen about as often are two deer that look alike as likely as one, and for these there is Review. A group
with a name of its own or on the hit list is somebody's deer: it is not proposed. Where the photos hardly tell
deer apart a chance means nothing, and nothing is proposed.

Rendered herds of 24 deer, seeds 7 (1,200 photos), 412 and 413 (300 each), on which SHARE_MAX was chosen: of
11 groups proposed 9 were right, 1 was wrong, of 1 no truth is known; the chances added up to 9.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Different, Same
from thumper_core.decisions.kinds.who import About, Asked
from thumper_core.identify.review.questions import shown
from thumper_core.questions import words
from thumper_core.questions.herd_size import herd_size
from thumper_core.questions.standing import standing_of
from thumper_core.questions.tuning import owners

if TYPE_CHECKING:
    from thumper_core.identify.review.standing import Standing
    from thumper_core.questions.tuning import Tuning
    from thumper_core.workspace import Workspace

PROBABLE: Final = 0.5
"""Chance from which on a group is proposed: it is likelier that deer than all else."""
SHARE_MAX: Final = 0.5
"""Visits of a splinter, as a share of its deer's."""
SURE: Final = 0.995


@dataclass(frozen=True)
class Splinter:
    """A group that probably shows a deer of the herd.

    who, deer: individuals, of the group and of the deer; p: chance that they are one, in (0.5, 1];
    asked: what a verdict on it answers; left, right: detections of the group and of the deer, the first
    of each is what a verdict is about, the others stand for the rest: the best picture of each tracklet.
    """

    who: str
    deer: str
    p: float
    asked: Asked
    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def chance(self) -> str:
        """`83%`, `>99%`: nobody is certain."""
        return ">99%" if self.p >= SURE else words.percent(self.p)

    def same(self, key_of: dict[str, BoxKey]) -> Same:
        """That both are one deer, whole as they are; key_of: of every detection in left and right."""
        kept = tuple(
            (key_of[side[0]], key_of[other])
            for side in (self.left, self.right)
            for other in side[1:]
        )
        return Same(key_of[self.left[0]], key_of[self.right[0]], self.asked, kept)

    def different(self, key_of: dict[str, BoxKey]) -> Different:
        """That they are two deer; the group is not proposed for this one again."""
        return Different(key_of[self.left[0]], key_of[self.right[0]], self.asked)


def splinters(
    workspace: Workspace, tuning: Tuning, threshold: float | None, labels: pl.DataFrame
) -> tuple[Splinter, ...]:
    """What is proposed, the likeliest first; nothing where deer are not told apart.

    threshold: the one in use (None: the recommended); labels: `detection_id, individual_id` of the shown
    herd, of the same run.
    """
    herd = workspace.ledger.promoted_herd()
    if herd is None or not herd_size(herd.summary, 0).is_telling:
        return ()
    stood = standing_of(workspace, tuning, threshold)
    if stood is None:
        return ()
    whose = owners(tuning, labels)
    names = dict(enumerate(whose.names))
    standing = stood.standing
    individual = _individual_of(standing, whose.of)
    somebody = _somebody(workspace)
    visits = standing.seen.events
    found: dict[int, tuple[int, float]] = {}
    for kin in standing.kinship.kin:
        if not len(kin.larger):
            continue
        best = int(np.argmax(kin.chance))
        if kin.chance[best] <= PROBABLE:
            continue
        deer = int(kin.larger[best])
        if visits[kin.profile] > SHARE_MAX * visits[deer]:
            continue
        if individual[kin.profile] < 0 or individual[deer] < 0 or deer in found:
            continue  # what it belongs to is itself a part of another: that comes first
        if names[individual[kin.profile]] not in somebody:
            found[kin.profile] = deer, float(kin.chance[best])
    best_of = tuning.found.tables.tracklets["best_detection_id"].to_list()
    chances = standing.uncorrected().kinship.by_pair()
    often = standing.seen.is_often
    made = []
    for profile, (deer, p) in found.items():
        about = About.PROFILES if often[profile] and often[deer] else About.STRAY
        asked = Asked(chances[profile, deer], tuning.run_id, about)
        sides = (_pictures(standing, side, best_of) for side in (profile, deer))
        made.append(Splinter(names[individual[profile]], names[individual[deer]], p, asked, *sides))
    return tuple(sorted(made, key=lambda one: (-one.p, one.who)))


def _individual_of(standing: Standing, of: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """(P,) the individual that is a profile of its own, and nothing else; -1: the shown herd groups
    these pictures otherwise, or they are nobody's.
    """
    found = np.full(standing.n_profiles, -1, np.int64)
    owned = np.flatnonzero(of >= 0)
    pairs = np.unique(np.column_stack([standing.labels[owned], of[owned]]), axis=0)
    profiles, n_owners = np.unique(pairs[:, 0], return_counts=True)
    individuals, n_profiles = np.unique(pairs[:, 1], return_counts=True)
    alone = np.isin(pairs[:, 0], profiles[n_owners == 1])
    alone &= np.isin(pairs[:, 1], individuals[n_profiles == 1])
    found[pairs[alone, 0]] = pairs[alone, 1]
    return found


def _somebody(workspace: Workspace) -> frozenset[str]:
    """Individuals that a person named or watches."""
    rows = workspace.sql(
        "select individual_id from individuals where watched or nullif(trim(name), '') is not null"
    )
    return frozenset(rows["individual_id"])


def _pictures(standing: Standing, profile: int, best_of: list[str]) -> tuple[str, ...]:
    """The best picture of the typical tracklet, then those of all others, the largest first."""
    side = standing.members(profile)
    first = shown(standing, side)[0]
    rest = side[np.argsort(-standing.sizes[side], kind="stable")]
    return tuple(str(best_of[t]) for t in (first, *(int(t) for t in rest if t != first)))
