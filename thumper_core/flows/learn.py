"""Learn all that people's corrections are enough for: each model is tried, and used where it is better."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.flows.learn_detector import Say, learn_detector
from thumper_core.flows.train_head import train_heads
from thumper_core.flows.train_reid import train_reid
from thumper_core.flows.trial import Trial
from thumper_core.learning.cards import keep_card
from thumper_core.learning.ready import CALLED, READY, Ready
from thumper_core.vision.centernet.fit import Plan, Stopped
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Learnt:
    """What came of it. trials: of each model that was learned; waiting: why others were not, and what
    they wait for; failed: what went wrong, in words; is_stopped: it ended early, and goes on when repeated.
    """

    trials: tuple[Trial, ...]
    waiting: tuple[Ready, ...]
    failed: tuple[str, ...] = ()
    is_stopped: bool = False

    @property
    def is_new_detector(self) -> bool:
        """Whether photos should be processed again."""
        return any(trial.is_better and trial.what == "detector" for trial in self.trials)

    @property
    def sentences(self) -> list[str]:
        """All of it in words, and what to do next."""
        told = [
            f"{CALLED.get(trial.what, trial.what).capitalize()}. {trial.said}"
            for trial in self.trials
        ]
        told += [f"{one.called.capitalize()}, not tried: {one.sentence}" for one in self.waiting]
        told += self.failed
        if self.is_new_detector:
            told.append(
                "The photos are as they were: `thumper reprocess --clear-mode all` looks at them with "
                "the new detector, and shows the new herd only if it passes the checks."
            )
        if self.is_stopped:
            told.append("Stopped. The same command goes on.")
        return told

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "trials": [trial.as_dict() for trial in self.trials],
            "waiting": {one.what: one.sentence for one in self.waiting},
            "failed": list(self.failed),
            "is_new_detector": self.is_new_detector,
            "is_stopped": self.is_stopped,
        }


Learner = Callable[[Workspace, Plan | None, Say, threading.Event | None], Iterable[Trial]]


def _heads(
    workspace: Workspace, plan: Plan | None, say: Say, stop: threading.Event | None
) -> Iterable[Trial]:
    say("Fitting the heads", 0, 0)
    return [one.trial for one in train_heads(workspace).fitted]


def _detector(
    workspace: Workspace, plan: Plan | None, say: Say, stop: threading.Event | None
) -> Iterable[Trial]:
    return [learn_detector(workspace, plan=plan, say=say, stop=stop).trial]


def _reid(
    workspace: Workspace, plan: Plan | None, say: Say, stop: threading.Event | None
) -> Iterable[Trial]:
    last = int(workspace.sql("select coalesce(max(decision_id), 0) from decisions").item())
    result = train_reid(workspace, on_progress=say)
    card = {"last_correction": last, "learned_from": asdict(result.evidence)}
    keep_card(workspace.root, "reid", {**card, "trial": result.trial.as_dict()})
    return [result.trial]


LEARNERS: Final[Mapping[str, Learner]] = {"heads": _heads, "reid": _reid, "detector": _detector}
"""What learns each kind of model, the quickest first; `learning.ready.READY` says whether it can."""


def learn(
    workspace: Workspace,
    *,
    only: str | None = None,
    even_few: bool = False,
    plan: Plan | None = None,
    say: Say | None = None,
    stop: threading.Event | None = None,
) -> Learnt:
    """Learn each kind of model for which there are enough new corrections.

    only: one kind; even_few: also on fewer new corrections than are worth an attempt; plan: of the
    detector's training; say(step in words, done, total); stop: ends it early. UsageError: no such kind.

    >>> from thumper_core import Workspace, learn
    >>> learn(Workspace.open("ranch")).trials
    ()
    """
    if only is not None and only not in LEARNERS:
        raise UsageError(f"Nothing here is called {only!r}; one of {', '.join(LEARNERS)}.")
    told = say or (lambda *_: None)
    found = Learnt((), ())
    for what, work in LEARNERS.items():
        if only not in (None, what):
            continue
        state = READY[what](workspace)
        if state.missing or not (state.is_enough or (even_few and state.n_new)):
            found = replace(found, waiting=(*found.waiting, state))
            continue
        try:
            trials = tuple(work(workspace, plan, told, stop))
        except Stopped:
            return replace(found, is_stopped=True)
        except ThumperError as error:  # what the others learned is none the less theirs
            found = replace(found, failed=(*found.failed, f"{state.called.capitalize()}: {error}"))
            continue
        found = replace(found, trials=(*found.trials, *trials))
        if stop is not None and stop.is_set():
            return replace(found, is_stopped=True)
    return found
