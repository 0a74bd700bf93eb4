"""From an album to an embedder of the workspace: known where it is better, opened as any other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors import safe_open

from tests.made_photos import MadePhotos, write_run
from tests.workspaces import DETECTOR
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.flows import tune_reid as flow
from thumper_core.flows.trial import Trial
from thumper_core.flows.tune_reid import tune_reid
from thumper_core.reid.shelf import FOLDER
from thumper_core.vision.embedders import open_embedder
from thumper_core.vision.registry import load_registry
from thumper_core.vision.weights import require_file
from thumper_core.workspace import Workspace

SIDE = 64
SMALL = f"""
[[model]]
name = "small"
kind = "embedder"
loader = "efficientnet_lite"
architecture = "tf_efficientnet_lite0"
file = "efficientnet-lite0-9a1b2c3d.pth"
input_size = {SIDE}
gem_power = 3.0
zooms = [1.0, 0.6]
"""


@pytest.fixture
def ranch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A complete run of a small embedder, of which nobody said anything."""
    monkeypatch.setattr(flow, "VERSIONS", 2)
    workspace = Workspace.create(tmp_path / "ranch")
    known = load_registry().get("efficientnet_lite0")
    entry = SMALL.replace("efficientnet-lite0-9a1b2c3d.pth", known.file)
    entry += f'package = "{known.package}"\nsha256 = "{known.sha256}"\n'
    (workspace.root / "registry.toml").write_text(entry)
    write_run(workspace, [MadePhotos(tmp_path / "photos")], DETECTOR, "small")
    return workspace


def album_of(folder: Path, animals: int) -> Path:
    """Blobs of an animal's own, in another light on each visit."""
    for animal in range(animals):
        rng = np.random.default_rng(animal)
        coat = cv2.resize(rng.uniform(40, 200, (6, 6)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        (folder / f"deer{animal:02d}").mkdir(parents=True)
        for visit in range(2):
            light = rng.uniform(0.7, 1.2)
            picture = np.clip(coat * light + rng.normal(0, 6, coat.shape), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"deer{animal:02d}" / f"{visit}.png"), picture)
    return folder


def done_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def told(after: float) -> Trial:
    return Trial("reid", "precision", 0.5, after, 6, "3 deer")


def test_a_better_one_gets_a_name_and_is_opened_by_it(
    ranch: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: list[Trial] = []
    trial = flow._trial

    def better(*asked: object) -> Trial:
        real.append(trial(*asked))  # type: ignore[arg-type]
        return told(0.9)

    monkeypatch.setattr(flow, "_trial", better)
    done = tune_reid(ranch, album_of(tmp_path / "album", 12), rounds=1)
    assert 0 <= real[0].before <= 1 and real[0].held_out == "3 deer" and real[0].n_held_out == 6
    assert done.name.startswith("small-own-") and done.path is not None and len(done.rounds) == 2
    assert f"--embedder {done.name}" in done.said and done.evidence.animals == 12
    with safe_open(done.path, "numpy") as stored:
        card = json.loads(stored.metadata()["card"])
    assert card["trial"]["after"] == 0.9 and card["learned_from"]["visits"] == 24
    registry = load_registry(ranch.root / "registry.toml")
    assert {"small", done.name} <= set(registry.models)
    fields = [
        open_embedder(name, registry=registry, device="torch").fingerprint_fields()
        for name in ("small", done.name)
    ]
    assert fields[0]["weights_sha256"] != fields[1]["weights_sha256"] == done_sha256(done.path)
    assert [f["zooms"] for f in fields] == [[1.0, 0.6], [1.0, 0.6]]
    assert sorted(path.name for path in (ranch.root / FOLDER).iterdir()) == [done.path.name]


def test_what_is_kept_looks_at_pictures_as_the_old_one_does(ranch: Workspace) -> None:
    registry = load_registry(ranch.root / "registry.toml")
    spec = registry.get("small")
    name, _ = flow._made_known(ranch, spec, flow._network(spec, require_file(spec)), {})
    crops = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8)
    registry = load_registry(ranch.root / "registry.toml")
    old, new = (
        open_embedder(one, registry=registry, device="torch").embed(crops)
        for one in ("small", name)
    )
    np.testing.assert_allclose(new, old, atol=1e-5)


def test_what_is_not_better_is_not_kept(
    ranch: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "_trial", lambda *asked: told(0.4))
    before = (ranch.root / "registry.toml").read_text()
    done = tune_reid(ranch, album_of(tmp_path / "album", 12), rounds=1)
    assert (done.name, done.path) == ("", None) and done.said.startswith("Not better")
    assert (ranch.root / "registry.toml").read_text() == before
    assert list((ranch.root / FOLDER).iterdir()) == []


def test_too_little_says_how_much_there_is(
    ranch: Workspace, tmp_path: Path, call: Callable[..., tuple[int, str]]
) -> None:
    with pytest.raises(ThumperError, match=r"at least 12 deer .* there are 0.* --from DIR"):
        tune_reid(ranch)
    album = album_of(tmp_path / "album", 5)
    code, printed = call("-w", ranch.root, "train", "reid", "--tune", "--from", album)
    assert (code, "there are 5" in " ".join(printed.split())) == (3, True)


def test_a_network_that_is_built_otherwise_is_refused(
    ranch: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "_network", lambda spec, path: object())
    with pytest.raises(UsageError, match="Only EfficientNets"):
        tune_reid(ranch, album_of(tmp_path / "album", 12))


def test_an_ensemble_is_refused(ranch: Workspace, tmp_path: Path) -> None:
    spec = replace(load_registry().get("efficientnet_lite0"), loader="ensemble")
    with pytest.raises(ThumperError, match="several networks"):
        flow._network(spec, tmp_path)
