"""The workers of a Ray cluster: one for every GPU, or one for a machine that has none.

Machines may come, go and come back while a run is going on.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import chdir, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from thumper_core.children import FOLDER
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.counting import counted
from thumper_core.pipeline.ray_worker import Handout, Order, Reply, Worker

INSTALL: Final = "pip install 'thumper[ray]'"
_OBJECT_STORE_BYTES: Final = 200 * 2**20  # results are small, and pictures never travel
_LOOK_S: Final = 2.0  # between looks for machines that came or went
_WAIT_S: Final = 0.5  # longest wait for an answer before the run's job may beat
_DEATHS_MAX: Final = 5  # in one place, in a row and without a photo between: it is given up
_QUIET_S: Final = 30.0  # without any worker, before a word is said

Place = tuple[str, int]
"""Where a worker may be: a Ray node and a number on it."""


@dataclass
class Slot:
    """A worker. number: never used again, not by the worker that takes a dead one's place; name:
    for people, empty until its models are loaded; call: what it was asked last, a Ray reference,
    None once answered; rate: photos a second.
    """

    place: Place
    number: int
    actor: Any
    call: Any
    name: str = ""
    asked_at: float = 0.0
    rate: float = 0.0
    is_idle: bool = False
    is_told_to_stop: bool = False

    def ask(self, handout: Handout) -> None:
        """Begin an exchange."""
        self.asked_at = time.monotonic()
        self.is_told_to_stop = handout.is_stopped
        self.call = self.actor.exchange.remote(handout)


@dataclass(frozen=True)
class Failure:
    """A call that brought no answer. is_death: the process or its machine is gone; else the worker
    itself says, in `reason`, why it cannot go on.
    """

    reason: str
    is_death: bool


class RayPool:
    """Workers on every machine of a Ray cluster, for the length of a `with` block.

    address: of the cluster's head, `HOST:PORT` or `auto`; None: this machine alone, reached over
    the loopback interface only. say: told in a sentence when a worker comes, goes or is left out.
    """

    def __init__(
        self,
        order: Order,
        *,
        address: str | None = None,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._order = order
        self._address = address
        self._say = say
        self._slots: dict[Place, Slot] = {}
        self._deaths: Counter[Place] = Counter()
        self._left_out: dict[Place, str] = {}  # and why
        self._count = 0
        self._looked_at = -_LOOK_S
        self._had_worker_at = time.monotonic()

    def __enter__(self) -> RayPool:
        """Connect. Raises ThumperError where Ray is not installed or no cluster answers."""
        _require_listener(self._address)
        # "local": one of its own, even where a cluster is running here.
        options: dict[str, Any] = {"address": self._address or "local"}
        if self._address is None:
            keep_to_this_machine()
            options |= {"include_dashboard": False, "object_store_memory": _OBJECT_STORE_BYTES}
        self._ray = _import_ray()
        handler = signal.getsignal(signal.SIGTERM)
        try:
            # Ray hands the current folder to its workers as a place to import from.
            with chdir(FOLDER.parent):
                self._ray.init(
                    log_to_driver=False, configure_logging=False, logging_level="error", **options
                )
        except (OSError, RuntimeError, ValueError) as error:
            raise _no_cluster(self._address or "this machine", error) from error
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, handler)  # Ray's own would end the run at once
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for slot in list(self._slots.values()):
            self._remove(slot)
        self._ray.shutdown()

    def slots(self) -> list[Slot]:
        """The workers as of now; machines that came, or whose worker died, are given theirs.

        Raises ThumperError where every place was left out.
        """
        if time.monotonic() - self._looked_at >= _LOOK_S:
            self._looked_at = time.monotonic()
            places: dict[Place, tuple[int, int]] = {}
            for node in self._ray.nodes():
                places |= places_of(node, self._order.settings.engine.device)
            for place in places.keys() - self._slots.keys() - self._left_out.keys():
                self._slots[place] = self._start(place, *places[place])
            if places and not self._slots:
                reasons = " ".join(sorted(set(self._left_out.values())))
                raise ThumperError(f"No machine can work on the run. {reasons}")
        if any(slot.name for slot in self._slots.values()):
            self._had_worker_at = time.monotonic()
        elif time.monotonic() - self._had_worker_at > _QUIET_S:
            self._had_worker_at = time.monotonic()
            self._say("No worker is ready: models are being loaded, or no machine is free.")
        return list(self._slots.values())

    def answers(self) -> list[tuple[Slot, str | Reply | Failure]]:
        """Workers that answered within a moment, with what: a name at first, then replies."""
        calls = {slot.call: slot for slot in self._slots.values() if slot.call is not None}
        if not calls:
            time.sleep(_WAIT_S)
            return []
        self._ray.wait(list(calls), num_returns=1, timeout=_WAIT_S)
        ready, _ = self._ray.wait(list(calls), num_returns=len(calls), timeout=0)
        found = []
        for call in ready:
            slot = calls[call]
            slot.call = None
            found.append((slot, self._answer(call)))
        return found

    def _answer(self, call: Any) -> str | Reply | Failure:
        errors = self._ray.exceptions
        try:
            answer: str | Reply = self._ray.get(call)
        except errors.RayTaskError as error:  # raised by the worker's own code
            cause = error.cause
            is_plain = isinstance(cause, ThumperError)
            return Failure(str(cause) if is_plain else f"{type(cause).__name__}: {cause}", False)
        except errors.RayError as error:
            return Failure(str(error).strip().splitlines()[0], True)
        return answer

    def welcome(self, slot: Slot, name: str) -> None:
        """A worker has its models."""
        slot.name = name
        self._say(f"Worker on {name}.")

    def worked(self, slot: Slot) -> None:
        """A worker finished photos: earlier deaths in its place are forgiven."""
        del self._deaths[slot.place]

    def drop(self, slot: Slot, failure: Failure, n_photos: int) -> None:
        """Part with a worker that failed. Its place is tried again after a death, up to a limit;
        where the worker itself refuses, the place stays empty for the rest of the run.
        """
        self._remove(slot)
        photos = counted(n_photos, "photo goes", "photos go")
        name = slot.name or "a machine that was loading its models"
        self._deaths[slot.place] += failure.is_death
        if not failure.is_death:
            self._left_out[slot.place] = failure.reason
            self._say(f"A machine is left out, {photos} to others. {failure.reason}")
        elif self._deaths[slot.place] < _DEATHS_MAX:
            self._say(f"Lost {name}: {photos} to others.")
        else:
            reason = f"Workers on {name} died {_DEATHS_MAX} times in a row ({failure.reason})."
            self._left_out[slot.place] = reason
            self._say(f"A machine is left out, {photos} to others. {reason}")

    def _start(self, place: Place, cores: int, gpus: int) -> Slot:
        """Start a worker; it is ready when its call `begin` is answered."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._count += 1
        actor = (
            self._ray.remote(Worker)
            .options(
                num_cpus=cores,
                num_gpus=gpus,
                max_restarts=0,  # a new worker must be a new number
                scheduling_strategy=NodeAffinitySchedulingStrategy(place[0], soft=False),
            )
            .remote(self._order, cores)
        )
        return Slot(place, self._count, actor, actor.begin.remote())

    def _remove(self, slot: Slot) -> None:
        del self._slots[slot.place]
        with suppress(Exception):  # dead already, or its machine is away
            self._ray.kill(slot.actor)


def places_of(node: Mapping[str, Any], device: str) -> dict[Place, tuple[int, int]]:
    """A Ray node's places for workers, each with its cores and GPUs (0 or 1).

    One for every GPU; one for the whole of a machine that has none, or whose are not wanted; none
    on a machine that is gone or gives no core.
    """
    if not node["Alive"]:
        return {}
    cores, gpus = (int(node["Resources"].get(kind, 0)) for kind in ("CPU", "GPU"))
    if device in ("openvino", "torch"):
        gpus = 0
    n = max(gpus, 1) if cores else 0
    return {(node["NodeID"], i): (max(cores // n, 1), min(gpus, 1)) for i in range(n)}


def _require_listener(address: str | None) -> None:
    """Raise where no server listens at an address: Ray itself would try for minutes."""
    host, colon, port = (address or "auto").rpartition(":")
    if not colon and port == "auto":
        return
    if not colon or "/" in host or not port.isdecimal():
        raise UsageError(f"--address is HOST:PORT of the cluster's head, or auto; not {address!r}.")
    try:
        socket.create_connection((host, int(port)), timeout=5.0).close()
    except OSError as error:
        raise _no_cluster(f"{host}:{port}", error) from error


def _no_cluster(place: str, error: Exception) -> ThumperError:
    return ThumperError(
        f"No Ray cluster answers at {place} ({error}). A cluster begins with `ray start --head` on "
        "one machine and `ray start --address HEAD:6379` on the others."
    )


def _import_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise ThumperError(f"Ray is not installed: {INSTALL}") from None
    return ray


def keep_to_this_machine() -> None:
    """Let a Ray that is started here listen on the loopback interface only, with its own password.

    The first variable is Ray's odd name for that; Ray reads all of them when it is imported.
    """
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
