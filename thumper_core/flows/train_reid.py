"""Learn how one deer differs from visit to visit, try it beside what is in use, and keep what is better.

Nothing is processed again: it is learned from stored vectors in seconds, and the next identification
counts it in. What it is learned from is what only people know: that two visits are of one deer. Bursts
and pairs of one photo teach every identification by themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.counting import counted
from thumper_core.decisions.table import ALL_DECISIONS
from thumper_core.evaluate.known_sources import HerdBursts, album_visits
from thumper_core.evaluate.known_visits import Kept, KnownVisits, Learn, tried
from thumper_core.evaluate.reid import embed_album, read_album
from thumper_core.flows.trial import Trial
from thumper_core.herd.load import load_deer
from thumper_core.identify.space.visit_spread import VisitSpread
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.reid.shelf import HERE, Learned, keep_learned, learned_for
from thumper_core.settings import IdentifySettings
from thumper_core.store.ledger import RunRow
from thumper_core.vision.embedders import open_embedder
from thumper_core.vision.registry import load_registry
from thumper_core.workspace import Workspace

ANIMALS_NEEDED: Final = 4
AGAIN_NEEDED: Final = 12
"""Visits beyond the first of their animals, fewer of which say nothing about those kept back."""
MEASURE: Final = "mean average precision of known deer found again on other visits"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Evidence:
    """What was learned from. verdicts: of people, 0 where it was an album; bursts, visits, animals: that
    these join; again: visits beyond the first of each animal.
    """

    verdicts: int
    bursts: int
    visits: int
    again: int
    animals: int

    @classmethod
    def of(cls, known: KnownVisits, verdicts: int) -> Evidence:
        """What is known, counted."""
        animals, again = known.n_animals, known.n_again
        return cls(verdicts, int(known.is_known.sum()), animals + again, again, animals)

    @property
    def is_enough(self) -> bool:
        """Whether visits can be kept back, and something is left to learn from."""
        return self.animals >= ANIMALS_NEEDED and self.again >= AGAIN_NEEDED

    @property
    def said(self) -> str:
        """As a person counts it."""
        joined = f"{counted(self.bursts, 'burst')} on {counted(self.visits, 'visit')} of {self.animals} deer"
        if not self.verdicts:
            return f"an album: {joined}"
        return f"{counted(self.verdicts, 'verdict')}, which join {joined}"


@dataclass(frozen=True)
class ReidTraining:
    """What came of a training; learned: None where it was not better, and nothing was written."""

    trial: Trial
    evidence: Evidence
    seconds: float
    learned: Learned | None

    @property
    def is_used(self) -> bool:
        """Whether the next identification counts it in by itself."""
        return self.learned is not None and self.learned.card["tried_on"] == HERE

    @property
    def said(self) -> str:
        """What the trial found, and what follows from it."""
        if self.learned is None or self.is_used:
            return self.trial.said
        return (
            f"{self.trial.measure} {self.trial.before:.3f} before, {self.trial.after:.3f} after, on "
            f"{self.trial.held_out} of the album kept back. That says nothing of your deer, so it is not "
            f"used by itself: the same command tries it on them when people confirmed {ANIMALS_NEEDED}, and "
            f'`metric = "{self.learned.digits}"` under [identify] uses it untried.'
        )


def train_reid(
    workspace: Workspace,
    album: Path | None = None,
    *,
    sighting: str | None = None,
    on_progress: Progress | None = None,
) -> ReidTraining:
    """Learn from people's verdicts, or from a folder of known individuals, and keep what is better.

    album: a folder per individual, sighting: as `evaluate.reid.read_album` takes them. What an album
    teaches is tried on this herd's own deer where people confirmed enough of them; else on the album's,
    and then it is kept, and not used by itself: another place's animals may differ in another way.
    on_progress(what is done, parts done, parts). Raises ThumperError, saying what is missing and what
    gives it, where there is too little to learn from.

    >>> from thumper_core import ThumperError, Workspace, train_reid
    >>> try:
    ...     train_reid(Workspace.open("ranch"))
    ... except ThumperError as error:
    ...     "weights are not known" in str(error)
    True
    """
    started = time.monotonic()
    tell = on_progress or (lambda what, done, total: None)
    run = newest_complete_run(workspace)
    sha256 = _weights(run)
    decisions = workspace.sql(ALL_DECISIONS)
    identify = workspace.settings.identify
    frame, vectors = load_deer(workspace, run.run_id, identify.class_conf_min)
    cameras = workspace.sql("from cameras")
    bursts = HerdBursts.linked(frame, vectors, decisions, cameras, identify)
    here, verdicts = bursts.known(decisions)
    own = Evidence.of(here, verdicts)
    in_use = learned_for(workspace, run.run_id, workspace.settings)
    bench = here
    keep: Kept = "visits"
    learn: Learn = here.spread
    if album is None:
        _require_enough(own)
        evidence, final = own, here.spread()
    else:
        tell("embedding the album", 0, 1)
        known = _album(workspace, album, sighting, run, sha256)
        evidence, final = Evidence.of(known, 0), known.spread()
        if not evidence.is_enough:
            raise ThumperError(_too_little(evidence, "in the album"))
        learn = _whatever(final)
        if not own.is_enough:
            bench, keep, learn = known, "animals", known.spread
            # An album has no two animals in one photo that a whitening could be checked on.
            identify = identify.model_copy(update={"whitening": "on"})
    before = None
    if in_use is not None:
        is_own = "last_decision" in in_use.card and bench is here
        before = _whatever(in_use.spread)
        if is_own:
            # It has seen visits that are kept back now: what it was learned from, without them.
            heard = decisions.filter(pl.col("decision_id") <= in_use.card["last_decision"])
            before = bursts.known(heard)[0].spread
    trial = _tried(bench, learn, before, identify, keep, tell)
    learned = None
    if trial.is_better and final is not None:
        card = _card(run, sha256, trial, evidence)
        card["tried_on"] = HERE if bench is here else "album"
        if album is None:
            card["last_decision"] = int(decisions["decision_id"].max() or 0)  # type: ignore[arg-type]
        learned = keep_learned(workspace.root, final, card)
    return ReidTraining(trial, evidence, time.monotonic() - started, learned)


def _tried(
    bench: KnownVisits,
    learn: Learn,
    before: Learn | None,
    settings: IdentifySettings,
    keep: Kept,
    tell: Progress,
) -> Trial:
    """How it did on what was kept back, a third at a time."""

    def on_fold(done: int, total: int) -> None:
        tell("trying it", done, total)

    found = tried(bench, learn, before, settings, keep, on_fold)
    deer = f"{found.n_animals} deer"
    held = f"visits of {deer}, a third at a time," if keep == "visits" else deer
    return Trial("reid", MEASURE, found.before, found.after, found.n_asked, held, found.noise)


def _whatever(spread: VisitSpread | None) -> Learn:
    """What was learned elsewhere, whatever is kept back here."""
    return lambda which: spread


def _card(run: RunRow, sha256: str, trial: Trial, evidence: Evidence) -> dict[str, Any]:
    return {
        "embedder": run.embedder,
        "weights_sha256": sha256,
        "made_at": datetime.now(UTC).isoformat(" ", "milliseconds"),
        "made_by": "thumper train reid",
        "learned_from": asdict(evidence),
        "trial": trial.as_dict(),
    }


def _weights(run: RunRow) -> str:
    sha256 = run.config.get("embedder", {}).get("weights_sha256")
    if not isinstance(sha256, str):
        raise ThumperError(
            f"The vectors of this run are of {run.embedder}, whose weights are not known by their hash: "
            "nothing that is learned could be told to belong to them. `thumper run --embedder NAME` with "
            "an embedder of one network makes some that do."
        )
    return sha256


def _album(
    workspace: Workspace, folder: Path, sighting: str | None, run: RunRow, sha256: str
) -> KnownVisits:
    album = read_album(folder, sighting)
    registry = load_registry(workspace.root / "registry.toml")
    network = open_embedder(
        run.embedder, registry=registry, cache_dir=workspace.cache_dir / "models"
    )
    if network.fingerprint_fields().get("weights_sha256") != sha256:
        raise ThumperError(
            f"The run's vectors are of other weights than {run.embedder} has now. `thumper run` makes some "
            "of these."
        )
    cut_as = workspace.settings.embed.model_dump() | run.config.get("embed", {})
    return album_visits(album, embed_album(album, network, gray=cut_as["gray"]))


def _require_enough(own: Evidence) -> None:
    if not own.is_enough:
        raise ThumperError(
            f"{_too_little(own, 'that people confirmed')} Answer more questions with Same on the Review "
            "page, or learn from a folder of known individuals: `thumper train reid --from DIR`."
        )


def _too_little(found: Evidence, where: str) -> str:
    return (
        "How one deer differs from visit to visit is learned from at least "
        f"{AGAIN_NEEDED} visits beyond the first of at least {ANIMALS_NEEDED} deer: there are {found.again}, "
        f"of {found.animals} deer {where}."
    )
