"""Embedders: unit vectors, the same in any batch, exact ensembles, checkpoints of every library."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.vision.decode import decode_photo
from thumper_core.vision.embedder_files import lite_key
from thumper_core.vision.embedders import (
    Embedder,
    EnsembleEmbedder,
    embedder_from_file,
    open_embedder,
    unit_rows,
)
from thumper_core.vision.images import crop_resize
from thumper_core.vision.registry import ModelSpec, Part, Registry, load_registry


def crops(count: int, size: int = 224) -> np.ndarray:
    """Smooth random pictures: nearer to photos than noise is."""
    import cv2

    seeds = np.random.default_rng(7).integers(0, 256, (count, 7, 7, 3), dtype=np.uint8)
    return np.stack([cv2.resize(s, (size, size), interpolation=cv2.INTER_CUBIC) for s in seeds])


@pytest.fixture(scope="module")
def lite0() -> Embedder:
    return open_embedder("efficientnet_lite0", device="torch")


def test_lite0_gives_unit_rows_that_tell_pictures_apart(lite0: Embedder) -> None:
    vectors = lite0.embed(crops(4))
    assert (lite0.size, lite0.dim, vectors.shape, vectors.dtype) == (
        224,
        1280,
        (4, 1280),
        np.float32,
    )
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors @ vectors.T)[~np.eye(4, dtype=bool)].max() < 0.98


def test_batched_equals_single(lite0: Embedder) -> None:
    batch = crops(5)
    together = lite0.embed(batch)
    alone = np.concatenate([lite0.embed(batch[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert lite0.embed(batch[:0]).shape == (0, 1280)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((1, 224, 224, 3), np.float32),
        np.zeros((1, 3, 224, 224), np.uint8),
        np.zeros((224, 224, 3), np.uint8),
        np.zeros((1, 128, 128, 3), np.uint8),
    ],
)
def test_only_uint8_squares_are_taken(lite0: Embedder, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        lite0.embed(wrong)


def test_lite0_classifies_like_imagenet(shared_dir: Path) -> None:
    """The renamed parameters stand where they belong: the whole network still knows its classes."""
    import timm
    import torch

    from thumper_core.vision.weights import require_file

    spec = load_registry().get("efficientnet_lite0")
    network = timm.create_model(spec.architecture)
    places = [(s, b) for s, blocks in enumerate(network.blocks) for b in range(len(blocks))]
    state = torch.load(require_file(spec), weights_only=True)
    network.load_state_dict({lite_key(key, places): value for key, value in state.items()})
    folder = shared_dir / "photos" / "speciesnet"
    data = (folder / "african_elephants.jpg").read_bytes()
    image = decode_photo(data, min_width=224, max_pixels=10**8).image
    height, width = image.shape[:2]
    crop = crop_resize(image, np.array([0, 0, width, height], np.float32), 224, 0.0)
    pixels = (torch.from_numpy(crop).permute(2, 0, 1)[None] / 255 - 0.5) / 0.5
    with torch.inference_mode():
        best = set(network.eval()(pixels)[0].topk(5).indices.tolist())
    assert best & {101, 385, 386}  # ImageNet's tusker, Indian elephant, African elephant


@pytest.mark.slow
def test_openvino_agrees_with_torch_on_real_crops(lite0: Embedder, shared_dir: Path) -> None:
    """float32 is the default: cosine >= 0.999 is its condition, and bfloat16 misses it."""
    files = sorted((shared_dir / "reid" / "nyala").glob("*/*.jpg"))[::240]
    pictures = [decode_photo(f.read_bytes(), min_width=320, max_pixels=10**8).image for f in files]
    batch = np.stack(
        [crop_resize(p, np.array([0, 0, *p.shape[1::-1]], np.float32), 224, 0.0) for p in pictures]
    )
    wanted = lite0.embed(batch)
    default = open_embedder("efficientnet_lite0", device="openvino").embed(batch)
    assert (default * wanted).sum(axis=1).min() >= 0.9999
    half = open_embedder("efficientnet_lite0", device="openvino", precision="bf16").embed(batch)
    assert (half * wanted).sum(axis=1).min() >= 0.997


@dataclass(frozen=True)
class Table:
    """An embedder that looks its vectors up by a crop's first pixel."""

    vectors: np.ndarray
    size: int = 4
    name: str = "table"

    @property
    def dim(self) -> int:
        return self.vectors.shape[1]

    def embed(self, batch: np.ndarray) -> np.ndarray:
        assert batch.shape[1:] == (self.size, self.size, 3)
        return self.vectors[batch[:, 0, 0, 0]]

    def fingerprint_fields(self) -> dict:
        return {"name": self.name}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.05, 10), min_size=1, max_size=4), st.integers(0, 1000))
def test_an_ensembles_dot_product_is_the_weighted_mean_of_cosines(
    weights: list[float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    parts = [Table(unit_rows(rng.normal(size=(6, 3 + i)))) for i in range(len(weights))]
    ensemble = EnsembleEmbedder("e", tuple(parts), tuple(weights))
    batch = np.zeros((6, 4, 4, 3), np.uint8)
    batch[:] = np.arange(6, dtype=np.uint8)[:, None, None, None]
    vectors = ensemble.embed(batch)
    wanted = sum(w * p.vectors @ p.vectors.T for w, p in zip(weights, parts, strict=True))
    np.testing.assert_allclose(vectors @ vectors.T, wanted / sum(weights), atol=1e-5)
    assert vectors.shape[1] == ensemble.dim and vectors.dtype == np.float32


def test_parts_of_other_sizes_get_resized_crops() -> None:
    small, large = Table(np.eye(256, dtype=np.float32), 2), Table(np.eye(256, dtype=np.float32), 8)
    ensemble = EnsembleEmbedder("e", (small, large), (1.0, 1.0))
    assert ensemble.size == 8
    vectors = ensemble.embed(np.full((1, 8, 8, 3), 9, np.uint8))
    assert np.flatnonzero(vectors[0]).tolist() == [9, 256 + 9]
    assert ensemble.embed(np.zeros((0, 8, 8, 3), np.uint8)).shape == (0, 512)


# --- files of every library, with small untrained networks


def saved_timm(folder: Path, architecture: str = "test_resnet") -> ModelSpec:
    import timm
    import torch

    torch.manual_seed(0)
    path = folder / f"{architecture}.pth"
    torch.save(timm.create_model(architecture).state_dict(), path)
    return ModelSpec(
        "small", "embedder", "timm", str(path), architecture=architecture, input_size=96
    )


@pytest.mark.parametrize("architecture", ["test_resnet", "test_vit", "test_efficientnet"])
def test_timm_checkpoints(tmp_path: Path, architecture: str) -> None:
    import timm
    import torch

    spec = replace(saved_timm(tmp_path, architecture), input_size=160)
    embedder = embedder_from_file(spec, Path(spec.file), backend="torch")
    batch = crops(2, 160)
    network = timm.create_model(architecture, num_classes=0).eval()
    network.load_state_dict(torch.load(spec.file, weights_only=True), strict=False)
    pixels = (batch / 255 - np.array(spec.mean)) / np.array(spec.std)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(pixels.astype(np.float32)).permute(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(embedder.embed(batch), unit_rows(wanted), atol=1e-4)


def test_several_scales_are_the_mean_of_unit_vectors(tmp_path: Path) -> None:
    import torch
    from torch.nn import functional

    spec = saved_timm(tmp_path)
    one = embedder_from_file(spec, Path(spec.file), backend="torch")
    several = embedder_from_file(replace(spec, scales=(1.0, 0.5)), Path(spec.file), backend="torch")
    batch = crops(3, 96)
    assert not np.allclose(one.embed(batch), several.embed(batch), atol=1e-3)
    pixels = torch.from_numpy(batch).permute(0, 3, 1, 2).float()
    shrunk = functional.interpolate(pixels, (48, 48), mode="bilinear", align_corners=False)
    half = embedder_from_file(replace(spec, input_size=48), Path(spec.file), backend="torch")
    rounded = shrunk.round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    wanted = unit_rows(one.embed(batch) + half.embed(rounded))
    assert ((several.embed(batch) * wanted).sum(axis=1) > 0.999).all()
    fields = one.fingerprint_fields(), several.fingerprint_fields()
    assert fields[0] != fields[1]


def test_open_clip_checkpoints(tmp_path: Path) -> None:
    import open_clip
    import torch

    config = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 8, "vocab_size": 99, "width": 64, "heads": 1, "layers": 1},
    }
    (tmp_path / "tiny-clip.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path)
    torch.manual_seed(0)
    model = open_clip.create_model("tiny-clip").eval()
    path = tmp_path / "tiny.bin"
    torch.save(model.state_dict(), path)
    spec = replace(
        load_registry().get("clip-vit-b-32"),
        architecture="tiny-clip",
        file=str(path),
        input_size=32,
    )
    embedder = embedder_from_file(spec, path, backend="torch")
    batch = crops(2, 32)
    pixels = ((batch / 255 - np.array(spec.mean)) / np.array(spec.std)).astype(np.float32)
    with torch.inference_mode():
        wanted = model.encode_image(torch.from_numpy(pixels).permute(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(embedder.embed(batch), unit_rows(wanted), atol=1e-4)


def test_an_ensemble_by_name(tmp_path: Path) -> None:
    spec = saved_timm(tmp_path)
    other = replace(spec, name="other", input_size=64)
    both = ModelSpec("both", "embedder", "ensemble", parts=(Part("small", 0.6), Part("other", 0.4)))
    registry = Registry({s.name: s for s in (spec, other, both)})
    ensemble = open_embedder("both", device="torch", registry=registry)
    batch = crops(3, 96)
    vectors = ensemble.embed(batch)
    assert vectors.shape == (3, ensemble.dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = open_embedder("small", device="torch", registry=registry)
    share = vectors[:, : alone.dim]
    np.testing.assert_allclose(share, np.sqrt(0.6) * alone.embed(batch), atol=1e-5)
    assert len(ensemble.fingerprint_fields()["parts"]) == 2


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("nothing", UsageError, "Known: efficientnet_lite0"),
        ("demo", UsageError, "--detector"),
        ("megadescriptor-l", ThumperError, "thumper models pull megadescriptor-l"),
        ("v3_ensemble", ThumperError, "thumper models pull resnet50_multiscale"),
    ],
)
def test_what_cannot_be_opened_names_the_next_step(
    name: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        open_embedder(name)


def test_a_wrong_or_damaged_file_is_named(tmp_path: Path) -> None:
    spec = saved_timm(tmp_path)
    wrong = replace(spec, architecture="test_vit")
    with pytest.raises(ThumperError, match="does not fit test_vit"):
        embedder_from_file(wrong, Path(spec.file), backend="torch")
    (tmp_path / "cut.pth").write_bytes(Path(spec.file).read_bytes()[:1000])
    with pytest.raises(ThumperError, match="damaged"):
        embedder_from_file(spec, tmp_path / "cut.pth", backend="torch")


def test_values_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(ThumperError, match="not numbers"):
        unit_rows(np.array([[1.0, np.nan]], np.float32))
    assert unit_rows(np.zeros((1, 3), np.float32)).tolist() == [[0, 0, 0]]
