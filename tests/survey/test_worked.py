"""On which days a camera worked: the rule by hand, and that it is rarely wrong of a camera that works."""

from __future__ import annotations

from datetime import date, timedelta
from math import comb

import numpy as np
import polars as pl
import pytest

from thumper_core.survey.worked import DAYS, SAID, SHOT, STAYS, judged, silences

FIRST = date(2026, 9, 1)


def days(text: str) -> np.ndarray:
    """`x` for a day with a photo."""
    return np.array([sign == "x" for sign in text], dtype=bool)


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("", ""),
        ("...", "111"),  # nothing says that it worked
        ("xxxxxxxxxxxxxx", "00000000000000"),
        ("xxxxxxx.......", "00000001111111"),  # died in the middle of a survey
        ("....xxxxxxxxxx", "11110000000000"),  # hung up, and begun four days later
        ("xxxxxxxxxx.xx.", "00000000000000"),
        ("x.xx.x..xx.x..", "00000000000000"),
        ("xx.x...x.......", "000000000000000"),  # such a camera is silent for a week
        ("x" + "." * 30 + "x", "0" * 32),  # two days with photos tell nothing
        ("x" * 20 + "." * 8 + "x" * 20 + "." * 8 + "xx", "0" * 20 + "1" * 8 + "0" * 20 + "1" * 8 + "00"),
    ],
)  # fmt: skip
def test_which_silences_count(text: str, lost: str) -> None:
    shot = days(text)
    found = np.zeros(len(shot), dtype=int)
    for one in silences(shot, np.zeros(len(shot), dtype=bool)):
        assert not shot[one.begins : one.begins + one.days].any()
        found[one.begins : one.begins + one.days] = not one.counts
    assert "".join(map(str, found)) == lost


def test_the_chance_by_hand() -> None:
    """Of 7 days all had a photo: 7 silent ones in a row have 1 / C(15, 7), at any of 8 places."""
    (one,) = silences(days("xxxxxxx......."), np.zeros(14, dtype=bool))
    assert one.chance == pytest.approx(8 / comb(15, 7))


def test_a_person_who_says_that_it_worked_makes_such_silences_usual() -> None:
    shot, nothing = days("xxxxxxxxxxxx.....xxx....."), np.zeros(25, dtype=bool)
    assert [one.counts for one in silences(shot, nothing)] == [False, False]
    confirmed = nothing.copy()
    confirmed[12:17] = True
    (rest,) = silences(shot, confirmed)
    assert (rest.begins, rest.days, rest.counts) == (20, 5, True)


def test_cameras_that_work_hardly_lose_a_day() -> None:
    """Of 1,000 cameras with a chance of a photo of 0.3 to 0.95 a day, at most 5% lose days, and few."""
    rng = np.random.default_rng(0)
    lost, n = 0, 0
    for _ in range(1000):
        shot = rng.random(14) < rng.uniform(0.3, 0.95)
        odd = [one for one in silences(shot, np.zeros(14, dtype=bool)) if not one.counts]
        lost += sum(one.days for one in odd)
        n += bool(odd)
    assert n <= 50 and lost <= 0.02 * 14_000


def stays(*rows: tuple[str, str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(d, c, FIRST + timedelta(a), FIRST + timedelta(b)) for d, c, a, b in rows],
        schema=STAYS,
        orient="row",
    )


def shots(camera: str, text: str) -> pl.DataFrame:
    rows = [(camera, camera, FIRST + timedelta(n)) for n, sign in enumerate(text) if sign == "x"]
    return pl.DataFrame(rows, schema=SHOT, orient="row")


def said(*rows: tuple[str, int, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        [(c, FIRST + timedelta(n), worked) for c, n, worked in rows], schema=SAID, orient="row"
    )


@pytest.mark.parametrize(
    ("text", "told", "states"),
    [
        ("xxxxxxx.......", [], "ppppppp" + "s" * 7),
        ("xxxxxxx.......", [(n, True) for n in range(7, 14)], "ppppppp" + "w" * 7),
        ("xxxxxxx.x.....", [(7, False)], "pppppppdp" + "s" * 5),
        ("xxxxxxx.......", [(0, False)], "ppppppp" + "s" * 7),  # a photo goes before a word
        ("xxx..xx.x.x.xx", [], "pppqqppqpqpqpp"),
    ],
)
def test_each_day_has_its_state(text: str, told: list[tuple[int, bool]], states: str) -> None:
    words = said(*(("A", n, worked) for n, worked in told))
    found = judged(stays(("A", "A", 0, 13)), shots("A", text), words)
    assert found.schema == DAYS
    sign = {"photo": "p", "quiet": "q", "silent": "s", "said worked": "w", "said dead": "d"}
    assert "".join(sign[state] for state in found["state"]) == states
    assert found["day"].to_list() == [FIRST + timedelta(n) for n in range(14)]
    assert (found["silent_days"] == 0).to_list() == [state == "photo" for state in found["state"]]


def test_stays_are_judged_each_by_its_own_days_and_photos_outside_them_count() -> None:
    two = stays(("A first", "A", 0, 6), ("A 2026-09-08", "A", 7, 13))
    taken = pl.concat(
        [
            shots("A", "x" * 7).with_columns(pl.lit("A first").alias("deployment")),
            shots("A", "." * 20 + "x").with_columns(pl.lit("A 2026-09-08").alias("deployment")),
        ]
    )
    found = judged(two, taken, said())
    assert found.height == 15
    assert found.filter(pl.col("deployment") == "A first")["state"].to_list() == ["photo"] * 7
    assert found.row(-1)[2:4] == (FIRST + timedelta(20), "photo")


def test_nothing_stood_nothing_is_judged() -> None:
    assert judged(stays(), shots("A", ""), said()).is_empty()
    confirmed = said(*(("A", n, True) for n in range(2)))
    found = judged(stays(("A", "A", 0, 3)), shots("A", ""), confirmed)
    assert found["state"].to_list() == ["said worked"] * 2 + ["quiet"] * 2
