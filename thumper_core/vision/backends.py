"""Where a network runs: OpenVINO on the processor, CUDA in half precision, or plain torch.

A backend is a function from a batch of uint8 pictures to the network's first output in float32.
Normalisation is part of the network (`Pictures`), so every backend is fed the same bytes.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from thumper_core.contracts import FloatArray, ImageArray, ThumperError, UsageError
from thumper_core.vision.cuda_forward import CudaForward
from thumper_core.vision.quantise import Calibration
from thumper_core.vision.threads import give_cores_to

if TYPE_CHECKING:
    import torch

BackendName = Literal["cuda", "openvino", "torch"]
Precision = Literal["auto", "f32", "bf16", "int8"]
Forward = Callable[[ImageArray], FloatArray]
"""(B, H, W, 3) uint8 RGB -> the network's output, (B, ...) float32."""


def choose_backend(device: str) -> BackendName:
    """The backend for a device setting: `auto` is CUDA where there is one, else OpenVINO.

    Raises UsageError for an unknown device and ThumperError where the one asked for is absent.
    """
    if device == "torch":
        return "torch"
    if device in ("auto", "cuda"):
        import torch

        if torch.cuda.is_available():
            return "cuda"
        if device == "cuda":
            raise ThumperError(
                "No CUDA device is usable here. Use `--device auto`, or install a torch build for "
                "your GPU's driver (https://pytorch.org/get-started)."
            )
    if device in ("auto", "openvino"):
        try:
            import openvino  # noqa: F401
        except ImportError:
            if device == "auto":
                return "torch"
            raise ThumperError(
                "OpenVINO is not installed: `pip install openvino`, or use `--device torch`."
            ) from None
        return "openvino"
    raise UsageError(f"Unknown device {device!r}: use auto, cuda, openvino or torch.")


def uses_gpu(device: str) -> bool:
    """Whether networks that were opened for this device run on a GPU."""
    if device not in ("auto", "cuda") or "torch" not in sys.modules:
        return False  # without torch no network was opened
    return choose_backend(device) == "cuda"


def has_fast_bf16() -> bool:
    """Whether the processor multiplies bfloat16 in hardware (AVX512-BF16 or AMX)."""
    cpuinfo = Path("/proc/cpuinfo")
    if platform.system() != "Linux" or not cpuinfo.exists():
        return False  # elsewhere float32 is the safe answer
    text = cpuinfo.read_text("ascii", "replace")
    return "avx512_bf16" in text or "amx_bf16" in text


def chosen_fields(
    precision: Precision, usual: Precision, backend: BackendName, calibration: Calibration | None
) -> dict[str, str]:
    """What a precision that was chosen adds to a model's fingerprint; nothing for the usual one."""
    if precision == usual or backend != "openvino":
        return {}
    made_with = {"calibration": calibration.sha256} if precision == "int8" and calibration else {}
    return {"precision": precision} | made_with


def as_pictures_module(
    network: torch.nn.Module, mean: Sequence[float], std: Sequence[float]
) -> torch.nn.Module:
    """Wrap a network so that it takes (B, H, W, 3) uint8 RGB; mean and std on the 0..1 scale."""
    import torch

    class Pictures(torch.nn.Module):
        scale: torch.Tensor
        shift: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.network = network
            # One multiplication and one addition: (x / 255 - mean) / std.
            scale = [1.0 / (255.0 * s) for s in std]
            shift = [-m / s for m, s in zip(mean, std, strict=True)]
            self.register_buffer("scale", torch.tensor(scale).view(1, 3, 1, 1))
            self.register_buffer("shift", torch.tensor(shift).view(1, 3, 1, 1))

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            pixels = batch.permute(0, 3, 1, 2).to(self.scale.dtype)
            output = self.network(pixels * self.scale + self.shift)
            first: torch.Tensor = output[0] if isinstance(output, (tuple, list)) else output
            return first

    return Pictures().eval().requires_grad_(False)


def torch_forward(module: torch.nn.Module, backend: BackendName) -> Forward:
    """Run a pictures module with torch: in half precision on CUDA, else in float32."""
    import torch

    if backend == "cuda":
        return CudaForward(module)
    give_cores_to(backend)
    module = module.to(memory_format=torch.channels_last)

    def forward(batch: ImageArray) -> FloatArray:
        with torch.inference_mode():
            result: FloatArray = module(torch.from_numpy(np.ascontiguousarray(batch))).numpy()
            return result

    return forward


def halving(forward: Forward) -> Forward:
    """Go on with half the batch when the memory runs out, and remember the size that went well.

    Raises ThumperError where not even one picture fits.
    """
    most = 0  # 0: not known to be limited

    def run(batch: ImageArray) -> FloatArray:
        nonlocal most
        outputs = []
        start = 0
        while start < len(batch):
            size = min(most or len(batch), len(batch) - start)
            try:
                outputs.append(forward(batch[start : start + size]))
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                if size == 1:
                    raise ThumperError(
                        "Not even one picture fits into the memory of the device: close other "
                        "programs that use it, or choose a smaller model or `--device openvino`."
                    ) from error
                most = size // 2
                _release_memory()
                continue
            start += size
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)

    return run


def _is_out_of_memory(error: Exception) -> bool:
    # torch.cuda.OutOfMemoryError is a RuntimeError too, and says the same words.
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(
        words in text for words in ("out of memory", "not enough memory", "bad alloc", "bad_alloc")
    )


def _release_memory() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
