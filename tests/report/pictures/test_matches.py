"""The picture of what matches: where its lines lie, how faint they are, and what is said with it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests.match.networks import Spots
from thumper_core.contracts import Flank, ThumperError, UsageError
from thumper_core.decisions.kinds import ShowsFlank
from thumper_core.decisions.record import record
from thumper_core.match import collect as room
from thumper_core.match import marks
from thumper_core.match.compare import Matched
from thumper_core.match.pair import NOT_YET, Pair
from thumper_core.questions import browse
from thumper_core.questions.review_queue import verdict_key
from thumper_core.report.pictures.matches import (
    HEIGHT,
    OPPOSITE,
    OPPOSITE_MATCH,
    STANDS_STILL,
    drawn,
    show_matches,
    show_most_alike,
    side_by_side,
)
from thumper_core.workspace import Workspace

GREY = (90, 90, 90)
NONE = np.zeros((0, 2), np.float32)


def coloured(sheet: Image.Image) -> np.ndarray:
    """Where something lies on two grey pictures."""
    pixels = np.asarray(sheet).astype(int)
    return np.ptp(pixels, axis=2) > 12


def test_both_are_as_high_and_without_a_match_nothing_is_drawn() -> None:
    left, right = Image.new("RGB", (100, 50), GREY), Image.new("RGB", (300, 400), GREY)
    sheet = side_by_side(left, right, NONE, NONE, NONE[:, 0])
    assert sheet.height == HEIGHT and sheet.width == 2 * HEIGHT + 6 + 3 * HEIGHT // 4
    assert not coloured(sheet).any()


def test_a_line_joins_the_two_places_and_a_weaker_one_is_fainter() -> None:
    left = right = Image.new("RGB", (HEIGHT, HEIGHT), GREY)
    one = np.array([[0.25, 0.25], [0.25, 0.75]], np.float32)
    other = np.array([[0.5, 0.25], [0.5, 0.75]], np.float32)
    sheet = side_by_side(left, right, one, other, np.array([1.0, 0.1], np.float32))
    seen = coloured(sheet)
    start = HEIGHT + 6
    for y in (HEIGHT // 4, 3 * HEIGHT // 4):
        assert seen[y - 2 : y + 3, HEIGHT // 4 + 8 : start + HEIGHT // 2 - 8].any(axis=0).all()
        assert not seen[y - 8 : y + 9, : HEIGHT // 4 - 8].any()
        assert not seen[y - 8 : y + 9, start + HEIGHT // 2 + 8 :].any()
    pixels = np.asarray(sheet).astype(int)
    middle = HEIGHT // 2  # of the left picture: only the line is there
    strong, weak = (np.ptp(pixels[y - 2 : y + 3, middle], axis=1).max() for y in (120, 360))
    assert strong > 1.5 * weak > 0


@pytest.fixture
def herd(three_deer: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(room, "open_network", Spots)
    monkeypatch.setattr("thumper_core.match.pair.require_file", lambda spec: Path())
    monkeypatch.setattr(marks, "COARSEST", 0)
    return three_deer


def two(workspace: Workspace) -> list[str]:
    rows = workspace.sql("select detection_id from detections where is_deer order by detection_id")
    return rows["detection_id"].to_list()[:2]


def test_it_is_drawn_where_keypoints_are_and_else_it_is_said(herd: Workspace) -> None:
    a, b = two(herd)
    nothing = show_matches(herd, a, b)
    assert nothing.jpeg is None and nothing.text.startswith(NOT_YET)
    found = show_matches(herd, a, b, look=True)
    assert found.jpeg is not None and "match" in found.text
    with Image.open(io.BytesIO(found.jpeg)) as picture:
        assert (picture.format, picture.height) == ("JPEG", HEIGHT)
    assert show_matches(herd, a, b).text == found.text
    for pair, lost in (((a, "nobody"), "nobody"), (("one", "two"), "one and none two")):
        with pytest.raises(ThumperError, match=f"no detection {lost}\\."):
            show_matches(herd, *pair)
    with pytest.raises(UsageError, match="one picture"):
        show_matches(herd, a, a)


@pytest.mark.parametrize(
    ("count", "flanks", "cameras", "said"),
    [
        (0, ("left", "right"), ("Creek", "Oak"), {OPPOSITE}),
        (9, ("left", "right"), ("Creek", "Oak"), {OPPOSITE_MATCH}),
        (9, ("right", "right"), ("Creek", "Oak"), set()),
        (9, ("left", "unknown"), ("Creek", "Creek"), {STANDS_STILL}),
        (0, ("right", "left"), ("Creek", "Creek"), {OPPOSITE, STANDS_STILL}),
        (0, ("unknown", "unknown"), (None, None), set()),
        (None, ("left", "right"), ("Creek", "Creek"), set()),
    ],
)
def test_what_follows_is_said_of_what_was_compared(
    herd: Workspace,
    count: int | None,
    flanks: tuple[str, str],
    cameras: tuple[str | None, str | None],
    said: set[str],
) -> None:
    rows = browse.detections(herd, tuple(two(herd))).with_columns(
        pl.Series("flank", flanks), pl.Series("camera", cameras, pl.String)
    )
    places = np.full((count or 0, 2), 0.5, np.float32)
    pair = Pair(Matched(places, places, places[:, 0])) if count is not None else Pair(None, "Why.")
    text = drawn(herd, rows, pair).text
    assert {one for one in (OPPOSITE, OPPOSITE_MATCH, STANDS_STILL) if one in text} == said
    assert ("Left picture" in text) == (count is not None and flanks != ("unknown", "unknown"))
    assert count is not None or text == "Why."


def test_the_sides_that_people_said_are_told(herd: Workspace) -> None:
    a, b = two(herd)
    boxes = herd.sql("from detections").rows_by_key("detection_id", named=True, unique=True)
    for name, flank in ((a, Flank.LEFT), (b, Flank.RIGHT)):
        record(herd.ledger, ShowsFlank(verdict_key(boxes[name]), flank), "Kim")
    text = show_matches(herd, a, b, look=True).text
    assert "Left picture: left flank. Right picture: right flank." in text
    record(herd.ledger, ShowsFlank(verdict_key(boxes[b]), Flank.LEFT), "Kim")
    assert "opposite" in text and "opposite" not in show_matches(herd, a, b).text


def test_a_photo_that_is_away_is_said(herd: Workspace) -> None:
    a, b = two(herd)
    show_matches(herd, a, b, look=True)
    for photo in (herd.root.parent / "photos").rglob("*.png"):
        photo.unlink()
    for kept in (herd.cache_dir / "crops").rglob("*.jpg"):
        kept.unlink()
    found = show_matches(herd, a, b)
    assert found.jpeg is None and found.text.count(".png cannot be read now.") == 2


def test_of_two_deer_those_pictures_are_shown_that_match_best(herd: Workspace) -> None:
    who = herd.ledger.individual_ids()[:2]
    assert show_most_alike(herd, *who).jpeg is None
    for own in herd.sql("select best_detection_id from tracklets")["best_detection_id"]:
        for other in two(herd):
            if own != other:
                show_matches(herd, own, other, look=True)
    assert show_most_alike(herd, *who).jpeg is not None
    assert "no picture" in show_most_alike(herd, who[0], "deer-999").text
