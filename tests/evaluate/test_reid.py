"""Re-identification of a folder per individual."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.evaluate.plain_reid import list_photos, scores
from thumper_core.contracts import PICTURE_SUFFIXES, FloatArray, ImageArray, UsageError
from thumper_core.evaluate.openset import open_set
from thumper_core.evaluate.reid import (
    Album,
    evaluate_reid,
    fold_of,
    pool_sightings,
    read_album,
    score_vectors,
    whiten_folds,
)

RULE = r"(\d+)_"


class Colours:
    """Embeds a crop as the mean colour of its four quarters."""

    name = "colours"
    size = 16

    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed(self, crops: ImageArray) -> FloatArray:
        assert crops.shape[1:] == (16, 16, 3)
        self.batches.append(len(crops))
        quarters = (
            crops.reshape(len(crops), 2, 8, 2, 8, 3).mean(axis=(2, 4)).reshape(len(crops), -1)
        )
        return (quarters / np.linalg.norm(quarters, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """Eight animals of one colour each, three sightings of two photos."""
    import cv2

    rng = np.random.default_rng(0)
    for k in range(8):
        (tmp_path / f"animal{k}").mkdir()
        colour = rng.integers(30, 226, 3)
        for visit in range(3):
            light = rng.uniform(0.8, 1.1)
            for side in ("left", "right"):
                image = colour * light + rng.normal(0, 8, (20, 30, 3))
                name = f"{10 * k + visit}_{side}photo.png"
                cv2.imwrite(str(tmp_path / f"animal{k}" / name), np.clip(image, 0, 255))
    (tmp_path / "animal0" / "notes.txt").write_text("not a photo")
    (tmp_path / "animal0" / ".hidden.png").write_bytes(b"")
    return tmp_path


def test_album(zoo: Path) -> None:
    album = read_album(zoo, RULE)
    assert len(album.paths) == 48
    assert len(np.unique(album.sighting)) == 24
    assert len(np.unique(read_album(zoo).sighting)) == 48
    assert len(np.unique(read_album(zoo, "never").sighting)) == 48
    # without a group, the whole match names the sighting
    assert len(np.unique(read_album(zoo, "left|right").sighting)) == 16


def test_an_album_holds_every_kind_of_picture(tmp_path: Path) -> None:
    kinds = sorted(PICTURE_SUFFIXES | {".HEIC", ".txt", ".mp4"})
    for who in ("ann", "bob"):
        (tmp_path / who).mkdir()
        for kind in kinds:
            (tmp_path / who / f"1_left{kind}").touch()
    found = {path.suffix for path in read_album(tmp_path).paths}
    assert found == PICTURE_SUFFIXES | {".HEIC"} > {".heic", ".heif", ".jpg", ".jpe", ".bmp"}


def test_what_is_no_album(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        read_album(tmp_path / "absent")
    with pytest.raises(UsageError, match="two folders"):
        read_album(tmp_path)
    with pytest.raises(UsageError, match="regular expression"):
        read_album(tmp_path, "(")


def test_evaluate_agrees_with_the_plain_script(zoo: Path) -> None:
    embedder = Colours()
    result = evaluate_reid(zoo, sighting=RULE, embedder=embedder, folds=2)
    assert embedder.batches == [32, 16]
    (zoo / "animal0" / "notes.txt").unlink()
    (zoo / "animal0" / ".hidden.png").unlink()
    expected = scores(list_photos(zoo), Colours().embed(crops_of(zoo)))
    for key, value in expected.items():
        assert result[key]["value"] == pytest.approx(value, abs=5e-4), key
        assert result[key]["low"] <= value + 1e-6
        assert result[key]["high"] >= value - 1e-6
    assert (result["n_photos"], result["n_individuals"], result["n_sightings"]) == (48, 8, 24)
    assert result["embedder"] == "colours"
    assert result["true_individuals"]["value"] == 8
    assert result["whitened_rank1"]["value"] is None  # 24 repeats teach nothing


def crops_of(zoo: Path) -> ImageArray:
    from thumper_core.vision.images import crop_resize, decode_photo

    crops = []
    for *_, path in list_photos(zoo):
        image = decode_photo(path.read_bytes(), min_width=16, max_pixels=10**8).image
        crops.append(crop_resize(image, np.array([0, 0, 30, 20], np.float32), 16, 0.0))
    return np.stack(crops)


def made_up(seed: int = 0, nuisance: float = 1.0) -> tuple[Album, FloatArray]:
    """60 individuals, 4 sightings of 3 photos; a few directions vary strongly within a sighting."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(60), 12)
    visit = np.repeat(np.arange(240), 3)
    axes = rng.normal(size=(4, 48))
    vectors = (
        rng.normal(size=(60, 48))[who]
        + 0.5 * rng.normal(size=(240, 48))[visit]
        + nuisance * 3 * rng.normal(size=(720, 4)) @ axes
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = np.array([f"i{k:02d}" for k in who])
    visits = np.array([f"v{k:03d}" for k in visit])
    return Album(tuple(map(Path, visits)), names, visits), vectors.astype(np.float32)


def test_whitening_lifts_individuals_it_never_saw() -> None:
    album, vectors = made_up()
    result = score_vectors(album, vectors)
    for key in ("rank1", "map", "pair_auc"):
        assert result[f"whitened_{key}"]["value"] > result[f"fold_{key}"]["value"] + 0.1
        assert result[f"pooled_{key}"]["value"] > result[key]["value"]


def test_whitening_sees_no_identity_and_no_photo_of_its_own_fold() -> None:
    """Renaming other individuals, or garbling a fold's own vectors, changes nothing."""
    album, vectors = made_up()
    group = fold_of(album.individual, 3, 0)
    first = whiten_folds(vectors, album, group)
    renamed = Album(album.paths, np.roll(album.individual, 7), album.sighting)
    again = whiten_folds(vectors, renamed, group)
    assert first is not None
    assert again is not None
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a, b)
    garbled = vectors.copy()
    garbled[group == 1] = garbled[group == 1][::-1]
    changed = whiten_folds(garbled, album, group)
    assert changed is not None
    assert np.array_equal(first[1][group != 1], changed[1][group != 1])


def test_folds_keep_individuals_whole() -> None:
    album, _ = made_up()
    group = fold_of(album.individual, 3, 0)
    assert np.bincount(group).tolist() == [240, 240, 240]
    for name in np.unique(album.individual):
        assert len(np.unique(group[album.individual == name])) == 1
    with pytest.raises(UsageError, match="folds"):
        fold_of(np.array(["a", "b"]), 3, 0)


def test_pooling() -> None:
    album, vectors = made_up()
    pooled, who, visits = pool_sightings(vectors, album)
    assert pooled.shape == (240, 48)
    mean = vectors[album.sighting == visits[5]].mean(axis=0)
    assert pooled[5] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)
    assert who[5] == album.individual[np.flatnonzero(album.sighting == visits[5])[0]]


def test_open_set_of_clear_and_of_empty_vectors() -> None:
    album, vectors = made_up(nuisance=0.0)
    group = fold_of(album.individual, 3, 0)
    clear = open_set(vectors, album.individual, album.sighting, group)
    for key in ("baks", "baus", "pairwise_f1", "ari", "bcubed_f1"):
        assert clear[key]["value"] > 0.9, key
    assert abs(clear["estimated_individuals"]["value"] - 60) <= 6
    noise = np.random.default_rng(0).normal(size=vectors.shape).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    blind = open_set(noise, album.individual, album.sighting, group)
    assert blind["baks"]["value"] < 0.2
    # photos of one sighting are together from the start: 2 of 11 mates, F1 0.31 for nothing
    assert blind["pairwise_f1"]["value"] < 0.32


@pytest.fixture(scope="module")
def nyala(shared_dir: Path) -> tuple[Path, Album, FloatArray, str]:
    """The real photos and their vectors by EfficientNet-Lite0."""
    from thumper_core.contracts import ThumperError
    from thumper_core.evaluate.reid import embed_album
    from thumper_core.vision.embedders import open_embedder
    from thumper_core.vision.registry import load_registry

    folder = shared_dir / "reid" / "nyala"
    if not folder.is_dir():
        pytest.skip(f"no photos of known individuals in {folder}")
    try:
        embedder = open_embedder(
            "efficientnet_lite0_gem", registry=load_registry(None), device="auto"
        )
    except ThumperError as error:
        pytest.skip(f"EfficientNet-Lite0 is not at hand: {error}")
    album = read_album(folder, RULE)
    return folder, album, embed_album(album, embedder), embedder.name


@pytest.mark.slow
def test_nyala_agrees_with_the_plain_script(nyala: tuple[Path, Album, FloatArray, str]) -> None:
    folder, album, vectors, _ = nyala
    expected = scores(list_photos(folder), vectors)
    result = score_vectors(album, vectors)
    for key, value in expected.items():
        assert round(result[key]["value"], 3) == pytest.approx(round(value, 3), abs=1e-9), key
    # label-free, on individuals it never saw
    assert result["whitened_rank1"]["value"] > result["fold_rank1"]["value"]
    assert result["whitened_pair_auc"]["value"] > result["fold_pair_auc"]["value"] + 0.03
