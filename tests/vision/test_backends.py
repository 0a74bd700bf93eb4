"""Backends: the same numbers whichever runs, shapes kept, memory that runs out."""

from __future__ import annotations

import errno
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.vision import openvino_forward
from thumper_core.vision.backends import (
    as_pictures_module,
    choose_backend,
    chosen_fields,
    halving,
    torch_forward,
)
from thumper_core.vision.openvino_forward import PART, OpenVinoForward
from thumper_core.vision.quantise import Calibration, save_calibration


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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "Read-only file system"),
        RuntimeError("basic_ios::clear: iostream error"),  # OpenVINO's own way to say it
    ],
    ids=["full", "read-only", "OpenVINO"],
)
def test_without_room_a_conversion_is_made_once_and_nothing_is_left_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    import openvino

    calls = []
    convert = openvino.convert_model

    def no_room(model: object, draft: Path, **options: object) -> None:
        draft.with_suffix(".bin").write_bytes(b"half")
        raise error

    monkeypatch.setattr(openvino, "save_model", no_room)
    monkeypatch.setattr(
        openvino, "convert_model", lambda *a, **k: (calls.append(1), convert(*a, **k))[1]
    )
    old = tmp_path / ".draft-killed"
    old.mkdir()
    os.utime(old, (0, 0))
    forward = OpenVinoForward(
        tiny_module(), precision="f32", cache_dir=tmp_path, key="a", streams=2
    )
    few, many = forward(pictures(1)), forward(pictures(PART + 1))  # compiled for each by itself
    assert (few[0] == many[0]).all() and len(calls) == 1
    assert {path.suffix for path in tmp_path.iterdir()} <= {".blob"}


@pytest.fixture(scope="module", params=[1, 2, 3])
def in_parts(request: pytest.FixtureRequest) -> OpenVinoForward:
    """Converted once for each number of streams."""
    return OpenVinoForward(tiny_module(), precision="f32", streams=request.param)


@pytest.mark.parametrize("count", [1, PART - 1, PART, PART + 1, 3 * PART + 2])
def test_parts_of_a_batch_come_back_in_order_and_exactly(
    in_parts: OpenVinoForward, count: int
) -> None:
    fast = in_parts
    batch = pictures(count)
    whole = fast(batch)
    assert len(whole) == count
    # A picture's numbers do not depend on the batch that it came in.
    for i in range(count):
        np.testing.assert_array_equal(fast(batch[i : i + 1])[0], whole[i])
    np.testing.assert_allclose(whole, torch_forward(tiny_module(), "torch")(batch), atol=1e-4)


def test_a_file_with_a_fixed_batch_takes_any(tmp_path: Path) -> None:
    import openvino as ov

    network = tiny_module().network
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ov.convert_model(
            network, example_input=torch.zeros(2, 3, 12, 16), input=[2, 3, 12, 16]
        )
    ov.save_model(model, tmp_path / "fixed.xml", compress_to_fp16=False)
    fast = OpenVinoForward(tmp_path / "fixed.xml", precision="f32")
    batch = pictures(5)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(batch).permute(0, 3, 1, 2) / 255.0).numpy()
    np.testing.assert_allclose(fast(batch), wanted, atol=1e-4)


def test_int8_without_sample_pictures_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="thumper tune"):
        OpenVinoForward(tiny_module(), precision="int8")
    with pytest.raises(ThumperError, match="thumper tune"):
        Calibration.of(tmp_path / "absent.npz")


def test_int8_is_near_and_kept(tmp_path: Path) -> None:
    pytest.importorskip("nncf")
    calibration = save_calibration(tmp_path / "samples.npz", pictures(24))
    plain = OpenVinoForward(tiny_module(), precision="f32")(pictures())
    for _ in range(2):
        fast = OpenVinoForward(
            tiny_module(), precision="int8", calibration=calibration, cache_dir=tmp_path, key="a"
        )
        got = fast(pictures())
        assert 0 < np.abs(got - plain).max() < 0.1 * np.abs(plain).max()
    assert len(list(tmp_path.glob("*.xml"))) == 1


def test_samples_are_scaled_to_the_shape_that_is_compiled(tmp_path: Path) -> None:
    calibration = save_calibration(tmp_path / "samples.npz", pictures(3))
    np.testing.assert_array_equal(calibration.pictures(12, 16), pictures(3))
    assert calibration.pictures(32, 64).shape == (3, 32, 64, 3)
    assert save_calibration(tmp_path / "other.npz", pictures(2)).sha256 != calibration.sha256


def test_only_a_precision_that_was_chosen_enters_the_fingerprint(tmp_path: Path) -> None:
    samples = save_calibration(tmp_path / "samples.npz", pictures(3))
    assert chosen_fields("auto", "auto", "openvino", None) == {}
    assert chosen_fields("f32", "f32", "openvino", None) == {}
    assert chosen_fields("bf16", "f32", "openvino", None) == {"precision": "bf16"}
    assert chosen_fields("bf16", "f32", "cuda", None) == {}  # which has one of its own
    both = {"precision": "int8", "calibration": samples.sha256}
    assert chosen_fields("int8", "auto", "openvino", samples) == both


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
        monkeypatch.setattr(openvino_forward, "has_fast_bf16", lambda fast=fast: fast)
        assert OpenVinoForward(tiny_module(), precision="auto").precision == wanted
