"""int8: a network whose multiplications are in 8 bits, with ranges learned from sample pictures.

Post-training quantisation by NNCF (`pip install 'thumper[int8]'`). A detector's head stays as it
is: it holds the boxes' coordinates and the classes' scores side by side, which one range cannot.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thumper_core.contracts import ImageArray, ThumperError
from thumper_core.files import write_whole

_MODULE = re.compile(r"network\.model\.(\d+)[./]")  # ultralytics numbers its layers, head last


@dataclass(frozen=True)
class Calibration:
    """Sample pictures in a file: `pictures`, (N, H, W, 3) uint8 RGB as the network gets them."""

    path: Path
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Calibration:
        """The calibration in a file. Raises ThumperError, with the command, where it is absent."""
        if not path.is_file():
            raise ThumperError(
                f"int8 is made with sample pictures, and {path} is not there: run `thumper tune` "
                "in this workspace, or set the precision back to `auto`."
            )
        return cls(path, hashlib.sha256(path.read_bytes()).hexdigest())

    def pictures(self, height: int, width: int) -> ImageArray:
        """The pictures as (N, height, width, 3), scaled where they have another shape."""
        import cv2

        with np.load(self.path) as file:
            pictures: ImageArray = file["pictures"]
        if pictures.shape[1:3] == (height, width):
            return pictures
        return np.stack([cv2.resize(p, (width, height)) for p in pictures])


def save_calibration(path: Path, pictures: ImageArray) -> Calibration:
    """Keep sample pictures, (N, H, W, 3) uint8, in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def write(draft: Path) -> None:
        with draft.open("wb") as file:  # given a name, savez would add a suffix to it
            np.savez_compressed(file, pictures=pictures)

    write_whole(path, write)
    return Calibration.of(path)


def can_quantise() -> bool:
    """Whether NNCF is installed."""
    import importlib.util

    return importlib.util.find_spec("nncf") is not None


def quantised(model: Any, calibration: Calibration, shape: tuple[int, ...]) -> Any:
    """An OpenVINO network (input `shape`, uint8 NHWC) in int8. Raises ThumperError without NNCF."""
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import nncf
    except ImportError:
        raise ThumperError("int8 needs NNCF: `pip install 'thumper[int8]'`.") from None
    logging.getLogger("nncf").setLevel(logging.ERROR)  # which it sets itself when it is imported
    batch, height, width, _ = shape
    pictures = calibration.pictures(height, width)
    batches = [pictures[i : i + batch] for i in range(0, len(pictures) - batch + 1, batch)]
    # Its bars of progress go to the standard output, where a command's JSON stands.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return nncf.quantize(
            model,
            nncf.Dataset(batches),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(batches),
            ignored_scope=nncf.IgnoredScope(patterns=head_patterns(model), validate=False),
        )


def head_patterns(model: Any) -> list[str]:
    """Patterns of the names of a detector's last layer's operations; none for other networks."""
    names = (op.get_friendly_name() for op in model.get_ops())
    numbers = [int(found[1]) for name in names if (found := _MODULE.search(name))]
    return [rf".*network\.model\.{max(numbers)}[./].*"] if numbers else []
