"""What kept a run from being faster, judged from what its stages worked and waited.

The engine's owner waits for photos, for the models (detecting, cropping, embedding) and for the disk.
On a GPU, and where cores are idle, what it waits for longest names the limit. Where the processor
computes everything and is full, waiting says little, because every stage takes turns from the
others: there the limit is the stage that most of the processor's work went into.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Limiter = Literal["reading", "decoding", "detector", "cropping", "embedder", "writing"]

PHOTOS_MIN: Final = 32  # with fewer, a run is starting and stopping
WAIT_MIN: Final = 0.15  # share of the models' time; less is the ripple of any queue
FULL_MIN: Final = 0.75  # share of all cores' time

_WORK: Final[dict[Limiter, str]] = {
    "detector": "detect",
    "cropping": "crop",
    "embedder": "embed",
}
_NAMES: Final[dict[Limiter, str]] = {
    "reading": "reading from the disk",
    "decoding": "decoding",
    "detector": "the detector",
    "cropping": "cutting out animals",
    "embedder": "the embedder",
    "writing": "writing to the disk",
}


@dataclass(frozen=True)
class Limit:
    """What limited a run. share: of the models' time, or of the processor's work."""

    limiter: Limiter
    share: float
    is_processor_full: bool
    help: str

    @property
    def sentence(self) -> str:
        """What limited it and what would help, for people."""
        percent = f"{self.share:.0%}"
        if self.is_processor_full:
            why = f"all cores were busy, {percent} of their work was this"
        elif self.limiter in ("reading", "decoding", "writing"):
            why = f"the models waited for it {percent} of the time"
        else:
            why = f"{percent} of the models' time went into it"
        return f"Limited by {_NAMES[self.limiter]} ({why}): {self.help}."


def limit_of(progress: Mapping[str, Any]) -> Limit | None:
    """The judgement over a run's progress, as it is kept with its job (`Progress.as_dict`).

    None where too few photos were processed to say, or where the figures are of an older version.

    >>> from thumper_core import limit_of
    >>> busy = {"detect": 80.0, "embed": 15.0}
    >>> limit_of({"done": 500, "busy_s": busy, "waiting_s": {"photos": 1.0, "disk": 1.0}}).limiter
    'detector'
    """
    busy, waiting = progress.get("busy_s") or {}, progress.get("waiting_s")
    if waiting is None or int(progress.get("done", 0)) < PHOTOS_MIN:
        return None
    models = {limiter: float(busy.get(stage, 0.0)) for limiter, stage in _WORK.items()}
    photos, disk = (float(waiting.get(name, 0.0)) for name in ("photos", "disk"))
    worked = sum(models.values())
    # Older versions kept no wait for the models: their batches did not overlap.
    owner = float(waiting.get("models", worked)) + photos + disk
    if owner <= 0:
        return None
    on_gpu = bool(progress.get("on_gpu"))
    if disk >= WAIT_MIN * owner and disk >= photos:
        return _limit("writing", disk / owner, progress)
    if not on_gpu and _fullness(progress) >= FULL_MIN:
        work = _core_seconds(progress, models)
        limiter = max(work, key=lambda name: work[name])
        return _limit(limiter, work[limiter] / sum(work.values()), progress, is_full=True)
    if photos >= WAIT_MIN * owner:
        is_reading = busy.get("read", 0.0) > busy.get("decode", 0.0)
        return _limit("reading" if is_reading else "decoding", photos / owner, progress)
    limiter = max(models, key=lambda name: models[name])
    share = models[limiter] / worked * (1 - (photos + disk) / owner) if worked else 0.0
    return _limit(limiter, share, progress)


def _fullness(progress: Mapping[str, Any]) -> float:
    """Share of all cores' time that this process used while it was not held."""
    held = (progress.get("waiting_s") or {}).get("held", 0.0)
    there = (float(progress.get("elapsed_s", 0.0)) - held) * int(progress.get("cores", 1))
    used = float((progress.get("cpu_s") or {}).get("process", 0.0))
    return used / there if there > 0 else 0.0


def _core_seconds(
    progress: Mapping[str, Any], models: Mapping[Limiter, float]
) -> dict[Limiter, float]:
    """Core-seconds by stage.

    The models' networks compute in threads of their libraries, which no stage can measure: what is
    left of the process is theirs, shared out by the time that each took.
    """
    cpu = progress.get("cpu_s") or {}
    work: dict[Limiter, float] = {
        "decoding": cpu.get("read", 0.0) + cpu.get("decode", 0.0),
        "cropping": cpu.get("crop", 0.0),
        "writing": cpu.get("write", 0.0),
    }
    left = max(0.0, float(cpu.get("process", 0.0)) - sum(work.values()))
    networks = models["detector"] + models["embedder"]
    for limiter in ("detector", "embedder"):
        work[limiter] = left * models[limiter] / networks if networks else 0.0
    return work


def _limit(
    limiter: Limiter, share: float, progress: Mapping[str, Any], *, is_full: bool = False
) -> Limit:
    return Limit(limiter, share, is_full, _help(limiter, progress, is_full))


def _help(limiter: Limiter, progress: Mapping[str, Any], is_full: bool) -> str:
    if limiter == "reading":
        return "photos on a faster disk, or on this machine's own, would help"
    if limiter == "writing":
        return "a workspace on a faster disk would help"
    threads, cores = int(progress.get("decode_threads", 0)), int(progress.get("cores", 1))
    if limiter in ("decoding", "cropping"):
        if limiter == "decoding" and not is_full and 0 < threads < cores:
            return f"more decoding threads would help ({threads} of {cores} cores decode)"
        if limiter == "decoding" and progress.get("on_gpu") and 0 < threads <= cores:
            return (
                "a processor with more cores would help, or decoding on the GPU as well "
                "(engine.gpu_decode)"
            )
        return "a processor with more cores would help"
    if progress.get("on_gpu"):
        return f"a smaller model as {limiter} or a faster GPU would help"
    return f"a GPU, more cores or a smaller model as {limiter} would help"
