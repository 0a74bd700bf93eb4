"""The questions that pages ask a workspace, by the name they ask them with: `cached.Pages.ask`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from thumper_core import advise, health, no_deer, places, ready_to_learn
from thumper_core.questions import (
    about_deer,
    browse,
    compared,
    fixtures,
    flanks,
    habit_record,
    herd_list,
    kind_rests,
    overview,
    photo_list,
    review_queue,
    tables,
    waiting,
)

QUESTIONS: Final[dict[str, Callable[..., Any]]] = {
    "totals": tables.totals,
    "cards": tables.herd_cards,
    "sightings": tables.sightings,
    "effort": tables.camera_effort,
    "best": tables.best_detections,
    "reasons": tables.failures_by_reason,
    "attention": overview.attention,
    "newest_visits": overview.newest_visits,
    "places": overview.camera_places,
    "place_findings": places.place_findings,
    "photos": photo_list.photos,
    "photo_counts": photo_list.photo_counts,
    "photo_beside": photo_list.beside,
    "visit_strip": photo_list.visit_strip,
    "photo": browse.photo,
    "photo_boxes": browse.boxes,
    "clip_frames": browse.clip_frames,
    "choices": browse.choices,
    "members": browse.members,
    "sides_and_seasons": about_deer.by_side_and_season,
    "least_sure": about_deer.least_sure,
    "decided_about": about_deer.decided_about,
    "compared": compared.compared,
    "kind_rests": kind_rests.kind_rests,
    "detections": browse.detections,
    "failures": tables.failures,
    "labels": browse.labels,
    "companions": browse.companions,
    "runs": browse.runs,
    "advice": advise,
    "ready_to_learn": ready_to_learn,
    "fixtures": fixtures.places,
    "fixture_crops": fixtures.crops,
    "habit_record": habit_record.record_of,
    "health": health,
    "no_deer": no_deer.why_no_deer,
    "asked": review_queue.asked_pairs,
    "doubts": review_queue.doubts,
    "moved": review_queue.moved,
    "sides": flanks.sides_seen,
    "sureness": herd_list.sureness,
    "waiting": waiting.waiting,
}
