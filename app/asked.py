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
    return getattr(import_module(module), name)(*arguments)


def _of(module: str, name: str) -> Callable[..., Any]:
    return partial(_ask, module, name)


QUESTIONS: Final[dict[str, Callable[..., Any]]] = {
    "totals": _of("thumper_core.questions.tables", "totals"),
    "cards": _of("thumper_core.questions.tables", "herd_cards"),
    "sightings": _of("thumper_core.questions.tables", "sightings"),
    "effort": _of("thumper_core.questions.tables", "camera_effort"),
    "best": _of("thumper_core.questions.tables", "best_detections"),
    "reasons": _of("thumper_core.questions.tables", "failures_by_reason"),
    "attention": _of("thumper_core.questions.overview", "attention"),
    "clock_warnings": _of("thumper_core.questions.overview", "clock_warnings"),
    "newest_visits": _of("thumper_core.questions.overview", "newest_visits"),
    "places": _of("thumper_core.questions.overview", "camera_places"),
    "place_findings": _of("thumper_core.cameras.places", "place_findings"),
    "photos": _of("thumper_core.questions.photo_list", "photos"),
    "photo_counts": _of("thumper_core.questions.photo_list", "photo_counts"),
    "photo_beside": _of("thumper_core.questions.photo_list", "beside"),
    "event_strip": _of("thumper_core.questions.photo_list", "event_strip"),
    "photo": _of("thumper_core.questions.browse", "photo"),
    "photo_boxes": _of("thumper_core.questions.browse", "boxes"),
    "clip_frames": _of("thumper_core.questions.browse", "clip_frames"),
    "choices": _of("thumper_core.questions.browse", "choices"),
    "members": _of("thumper_core.questions.browse", "members"),
    "sides_and_seasons": _of("thumper_core.questions.about_deer", "by_side_and_season"),
    "least_sure": _of("thumper_core.questions.about_deer", "least_sure"),
    "deer_years": _of("thumper_core.questions.deer_years", "deer_years"),
    "pictures_of_year": _of("thumper_core.questions.deer_years", "pictures_of_year"),
    "judged_picture": _of("thumper_core.questions.deer_years", "judged_picture"),
    "said_of_deer": _of("thumper_core.questions.judged", "said_of_deer"),
    "decided_about": _of("thumper_core.questions.about_deer", "decided_about"),
    "compared": _of("thumper_core.questions.compared", "compared"),
    "kind_rests": _of("thumper_core.questions.kind_rests", "kind_rests"),
    "detections": _of("thumper_core.questions.browse", "detections"),
    "failures": _of("thumper_core.questions.tables", "failures"),
    "labels": _of("thumper_core.questions.browse", "labels"),
    "companions": _of("thumper_core.questions.browse", "companions"),
    "runs": _of("thumper_core.questions.browse", "runs"),
    "advice": _of("thumper_core.upkeep.advise", "advise"),
    "ready_to_learn": _of("thumper_core.learning.ready", "ready"),
    "fixtures": _of("thumper_core.questions.fixtures", "places"),
    "fixture_crops": _of("thumper_core.questions.fixtures", "crops"),
    "habit_record": _of("thumper_core.questions.habit_record", "record_of"),
    "health": _of("thumper_core.upkeep.health", "health"),
    "no_deer": _of("thumper_core.questions.no_deer", "why_no_deer"),
    "asked": _of("thumper_core.questions.review_queue", "asked_pairs"),
    "doubts": _of("thumper_core.questions.review_queue", "doubts"),
    "moved": _of("thumper_core.questions.review_queue", "moved"),
    "sides": _of("thumper_core.questions.flanks", "sides_seen"),
    "sureness": _of("thumper_core.questions.herd_list", "sureness"),
    "waiting": _of("thumper_core.questions.waiting", "waiting"),
    "surveys": _of("thumper_core.questions.kept_surveys", "kept_surveys"),
    "survey_cameras": _of("thumper_core.questions.kept_surveys", "known_cameras"),
    "said_spans": _of("thumper_core.questions.effort", "said_spans"),
    "survey_run": _of("thumper_core.questions.survey_run", "run_of"),
    "survey_result": _of("thumper_core.questions.survey_run", "result_of"),
}
