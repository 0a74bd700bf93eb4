"""Lessons as text, to be kept beside the space that they were learned in."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from thumper_core.identify.meet.chances import Model
from thumper_core.identify.meet.fitness import Fitness
from thumper_core.identify.meet.gallery import FEATURES, Yardstick
from thumper_core.identify.meet.learn import Lessons
from thumper_core.identify.meet.measured import NAMES


def written(lessons: Lessons) -> str:
    """JSON, with the names of what is measured: `read` takes no other."""

    def plain(value: Any) -> Any:
        return value.tolist() if isinstance(value, np.ndarray) else value

    def fields(value: Any) -> dict[str, Any] | None:
        return None if value is None else {k: plain(v) for k, v in asdict(value).items()}

    model = asdict(lessons.model) | {"yardstick": fields(lessons.model.yardstick)}
    told = {name: fields(getattr(lessons, name)) for name in ("identify", "sex", "age", "antlers")}
    return json.dumps(
        {
            "measured": list(NAMES),
            "features": list(FEATURES),
            "model": {k: plain(v) for k, v in model.items()},
            "buck_min": lessons.buck_min,
            **told,
        }
    )


def read(text: str) -> Lessons | None:
    """What `written` wrote; None where another version did, or it is damaged."""
    try:
        told = json.loads(text)
        if told["measured"] != list(NAMES) or told["features"] != list(FEATURES):
            return None
        model = told["model"]
        kept = model["yardstick"]
        yardstick = Yardstick(np.array(kept["mean"]), np.array(kept["own"]), float(kept["spread"]))
        return Lessons(
            _fitness(told["identify"]),
            Model(
                yardstick,
                np.array(model["deer"]),
                np.array(model["new"]),
                model["prior"],
                model["apart"],
            ),
            sex=_fitness(told["sex"]),
            age=_fitness(told["age"]),
            antlers=_fitness(told["antlers"]),
            buck_min=float(told["buck_min"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _fitness(kept: dict[str, Any] | None) -> Fitness | None:
    if kept is None:
        return None
    mean, spread, slopes = (np.array(kept[k]) for k in ("mean", "spread", "slopes"))
    return Fitness(mean, spread, slopes, float(kept["bias"]), float(kept["best"]))
