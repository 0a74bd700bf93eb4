"""CUDA: half precision, one graph for each shape of batch, copies beside the computing.

A small network has hundreds of kernels of a few microseconds each. Launched one by one from Python,
the GPU waits for most of them; a CUDA graph launches all of them in one call.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from queue import Queue
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from thumper_core.contracts import FloatArray, ImageArray
from thumper_core.vision.threads import give_cores_to

if TYPE_CHECKING:
    import torch

SLOTS: Final = 2
"""Batches under way: while one is computed, the other is copied."""
SHAPES_MAX: Final = 8
"""Shapes of batches that keep their graph; the one not used for longest gives its memory back."""
_WARM_UP: Final = 3
"""Calls before a graph is recorded: libraries choose their kernels in the first ones."""


@dataclass(frozen=True)
class _Prepared:
    """How batches of one shape are computed: from `pictures` to `output`, both on the device.

    graph: None where the network cannot be recorded, and is called. kept: what the graph reads and
    the network may replace, such as a YOLO head's anchors.
    """

    pictures: torch.Tensor
    output: torch.Tensor
    graph: Any
    kept: list[torch.Tensor]


class CudaForward:
    """Run a pictures module on a GPU. Safe for several threads: `SLOTS` of them at a time.

    module: takes (B, H, W, 3) uint8 on the device; it is moved there, in half precision and
    channels-last. Each call returns memory of its own.
    """

    def __init__(self, module: torch.nn.Module) -> None:
        import torch

        give_cores_to("cuda")
        self._module = module.to("cuda", torch.float16).to(memory_format=torch.channels_last)
        self._compute = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._computing = threading.Lock()  # one graph at a time: they share their memory
        self._pool = torch.cuda.graph_pool_handle()
        self._prepared: OrderedDict[tuple[int, ...], _Prepared] = OrderedDict()
        self._slots: Queue[_Slot] = Queue()
        for _ in range(SLOTS):
            self._slots.put(_Slot())

    def __call__(self, batch: ImageArray) -> FloatArray:
        """The first output for a batch (B, H, W, 3) uint8. Raises torch's OutOfMemoryError."""
        import torch

        slot = self._slots.get()
        try:
            with torch.inference_mode():
                pictures = slot.upload(batch)
                with self._computing, torch.cuda.stream(self._compute):
                    self._compute.wait_stream(slot.stream)
                    prepared = self._prepare(pictures)
                    prepared.pictures.copy_(pictures)
                    if prepared.graph is None:
                        output = self._module(prepared.pictures).float()
                    else:
                        prepared.graph.replay()
                        # Out of the graph's memory, which the next batch writes into.
                        output = prepared.output.clone()
                    slot.stream.wait_stream(self._compute)
                    output.record_stream(slot.stream)
                    pictures.record_stream(self._compute)
                return slot.download(output)
        finally:
            self._slots.put(slot)

    def _prepare(self, pictures: torch.Tensor) -> _Prepared:
        """What computes batches of this shape; recorded at the first of them."""
        import torch

        shape = tuple(pictures.shape)
        if shape in self._prepared:
            self._prepared.move_to_end(shape)
            return self._prepared[shape]
        while len(self._prepared) >= SHAPES_MAX:
            self._compute.synchronize()
            self._prepared.popitem(last=False)
        static = pictures.clone()
        for _ in range(_WARM_UP):
            output = self._module(static).float()
        self._compute.synchronize()
        kept = [
            value
            for part in self._module.modules()
            for value in vars(part).values()
            if isinstance(value, torch.Tensor)
        ]
        graph: Any = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._compute, capture_error_mode="thread_local"
            ):
                output = self._module(static).float()
        except torch.cuda.OutOfMemoryError:
            raise
        except RuntimeError:  # something in the network asks the device for a number
            graph = None
        self._prepared[shape] = _Prepared(static, output, graph, kept)
        return self._prepared[shape]


class _Slot:
    """A stream for the copies of one batch, and page-locked memory, which they need to overlap."""

    def __init__(self) -> None:
        import torch

        self.stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._there: dict[str, torch.Tensor] = {}

    def upload(self, batch: ImageArray) -> torch.Tensor:
        """A copy of the batch on the device, ordered by this slot's stream."""
        import torch

        source = torch.from_numpy(np.ascontiguousarray(batch))
        held = self._page_locked("pictures", source)
        held.copy_(source)
        with torch.cuda.stream(self.stream):
            return held.to("cuda", non_blocking=True)

    def download(self, output: torch.Tensor) -> FloatArray:
        """A copy of the output, once this slot's stream has come to it."""
        import torch

        held = self._page_locked("output", output)
        with torch.cuda.stream(self.stream):
            held.copy_(output, non_blocking=True)
            # It sleeps while it waits: a core that spins decodes nothing.
            done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            done.record()
        done.synchronize()
        result: FloatArray = held.numpy().copy()
        return result

    def _page_locked(self, use: str, like: torch.Tensor) -> torch.Tensor:
        """Page-locked memory of the shape and dtype of `like`, the same at every call."""
        import torch

        kept = self._there.get(use)
        if kept is None or kept.numel() < like.numel():
            kept = torch.empty(like.numel(), dtype=like.dtype, pin_memory=True)
            self._there[use] = kept
        return kept[: like.numel()].view(like.shape)
