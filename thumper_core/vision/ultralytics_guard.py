"""ultralytics kept to its work: it fetches nothing, reports nothing, and runs nothing of a data set."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ALONE = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}
"""ultralytics asks for these when it is first imported: nothing fetched, installed or printed."""


@contextmanager
def alone() -> Iterator[None]:
    """For an import of ultralytics, and what is done with it: it changes nothing outside itself.

    It greets on standard output, where an answer may stand, and puts a `PIL.Image.open` of its own
    in place, which wants to install a plugin for every file that is no picture. What a person has
    set in the environment stays.
    """
    from PIL import Image

    for key, value in ALONE.items():
        os.environ.setdefault(key, value)
    opener = Image.open
    try:
        yield
    finally:
        Image.open = opener


@contextmanager
def offline_ultralytics(folder: Path) -> Iterator[None]:
    """Keep ultralytics from writing to the home folder, fetching anything or reporting anything."""
    wanted = {"YOLO_CONFIG_DIR": str(folder / "config"), **ALONE}
    (folder / "config").mkdir(parents=True, exist_ok=True)
    before = {key: os.environ.get(key) for key in wanted}
    os.environ.update(wanted)
    try:
        with alone(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ultralytics and torch warn about their own internals
            yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


@contextmanager
def data_only(dataset: Path) -> Iterator[None]:
    """Have a data set give pictures and labels alone: none of it is run.

    ultralytics runs what a yaml says under `download` where pictures are missing, and unpickles the
    `.cache` files beside labels. Raises ValueError where the yaml has such a key.
    """
    import yaml  # type: ignore[import-untyped]
    from ultralytics.data import dataset as reader

    described = yaml.safe_load(dataset.read_text("utf-8"))
    if isinstance(described, dict) and described.get("download"):
        raise ValueError(
            f"{dataset} has a `download`, which would be run. Fetch the pictures yourself if you "
            "trust it, and take that key out."
        )

    def no_cache(path: Path) -> dict[str, Any]:
        raise FileNotFoundError(path)

    load = reader.load_dataset_cache_file  # type: ignore[attr-defined]
    reader.load_dataset_cache_file = no_cache  # type: ignore[attr-defined]
    try:
        yield
    finally:
        reader.load_dataset_cache_file = load  # type: ignore[attr-defined]
