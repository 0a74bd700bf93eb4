"""Visits as `who.meet` gives them, drawn up by a test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from thumper_core.questions.met import Candidate, Fit, Meeting, Visit

AT = datetime(2026, 11, 12, 2, 14)


def candidate(individual_id: str, chance: float, detection_id: str) -> Candidate:
    return Candidate(
        individual_id=individual_id,
        label=individual_id,
        chance=chance,
        detection_id=detection_id,
        is_same_flank=True,
        is_same_light=True,
        days_apart=3,
        n_visits=4,
        n_here=2,
        last_seen=AT,
        n_matched=None,
        reasons=("It comes here.",),
    )


def visit(detection_id: str, *candidates: Candidate, **said: Any) -> Visit:
    chances = {one.individual_id: one.chance for one in candidates}
    facts = {
        "visit_id": f"v{detection_id}",
        "event_id": "e1",
        "camera": "Creek",
        "started_at": AT,
        "ended_at": AT,
        "detection_id": detection_id,
        "detection_ids": (detection_id,),
        "n_photos": 1,
        "is_infrared": False,
        "flank": "left",
        "sex": "unknown",
        "age_class": "unknown",
        "p_male": 0.5,
        "has_antlers": None,
        "is_shed_season": False,
        "may_be_buck": True,
        "fit": Fit(0.9, 0.9, 0.9, 0.9),
        "chances": chances,
        "p_new": 1.0 - sum(chances.values()),
        "p_unknown": 0.0,
        "candidates": candidates,
        "said": "known" if candidates else "new",
        "individual_id": candidates[0].individual_id if candidates else None,
        "held_by": None,
        "rebuilt_as": None,
        "is_settled": True,
    }
    return Visit(**facts | said)


def meeting(*visits: Visit) -> Meeting:
    return Meeting("h0001", "r0001", datetime(2026, 11, 1, tzinfo=UTC), visits, ())
