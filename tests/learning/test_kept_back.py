"""Whole cameras, else days, else visits are kept back, by their names, and never near copies of both."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thumper_core.contracts import ThumperError
from thumper_core.learning.kept_back import DEER_NEEDED, DEER_TO_LEARN, SHARE_MAX, kept_back


def photos(*places: tuple[str, int, int], deer: int = 1) -> pl.DataFrame:
    """Photos of (camera, days, photos a day); each day is a visit."""
    rows = [
        (f"{camera}-{day}-{number}", camera, f"{camera}-e{day}", f"2025-09-{day + 1:02}", deer)
        for camera, days, n in places
        for day in range(days)
        for number in range(n)
    ]
    text = dict.fromkeys(("photo_id", "camera", "event_id", "day"), pl.String)
    return pl.DataFrame(rows, schema={**text, "n_deer": pl.UInt32}, orient="row")


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([("a", 2, 10), ("b", 2, 10), ("c", 2, 10), ("d", 2, 10)], "1 camera"),
        ([("a", 10, 10), ("b", 2, 8)], "1 camera"),  # the small one: half is the most
        ([("a", 8, 6)], "2 days"),
        ([("a", 20, 6), ("b", 1, 1)], "6 days"),  # a camera with one photo is no trial
    ],
)
def test_what_is_kept_back(places: list[tuple[str, int, int]], said: str) -> None:
    told = photos(*places)
    found = kept_back(told)
    assert found.said == said
    out = told["photo_id"].is_in(sorted(found.photo_ids))
    assert 0 < out.sum() <= SHARE_MAX * told.height
    assert told.filter(out)["n_deer"].sum() >= DEER_NEEDED
    assert told.filter(~out)["n_deer"].sum() >= DEER_TO_LEARN
    visits = [set(told.filter(side)["event_id"]) for side in (out, ~out)]
    assert not visits[0] & visits[1]


@pytest.mark.parametrize("told", [photos(), photos(("a", 1, 90)), photos(("a", 9, 9), deer=0)])
def test_too_little_is_said(told: pl.DataFrame) -> None:
    with pytest.raises(ThumperError, match="needs 36 deer in corrected photos"):
        kept_back(told)


@given(st.lists(st.integers(4, 30), min_size=1, max_size=6))
def test_what_was_kept_back_is_kept_back_again_when_more_was_corrected_everywhere(
    sizes: list[int],
) -> None:
    places = [(f"camera {k}", 3, n) for k, n in enumerate(sizes)]
    more = [(name, days, 2 * n) for name, days, n in places]
    try:
        before = kept_back(photos(*places))
    except ThumperError:
        return
    after = kept_back(photos(*more))
    if "camera" in before.said and "camera" in after.said:
        cameras = {name.split("-")[0] for name in after.photo_ids}
        assert {name.split("-")[0] for name in before.photo_ids} == cameras
