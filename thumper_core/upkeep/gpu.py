"""What the NVIDIA cards of this machine do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gpu:
    """One card. utilisation: share of time in [0, 1]; memory in bytes."""

    name: str
    utilisation: float
    memory_used: int
    memory_total: int

    @property
    def summary(self) -> str:
        """The card in a few words: `NVIDIA L4: 30% busy, 5.0 of 22.5 GB`."""
        used, total = self.memory_used / 2**30, self.memory_total / 2**30
        return f"{self.name}: {self.utilisation:.0%} busy, {used:.1f} of {total:.1f} GB"


def gpus() -> list[Gpu]:
    """Every card that the driver shows; none where there is no driver."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        found = []
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            name = pynvml.nvmlDeviceGetName(handle)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            busy = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
            text = name.decode() if isinstance(name, bytes) else str(name)
            found.append(Gpu(text, float(busy), int(memory.used), int(memory.total)))
        return found
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()
