"""Somebody watches for a deer: when new photos show it, that is told where the settings say."""

from __future__ import annotations

from dataclasses import asdict

from thumper_core.questions.hit_list import last_visits, seen_since
from thumper_core.upkeep.notify import notify
from thumper_core.workspace import Workspace


class Lookout:
    """Remembers when each deer was seen last, and tells of those on the hit list that came since."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._before = last_visits(workspace)

    def tell(self) -> list[str]:
        """Send one notice of all watched deer that were seen since; returns what went wrong.

        To be called when another herd is shown. Nobody seen: nothing is sent.
        """
        before, self._before = self._before, last_visits(self._workspace)
        seen = seen_since(before, self._before)
        if not seen:
            return []
        text = " ".join(visit.sentence for visit in seen)
        facts = [asdict(visit) for visit in seen]
        return notify(self._workspace.settings.ops, "watched deer seen", text, deer=facts)
