"""What the pool decides before any worker is there; no Ray is needed."""

from __future__ import annotations

import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.pipeline import ray_models
from tests.pipeline.test_run import SETTINGS, workspace_with
from thumper_core.contracts import ThumperError
from thumper_core.pipeline import launch
from thumper_core.pipeline.launch import DETECTOR_SAMPLES, EMBEDDER_SAMPLES
from thumper_core.pipeline.ray_engine import order_for
from thumper_core.pipeline.ray_pool import RayPool, places_of
from thumper_core.pipeline.tuned import FOLDER
from thumper_core.vision.quantise import Calibration, save_calibration


@pytest.mark.parametrize(
    ("resources", "device", "sizes"),
    [
        ({"CPU": 8.0}, "auto", [(8, 0)]),
        ({"CPU": 8.0, "GPU": 2.0}, "auto", [(4, 1), (4, 1)]),
        ({"CPU": 8.0, "GPU": 2.0}, "openvino", [(8, 0)]),
        ({"CPU": 2.0, "GPU": 4.0}, "cuda", [(1, 1)] * 4),
        ({"memory": 1e9}, "auto", []),
        ({"GPU": 1.0}, "auto", []),
    ],
)
def test_a_machine_has_a_place_for_every_gpu_or_one(
    resources: dict[str, float], device: str, sizes: list[tuple[int, int]]
) -> None:
    node: dict[str, Any] = {"NodeID": "n1", "Alive": True, "Resources": resources}
    assert places_of(node, device) == {("n1", i): size for i, size in enumerate(sizes)}
    assert places_of(node | {"Alive": False}, device) == {}


@pytest.mark.parametrize(
    ("address", "message"),
    [("127.0.0.1:1", "ray start --head"), ("ray://head", "HOST:PORT"), ("head", "HOST:PORT")],
)
def test_an_address_without_a_cluster_is_refused_at_once(
    tmp_path: Path, address: str, message: str
) -> None:
    order = order_for(workspace_with(tmp_path, 2), ray_models.open_fakes(), SETTINGS)
    with pytest.raises(ThumperError, match=message), RayPool(order, address=address):
        raise AssertionError("there is no such cluster")


def test_without_ray_the_error_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.setenv(name, "kept as it is")  # else the call sets them for good
    order = order_for(workspace_with(tmp_path, 2), ray_models.open_fakes(), SETTINGS)
    with pytest.raises(ThumperError, match=r"pip install 'thumper\[ray\]'"), RayPool(order):
        raise AssertionError("there is no Ray")


def test_int8_takes_its_sample_pictures_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = workspace_with(tmp_path, 2)
    settings = SETTINGS.replace("detect", precision="int8").replace("embed", precision="int8")
    models = ray_models.open_fakes()
    with pytest.raises(ThumperError, match="thumper tune"):
        order_for(workspace, models, settings)
    pictures = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    there = []
    for name in (DETECTOR_SAMPLES, EMBEDDER_SAMPLES):
        there.append(save_calibration(workspace.root / FOLDER / name, pictures).sha256)
    order = pickle.loads(pickle.dumps(order_for(workspace, models, settings)))

    shutil.rmtree(workspace.root)  # another machine does not see it
    monkeypatch.setenv("THUMPER_HOME", str(tmp_path / "home"))
    seen: dict[str, Calibration] = {}
    for model in ("detector", "embedder"):

        def opened(*_: Any, model: str = model, **options: Any) -> Any:
            seen[model] = options["calibration"]
            return getattr(models, model)

        monkeypatch.setattr(launch, f"open_{model}", opened)
    for _ in range(2):
        order.open_models()
        assert [c.sha256 for c in seen.values()] == there
        np.testing.assert_array_equal(seen["embedder"].pictures(4, 4), pictures)
