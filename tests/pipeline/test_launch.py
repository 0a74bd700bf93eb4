"""A run starts within seconds where the networks were converted before: nothing is loaded twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from thumper_core.contracts import ThumperError
from thumper_core.vision import embedders
from thumper_core.vision.embedders import embedder_from_file
from thumper_core.vision.registry import load_registry
from thumper_core.vision.weights import require_file

FIRST_RESULTS = """
import sys
from pathlib import Path
from thumper_core.pipeline.launch import models_of
from thumper_core.settings import Settings
from thumper_core.vision.registry import load_registry
import numpy as np
models = models_of(load_registry(), Settings().replace("detect", detector="demo"), Path(sys.argv[1]))
models.detector.detect(np.zeros((1, 384, 640, 3), np.uint8))
size = models.embedder.size
print(float(abs(models.embedder.embed(np.zeros((1, size, size, 3), np.uint8))).sum()))
print(*sorted({"ultralytics", "timm", "torchvision"} & set(sys.modules)))
"""


@pytest.mark.slow
def test_networks_that_are_kept_converted_need_no_library_of_their_own(tmp_path: Path) -> None:
    def started() -> tuple[float, str]:
        ended = subprocess.run(
            [sys.executable, "-c", FIRST_RESULTS, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        number, _, modules = ended.stdout.strip().partition("\n")
        return float(number), modules

    cold, warm = started(), started()
    assert "timm" in cold[1]
    assert warm == (pytest.approx(cold[0], rel=1e-5), "")


@pytest.mark.slow
def test_a_kept_embedder_is_not_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = load_registry().get("efficientnet_lite0")
    path = require_file(spec)
    loads: list[Path] = []
    load = embedders.LOADERS[spec.loader]
    monkeypatch.setitem(
        embedders.LOADERS, spec.loader, lambda spec, path: (loads.append(path), load(spec, path))[1]
    )

    def opened(**options: str) -> embedders.NetworkEmbedder:
        return embedder_from_file(spec, path, backend="openvino", cache_dir=tmp_path, **options)

    crops = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    first = opened().embed(crops)
    again = opened()
    assert again.dim == first.shape[1] == 1280
    np.testing.assert_array_equal(again.embed(crops), first)
    assert len(loads) == 1

    for kept in tmp_path.glob("*.bin"):
        kept.unlink()  # half of a conversion is none
    np.testing.assert_array_equal(opened().embed(crops), first)
    assert len(loads) == 2


def test_a_wrong_file_is_told_when_it_is_opened(tmp_path: Path) -> None:
    spec = load_registry().get("efficientnet_lite0")
    wrong = tmp_path / "weights.pth"
    wrong.write_bytes(b"no checkpoint")
    with pytest.raises(ThumperError, match="does not fit"):
        embedder_from_file(spec, wrong, backend="openvino", cache_dir=tmp_path)
