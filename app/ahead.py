"""The next questions of a page with their pictures, made in the background before they are needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from thumper_core import ThumperError, Workspace, say

AHEAD: Final = 12
"""Questions that a browser has with their pictures: of a large herd new ones take several seconds."""
PICTURE_PX: Final = 960
BESIDE_PX: Final = 260
F = TypeVar("F")
P = TypeVar("P")


@dataclass(frozen=True)
class Made(Generic[F, P]):
    """What is ready to be asked.

    state: what it was made from; found: what the questions came from, None where there is nothing to
    ask by; is_whole: nothing of it is on its way still; trouble: why it could not be made.
    """

    state: Any
    found: F | None = None
    prepared: tuple[P, ...] = ()
    is_whole: bool = False
    trouble: str = ""


class Ahead(Generic[F, P]):
    """The questions of one browser. prepare: makes them of what was found, with their pictures."""

    def __init__(self, prepare: Callable[[Workspace, F], Iterator[P]]) -> None:
        self._prepare = prepare
        self._lock = threading.Lock()
        self._is_working = False
        self._made: Made[F, P] | None = None

    def look(
        self, state: Any, make: Callable[[], F | None], workspace: Workspace
    ) -> tuple[Made[F, P] | None, bool]:
        """What is ready, and whether something newer is on its way.

        state: what the questions depend on; where it is another than that of what is ready, `make` is
        called in the background. One is made at a time: what changes meanwhile comes after it.
        """
        with self._lock:
            made = self._made
            if made is not None and made.state == state and made.is_whole:
                return made, False
            if not self._is_working:
                self._is_working = True
                work = threading.Thread(
                    target=self._work, args=(state, make, workspace), name="ahead", daemon=True
                )
                work.start()
            return made, True

    def _work(self, state: Any, make: Callable[[], F | None], workspace: Workspace) -> None:
        made: Made[F, P] = Made(state)
        before = self._made.prepared if self._made else ()
        try:
            found = make()
            made = replace(made, found=found)
            for prepared in self._prepare(workspace, found) if found is not None else ():
                made = replace(made, prepared=(*made.prepared, prepared))
                # Keys are faster than pictures: those of before are better than none.
                self._show(replace(made, prepared=(*made.prepared, *before)))
        except ThumperError as error:
            made = replace(made, trouble=str(error))
        except Exception:
            made = replace(
                made, trouble=say("What to ask next could not be found. Reload the page.")
            )
            raise
        finally:
            self._show(replace(made, is_whole=True))
            with self._lock:
                self._is_working = False

    def _show(self, made: Made[F, P]) -> None:
        with self._lock:
            self._made = made
