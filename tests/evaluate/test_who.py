"""`evaluate who` on made-up herds: what it counts, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.identify.synthetic_herd import synthetic_herd
from thumper_core.contracts import UsageError
from thumper_core.evaluate.reid import read_album
from thumper_core.evaluate.who import evaluate_who
from thumper_core.evaluate.who_cases import Season, album_season
from thumper_core.settings import IdentifySettings

OFF = IdentifySettings(whitening="off")  # learning a space takes seconds


def season(animals: int = 12, events: int = 120, moment: float = 0.3) -> Season:
    herd = synthetic_herd(animals=animals, events=events, moment=moment, dim=32)
    return Season(herd.frame, herd.vectors, herd.truth.astype(str), None, OFF)


def test_deer_that_look_like_themselves_are_known_and_new_ones_are_found() -> None:
    found = evaluate_who(season(), draws=1)
    value = {name: one["value"] for name, one in found.items() if isinstance(one, dict)}
    assert value["rank1"] > 0.95 and value["rank5"] >= value["rank1"]
    assert (
        value["found_new"] + value["missed"]
        == value["found_new_without_gate"] + value["missed_without_gate"]
    )
    assert value["found_new"] >= 2 and value["invented"] <= value["invented_without_gate"]
    assert 0 <= value["dir_at_1"] <= value["dir_at_5"] <= 1
    assert value["n_asked"] == sum(row["n"] for row in found["reliability"])
    lights = [row for row in found["by_look"] if row["look"] == "light"]
    assert {row["value"] for row in lights} == {"colour", "infrared"}
    assert sum(row["visits"] for row in lights) == value["n_asked"]
    last = found["by_week"][-1]
    assert last["answers"] + last["sure"] + last["untold"] == value["n_asked"]
    assert last["f1"] >= last["f1_alone"] and last["f1"] > 0.95


def test_where_nothing_tells_deer_apart_nothing_is_invented() -> None:
    found = evaluate_who(season(moment=20.0, events=60), draws=1)
    assert found["rank1"]["value"] < 0.5
    assert found["invented"]["value"] <= 2


@pytest.mark.parametrize("known", [0.0, 1.0, -1.0])
def test_a_share_that_is_none_is_refused(known: float) -> None:
    with pytest.raises(UsageError, match="--known"):
        evaluate_who(season(events=10), known=known)


def test_too_few_individuals_are_said() -> None:
    with pytest.raises(UsageError, match="add photos"):
        evaluate_who(season(animals=2, events=4), draws=1)


def test_an_album_is_in_the_order_of_its_sightings(tmp_path: Path) -> None:
    for name in ("a/2_left.png", "a/1_right.png", "b/10_x.png", "b/2_left.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(path)
    album = read_album(tmp_path, r"(\d+)_")
    vectors = np.arange(4, dtype=np.float32)[:, None]
    found = album_season(album, vectors)
    assert found.frame["path"].to_list() == ["1_right.png", "2_left.png", "2_left.png", "10_x.png"]
    assert found.who.tolist() == ["a", "a", "b", "b"]
    assert found.frame["flank"].to_list() == ["right", "left", "left", "unknown"]
    days = found.frame["taken_at"].dt.ordinal_day().to_list()
    assert days == [1, 2, 2, 3]
    by_name = dict(zip(found.frame["detection_id"], found.vectors[:, 0], strict=True))
    assert all(int(name) == vector for name, vector in by_name.items())
