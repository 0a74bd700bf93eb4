"""The registry: what ships, what users add, what broken files get."""

from __future__ import annotations

from pathlib import Path

import pytest

from thumper_core.contracts import UsageError
from thumper_core.files import user_dir
from thumper_core.vision.registry import (
    load_registry,
    models_dir,
    read_registry,
)

DEER = "white-tailed deer"


def test_the_shipped_registry_has_what_the_product_names() -> None:
    registry = load_registry()
    detectors = {s.name for s in registry if s.kind == "detector"}
    embedders = {s.name for s in registry if s.kind == "embedder"}
    assert {"demo", "whitetail-11", "megadetector-v6-yolov10-c"} <= detectors
    assert {
        "efficientnet_lite0", "clip-vit-b-32", "bioclip", "megadescriptor-t", "megadescriptor-l",
        "v1_resnet50", "v3_ensemble",
    } <= embedders  # fmt: skip
    for spec in registry:
        assert spec.licence and spec.source, spec.name
        assert spec.loader == "ensemble" or spec.file, spec.name
        assert all(url.startswith("https://") for url in spec.urls), spec.name
    parts = [(part.model, part.weight) for part in registry.get("v3_ensemble").parts]
    assert parts == [("resnet50_multiscale", 0.6), ("efficientnet_b0", 0.4)]
    assert all(registry.get(model).kind == "embedder" for model, _ in parts)


def test_an_installed_copy_is_found_before_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thumper_core import files

    assert (models_dir() / "registry.toml").is_file()
    (tmp_path / "_models").mkdir()
    (tmp_path / "_models" / "registry.toml").write_text("")
    monkeypatch.setattr(files.resources, "files", lambda package: tmp_path)
    assert models_dir() == tmp_path / "_models"


def test_the_users_and_the_workspaces_entries_win(tmp_path: Path) -> None:
    entry = '[[model]]\nname = "{0}"\nkind = "detector"\nloader = "ultralytics"\nfile = "{1}"\n'
    user_dir().mkdir(parents=True, exist_ok=True)
    (user_dir() / "registry.toml").write_text(entry.format("mine", "u.pt"))
    extra = tmp_path / "registry.toml"
    extra.write_text(entry.format("own", "other.pt"))
    registry = load_registry(extra)
    assert registry.get("mine").file == "u.pt"
    assert registry.get("own").file == "other.pt"
    assert registry.get("own").folder == tmp_path
    assert load_registry(tmp_path / "absent.toml").get("demo").file == "demo-detector.pt"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"demo.*thumper models add"):
        load_registry().get("nonsense")


GOOD = 'name = "a"\nkind = "detector"\nloader = "ultralytics"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[model]", "not valid TOML"),
        ('[[model]]\nkind = "detector"\nloader = "ultralytics"', "name"),
        (f"[[model]]\n{GOOD}speed = 1", "speed"),
        (
            '[[model]]\nname = "a"\nkind = "thing"\nloader = "timm"',
            "detector, embedder or keypoints",
        ),
        ('[[model]]\nname = "a"\nkind = "embedder"\nloader = "keras"', "loader must be"),
        (f'[[model]]\n{GOOD}sha256 = "abc"', "64"),
        (f"[[model]]\n{GOOD}[[model]]\n{GOOD}", "twice"),
        (f'[[model]]\n{GOOD}[model.class_map]\ndoe = {{ species = "deer", sex = "she" }}', "she"),
        (f"[[model]]\n{GOOD}[model.class_map]\ndoe = {{ sex = 'male' }}", "species"),
    ],
)
def test_broken_entries_are_named(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=words) as caught:
        read_registry(path)
    assert str(path) in str(caught.value)
