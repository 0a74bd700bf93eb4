from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workspaces import Deer, herd_of
from thumper_core.questions import estimates, habits, source
from thumper_core.questions.tables import sightings
from thumper_core.report import figures
from thumper_core.workspace import Workspace

START = datetime(2026, 10, 1, 6)


def days_of(workspace: Workspace) -> pl.DataFrame:
    return habits.camera_days(source.media(workspace), source.scope_of(workspace))


def visits(*rows: tuple[str, str, float]) -> pl.DataFrame:
    """(individual, camera, hours after START); visits of one camera within half an hour share an
    event.
    """
    made = [
        {
            "individual_id": who,
            "label": who.lower(),
            "category": "buck",
            "camera": camera,
            "event_id": f"{camera}{int(hours * 2)}",
            "started_at": START + timedelta(hours=hours),
            "ended_at": START + timedelta(hours=hours, minutes=6),
            "n_detections": 1,
        }
        for who, camera, hours in rows
    ]
    schema = {
        "individual_id": pl.String, "label": pl.String, "category": pl.String,
        "camera": pl.String, "event_id": pl.String, "started_at": pl.Datetime("us"),
        "ended_at": pl.Datetime("us"), "n_detections": pl.Int32,
    }  # fmt: skip
    return pl.DataFrame(made, schema=schema)


# --- moon and months -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "phase"),
    [  # of 2024, by the US Naval Observatory: new 11 Jan, first quarter 18, full 25, last 2 Feb
        (date(2024, 1, 11), "New moon"), (date(2024, 1, 18), "Waxing"),
        (date(2024, 1, 25), "Full moon"), (date(2024, 2, 2), "Waning"),
        (date(2024, 1, 9), "New moon"), (date(2024, 1, 13), "New moon"),
    ],
)  # fmt: skip
def test_moon_phase(day: date, phase: str) -> None:
    assert habits.moon_phase(day) == phase


def test_rates_are_for_effort() -> None:
    days = pl.DataFrame(
        {
            "camera": ["A"] * 4 + ["B"] * 2,
            "day": [date(2026, 9, 29) + timedelta(days=n) for n in range(4)]
            + [date(2026, 10, 1), date(2026, 10, 2)],
        }
    )
    seen = visits(("D1", "A", 0), ("D1", "A", 24), ("D2", "B", 1))
    months = habits.by_month(days, seen)
    assert months.rows() == [("2026-09", 2, 0, 0.0), ("2026-10", 4, 3, 75.0)]
    moon = habits.by_moon(days, seen)
    assert moon["phase"].to_list() == list(habits.MOON_PHASES)
    assert (moon["camera_days"].sum(), moon["n_visits"].sum()) == (6, 3)
    assert moon.filter(pl.col("camera_days") == 0)["per_100_days"].null_count() >= 1


def test_no_visits_no_rate() -> None:
    none = pl.DataFrame(schema={"camera": pl.String, "day": pl.Date})
    assert habits.by_month(none, visits()).is_empty()
    assert habits.by_moon(none, visits())["n_visits"].to_list() == [0] * 4


# --- movements -----------------------------------------------------------------------------------


def test_movements_by_hand() -> None:
    seen = visits(
        ("D1", "A", 0), ("D1", "A", 2), ("D1", "B", 5.1), ("D1", "A", 10),
        ("D2", "A", 0), ("D2", "B", 1.1), ("D3", "C", 0),
    )  # fmt: skip
    rows = habits.movements(seen).rows()
    assert [row[:4] for row in rows] == [("A", "B", 2, 2), ("B", "A", 1, 1)]
    assert rows[0][4:] == pytest.approx((2.0, 1.0))  # 3 hours and 1 hour out of sight
    assert rows[1][4:] == pytest.approx((4.8, 4.8))


VISITS = st.lists(
    st.tuples(st.sampled_from(["D1", "D2", "D3"]), st.sampled_from("ABC"), st.integers(0, 40)),
    max_size=20,
    unique=True,
)


@settings(deadline=None)  # the machine may be busy
@given(VISITS)
def test_movements_as_a_plain_loop_has_them(rows: list[tuple[str, str, float]]) -> None:
    plain: dict[tuple[str, str], int] = {}
    for who in ("D1", "D2", "D3"):
        own = visits(*[r for r in rows if r[0] == who]).sort("started_at", "event_id")
        cameras = own["camera"].to_list()
        for a, b in itertools.pairwise(cameras):
            if a != b:
                plain[(a, b)] = plain.get((a, b), 0) + 1
    found = habits.movements(visits(*rows))
    assert {(o, g): n for o, g, n in found.select("origin", "goal", "n_moves").iter_rows()} == plain


# --- company -------------------------------------------------------------------------------------


def test_company_by_hand() -> None:
    seen = visits(
        ("D1", "A", 0), ("D2", "A", 0.1), ("D1", "A", 5), ("D2", "A", 5.1), ("D3", "A", 5.2),
        ("D1", "B", 9), ("D2", "C", 9),
    )  # fmt: skip
    rows = habits.together(seen).select(
        "first", "second", "n_together", "n_first", "n_second", "index"
    )
    assert rows.rows() == [
        ("D1", "D2", 2, 3, 3, 0.5), ("D1", "D3", 1, 3, 1, 1 / 3), ("D2", "D3", 1, 3, 1, 1 / 3)
    ]  # fmt: skip


@settings(deadline=None)  # the machine may be busy
@given(VISITS)
def test_company_is_symmetric_and_bounded(rows: list[tuple[str, str, float]]) -> None:
    found = habits.together(visits(*rows))
    pairs = found.select("first", "second").rows()
    assert len(pairs) == len({frozenset(pair) for pair in pairs})
    for row in found.iter_rows(named=True):
        assert row["first"] < row["second"]
        assert 0 < row["index"] <= 1
        assert row["n_together"] <= min(row["n_first"], row["n_second"])


# --- effort --------------------------------------------------------------------------------------


def test_effort(small: Workspace) -> None:
    seen = sightings(small)
    days = days_of(small)
    effort = habits.effort_by_camera(source.media(small), days, seen)
    assert effort["n_visits"].sum() == seen.height
    assert effort["n_photos"].sum() == small.sql("select count(*) from photos").item()
    for row in effort.iter_rows(named=True):
        own = small.sql(
            "select distinct cast(taken_at as date) as day from photos "
            "where camera = ? and taken_at_source <> 'file_mtime' order by day",
            [row["camera"]],
        )["day"].to_list()
        assert row["camera_days"] == (own[-1] - own[0]).days + 1
        gaps = [(b - a).days - 1 for a, b in itertools.pairwise(own)]
        assert row["silent_days"] == max(gaps, default=0)
        assert row["per_100_days"] == pytest.approx(100 * row["n_visits"] / row["camera_days"])


def test_days_between_two_stays_are_no_silence() -> None:
    ranch = ranch_of_years()
    effort = dict(ranch.select("camera", "silent_days").iter_rows())
    assert effort == {"Creek": 9, "Gate": 3}


def ranch_of_years() -> pl.DataFrame:
    """Two stays of Creek, 200 days apart, with nine silent days at the end of the second; one of Gate."""
    first, second = date(2025, 9, 1), date(2026, 4, 1)
    shot = [("Creek", first, [0, 1, 5]), ("Creek", second, [0]), ("Gate", first, [0, 4, 5])]
    photos = pl.DataFrame(
        [(c, datetime.combine(day + timedelta(n), time(7))) for c, day, ns in shot for n in ns],
        schema={"camera": pl.String, "taken_at": pl.Datetime("us")},
        orient="row",
    ).with_columns(
        latitude=pl.lit(None, pl.Float64),
        longitude=pl.lit(None, pl.Float64),
        taken_at_precision=pl.lit("second"),
    )
    stood = [("Creek", first, 6), ("Creek", second, 10), ("Gate", first, 6)]
    days = pl.DataFrame(
        [(camera, day + timedelta(n)) for camera, day, length in stood for n in range(length)],
        schema={"camera": pl.String, "day": pl.Date},
        orient="row",
    )
    return habits.effort_by_camera(photos, days, visits())


def test_effort_of_the_camera_table(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("doe", 1)], cameras=("Creek",), drawn=False)
    workspace.cameras_csv.write_text(
        "name,latitude,longitude,from,to\nCreek,30,-98,2026-09-01,2026-09-30\n"
    )
    assert days_of(workspace).height == 30


# --- estimates -----------------------------------------------------------------------------------


def test_estimates_are_told_with_what_they_believe(build: Callable[..., Workspace]) -> None:
    found = estimates.herd_abundance(build(herd_of(14), drawn=False))
    given_ = estimates.answers(found)
    assert len(given_) == 10
    for answer in given_:
        assert bool(answer.value) != bool(answer.reason)
        assert bool(answer.value) == bool(answer.interval) == bool(answer.assumptions)
    chapman = given_[0]
    assert int(chapman.value) == round(found.chapman.estimate)  # type: ignore[union-attr]
    assert len(set(estimates.assumptions(given_))) == len(estimates.assumptions(given_))


def test_too_few_deer_are_refused_in_words(build: Callable[..., Workspace]) -> None:
    given_ = estimates.answers(estimates.herd_abundance(build([Deer("doe", 1)], drawn=False)))
    assert all(a.reason for a in given_[:6])
    assert estimates.assumptions([a for a in given_ if not a.value]) == ()


@pytest.mark.parametrize(
    ("value", "whole", "text"),
    [
        (13.6, True, "14"),
        (1234.0, True, "1,234"),
        (0.667, False, "0.67"),
        (float("inf"), True, "∞"),
    ],
)
def test_number(value: float, whole: bool, text: str) -> None:
    assert estimates.number(value, whole) == text


# --- figures -------------------------------------------------------------------------------------

FIGURES: list[Callable[[pl.DataFrame], Any]] = [
    lambda v: figures.ways(habits.movements(v)),
    lambda v: figures.company(habits.together(v)),
]


@pytest.mark.parametrize("draw", FIGURES)
def test_figures_of_nothing_say_so(draw: Callable[[pl.DataFrame], Any]) -> None:
    assert draw(visits()).layout.annotations[0].text.startswith("No ")


def test_matrices_hold_the_counts() -> None:
    seen = visits(("D<1>", "A<b>", 0), ("D<1>", "B", 3), ("D2", "B", 3.1))
    ways = figures.ways(habits.movements(seen))
    assert list(ways.data[0].z[0]) == [None, 1]
    assert list(ways.layout.xaxis.ticktext) == ["A&lt;b&gt;", "B"]
    company = figures.company(habits.together(seen))
    assert company.data[0].z[0][1] == pytest.approx(1 / 2)
    assert company.data[0].text[0][1] == "50%"


def test_map_without_coordinates_says_so(small: Workspace) -> None:
    seen = sightings(small)
    effort = habits.effort_by_camera(source.media(small), days_of(small), seen)
    figure = figures.ways_map(effort, habits.movements(seen))
    assert "not known" in figure.layout.annotations[0].text.replace("<br>", " ")
    placed = effort.with_columns(
        pl.Series("latitude", [30.0, 30.01, 30.02]), pl.Series("longitude", [-98.0, -98.0, -98.01])
    )
    figure = figures.ways_map(placed, habits.movements(seen))
    assert len(figure.data[-1].x) == 3
    assert sorted(figure.data[-1].y) == pytest.approx([-1112, 0, 1112], abs=1)
