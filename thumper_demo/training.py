"""A detector trained on rendered herds: one herd a seed, the last ones kept to validate with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from thumper_core.vision.train import TrainResult, train_detector
from thumper_demo.yolo import render_dataset

SEEDS: Final = tuple(range(1001, 1023))
PHOTOS_PER_SEED: Final = 66


def train_on_herds(
    out: Path,
    *,
    seeds: Sequence[int] = SEEDS,
    photos_per_seed: int = PHOTOS_PER_SEED,
    val_seeds: int = 2,
    workers: int | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
    **training: Any,
) -> TrainResult:
    """Render herds, train on them, and write the weights to ``out``; as `train_detector`.

    seeds: one herd each, the last ``val_seeds`` of them for validation; workers: processes for
    rendering, default one per core; training: what else `train_detector` takes;
    on_progress(stage, done, total) with stage ``render`` or ``epoch``. Raises ValueError for
    unusable arguments, RuntimeError when the weights would be 8 MB or more.
    """
    for name, value in {"val_seeds": val_seeds, "photos_per_seed": photos_per_seed}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    different = list(dict.fromkeys(seeds))
    if len(different) <= val_seeds:
        raise ValueError(
            f"{val_seeds} seeds are kept for validation: "
            f"give at least {val_seeds + 1} different seeds"
        )

    def herds(folder: Path) -> Path:
        return render_dataset(
            folder / "herds", different, photos_per_seed, val_seeds, workers, on_progress
        )

    return train_detector(out, herds, on_progress=on_progress, **training)
