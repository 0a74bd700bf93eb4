"""`survey plan` and `survey result` as people call them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

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
