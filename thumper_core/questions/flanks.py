"""From which sides the deer are seen: who is known by one flank only may be counted twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thumper_core.counting import counted
from thumper_core.language import say
from thumper_core.pipeline.photo_counts import Ask
from thumper_core.workspace import Workspace

_SIDES: Final = """
select a.individual_id, bool_or(d.flank = 'left') as by_left, bool_or(d.flank = 'right') as by_right
from assignments a join detections d using (detection_id)
where a.individual_id is not null group by all
"""
_COUNTS: Final = f"""
select count(*) filter (by_left and by_right) as both,
    count(*) filter (by_left and not by_right) as left_only,
    count(*) filter (by_right and not by_left) as right_only,
    count(*) filter (not by_left and not by_right) as neither
from ({_SIDES})
"""


@dataclass(frozen=True)
class FlankCounts:
    """Groups of the herd by the sides that their pictures show; neither: no flank is sure enough."""

    both: int
    left_only: int
    right_only: int
    neither: int

    @property
    def sentence(self) -> str:
        """`12 groups seen from both sides, 5 from the left only ...`; empty where no flank is known."""
        if not (self.both or self.left_only or self.right_only):
            return ""
        parts = [
            say("{groups} seen from both sides", groups=counted(self.both, "group")),
            say("{left_only:,} from the left only", left_only=self.left_only),
            say("{right_only:,} from the right only", right_only=self.right_only),
        ]
        more = (
            say(", {neither:,} from neither for sure", neither=self.neither) if self.neither else ""
        )
        twice = min(self.left_only, self.right_only)
        warned = say(" A deer known by one side only may be counted a second time by the other.")
        return f"{', '.join(parts)}{more}.{warned if twice else ''}"


def flank_counts(workspace: Workspace, *, ask: Ask | None = None) -> FlankCounts:
    """Of the shown herd; ask: another connection to the same workspace than its own."""
    return FlankCounts(**(ask or workspace.sql)(_COUNTS, []).row(0, named=True))


def sides_seen(workspace: Workspace) -> dict[str, str]:
    """By individual of the shown herd: `seen from both sides`, ...; absent where no flank is known."""
    words = {
        (True, True): say("seen from both sides"),
        (True, False): say("seen from the left only"),
        (False, True): say("seen from the right only"),
    }
    rows = workspace.sql(_SIDES).iter_rows()
    return {who: words[sides] for who, *both in rows if (sides := tuple(both)) in words}
