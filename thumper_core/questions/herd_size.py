"""What is known of the number of deer, in the words that commands, pages and reports share.

Profiles are groups of pictures, and no count of animals: one deer can be in several, and where the
calibration says that animals are hardly told apart, several deer are in one. So what leads is the
estimate where there is one to believe, else why there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from thumper_core.contracts import SEPARATION_MIN
from thumper_core.counting import counted
from thumper_core.language import mark, say
from thumper_core.store.herd_summary import HerdSummary, Interval

NOT_KNOWN: Final = mark("not known")
_HARDLY: Final = "hardly tells these animals apart"  # how older versions said it, in a warning


class Known(StrEnum):
    """What a herd says of the number of its deer."""

    ESTIMATED = "estimated"
    HARDLY = "hardly"  # the calibration says that animals are hardly told apart
    UNCALIBRATED = "uncalibrated"  # nothing says which pictures are alike enough
    UNESTIMATED = "unestimated"  # a part of a herd, or one of an older version


@dataclass(frozen=True)
class HerdSize:
    """known: what can be said; n_groups: groups of pictures; animals: how many deer they come to;
    is_compared: whether pictures of different bursts were compared at all; n_untold: visits of which no
    picture shows who the animal is, in none of the groups; n_seasons: deer years that the pictures are of.
    """

    known: Known
    n_groups: int
    animals: Interval | None = None
    is_compared: bool = True
    n_untold: int = 0
    n_seasons: int = 1

    @property
    def is_known(self) -> bool:
        """Whether there is a number of deer to believe."""
        return self.known is Known.ESTIMATED

    @property
    def is_telling(self) -> bool:
        """Whether a group is held to be one deer, so that groups may be described as deer are."""
        return self.known not in (Known.HARDLY, Known.UNCALIBRATED)

    @property
    def figure(self) -> str:
        """`about 25`, or `not known`."""
        if not self.is_known or self.animals is None:
            return say(NOT_KNOWN)
        return say("about {n:,}", n=round(self.animals.value))

    @property
    def interval(self) -> str:
        """`21 to 29` (95%), or nothing."""
        if not self.is_known or self.animals is None:
            return ""
        low, high = self.animals.low, self.animals.high
        if low is None or high is None:
            return ""
        return say("{first:,} to {last:,}", first=round(low), last=round(high))

    @property
    def held(self) -> str:
        """`95% interval 21 to 29`, or nothing."""
        return say("95% interval {interval}", interval=self.interval) if self.interval else ""

    @property
    def deer(self) -> str:
        """`about 25 deer (95% interval 21 to 29)`; where it is known."""
        return (
            say("{figure} deer ({held})", figure=self.figure, held=self.held)
            if self.held
            else say("{figure} deer", figure=self.figure)
        )

    @property
    def groups(self) -> str:
        """`43 groups of pictures`."""
        return counted(self.n_groups, "group of pictures", "groups of pictures")

    @property
    def sentence(self) -> str:
        """What a reader should know first of all."""
        told = self._estimate
        if self.n_untold:
            told = say(
                "{estimate} In {more} the pictures are too poor to say which deer it is.",
                estimate=told,
                more=counted(self.n_untold, "more visit"),
            )
        if self.is_known and self.n_seasons > 1:
            told = say(
                "{estimate} The pictures are of {seasons}: antlers and coats change in between, so this "
                "number is less sure than its interval; Years counts each season by itself.",
                estimate=told,
                seasons=counted(self.n_seasons, "season"),
            )
        return told

    @property
    def _estimate(self) -> str:
        if self.is_known:
            several = (
                say(": one deer can be several groups, and one group several deer")
                if self._is_fewer
                else ""
            )
            return say(
                "Thumper estimates {deer} in {groups}{several}.",
                deer=self.deer,
                groups=self.groups,
                several=several,
            )
        is_one = self.n_groups == 1
        if self.known is Known.HARDLY:
            held = (
                say("it can hold several deer")
                if is_one
                else say("each can hold several deer, and one deer can be in several")
            )
            return say(
                "These pictures hardly tell one deer from another, so how many deer there are is not "
                "known. Thumper made {groups}: {held}. People who compare their pictures can tell "
                "them apart.",
                groups=self.groups,
                held=held,
            )
        if self.known is Known.UNCALIBRATED:
            return say(
                "How many deer there are is not known: these photos do not say how much alike two "
                "pictures of one deer are. {uncompared} More photos, with bursts or several deer in "
                "one photo, say it.",
                uncompared=self._uncompared,
            )
        if is_one:
            return say(
                "Thumper made {groups}, held to be one deer; how many deer it comes to has not been "
                "estimated.",
                groups=self.groups,
            )
        return say(
            "Thumper made {groups}, each held to be one deer; how many deer they come to has not been "
            "estimated.",
            groups=self.groups,
        )

    @property
    def _is_fewer(self) -> bool:
        return self.animals is not None and round(self.animals.value) < self.n_groups

    @property
    def _uncompared(self) -> str:
        if self.is_compared:
            return say(
                "Whether the {groups} holds one deer, nothing could check."
                if self.n_groups == 1
                else "Whether the {groups} hold one deer each, nothing could check.",
                groups=self.groups,
            )
        many = (
            say("; here that is {groups}", groups=self.groups)
            if self.n_groups == 1
            else say(": one deer can be many of the {groups}", groups=self.groups)
        )
        return say(
            "So pictures of different bursts were not compared, and where people did not say who is "
            "who nearly every box counts as a deer of its own{many}.",
            many=many,
        )


def herd_size(summary: HerdSummary | None, n_groups: int, *, is_part: bool = False) -> HerdSize:
    """What a herd says of the number of its deer.

    summary: None where there is no herd; n_groups: individuals that are shown; is_part: they are
    those of some cameras or days alone, for which nothing was estimated.
    """
    known = Known.UNESTIMATED if summary is None else _known(summary)
    if known is Known.ESTIMATED and is_part:
        known = Known.UNESTIMATED
    return HerdSize(
        known,
        n_groups,
        summary.trust.animals if summary and known is Known.ESTIMATED else None,
        summary is None or summary.cut.threshold is not None or summary.cut.method == "hdbscan",
        0 if summary is None or is_part else summary.counts.n_untold or 0,
        1 if summary is None else summary.trust.n_seasons or 1,
    )


def _known(summary: HerdSummary) -> Known:
    figures = summary.calibration
    if figures is not None and summary.cut.recommended is None:
        return Known.UNCALIBRATED
    apart = figures.separation if figures is not None else None
    said = any(_HARDLY in warning for warning in summary.warnings)
    if said if apart is None else apart < SEPARATION_MIN:
        return Known.HARDLY
    return Known.UNESTIMATED if summary.trust.estimated_animals is None else Known.ESTIMATED
