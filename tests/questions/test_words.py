from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from thumper_core.questions import words
from thumper_core.questions.herd_size import HerdSize, Known
from thumper_core.questions.reasons import NoDeer, Why
from thumper_core.questions.tables import Totals
from thumper_core.store.herd_summary import Interval


def totals(**values: Any) -> Totals:
    zero = dict.fromkeys(Totals.__dataclass_fields__, 0)
    whole = zero | {"first_photo_at": None, "last_photo_at": None} | values
    n_deer = sum(whole[f"n_{kind}"] for kind in ("bucks", "does", "fawns", "unknown"))
    animals, known = whole.pop("animals", None), whole.pop("known", Known.UNESTIMATED)
    return Totals(**(whole | {"size": HerdSize(known, n_deer, animals)}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, ""),
        (datetime(2026, 10, 3, 5), datetime(2026, 10, 3, 22), "on 3 Oct 2026"),
        (datetime(2026, 10, 3), datetime(2026, 10, 21), "from 3 to 21 Oct 2026"),
        (datetime(2026, 9, 28), datetime(2026, 10, 13), "from 28 Sep to 13 Oct 2026"),
        (datetime(2025, 12, 30), datetime(2026, 1, 2), "from 30 Dec 2025 to 2 Jan 2026"),
    ],
)
def test_period(first: Any, last: Any, expected: str) -> None:
    assert words.period(first, last) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "0%"), (0.0004, "<0.1%"), (0.012, "1.2%"), (0.0994, "9.9%"), (0.0999, "10%"),
        (0.5, "50%"), (1, "100%"),
    ],
)  # fmt: skip
def test_percent(share: float, expected: str) -> None:
    assert words.percent(share) == expected


def test_estimate_with_and_without_interval() -> None:
    assert words.estimate(Interval(0.031, 0.012, 0.05)) == "3.1% (1.2% to 5.0%)"
    assert words.estimate(Interval(0.2)) == "20%"


@pytest.mark.parametrize(
    ("counts", "herd", "ratio"),
    [
        (
            {"n_bucks": 8, "n_does": 13, "n_fawns": 3},
            "8 bucks, 13 does and 3 fawns",
            "0.6 : 1 : 0.2",
        ),
        ({"n_bucks": 1}, "1 buck", "1 : 0 : 0"),
        ({"n_does": 1, "n_unknown": 2}, "1 doe and 2 of unknown sex", "0.0 : 1 : 0.0"),
        ({"n_unknown": 22}, "22 of unknown sex", "\N{EN DASH}"),
        ({}, "", "\N{EN DASH}"),
    ],
)
def test_counts_and_ratio(counts: dict[str, int], herd: str, ratio: str) -> None:
    assert words.herd_counts(totals(**counts)) == herd
    assert words.ratio(totals(**counts)) == ratio


def at_hours(hours: list[int]) -> pl.DataFrame:
    start = datetime(2026, 10, 1)
    return pl.DataFrame(
        {"started_at": [start + timedelta(hours=hour) for hour in hours]},
        schema={"started_at": pl.Datetime("us")},
    )


NO_CARDS = pl.DataFrame(
    schema={"label": pl.String, "n_visits": pl.Int32, "cameras": pl.List(pl.String)}
)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, "thumper add"),
        ({"n_photos": 3}, "thumper identify"),
    ],
)
def test_summary_names_the_next_step(counts: dict[str, int], expected: str) -> None:
    assert expected in " ".join(words.summary(totals(**counts), NO_CARDS, at_hours([])))


def test_summary_says_why_there_are_no_deer() -> None:
    why = NoDeer(Why.NO_RUN, "Nobody looked yet.", "run")
    text = " ".join(words.summary(totals(n_photos=3), NO_CARDS, at_hours([]), why))
    assert "Nobody looked yet. `thumper run` goes on." in text


def test_summary_of_a_herd() -> None:
    cards = pl.DataFrame({"label": ["Old Crooked"], "n_visits": [31], "cameras": [["Creek"]]})
    found = totals(
        n_photos=1203, n_cameras=6, n_bucks=8, n_does=13, n_fawns=3, n_seen_once=2,
        first_photo_at=datetime(2026, 10, 1), last_photo_at=datetime(2026, 10, 21),
    )  # fmt: skip
    sentences = words.summary(found, cards, at_hours([]))
    text = " ".join(sentences).translate(dict.fromkeys((0x2068, 0x2069)))
    assert text == (
        "Thumper made 24 groups of pictures, each held to be one deer; how many deer they come to has "
        "not been estimated. 6 cameras took 1,203 photos from 1 to 21 Oct 2026. Of the 24 groups of "
        "pictures: 8 bucks, 13 does and 3 fawns. For every 100 does there are 62 bucks and 23 fawns. "
        "Seen most often: Old Crooked, 31 visits, mostly at Creek. 2 of the 24 groups were seen "
        "only once. Some of these may be another deer of this herd seen again, so the true number may be "
        "lower."
    )


def test_summary_leads_with_how_many_deer_the_groups_come_to() -> None:
    cards = pl.DataFrame({"label": ["Old Crooked"], "n_visits": [31], "cameras": [["Creek"]]})
    found = totals(
        n_photos=9, n_bucks=20, n_does=22, n_seen_once=2,
        animals=Interval(25.3, 20.6, 29.2), known=Known.ESTIMATED,
    )  # fmt: skip
    said = words.summary(found, cards, at_hours([]))
    assert said[0] == (
        "Thumper estimates about 25 deer (95% interval 21 to 29) in 42 groups of pictures: one deer "
        "can be several groups, and one group several deer."
    )
    assert "seen only once" not in " ".join(said)


@pytest.mark.parametrize("known", [Known.HARDLY, Known.UNCALIBRATED])
def test_summary_of_a_herd_that_tells_nobody_apart_names_no_deer(known: Known) -> None:
    cards = pl.DataFrame({"label": ["deer-001"], "n_visits": [31], "cameras": [["Creek"]]})
    found = totals(n_photos=9, n_bucks=20, n_does=22, n_seen_once=2, known=known)
    said = words.summary(found, cards, at_hours([6] * 30))
    assert "not known" in said[0] and "42 groups of pictures" in said[0]
    rest = " ".join(said[1:])
    assert "busiest time" in rest
    assert not any(word in rest for word in ("deer", "bucks", "Seen most often", "only once"))
