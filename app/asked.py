"""The questions that pages ask a workspace, by the name they ask them with: `cached.Pages.ask`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final


def _ask(module: str, name: str, *arguments: Any) -> Any:
    """Ask a function of the core; its module is imported when it is asked first: a server that has just
    started imports what its first page shows, and no more.
    """
    return getattr(import_module(f"thumper_core.{module}"), name)(*arguments)


def _of(module: str, name: str) -> Callable[..., Any]:
    return partial(_ask, module, name)


QUESTIONS: Final[dict[str, Callable[..., Any]]] = {
    "totals": _of("questions.tables", "totals"),
    "cards": _of("questions.tables", "herd_cards"),
    "sightings": _of("questions.tables", "sightings"),
    "effort": _of("questions.tables", "camera_effort"),
    "best": _of("questions.tables", "best_detections"),
    "reasons": _of("questions.tables", "failures_by_reason"),
    "attention": _of("questions.overview", "attention"),
    "clock_warnings": _of("questions.overview", "clock_warnings"),
    "newest_visits": _of("questions.overview", "newest_visits"),
    "places": _of("questions.overview", "camera_places"),
    "place_findings": _of("cameras.places", "place_findings"),
    "photos": _of("questions.photo_list", "photos"),
    "photo_counts": _of("questions.photo_list", "photo_counts"),
    "photo_beside": _of("questions.photo_list", "beside"),
    "visit_strip": _of("questions.photo_list", "visit_strip"),
    "photo": _of("questions.browse", "photo"),
    "photo_boxes": _of("questions.browse", "boxes"),
    "clip_frames": _of("questions.browse", "clip_frames"),
    "choices": _of("questions.browse", "choices"),
    "members": _of("questions.browse", "members"),
    "sides_and_seasons": _of("questions.about_deer", "by_side_and_season"),
    "least_sure": _of("questions.about_deer", "least_sure"),
    "deer_years": _of("questions.deer_years", "deer_years"),
    "pictures_of_year": _of("questions.deer_years", "pictures_of_year"),
    "judged_picture": _of("questions.deer_years", "judged_picture"),
    "said_of_deer": _of("questions.judged", "said_of_deer"),
    "decided_about": _of("questions.about_deer", "decided_about"),
    "compared": _of("questions.compared", "compared"),
    "kind_rests": _of("questions.kind_rests", "kind_rests"),
    "detections": _of("questions.browse", "detections"),
    "failures": _of("questions.tables", "failures"),
    "labels": _of("questions.browse", "labels"),
    "companions": _of("questions.browse", "companions"),
    "runs": _of("questions.browse", "runs"),
    "advice": _of("upkeep.advise", "advise"),
    "ready_to_learn": _of("learning.ready", "ready"),
    "fixtures": _of("questions.fixtures", "places"),
    "fixture_crops": _of("questions.fixtures", "crops"),
    "habit_record": _of("questions.habit_record", "record_of"),
    "health": _of("upkeep.health", "health"),
    "no_deer": _of("questions.no_deer", "why_no_deer"),
    "asked": _of("questions.review_queue", "asked_pairs"),
    "doubts": _of("questions.review_queue", "doubts"),
    "moved": _of("questions.review_queue", "moved"),
    "sides": _of("questions.flanks", "sides_seen"),
    "sureness": _of("questions.herd_list", "sureness"),
    "waiting": _of("questions.waiting", "waiting"),
    "surveys": _of("questions.kept_surveys", "kept_surveys"),
    "survey_cameras": _of("questions.kept_surveys", "known_cameras"),
    "said_spans": _of("questions.effort", "said_spans"),
    "survey_run": _of("questions.survey_run", "run_of"),
    "survey_result": _of("questions.survey_run", "result_of"),
}
