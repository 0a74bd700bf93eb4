"""A herd of vectors with known animals: identity + light + the moment + frame noise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl


@dataclass(frozen=True)
class SyntheticHerd:
    """frame: what `identify_frame` takes; vectors: (N, D); truth, tracklet: (N,) codes."""

    frame: pl.DataFrame
    vectors: np.ndarray
    truth: np.ndarray
    tracklet: np.ndarray


def synthetic_herd(
    animals: int = 10,
    events: int = 80,
    *,
    moment: float = 0.6,
    light: float = 0.0,
    dim: int = 64,
    seed: int = 0,
) -> SyntheticHerd:
    """One burst of three frames per event, one or two animals in it.

    moment: how far a visit moves an animal's vector; light: shift of infrared photos.
    """
    rng = np.random.default_rng(seed)
    spectrum = np.arange(1, dim + 1) ** -0.4
    identity = rng.normal(size=(animals, dim)) * spectrum
    base, night = rng.normal(size=(2, dim)) * spectrum
    rows, vectors, truth, tracklet = [], [], [], []
    count = 0
    for event in range(events):
        dark = bool(rng.integers(2))
        who = rng.choice(animals, size=min(animals, 1 + int(rng.random() < 0.4)), replace=False)
        shift = rng.normal(size=(len(who), dim)) * spectrum * moment
        for k in range(3):
            for place, animal in enumerate(who):
                vectors.append(
                    0.5 * base
                    + identity[animal]
                    + light * dark * night
                    + shift[place]
                    + rng.normal(size=dim) * spectrum * 0.3
                )
                truth.append(animal)
                tracklet.append(count + place)
                rows.append(
                    {
                        "detection_id": f"{event:04d}{k}-{place}",
                        "photo_id": f"{event:04d}{k}",
                        "burst_id": f"b{event:04d}",
                        "event_id": f"e{event:04d}",
                        "camera": f"c{event % 3}",
                        "taken_at": datetime(2025, 9, 1)
                        + timedelta(hours=3 * event, seconds=2 * k),
                        "x1": 600.0 * place + 10,
                        "y1": 100.0,
                        "x2": 600.0 * place + 410,
                        "y2": 400.0,
                        "width": 1280,
                        "height": 720,
                        "confidence": 0.9,
                        "class": "doe" if animal % 2 else "mature",
                        "species": "white-tailed deer",
                        "sex": "female" if animal % 2 else "male",
                        "age_class": "adult",
                        "source": "model",
                        "sharpness": 50.0,
                        "is_infrared": dark,
                    }
                )
        count += len(who)
    array = np.array(vectors)
    array /= np.linalg.norm(array, axis=1, keepdims=True)
    single = dict.fromkeys(("x1", "y1", "x2", "y2", "confidence", "sharpness"), pl.Float32)
    frame = pl.DataFrame(rows).with_columns(pl.col("taken_at").cast(pl.Datetime("us"))).cast(single)
    return SyntheticHerd(
        frame, array.astype(np.float32), np.array(truth, np.int32), np.array(tracklet, np.int32)
    )


def pair_rates(labels: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Pairwise (precision, recall, F1) by plain comparison of all pairs."""
    i, j = np.triu_indices(len(labels), 1)
    joined, same = labels[i] == labels[j], truth[i] == truth[j]
    right = float((joined & same).sum())
    precision, recall = right / max(joined.sum(), 1), right / max(same.sum(), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)
