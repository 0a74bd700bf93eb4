"""Backends: the same numbers whichever runs, shapes kept, memory that runs out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.vision import backends
from thumper_core.vision.backends import (
    OpenVinoForward,
    as_pictures_module,
    choose_backend,
    halving,
    torch_forward,
)


def tiny_module() -> torch.nn.Module:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, 2), torch.nn.ReLU(), torch.nn.Flatten())
    return as_pictures_module(network, (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))


def pictures(count: int = 5, height: int = 12, width: int = 16) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def test_normalisation_is_the_plain_formula() -> None:
    identity = as_pictures_module(torch.nn.Identity(), (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    batch = pictures()
    wanted = (batch / 255.0 - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    got = torch_forward(identity, "torch")(batch)
    np.testing.assert_allclose(got, wanted.transpose(0, 3, 1, 2), atol=1e-5)


def test_openvino_agrees_with_torch_for_any_shape() -> None:
    plain = torch_forward(tiny_module(), "torch")
    fast = OpenVinoForward(tiny_module(), precision="f32")
    for batch in (pictures(), pictures(1), pictures(2, 20, 10)):
        got = fast(batch)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, plain(batch), atol=1e-4)


def test_results_do_not_share_memory_with_the_next_call() -> None:
    forward = OpenVinoForward(tiny_module(), precision="f32")
    first = forward(pictures())
    kept = first.copy()
    forward(255 - pictures())
    assert (first == kept).all()


def test_conversion_is_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    wanted = OpenVinoForward(tiny_module(), precision="f32", cache_dir=tmp_path, key="a")(
        pictures()
    )
    calls = []
    convert = openvino.convert_model
    monkeypatch.setattr(
        openvino, "convert_model", lambda *a, **k: (calls.append(1), convert(*a, **k))[1]
    )
    again = OpenVinoForward(tiny_module(), precision="f32", cache_dir=tmp_path, key="a")(pictures())
    assert not calls and (again == wanted).all()
    OpenVinoForward(tiny_module(), precision="f32", cache_dir=tmp_path, key="other")(pictures())
    assert len(calls) == 1


@pytest.mark.parametrize("error", [
    torch.cuda.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("[enforce fail] not enough memory: you tried to allocate"),
    MemoryError(),
])  # fmt: skip
@pytest.mark.parametrize("fits", [1, 2, 3, 7, 100])
def test_halving_goes_on_with_what_fits(error: Exception, fits: int) -> None:
    sizes: list[int] = []

    def forward(batch: np.ndarray) -> np.ndarray:
        sizes.append(len(batch))
        if len(batch) > fits:
            raise error
        return batch[:, 0, 0, :1].astype(np.float32)

    run = halving(forward)
    batch = pictures(13)
    np.testing.assert_array_equal(run(batch)[:, 0], batch[:, 0, 0, 0])
    sizes.clear()
    run(batch)
    assert max(sizes) <= fits, "the size that fitted was forgotten"


def test_halving_gives_up_at_one_and_passes_other_errors_on() -> None:
    def starved(batch: np.ndarray) -> np.ndarray:
        raise RuntimeError("CUDA out of memory")

    def broken(batch: np.ndarray) -> np.ndarray:
        raise RuntimeError("shape mismatch")

    with pytest.raises(ThumperError, match="smaller model"):
        halving(starved)(pictures(4))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        halving(broken)(pictures(4))


@pytest.mark.parametrize(
    ("device", "has_cuda", "wanted"),
    [
        ("auto", True, "cuda"),
        ("auto", False, "openvino"),
        ("cuda", True, "cuda"),
        ("openvino", True, "openvino"),
        ("torch", True, "torch"),
    ],
)
def test_choice_of_backend(
    device: str, has_cuda: bool, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    assert choose_backend(device) == wanted


def test_choice_of_backend_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ThumperError, match="--device auto"):
        choose_backend("cuda")
    with pytest.raises(UsageError, match="openvino or torch"):
        choose_backend("tpu")
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    assert choose_backend("auto") == "torch"
    with pytest.raises(ThumperError, match="pip install openvino"):
        choose_backend("openvino")


def test_bf16_only_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for fast, wanted in ((True, "bf16"), (False, "f32")):
        monkeypatch.setattr(backends, "has_fast_bf16", lambda fast=fast: fast)
        assert OpenVinoForward(tiny_module(), precision="auto").precision == wanted
