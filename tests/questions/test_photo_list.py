"""Photos by filter, against the same filter written plainly over all rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from astral import Observer
from astral.sun import elevation

from tests.generated import Size, build
from thumper_core.decisions.kinds import NotAnimal, Reclass
from thumper_core.decisions.record import record
from thumper_core.habits.clock import clock_of
from thumper_core.questions.browse import choices
from thumper_core.questions.photo_filter import LIGHTS, NOBODY, PhotoFilter
from thumper_core.questions.photo_list import (
    beside,
    event_strip,
    event_table,
    photo_counts,
    photo_ids,
    photo_table,
    photos,
)
from thumper_core.questions.review_queue import verdict_key
from thumper_core.workspace import Workspace

ANY = PhotoFilter()


@pytest.fixture(scope="module")
def ranch(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ranch = build(tmp_path_factory.mktemp("list"), Size(photos=180, animals=6))
    rows = ranch.sql("select * from detections order by detection_id limit 3").to_dicts()
    record(ranch.ledger, Reclass(verdict_key(rows[0]), "raccoon"), "Kim")
    record(ranch.ledger, NotAnimal(verdict_key(rows[1])), "Kim")
    record(ranch.ledger, Reclass(verdict_key(rows[2]), "person"), "Kim")
    return ranch


@pytest.fixture(scope="module")
def whole(ranch: Workspace) -> list[dict[str, Any]]:
    """Every photo with its boxes, as plain rows, newest first."""
    boxes: dict[str, list[dict[str, Any]]] = {}
    found = ranch.sql(
        "select d.*, a.individual_id from detections d left join assignments a using (detection_id)"
    )
    for box in found.to_dicts():
        boxes.setdefault(box["photo_id"], []).append(box)
    said = {d.payload["photo_id"] for d in ranch.ledger.decisions()}
    rows = ranch.sql(
        "select p.*, o.status from photos p left join outcomes o using (photo_id) "
        "order by taken_at desc, photo_id"
    ).to_dicts()
    return [
        {**row, "boxes": boxes.get(row["photo_id"], []), "said": row["photo_id"] in said}
        for row in rows
    ]


def with_box(test: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], bool]:
    return lambda row: any(test(box) for box in row["boxes"])


DAY = date(2026, 8, 10)
CASES: dict[str, tuple[PhotoFilter, Callable[[dict[str, Any]], bool]]] = {
    "all": (ANY, lambda row: True),
    "nothing": (
        PhotoFilter("nothing"),
        lambda row: row["status"] not in (None, "error") and not row["boxes"],
    ),
    "failed": (PhotoFilter("failed"), lambda row: row["status"] == "error"),
    "waiting": (PhotoFilter("waiting"), lambda row: row["status"] is None),
    "other": (PhotoFilter("other"), with_box(lambda box: not box["is_deer"])),
    "bucks": (
        PhotoFilter("buck"),
        with_box(lambda b: b["is_deer"] and b["age_class"] != "fawn" and b["sex"] == "male"),
    ),
    "camera": (PhotoFilter(camera="Creek 1"), lambda row: row["camera"] == "Creek 1"),
    "days": (
        PhotoFilter(first=DAY, last=DAY),
        lambda row: row["taken_at"].date() == DAY,
    ),
    "hours": (PhotoFilter(hours=(8, 12)), lambda row: 8 <= row["taken_at"].hour < 12),
    "over midnight": (
        PhotoFilter(hours=(20, 5)),
        lambda row: row["taken_at"].hour >= 20 or row["taken_at"].hour < 5,
    ),
    "until midnight": (PhotoFilter(hours=(20, 0)), lambda row: row["taken_at"].hour >= 20),
    "infrared": (PhotoFilter(light="infrared"), lambda row: row["is_infrared"]),
    "species": (
        PhotoFilter(species="raccoon"),
        with_box(lambda box: box["species"] == "raccoon"),
    ),
    "unsure": (PhotoFilter(sure=(0.0, 0.7)), with_box(lambda box: box["confidence"] <= 0.7)),
    "corrected": (PhotoFilter(corrected=True), lambda row: row["said"]),
    "nobody": (
        PhotoFilter(individual_id=NOBODY),
        with_box(lambda box: box["is_deer"] and box["individual_id"] is None),
    ),
    "in colour, one box has both": (
        PhotoFilter(individual_id="deer-002", light="colour", sure=(0.6, 1.0)),
        lambda row: (
            row["is_infrared"] is False
            and any(
                b["individual_id"] == "deer-002" and b["confidence"] >= 0.6 for b in row["boxes"]
            )
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_filter_lists_what_it_says(
    ranch: Workspace, whole: list[dict[str, Any]], case: str
) -> None:
    chosen, passes = CASES[case]
    wanted = [row for row in whole if passes(row)]
    ids = [row["photo_id"] for row in wanted]
    counts = photo_counts(ranch, chosen)
    assert photo_ids(ranch, chosen, 999) == ids
    assert photos(ranch, chosen, 2, 3)["photo_id"].to_list() == ids[2:5]
    assert counts.n_photos == len(ids)
    assert counts.n_events == len({row["event_id"] for row in wanted})
    assert photo_table(ranch, chosen)["photo_id"].to_list() == ids
    visits = event_table(ranch, chosen)
    assert (visits.height, visits["n_photos"].sum()) == (counts.n_events, len(ids))
    if case not in ("nothing", "failed", "waiting", "nobody"):
        assert ids and (case == "all" or len(ids) < len(whole))
    if case == "nothing":
        assert counts.n_boxes == 0 and ids


def test_night_is_from_sunset_to_sunrise_where_the_camera_stands(ranch: Workspace) -> None:
    placed = ranch.sql(
        "select photo_id, taken_at, latitude, longitude from photos where latitude is not null"
    )
    clock = clock_of("auto", placed["longitude"].median(), placed["taken_at"].max())
    # Held against the sun's height itself; within five minutes of its rise either may be said.
    height = {
        row["photo_id"]: elevation(
            Observer(row["latitude"], row["longitude"]),
            (row["taken_at"] - clock.ahead(row["taken_at"])).replace(tzinfo=UTC),
        )
        for row in placed.to_dicts()
    }
    clear = {one for one, deg in height.items() if abs(deg + 0.833) > 1.2}
    night, day = (
        set(photo_ids(ranch, PhotoFilter(light=light), 999)) for light in ("night", "daylight")
    )
    assert len(clear) > 50 and not night & day and night | day >= clear
    assert night & clear == {one for one in clear if height[one] < 0}
    said = dict(photo_table(ranch, ANY).select("photo_id", "sun").iter_rows())
    assert {one for one, sun in said.items() if sun == "night"} == night


def test_without_a_place_there_is_no_night(tmp_path: Path) -> None:
    lost = build(tmp_path, Size(photos=12, animals=2, cameras=2), identify=False)
    assert choices(lost)["lights"] == list(LIGHTS)
    lost.cameras_csv.unlink()
    lost = Workspace.open(lost.root)
    assert choices(lost)["lights"] == ["colour", "infrared"]
    assert photo_ids(lost, PhotoFilter(light="night"), 99) == []
    assert photo_table(lost, ANY)["sun"].is_null().all()


def test_weak_boxes_are_no_animals_until_a_person_speaks(
    ranch: Workspace, whole: list[dict[str, Any]]
) -> None:
    strict = Workspace.open(ranch.root)
    strict.settings = strict.settings.replace("identify", class_conf_min=0.8)
    boxes = [box for row in whole for box in row["boxes"]]
    weak = [box for box in boxes if box["confidence"] < 0.8 and box["source"] != "human"]
    assert 0 < len(weak) < len(boxes)
    counts = photo_counts(strict, ANY)
    assert (counts.n_boxes, counts.n_weak) == (len(boxes), len(weak))
    listed = photos(strict, ANY, 0, 999)
    assert listed["n_weak"].sum() == photo_table(strict, ANY)["n_weak"].sum() == len(weak)
    total = listed["n_animals"].sum() + listed["n_others"].sum() + listed["n_weak"].sum()
    assert total == len(boxes)


def test_boxes_that_are_meant_are_counted(ranch: Workspace) -> None:
    of_one = PhotoFilter(individual_id="deer-001")
    n = ranch.sql("select count(*) from assignments where individual_id = 'deer-001'").item()
    assert photo_counts(ranch, of_one).n_boxes == n
    assert photo_counts(ranch, ANY).n_boxes == ranch.sql("select count(*) from detections").item()


def test_animals_are_counted_as_people_said_and_people_are_none(
    ranch: Workspace, whole: list[dict[str, Any]]
) -> None:
    kinds = {row["photo_id"]: [box["species"] for box in row["boxes"]] for row in whole}
    animals = {one: sum(kind != "person" for kind in them) for one, them in kinds.items()}
    others = {one: them.count("person") for one, them in kinds.items()}
    listed = photos(ranch, ANY, 0, 999)
    assert dict(listed.select("photo_id", "n_animals").iter_rows()) == animals
    assert dict(listed.select("photo_id", "n_others").iter_rows()) == others
    table = photo_table(ranch, ANY)
    assert dict(table.select("photo_id", "n_animals").iter_rows()) == animals
    with_person = next(one for one, n in others.items() if n)
    assert "person" in table.filter(photo_id=with_person)["species"].item()
    nothing = photos(ranch, PhotoFilter("nothing"), 0, 999)
    assert nothing["n_animals"].sum() == nothing["n_others"].sum() == 0 < nothing.height


def test_a_photo_knows_those_beside_it(ranch: Workspace) -> None:
    chosen = PhotoFilter("doe")
    ids = photo_ids(ranch, chosen, 999)
    first, middle, last = (beside(ranch, chosen, ids[at]) for at in (0, 3, -1))
    assert first and (first.place, first.newer, first.older) == (1, None, ids[1])
    assert middle and (middle.newer, middle.older, middle.total) == (ids[2], ids[4], len(ids))
    assert last and (last.place, last.older) == (len(ids), None)
    elsewhere = photo_ids(ranch, PhotoFilter("nothing"), 1)[0]
    assert beside(ranch, chosen, elsewhere) is None


def test_a_strip_shows_the_event_around_a_photo(ranch: Workspace) -> None:
    event, n = ranch.sql(
        "select event_id, count(*) as n from photos group by 1 order by n desc, 1 limit 1"
    ).row(0)
    of_visit = ranch.sql(
        "select photo_id, burst_id from photos where event_id = ? order by taken_at, photo_id",
        [event],
    )
    ids = of_visit["photo_id"].to_list()
    strip = event_strip(ranch, ids[1], 99)
    assert strip["photo_id"].to_list() == ids and set(strip["n_in_event"]) == {n}
    burst = of_visit.filter(pl.col("burst_id") == of_visit["burst_id"][1])
    assert strip.filter("same_burst")["photo_id"].to_list() == burst["photo_id"].to_list()
    assert event_strip(ranch, ids[0], 2)["photo_id"].to_list() == ids[:2]
    assert event_strip(ranch, "none", 9).is_empty()


def test_an_empty_workspace_has_no_photo(tmp_path: Path) -> None:
    empty = Workspace.create(tmp_path)
    counts = photo_counts(empty, PhotoFilter("buck", hours=(3, 4)))
    assert (counts.n_photos, counts.n_events, counts.n_boxes) == (0, 0, 0)
    assert photos(empty, ANY, 0, 9).is_empty() and event_table(empty, ANY).is_empty()
