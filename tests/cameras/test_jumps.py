"""A card numbers its files in order; where their times are not, the clock jumped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
import pytest

from thumper_core.cameras.jumps import find_jumps

T0 = datetime(2024, 11, 1, 6)
RESET = datetime(2000, 1, 1, 0, 1)


def hours(start: datetime, n: int, step_h: float = 7.0) -> list[datetime]:
    return [start + timedelta(hours=step_h * at) for at in range(n)]


def card(
    *parts: Sequence[datetime],
    folder: str = "North/DCIM/100RECNX",
    name: str = "IMG_{:04d}.JPG",
    first: int = 1,
    source: str = "exif",
) -> pl.DataFrame:
    """Files numbered in order; a time before 2003 is not believed."""
    times = [at for part in parts for at in part]
    return pl.DataFrame(
        {
            "photo_id": [f"{folder}{first + k}" for k in range(len(times))],
            "path": [f"{folder}/{name.format(first + k)}" for k in range(len(times))],
            "file_number": [first + k for k in range(len(times))],
            "taken_at": times,
            "taken_at_source": ["implausible" if t.year < 2003 else source for t in times],
        },
        schema_overrides={
            "taken_at": pl.Datetime("us"), "path": pl.String, "photo_id": pl.String,
            "file_number": pl.Int64, "taken_at_source": pl.String,
        },
    )  # fmt: skip


A, LATER = hours(T0, 12), hours(T0 + timedelta(days=20), 12)


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        # (index of the first file, of the last, first time after the shift)
        (card(A, hours(RESET, 8), LATER), [(12, 19, A[-1])]),
        (card(A, hours(RESET, 8)), [(12, 19, A[-1])]),
        (card(hours(RESET, 8), A), [(0, 7, A[0] - timedelta(hours=49))]),
        (card(A, hours(T0 - timedelta(days=90), 8), LATER), [(12, 19, A[-1])]),
        (card(A, hours(datetime(2031, 5, 1), 8), LATER), [(12, 19, A[-1])]),
        (card(A, hours(T0 + timedelta(days=400), 5)), [(12, 16, A[-1])]),
        (card(A[:5], hours(T0 + timedelta(days=400), 20)),
         [(0, 4, T0 + timedelta(days=400) - timedelta(hours=28))]),
        (card(A, hours(A[-1] - timedelta(hours=12), 9)), [(12, 20, A[-1])]),  # half a day
        (card(hours(RESET, 8)), []),  # nothing to go by; see below
    ],
    ids=["reset", "reset, last", "reset, first", "back", "ahead and back", "ahead",
         "ahead, most of it", "half a day", "never set"],
)  # fmt: skip
def test_jumps(photos: pl.DataFrame, expected: list[tuple[int, int, datetime]]) -> None:
    paths, times = photos["path"].to_list(), photos["taken_at"].to_list()
    found = [jump for jump in find_jumps(photos) if jump.shift]
    assert [(j.first_path, j.last_path) for j in found] == [
        (paths[a], paths[b]) for a, b, _ in expected
    ]
    for jump, (a, b, start) in zip(found, expected, strict=True):
        assert jump.shift is not None
        assert abs(jump.begins + jump.shift - start) <= timedelta(minutes=1)
        assert list(jump.photo_ids) == photos["photo_id"][a : b + 1].to_list()
        assert times[a] == jump.begins and times[b] == jump.ends


def test_two_resets_follow_one_another() -> None:
    photos = card(A, hours(RESET, 5), hours(RESET, 6), LATER)
    first, second = find_jumps(photos)
    assert first.shift and second.shift
    assert second.begins + second.shift - (first.ends + first.shift) == timedelta(minutes=1)
    assert second.ends + second.shift < LATER[0]


def test_a_card_goes_on_in_its_next_folder() -> None:
    one = card(A, folder="North/DCIM/100RECNX", first=9000)
    two = card(hours(RESET, 6), folder="North/DCIM/101RECNX", first=1)
    [jump] = find_jumps(pl.concat([one, two]))
    assert jump.first_path == "North/DCIM/101RECNX/IMG_0001.JPG"


def test_a_clock_that_was_never_set_is_said_without_an_offset() -> None:
    [jump] = find_jumps(card(hours(RESET, 8)))
    assert jump.shift is None and len(jump.photo_ids) == 8


@pytest.mark.parametrize(
    "photos",
    [
        card([]),
        card(A[:1]),
        card(A, LATER),
        card(A, [T0 - timedelta(days=50)], LATER),
        card(A, [T0 + timedelta(days=999)], LATER),
        card(A, [RESET, RESET], LATER),
        card(A, hours(A[-1] - timedelta(hours=1), 10)),
        card(A, hours(T0 - timedelta(days=90), 8), source="file_mtime"),
        card(A, hours(T0 - timedelta(days=90), 8)).with_columns(file_number=pl.lit(None, pl.Int64)),
        pl.concat([card(LATER, first=1), card(A, first=9000)]),
        pl.concat([card(LATER, folder="North/card1"), card(A, folder="North/card2")]),
        pl.concat([card(LATER, name="b{:04d}.JPG"), card(A, name="a{:04d}.JPG", first=90)]),
        card(*[[at, at - timedelta(days=3)] for at in hours(T0, 40)]),
    ],
    ids=["none", "one", "well", "a stray photo", "a stray ahead", "two strays", "summer time", "file dates",
         "no numbers", "other numbers", "another card", "another count", "two cameras in a folder"],
)  # fmt: skip
def test_no_jump(photos: pl.DataFrame) -> None:
    assert find_jumps(photos) == []
