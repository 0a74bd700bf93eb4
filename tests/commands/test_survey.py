"""`survey` as people call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workspaces import copied
from thumper_core.workspace import Workspace

Call = Callable[..., tuple[int, str]]


def test_a_plan_in_words_and_for_a_script(call: Call) -> None:
    code, said = call("survey", "plan", 600)
    assert code == 0
    assert "10 cameras for 600 ha" in said and "McKinley" in said
    code, text = call("survey", "plan", 600, "--cameras", 5, "--json")
    made = json.loads(text)
    assert (code, made["cameras"], made["ha_per_camera"], made["days"]) == (0, 5, 120.0, 14)
    assert len(made["published"]) == 5


def test_a_plan_for_nothing_is_refused(call: Call) -> None:
    code, said = call("survey", "plan", 0)
    assert code == 2 and "above zero" in said


def test_a_result_in_words_and_for_a_script(call: Call, six_deer: Workspace) -> None:
    code, said = call("-w", six_deer.root, "survey", "result")
    assert code == 0
    for part in ("Bucks per doe", "Deer in all, classic", "Creek", "camera-day"):
        assert part in said
    code, text = call("-w", six_deer.root, "survey", "result", "--json")
    made = json.loads(text)
    assert code == 0 and len(made["answers"]) == 7 and len(made["effort"]) == 3


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--from", "2030-01-01"], 0, "No photo in these days"),
        (["--from", "2026-10-02", "--to", "2026-10-01"], 2, "ends"),
        (["--camera", "Nowhere"], 2, "Nowhere"),
    ],
)
def test_days_and_cameras(
    call: Call, six_deer: Workspace, words: list[str], code: int, says: str
) -> None:
    found, said = call("-w", six_deer.root, "survey", "result", *words)
    assert found == code and says in said


def test_a_survey_is_kept_shown_asked_and_dropped(call: Call, own_six: Workspace) -> None:
    def survey(*words: object) -> tuple[int, str]:
        return call("-w", own_six.root, "survey", *words)

    days = ("--from", "2026-09-28", "--to", "2026-10-11")
    assert "No survey is kept yet" in survey("list")[1]
    code, said = survey("keep", "Fall", *days, "--bait", "creek", "--hectares", 300)
    assert code == 0 and "Kept: Fall. Decision" in said
    rows = json.loads(survey("list", "--json")[1])
    assert [(row["name"], row["bait"], row["area_ha"]) for row in rows] == [
        ("Fall", ["Creek"], 300)
    ]
    code, said = survey("camera", "creek", "dead", "--from", "2026-10-01", "--to", "2026-10-01")
    assert code == 0 and "Creek did not work 2026-10-01" in said
    code, said = survey("show", "fall")
    assert code == 0 and "camera-days count as worked" in said and "# photos" in said
    made = json.loads(survey("show", "fall", "--json")[1])
    assert {row["camera"] for row in made["days"]} == {"Creek", "North feeder", "Old oak"}
    code, text = survey("result", "Fall", "--json")
    assert code == 0 and len(json.loads(text)["answers"]) == 7
    assert survey("result", "Fall", "--to", "2026-10-01")[0] == 2
    code, said = survey("drop", "Fall")
    assert code == 0 and "To keep it again: thumper herd undo" in said
    code, said = survey("show", "Fall")
    assert code == 2 and "No survey is called 'Fall'" in said


@pytest.fixture
def own_six(six_deer: Workspace, tmp_path: Path) -> Workspace:
    return copied(six_deer, tmp_path)
