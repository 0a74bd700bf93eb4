"""OpenVINO on the processor: a batch is computed in parts, several at a time."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from thumper_core.contracts import FloatArray, ImageArray, ThumperError
from thumper_core.cores import core_count
from thumper_core.disk import trouble_of
from thumper_core.files import write_whole
from thumper_core.stage import digest
from thumper_core.vision.backends import Precision, has_fast_bf16
from thumper_core.vision.quantise import Calibration, quantised
from thumper_core.vision.threads import give_cores_to

if TYPE_CHECKING:
    import torch

PART: Final = 4
"""Pictures of one request. Small parts stay in the processor's caches, and with one size for every
batch a picture's numbers do not depend on how large batches are."""


_DRAFT: Final = ".draft-"
_DRAFT_S: Final = 3600.0  # no process takes longer to write one


@dataclass(frozen=True)
class Later:
    """A pictures module that is made when it is needed: not where its conversion is kept."""

    make: Callable[[], torch.nn.Module]


class OpenVinoForward:
    """Run a network with OpenVINO on the processor, compiled once for each shape of picture.

    source: a pictures module (torch), now or later, or an `.onnx` / `.xml` file that takes float32
    NCHW in 0..1. A batch is cut into parts, and as many parts are under way as there are streams;
    streams share the cores and do not wait for each other between layers. streams: 0 for one for
    each core.
    calibration: what int8 is made with. With `cache_dir`, converted networks and compiled blobs are
    kept on disk under `key`, which must change with the weights.
    """

    def __init__(
        self,
        source: torch.nn.Module | Later | Path,
        *,
        precision: Precision = "auto",
        cache_dir: Path | None = None,
        key: str = "",
        streams: int = 0,
        calibration: Calibration | None = None,
    ) -> None:
        import openvino as ov

        give_cores_to("openvino")
        if precision == "auto":
            precision = "bf16" if has_fast_bf16() else "f32"
        if precision == "int8" and calibration is None:
            raise ThumperError("int8 needs sample pictures: `thumper tune` collects them.")
        self.precision: Precision = precision
        self._source = source
        self._calibration = calibration if precision == "int8" else None
        self._core = ov.Core()
        self._cache_dir = cache_dir if key else None
        made_with = self._calibration.sha256 if self._calibration else ""
        self._key = digest([key, ov.__version__, made_with])
        self._streams = streams or core_count()
        # Layers that int8 leaves alone are computed as they are without it.
        lesser = "bf16" if precision == "bf16" or (made_with and has_fast_bf16()) else "f32"
        self._config = {
            "INFERENCE_NUM_THREADS": core_count(),
            "INFERENCE_PRECISION_HINT": lesser,
        }
        if self._cache_dir is not None:
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            self._config["CACHE_DIR"] = str(self._cache_dir)
        self._requests: dict[tuple[int, ...], list[Any]] = {}
        self._unkept: dict[tuple[int, ...], Any] = {}  # converted, but no room on the disk

    def __call__(self, batch: ImageArray) -> FloatArray:
        """The first output for a batch (B, H, W, 3) uint8."""
        streams = max(1, min(self._streams, -(-len(batch) // PART)))
        key = (streams, *batch.shape[1:])
        if key not in self._requests:
            self._requests[key] = self._compile(streams, batch.shape[1:])
        requests = self._requests[key]
        size = requests[0].get_input_tensor().shape[0]
        outputs: list[FloatArray] = []
        under_way: list[Any] = []
        parts = [_part(batch, start, size) for start in range(0, len(batch), size)]
        try:
            for number, part in enumerate(parts):
                if len(under_way) == streams:
                    outputs.append(_output(under_way.pop(0)))
                request = requests[number % streams]
                request.start_async([part], share_inputs=True)
                under_way.append(request)
            while under_way:
                outputs.append(_output(under_way.pop(0)))
        finally:
            for request in under_way:  # after an error: nothing may read `parts` any more
                request.wait()
        return np.concatenate(outputs)[: len(batch)]

    def prepare(self, picture: tuple[int, ...]) -> None:
        """Make the module now if pictures of this shape (H, W, 3) need it: a wrong file is told."""
        if isinstance(self._source, Later) and not _is_kept(self._kept_file((PART, *picture))):
            self._source = self._source.make()

    def _compile(self, streams: int, picture: tuple[int, ...]) -> list[Any]:
        """One request for each stream, for pictures of one shape."""
        shape = (PART, *picture)
        model = self._network(shape)
        share: dict[str, Any] = {"NUM_STREAMS": streams}
        if streams == 1:
            share = {"PERFORMANCE_HINT": "LATENCY"}  # one part at a time, over all cores
        compiled = self._core.compile_model(model, "CPU", self._config | share)
        return [compiled.create_infer_request() for _ in range(streams)]

    def _network(self, shape: tuple[int, ...]) -> Any:
        """The network for one shape in its precision, or what an earlier process kept of it."""
        kept = self._kept_file(shape)
        if _is_kept(kept):
            return self._core.read_model(kept)
        if shape in self._unkept:
            return self._unkept[shape]
        model = self._read(shape) if isinstance(self._source, Path) else self._convert(shape)
        if self._calibration is not None:
            model = quantised(model, self._calibration, shape)
        if kept is not None and not _keep(model, kept):
            self._unkept[shape] = model
        return model

    def _kept_file(self, shape: tuple[int, ...]) -> Path | None:
        """Where the converted network of one shape is kept; None where it is not."""
        if self._cache_dir is None or (isinstance(self._source, Path) and not self._calibration):
            return None
        return self._cache_dir / f"{self._key}-{'x'.join(map(str, shape))}.xml"

    def _convert(self, shape: tuple[int, ...]) -> Any:
        """Trace the torch module for one shape."""
        import openvino as ov
        import torch

        if isinstance(self._source, Later):
            self._source = self._source.make()
        example = torch.zeros(shape, dtype=torch.uint8)
        with torch.no_grad(), warnings.catch_warnings():
            # Tracing for one shape makes constants of what depends on it: that is what is wanted.
            warnings.simplefilter("ignore")
            self._source(example)  # type: ignore[operator]  # a YOLO head lays its anchors now
            return ov.convert_model(self._source, example_input=example, input=list(shape))

    def _read(self, shape: tuple[int, ...]) -> Any:
        """Read the file for one shape, with uint8 NHWC pictures as its input."""
        import openvino as ov
        from openvino.preprocess import PrePostProcessor

        model = self._core.read_model(self._source)
        batch, height, width, _ = shape
        if model.input(0).partial_shape[0].is_static:
            batch = model.input(0).partial_shape[0].get_length()
        model.reshape([batch, 3, height, width])
        processor = PrePostProcessor(model)
        processor.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        processor.input().model().set_layout(ov.Layout("NCHW"))
        processor.input().preprocess().convert_element_type(ov.Type.f32).scale(255.0)
        return processor.build()


def _is_kept(path: Path | None) -> bool:
    return path is not None and path.exists() and path.with_suffix(".bin").exists()


def _keep(model: Any, path: Path) -> bool:
    """Save a network for the next process, where its disk has room for it; whether it had.

    The .xml is what a reader looks for, so it takes its name last. Several processes may be at it:
    each writes drafts of its own; those that a process left when it was killed are cleared away.
    """
    import openvino as ov

    for old in path.parent.glob(f"{_DRAFT}*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > _DRAFT_S:
                shutil.rmtree(old)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=_DRAFT) as folder:
            draft = Path(folder) / "network.xml"
            ov.save_model(model, draft, compress_to_fp16=False)
            for suffix in (".bin", ".xml"):
                write_whole(path.with_suffix(suffix), draft.with_suffix(suffix).replace)
    except (OSError, RuntimeError) as error:  # a cache is never needed: this process has it
        is_cut_off = isinstance(error, RuntimeError) and "iostream" in str(error)
        if not is_cut_off and trouble_of(error, path) is None:
            raise
        return False
    return True


def _part(batch: ImageArray, start: int, size: int) -> ImageArray:
    """`size` pictures from `start` on, black ones after the last."""
    part = np.ascontiguousarray(batch[start : start + size])
    if len(part) == size:
        return part
    full = np.zeros((size, *batch.shape[1:]), np.uint8)
    full[: len(part)] = part
    return full


def _output(request: Any) -> FloatArray:
    request.wait()
    # A copy: the next part writes into the same memory.
    return np.array(request.get_output_tensor(0).data, np.float32)
