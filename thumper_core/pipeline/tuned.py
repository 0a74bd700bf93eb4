"""What `thumper tune` measured here, and how a run uses it.

Kept in the workspace, one record for each machine and pair of models. Nothing in a record changes a
run's results, so nothing of it enters a fingerprint; a precision, which would, is a setting.
"""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from thumper_core.cores import core_count
from thumper_core.files import write_whole
from thumper_core.settings import EngineSettings, Settings
from thumper_core.stage import digest
from thumper_core.vision.detectors import Detector
from thumper_core.vision.embedders import Embedder
from thumper_core.workspace import Workspace

FOLDER: Final = "tuned"


@dataclass(frozen=True)
class Tuned:
    """The engine settings that were fastest. streams: 0 for one for each core."""

    batch_size: int
    decode_threads: int
    streams: int
    processor: str
    measured_at: str  # UTC, ISO 8601


def processor_name() -> str:
    """The processor's own name where it says one, and the cores that this process may use."""
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    except OSError:  # not Linux
        pass
    return f"{name}, {core_count()} cores"


def tuning_key(detector: Detector, embedder: Embedder, device: str) -> str:
    """One key for each machine, device and pair of models: weights, sizes and precisions."""
    models = [detector.fingerprint_fields(), embedder.fingerprint_fields()]
    # What is kept of the boxes does not change how long they take.
    for kept in ("conf_min", "iou_nms", "max_detections"):
        models[0].pop(kept, None)
    return digest([processor_name(), device, models])


def load_tuned(workspace: Workspace, key: str) -> Tuned | None:
    """The record of a key; None where none was made, or where it cannot be read."""
    try:
        return Tuned(**_records(workspace)[key])
    except (KeyError, TypeError):
        return None


def save_tuned(workspace: Workspace, key: str, tuned: Tuned) -> None:
    """Keep a record; it takes the place of an earlier one."""
    records = _records(workspace) | {key: asdict(tuned)}
    _file(workspace).parent.mkdir(exist_ok=True)
    write_whole(_file(workspace), json.dumps(records, indent=1, sort_keys=True))


def with_tuned(settings: Settings, tuned: Tuned | None) -> Settings:
    """Settings with what was measured; what was set by hand stays."""
    if tuned is None:
        return settings
    usual, now = EngineSettings(), settings.engine
    measured = {
        name: getattr(tuned, name)
        for name in ("batch_size", "decode_threads", "streams")
        if getattr(now, name) == getattr(usual, name)
    }
    batch = measured.get("batch_size", now.batch_size)
    return settings.replace("engine", queue_photos=max(now.queue_photos, 3 * batch), **measured)


def _file(workspace: Workspace) -> Path:
    return workspace.root / FOLDER / "machines.json"


def _records(workspace: Workspace) -> dict[str, Any]:
    try:
        records = json.loads(_file(workspace).read_text("utf-8"))
    except (OSError, ValueError):  # it can be measured again
        return {}
    return records if isinstance(records, dict) else {}
