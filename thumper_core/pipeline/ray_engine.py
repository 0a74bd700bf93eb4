"""The engine on many machines.

    this process: pending photos -> who has which (`Shares`) -> results -> the one writer, the lake
    workers:      decode -> detect -> crop -> embed, each a whole engine with models of its own

Plain Ray actors and not Ray Data, for three reasons. A photo's result counts once although its work
may be done twice: one process must know which worker has which photo. A stop ends after the photos under way,
and a pause begins none. Batches are full across tasks, so that a photo's numbers do not depend on
how photos were dealt out. Besides, a decoded picture (36 MB at 12 megapixels) is better not sent
from stage to stage through an object store.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from thumper_core.files import user_dir, write_whole
from thumper_core.pipeline.choice import with_detector
from thumper_core.pipeline.launch import Models, calibrations_of, models_of
from thumper_core.pipeline.pending import is_away
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.ray_pool import Failure, RayPool, Slot
from thumper_core.pipeline.ray_worker import Handout, Order, Reply
from thumper_core.pipeline.records import PhotoResult, PhotoTask
from thumper_core.pipeline.reuse import KnownPhoto
from thumper_core.pipeline.run import EngineMaker, fingerprint
from thumper_core.pipeline.shares import Shares
from thumper_core.pipeline.tuned import FOLDER
from thumper_core.settings import Settings
from thumper_core.vision.registry import Registry, load_registry
from thumper_core.workspace import Workspace

_AHEAD_S: Final = 3.0  # a worker has work for so long


def order_for(workspace: Workspace, models: Models, settings: Settings) -> Order:
    """What workers must know to work on the run that these models and settings stand for.

    The registry travels with it, and the sample pictures of int8; weights do not: each machine has
    them where `thumper models pull` puts them, or at the path that the settings name. A pickle is
    loaded there only where it has the very bytes that were trusted here.
    """
    settings = with_detector(workspace, settings)
    registry = load_registry(workspace.root / "registry.toml")
    calibrations = calibrations_of(settings, workspace.root / FOLDER)
    return Order(
        settings,
        partial(
            _open_there,
            registry,
            settings,
            workspace.cache_dir / "models",
            frozenset({models.detector.weights_sha256}),
            {name: made_with.path.read_bytes() for name, made_with in calibrations.items()},
        ),
        fingerprint(models.detector, models.embedder, settings),
        tuple(root for root in workspace.ledger.roots() if not is_away(root)),
    )


def _open_there(
    registry: Registry,
    settings: Settings,
    cache_dir: Path,
    trusted: frozenset[str],
    samples: Mapping[str, bytes],
) -> Models:
    """Load the models on a worker's machine, which may see the workspace or not.

    trusted: hashes of weights that may be unpickled; samples: files of sample pictures for int8; they
    are kept there by what they hold.
    """
    kept = cache_dir if cache_dir.parent.is_dir() else user_dir() / "compiled"
    samples_dir = user_dir() / "samples" / sha256(b"".join(samples.values())).hexdigest()
    for name, data in samples.items():
        samples_dir.mkdir(parents=True, exist_ok=True)
        write_whole(samples_dir / name, data)
    return models_of(registry, settings, kept, trusted=trusted, samples_dir=samples_dir)


def ray_engine(pool: RayPool, settings: Settings) -> EngineMaker:
    """What `run` takes as its engine: the workers of an open pool."""

    def make(
        meter: Meter, known: Mapping[str, KnownPhoto], is_held: Callable[[], bool]
    ) -> RayEngine:
        return RayEngine(pool, settings, meter, known, is_held)

    return make


class RayEngine:
    """Runs the photos of one pass through a pool's workers. Safe against their loss."""

    def __init__(
        self,
        pool: RayPool,
        settings: Settings,
        meter: Meter,
        known: Mapping[str, KnownPhoto],
        is_held: Callable[[], bool],
    ) -> None:
        self._pool = pool
        self._options = settings.engine
        self._meter = meter
        self._known = known
        self._is_held = is_held

    def run(
        self, tasks: Iterable[PhotoTask], stop: threading.Event
    ) -> Iterator[PhotoResult | None]:
        """Yield every photo's complete result once; None at least every half second.

        After `stop` is set, and while work is held, no further photo is begun; those under way are
        finished. Raises ThumperError where no machine is left that can work on the run.
        """
        shares = Shares(list(tasks))
        while True:
            slots = [slot for slot in self._pool.slots() if slot.name]
            is_stopped = stop.is_set()
            if shares.is_done or (is_stopped and all(map(_has_stopped, slots))):
                return
            for slot in slots:
                if slot.call is None and not _has_stopped(slot):
                    slot.ask(self._handout(slot, shares, len(slots), is_stopped))
            for slot, answer in self._pool.answers():
                yield from self._take(slot, answer, shares)
            yield None

    def _handout(self, slot: Slot, shares: Shares, n_workers: int, is_stopped: bool) -> Handout:
        """Photos until the worker has work for a while; towards the end, no more than its part."""
        is_held = self._is_held()
        if is_stopped or is_held:
            return Handout(is_held=is_held, is_stopped=is_stopped)
        options = self._options
        wanted = max(options.queue_photos + options.batch_size, math.ceil(slot.rate * _AHEAD_S))
        part = max(options.batch_size, math.ceil(shares.n_waiting / n_workers))
        tasks = shares.hand_out(slot.number, min(wanted - shares.n_with(slot.number), part))
        ids = [task.photo_id for task in tasks]
        return Handout(tasks, {i: self._known[i] for i in ids if i in self._known})

    def _take(
        self, slot: Slot, answer: str | Reply | Failure, shares: Shares
    ) -> Iterator[PhotoResult]:
        """What an answer brings: results that count, or a worker less."""
        if isinstance(answer, str):
            self._pool.welcome(slot, answer)
        elif isinstance(answer, Failure):
            n_photos = shares.n_with(slot.number)
            if answer.is_death:
                given_up = shares.take_back(slot.number)
                if given_up:
                    self._pool.worked(slot)
                yield from given_up
                self._pool.drop(slot, answer, n_photos - len(given_up))
            else:
                shares.give_back(slot.number)
                self._pool.drop(slot, answer, n_photos)
        else:
            slot.is_idle = answer.is_idle
            slot.rate = (slot.rate + len(answer.results) / _since(slot.asked_at)) / 2
            self._meter.add(answer.busy_s)
            results = shares.accept(slot.number, answer.results)
            if results:
                self._pool.worked(slot)
            yield from results


def _has_stopped(slot: Slot) -> bool:
    return slot.call is None and slot.is_told_to_stop and slot.is_idle


def _since(moment: float) -> float:
    return max(time.monotonic() - moment, 1e-3)
