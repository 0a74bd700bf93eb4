"""Which photos and boxes pass a filter, as conditions in SQL; by the sun, and above what counts."""

from __future__ import annotations

from typing import Any, Final

from thumper_core.contracts import FIXTURE
from thumper_core.decisions.kinds import CORRECTIONS
from thumper_core.questions.photo_filter import BY_SUN, NOBODY, PhotoFilter
from thumper_core.questions.suns import suns_of_photos
from thumper_core.workspace import Workspace

# Daylight as `habits.sun.light` has it, by hours from the sun's noon.
BY_SUN_SQL: Final = """
    select q.photo_id, case when abs(
        (epoch(q.taken_at - date_trunc('day', q.taken_at)) / 3600 - s.noon_h + 36) % 24 - 12
    ) < s.daylight_h then 'daylight' else 'night' end as light
    from photos q join (select unnest(
        ?::struct(camera varchar, "day" date, noon_h double, daylight_h double)[], recursive := true
    )) s on q.camera = s.camera and q.taken_at::date = s."day"
    where q.is_time_evidence
"""
"""Photos whose time is known, with `light`: daylight or night; its value: `sun_rows`."""
COUNTS: Final = "(d.confidence >= ? or d.source = 'human')"
"""Of a box: weaker ones are shown, and count as no animal."""


def boxes_where(chosen: PhotoFilter) -> tuple[str, list[Any]]:
    """SQL condition on a box that is meant (`d`: detections, `a`: assignments), and its values."""
    adult = "d.is_deer and d.age_class <> 'fawn' and d.sex = ?"
    shows: dict[str, tuple[str, list[Any]]] = {
        "deer": ("d.is_deer", []),
        "buck": (adult, ["male"]),
        "doe": (adult, ["female"]),
        "fawn": ("d.is_deer and d.age_class = 'fawn'", []),
        "unsexed": (adult, ["unknown"]),
        "other": ("not d.is_deer and d.species <> ?", [FIXTURE]),
    }
    none_of = ("d.species <> ?", [FIXTURE])  # what stands there is no animal
    parts = [shows.get(chosen.show, none_of if chosen.species != FIXTURE else ("true", []))]
    if chosen.individual_id == NOBODY:
        parts.append(("d.is_deer and a.individual_id is null", []))
    elif chosen.individual_id is not None:
        parts.append(("a.individual_id = ?", [chosen.individual_id]))
    if chosen.species is not None:
        parts.append(("d.species = ?", [chosen.species]))
    if chosen.sure is not None:
        parts.append(("d.confidence between ? and ?", [*chosen.sure]))
    return _all(parts)


def photos_where(workspace: Workspace, chosen: PhotoFilter) -> tuple[str, list[Any]]:
    """SQL condition on a photo (`p`: photos, `o`: outcomes), and its values."""
    known = "p.taken_at_precision <> 'unknown'"
    parts: list[tuple[str, list[Any]]] = []
    if chosen.camera is not None:
        parts.append(("p.camera = ?", [chosen.camera]))
    if chosen.first is not None:
        parts.append((f"{known} and p.taken_at >= ?::timestamp", [chosen.first]))
    if chosen.last is not None:
        parts.append((f"{known} and p.taken_at < ?::timestamp + interval 1 day", [chosen.last]))
    if chosen.hours is not None:
        first, end = chosen.hours
        over = "or" if first > (end or 24) else "and"  # midnight lies between them
        within = f"(hour(p.taken_at) >= ? {over} hour(p.taken_at) < ?)"
        parts.append((f"p.is_time_evidence and {within}", [first, end or 24]))
    if chosen.light in BY_SUN:
        by_sun = f"p.photo_id in (select photo_id from ({BY_SUN_SQL}) where light = ?)"
        parts.append((by_sun, [sun_rows(workspace), chosen.light]))
    elif chosen.light is not None:
        parts.append(("p.is_infrared = ?", [chosen.light == "infrared"]))
    if chosen.corrected:
        said = (
            "p.photo_id in (select json_extract_string(payload, '$.photo_id') from decisions "
            "where not undone and list_contains(?, kind))"
        )
        parts.append((said, [list(CORRECTIONS)]))
    if chosen.show == "nothing":
        without = "p.photo_id not in (select photo_id from detections where species <> ?)"
        parts.append((f"o.status is not null and o.status <> 'error' and {without}", [FIXTURE]))
    elif chosen.show == "failed":
        parts.append(("o.status in ('error', 'partial')", []))
    elif chosen.show == "waiting":
        parts.append(("o.photo_id is null", []))
    if chosen.asks_of_boxes:
        boxes, values = boxes_where(chosen)
        found = (
            "p.photo_id in (select d.photo_id from detections d "
            f"left join assignments a using (detection_id) where {boxes})"
        )
        parts.append((found, values))
    return _all(parts)


def sun_rows(workspace: Workspace) -> list[dict[str, Any]]:
    """The value of BY_SUN_SQL: the sun of each camera and day, none where no camera's place is known."""
    suns = suns_of_photos(workspace)
    return [] if suns is None else suns.drop("civil_h").to_dicts()


def least_that_counts(workspace: Workspace) -> float:
    """The value of COUNTS, a confidence."""
    return workspace.settings.identify.class_conf_min


def _all(parts: list[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    texts = [f"({text})" for text, _ in parts] or ["true"]
    return " and ".join(texts), [value for _, values in parts for value in values]
