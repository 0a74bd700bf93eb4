"""The herd follows what people decide, in the background of the process that records it.

A decision is safe as soon as it is recorded. What it does to the herd is computed within seconds
behind it, for all that came meanwhile together, so that nobody waits for it and answers that are
quicker than the herd cost it one step. What only a whole identification can do waits for one.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from thumper_core.contracts import ThumperError
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.herd.recut import Applied

TOGETHER_S: Final = 0.1
"""What is decided this soon after another decision takes effect with it."""


@dataclass(frozen=True)
class State:
    """How far the herd is.

    n_steps: how often it was brought in line so far; applied: what that did the last time that it
    changed who is who; waits: what is decided takes effect with the next whole identification only;
    trouble: why the herd could not be brought in line.
    """

    n_steps: int = 0
    is_busy: bool = False
    applied: Applied | None = None
    waits: bool = False
    trouble: str = ""


class Following:
    """Brings the herd of one workspace in line, one step at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._state = State()
        self._changed = threading.Condition()
        self._is_due = False
        self._last: Applied | None = None

    def state(self) -> State:
        """How far it is now."""
        with self._changed:
            return self._state

    def follow(self) -> None:
        """Bring the herd in line with what is recorded; returns at once."""
        with self._changed:
            self._is_due = True
            if not self._state.is_busy:
                self._state = replace(self._state, is_busy=True)
                threading.Thread(target=self._work, name="following", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait until the herd is in line, that long at most; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._state.is_busy, seconds)

    def _work(self) -> None:
        while True:
            threading.Event().wait(TOGETHER_S)
            with self._changed:
                self._is_due = False
            state = self._step()
            with self._changed:
                self._state = replace(state, is_busy=self._is_due)
                if not self._is_due:
                    self._changed.notify_all()
                    return

    def _step(self) -> State:
        """The state after one step; it never raises."""
        # What computes a herd takes a second to import: pages that only look at the state do without.
        from thumper_core.herd.recut import Answers, recut_in_part

        before = replace(self.state(), n_steps=self.state().n_steps + 1, waits=False, trouble="")
        try:
            applied = recut_in_part(self.workspace, answers=Answers(self._last))
        except ThumperError as error:
            return replace(before, trouble=str(error))
        except Exception:
            logging.getLogger("thumper").exception("the herd could not be brought in line")
            return replace(before, trouble="The herd could not be brought in line: identify again.")
        if applied is None:
            return replace(before, waits=True)
        self._last = applied
        return replace(before, applied=applied if applied.is_new else before.applied)


_ONE_EACH: dict[str, Following] = {}
_LOCK = threading.Lock()


def following(workspace: Workspace) -> Following:
    """The one of this process for the workspace's folder.

    >>> from thumper_core import Workspace, following
    >>> ranch = Workspace.open("ranch")
    >>> following(ranch).wait(60), following(ranch).state().is_busy
    (True, False)
    """
    with _LOCK:
        key = str(workspace.root.resolve())
        found = _ONE_EACH.get(key)
        if found is None:
            found = _ONE_EACH[key] = Following(workspace)
        found.workspace = workspace  # opened anew where its settings changed
        return found
