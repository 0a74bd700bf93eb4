"""One decision of every kind, with how it is to be written."""

from __future__ import annotations

from datetime import date

from thumper_core.decisions import kinds
from thumper_core.decisions.keys import BoxKey

A = BoxKey("aa", (1, 2, 30, 40))
B = BoxKey("bb", (5, 6, 70, 80.123456))
A_JSON = {"photo_id": "aa", "box": [1.0, 2.0, 30.0, 40.0]}
B_JSON = {"photo_id": "bb", "box": [5.0, 6.0, 70.0, 80.12]}
SUGGESTED = kinds.Suggested("r1", "h1", {"i2": 0.7}, 0.2, 0.1, (("i2", B),), ("aa-0",))
SUGGESTED_JSON = {
    "run_id": "r1",
    "herd_id": "h1",
    "p_new": 0.2,
    "p_unknown": 0.1,
    "chances": {"i2": 0.7},
    "shown": [["i2", "bb@5,6,70,80.12"]],
    "visit": ["aa-0"],
}

EVERY_KIND = [
    (kinds.Same(A, B), "same", f"{A}|{B}", {"a": A_JSON, "b": B_JSON}),
    (kinds.Different(B, A), "different", f"{A}|{B}", {"a": A_JSON, "b": B_JSON}),
    (kinds.Unknowable(A, B), "unknowable", f"{A}|{B}", {"a": A_JSON, "b": B_JSON}),
    (
        kinds.Merge("i1", ("i2", "i3")),
        "merge",
        "i1",
        {"into": "i1", "from": ["i2", "i3"], "must": [], "kept": []},
    ),
    (
        kinds.Split("i1", (A, B)),
        "split",
        "i1",
        {"individual_id": "i1", "boxes": [A_JSON, B_JSON], "kept": [], "cannot": []},
    ),
    (
        kinds.Move(A, "i2"),
        "move",
        str(A),
        {**A_JSON, "to": "i2", "must": [], "kept": [], "cannot": []},
    ),
    (
        kinds.Move(A, None),
        "move",
        str(A),
        {**A_JSON, "to": None, "must": [], "kept": [], "cannot": []},
    ),
    (
        kinds.Known("i1", (A, B), "folder Bob", "s1"),
        "known",
        "i1",
        {"individual_id": "i1", "boxes": [A_JSON, B_JSON], "origin": "folder Bob", "source": "s1"}
        | {"binds": True},
    ),
    (
        kinds.Reclass(A, "white-tailed deer", "female", "adult"),  # type: ignore[arg-type]
        "class",
        str(A),
        {**A_JSON, "species": "white-tailed deer", "sex": "female", "age_class": "adult"},
    ),
    (kinds.NotAnimal(A), "not_animal", str(A), A_JSON),
    (kinds.Fixture(A), "fixture", str(A), A_JSON),
    (kinds.RestingPlace(A), "resting_place", str(A), A_JSON),
    (kinds.ShowsAntlers(A, "velvet"), "antler_state", str(A), {**A_JSON, "state": "velvet"}),  # type: ignore[arg-type]
    (kinds.SaysAge(A, 5.5), "age", str(A), {**A_JSON, "age": 5.5}),
    (kinds.CountsPoints(A, 5, 4), "antler_points", str(A), {**A_JSON, "left": 5, "right": 4}),
    (
        kinds.CountsPoints(A, 5, 4, typical=False),
        "antler_points",
        str(A),
        {**A_JSON, "left": 5, "right": 4, "typical": False},
    ),
    (
        kinds.MarksAntlers(
            A,
            (
                kinds.Line("known", ((1, 2), (11, 2)), 50.0),
                kinds.Line("left beam", ((3, 4), (5.004, 9), (6, 20))),
            ),
        ),
        "antler_marks",
        str(A),
        {
            **A_JSON,
            "marks": [
                {"name": "known", "points": [[1, 2], [11, 2]], "length_cm": 50.0},
                {"name": "left beam", "points": [[3, 4], [5.0, 9], [6, 20]]},
            ],
        },
    ),
    (kinds.ShowsFlank(A, "left"), "flank", str(A), {**A_JSON, "flank": "left"}),  # type: ignore[arg-type]
    (kinds.MoveBox(A, (1, 2, 3.004, 4)), "box", str(A), {**A_JSON, "to": [1.0, 2.0, 3.0, 4.0]}),
    (
        kinds.MissedAnimal(A, "coyote"),
        "missed_animal",
        str(A),
        {**A_JSON, "species": "coyote", "sex": "unknown", "age_class": "unknown"},
    ),
    (
        kinds.Name("i1", "  Old\u00a0  Bambi ", "disney"),
        "name",
        "i1",
        {"individual_id": "i1", "name": "Old Bambi", "theme": "disney"},
    ),
    (kinds.Note("i1", "limps"), "note", "i1", {"individual_id": "i1", "note": "limps"}),
    (
        kinds.Status("i1", "harvested"),
        "status",
        "i1",
        {"individual_id": "i1", "status": "harvested"},
    ),
    (
        kinds.Status("i1", "harvested", date(2026, 11, 12), "  Ann\u00a0 Lee "),
        "status",
        "i1",
        {"individual_id": "i1", "status": "harvested", "on": "2026-11-12", "by": "Ann Lee"},
    ),
    (kinds.Watch("i1", watched=True), "watch", "i1", {"individual_id": "i1", "watched": True}),
    (
        kinds.Move(A, "i2", suggested=SUGGESTED),
        "move",
        str(A),
        {**A_JSON, "to": "i2", "must": [], "kept": [], "cannot": [], "suggested": SUGGESTED_JSON},
    ),
    (kinds.Untold(A), "untold", str(A), A_JSON),
    (kinds.Untold(A, SUGGESTED), "untold", str(A), {**A_JSON, "suggested": SUGGESTED_JSON}),
    (
        kinds.KeptSurvey(
            " Fall\u00a0 2026 ",
            date(2026, 9, 1),
            date(2026, 9, 14),
            ("Creek", "Gate"),
            ("Gate",),
            600.0,
        ),
        "survey",
        "fall 2026",
        {
            "name": "Fall 2026",
            "first": "2026-09-01",
            "last": "2026-09-14",
            "cameras": ["Creek", "Gate"],
            "bait": ["Gate"],
            "area_ha": 600.0,
        },
    ),
    (
        kinds.CameraWorked("Creek", date(2026, 9, 3), date(2026, 9, 9), worked=False),
        "camera_worked",
        "Creek",
        {"camera": "Creek", "first": "2026-09-03", "last": "2026-09-09", "worked": False},
    ),
    (kinds.Looked(), "looked", "new", {}),
    (kinds.BestPhoto("i1", A), "best_photo", "i1", {"individual_id": "i1", **A_JSON}),
]
