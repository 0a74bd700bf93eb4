"""The survey of a workspace: effort, ratios, known deer seen again, density."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from tests import ranch_years, workspaces
from tests.ranch_years import Lived
from tests.workspaces import Deer, calibrated
from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.questions.scope import Scope, scoped
from thumper_core.questions.survey import Survey, survey
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.workspace import Workspace

CAMERAS = {
    "Creek": (30.1, -98.2),
    "Gate": (30.104, -98.2),
    "Oak": (30.1, -98.204),
    "Pond": (30.104, -98.204),
}
HERD = [
    Deer(kind, n)
    for kind, n in zip(["buck", "doe", "doe", "fawn"] * 5, [7, 6, 5, 4, 3] * 4, strict=True)
]


def estimated(summary: HerdSummary, animals: float = 19.0) -> HerdSummary:
    """As a calibrated herd that holds its groups to be so many deer."""
    summary = calibrated(summary)
    trust = replace(summary.trust, estimated_animals=animals, animals_low=17.0, animals_high=21.0)
    return replace(summary, trust=trust)


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = workspaces.build(
        tmp_path_factory.mktemp("survey"), HERD, cameras=tuple(CAMERAS), drawn=False
    )
    rows = [f"{name},{lat},{lon}" for name, (lat, lon) in CAMERAS.items()]
    made.cameras_csv.write_text("\n".join(["name,latitude,longitude", *rows]) + "\n")
    return workspaces.restate(made, estimated)


@pytest.fixture(scope="module")
def found(herd: Workspace) -> Survey:
    return survey(herd)


def test_ratios_are_those_of_visits(found: Survey, herd: Workspace) -> None:
    visits = {"buck": 0, "doe": 0, "fawn": 0}
    for deer in HERD:
        visits[deer.cls] += deer.visits
    assert isinstance(found.bucks_per_doe, Estimate) and isinstance(found.fawns_per_doe, Estimate)
    assert found.bucks_per_doe.estimate == pytest.approx(visits["buck"] / visits["doe"])
    assert found.fawns_per_doe.estimate == pytest.approx(visits["fawn"] / visits["doe"])
    assert found.bucks_per_doe.cautions == ()


def test_bucks_of_the_classic_estimate_are_those_that_are_known(found: Survey) -> None:
    assert found.classic.bucks == sum(deer.cls == "buck" for deer in HERD)
    assert isinstance(found.classic.total, Estimate)


def test_known_deer_are_about_as_many_as_the_herd_holds(found: Survey) -> None:
    assert isinstance(found.deer, Estimate)
    assert found.deer.low < 19 < found.deer.high
    assert found.deer.estimate == pytest.approx(19, rel=0.15)


def test_density_is_asked_of_cameras_with_coordinates(found: Survey) -> None:
    """The deer here come everywhere alike, so it may not be told; but never for want of places."""
    assert "coordinates" not in getattr(found.density, "reason", "")


def test_effort_and_days(found: Survey) -> None:
    assert set(found.effort["camera"]) == set(CAMERAS)
    assert found.first is not None and found.first >= date(2026, 9, 28)


def test_answers_are_in_words_and_none_is_left_out(found: Survey) -> None:
    assert len(found.answers) == 7
    assert all(bool(a.value) != bool(a.reason) for a in found.answers)
    ratio, ranged = found.answers[:2]
    assert float(ranged.interval.split(" to ")[0]) < float(ratio.interval.split(" to ")[0])
    assert ranged.interval.split(" to ")[1] == ratio.interval.split(" to ")[1]


def test_a_part_of_the_days_is_a_survey_of_its_own(found: Survey, herd: Workspace) -> None:
    part = survey(scoped(herd, Scope.of_days(found.first, found.first)))
    assert part.first == part.last == found.first
    assert isinstance(part.bucks_per_doe, Refused)
    assert part.size == found.size, "what is known of errors is known of the whole herd"


def test_the_days_that_were_asked_for_are_the_survey_s(found: Survey, herd: Workspace) -> None:
    assert found.first and found.last and found.covered == ""
    asked = found.first - timedelta(days=2), found.last + timedelta(days=3)
    wider = survey(scoped(herd, Scope.of_days(*asked)))
    assert (wider.first, wider.last) == asked
    assert wider.photos == (found.first, found.last)
    worked, cameras = int(wider.effort["camera_days"].sum()), wider.effort.height
    planned = cameras * ((asked[1] - asked[0]).days + 1)
    assert worked < planned
    assert f"{worked:,} of {planned:,} camera-days count as worked" in wider.covered
    none = survey(scoped(herd, Scope.of_days(date(2020, 1, 1), date(2020, 1, 5))))
    assert (none.first, none.last, none.photos, none.covered) == (None, None, None, "")


def test_the_survey_s_own_number_leads(found: Survey, herd: Workspace) -> None:
    assert found.size.sentence.startswith("Thumper estimates about 19 deer")
    assert isinstance(found.deer, Estimate)
    assert found.lead.startswith(
        f"About {round(found.deer.estimate)} deer in these days (95% inter"
    )
    part = survey(scoped(herd, Scope.of_days(found.first, found.first)))
    assert isinstance(part.deer, Refused)
    assert part.lead == f"How many deer there were in these days is not known. {part.deer.reason}"


def test_the_longest_silence_reaches_to_the_end_and_not_across_stays(
    build: Callable[..., Workspace],
) -> None:
    made = build([Deer("buck", 6), Deer("doe", 6)], drawn=False, identified=False)
    days = survey(made).days
    camera = days["camera"][0]
    own = days.filter(pl.col("camera") == camera)["day"]
    first, last = own[0], own[-1]
    # The camera stood there for nine days more, then elsewhere, and then came back for a week.
    rows = [
        (first, last + timedelta(days=10)),
        (last + timedelta(days=100), last + timedelta(days=107)),
    ]
    text = "".join(f"{camera},30.1,-98.2,{begins},{ends}\n" for begins, ends in rows)
    made.cameras_csv.write_text("name,latitude,longitude,from,to\n" + text)
    effort = survey(made).effort.filter(pl.col("camera") == camera).row(0, named=True)
    silences = survey(made).days.filter(pl.col("camera") == camera)["silent_days"]
    assert effort["silent_days"] == silences.max() >= 9
    assert effort["silent_days"] < 100


def test_visits_of_deer_that_nobody_told_apart_count_in_ratios(
    build: Callable[..., Workspace],
) -> None:
    deer = [Deer("buck", 6), Deer("doe", 6)]
    found = survey(build(deer, drawn=False, identified=False))
    assert not found.size.is_known
    assert isinstance(found.bucks_per_doe, Estimate | Refused)
    assert "known to be" not in getattr(found.bucks_per_doe, "reason", "")
    assert isinstance(found.deer, Refused) and isinstance(found.classic.total, Refused)


@pytest.fixture(scope="module")
def grown_up(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two fawns of 2023, a buck and a doe by 2025, among three does and a buck."""
    every = (2023, 2024, 2025)
    others = [
        Lived(dict.fromkeys(every, ("doe", 6)), camera, hour)
        for camera, hour in (("Creek", 5), ("Gate", 9), ("Oak", 13))
    ]
    deer = [
        Lived({2023: ("fawn", 6), 2024: ("buck", 6), 2025: ("buck", 8)}, "Creek", 16),
        Lived({2023: ("fawn", 6), 2024: ("doe", 6), 2025: ("doe", 8)}, "Gate", 18),
        Lived(dict.fromkeys(every, ("buck", 5)), "Oak", 20),
    ]
    return ranch_years.built(tmp_path_factory.mktemp("grown"), [*others, *deer], "name\n")


@pytest.mark.parametrize(
    ("year", "bucks", "does", "fawns", "n_bucks"),
    [(2023, 5, 18, 12, 1), (2024, 11, 24, 0, 2), (2025, 13, 26, 0, 2)],
)
def test_a_deer_counts_as_what_it_was_in_the_season_of_the_survey(
    grown_up: Workspace, year: int, bucks: int, does: int, fawns: int, n_bucks: int
) -> None:
    found = survey(scoped(grown_up, Scope.of_days(date(year, 9, 1), date(year, 9, 30))))
    assert isinstance(found.bucks_per_doe, Estimate)
    assert found.bucks_per_doe.estimate == pytest.approx(bucks / does)
    if fawns:
        assert isinstance(found.fawns_per_doe, Estimate)
        assert found.fawns_per_doe.estimate == pytest.approx(fawns / does)
    else:
        assert "that of a fawn" in getattr(found.fawns_per_doe, "reason", "")
    assert found.classic.bucks == n_bucks


def test_a_camera_that_came_back_to_its_place_is_one_place(grown_up: Workspace) -> None:
    rows = [
        f"{camera},30.{n},-98.2,{year}-09-01,{year}-09-20"
        for n, camera in enumerate(("Creek", "Gate", "Oak"))
        for year in (2023, 2024, 2025)
    ]
    before = grown_up.cameras_csv.read_text()
    text = "\n".join(["name,latitude,longitude,from,to", *rows]) + "\n"
    grown_up.cameras_csv.write_text(text)
    restated = workspaces.restate(grown_up, lambda summary: estimated(summary, 6.0))
    try:
        found = survey(restated).density
        assert "Only 3 cameras have coordinates" in getattr(found, "reason", "")
    finally:
        grown_up.cameras_csv.write_text(before)


def test_an_empty_workspace_has_no_survey_and_says_so(build: Callable[..., Workspace]) -> None:
    found = survey(build([], n_blank=0, identified=False))
    assert found.first is None and found.effort.is_empty()
    assert all(a.reason for a in found.answers)
    assert found.gaps == ""


def test_deer_that_are_hardly_told_apart_are_not_counted_again(
    build: Callable[..., Workspace],
) -> None:
    herd = build([Deer("buck", 4), Deer("doe", 4)], drawn=False)

    def hardly(summary: HerdSummary) -> HerdSummary:
        figures = calibrated(summary).calibration
        assert figures is not None
        return replace(estimated(summary), calibration=replace(figures, separation=0.1))

    found = survey(workspaces.restate(herd, hardly))
    assert isinstance(found.deer, Refused) and "hardly tell" in found.deer.reason
    assert isinstance(found.density, Refused) and "hardly tell" in found.density.reason
