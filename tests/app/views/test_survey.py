"""The page of surveys: kept by its form, each part shown, a person's word taken and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.app.test_pages import fine, texts
from thumper_core.decisions.kinds import KeptSurvey
from thumper_core.questions.effort import said_spans
from thumper_core.questions.kept_surveys import keep_survey, kept_surveys
from thumper_core.workspace import Workspace

Open = Callable[..., Any]


def press(at: Any, label: str) -> Any:
    return next(button for button in at.button if button.label == label).click().run()


def part(at: Any, name: str) -> Any:
    control = next(one for one in at.segmented_control if one.key.startswith("survey-part"))
    return control.set_value(name).run()


def test_a_survey_is_planned_and_kept_by_the_form(open_page: Open, own_herd: Workspace) -> None:
    at = open_page(own_herd.root, "survey")
    assert fine(at) and "one for" in texts(at) and "Moore" not in texts(at)
    at = press(at, "Keep this survey")
    assert "A name needs at least one letter" in texts(at) and kept_surveys(own_herd) == []
    at.text_input(key="survey-name-").set_value("Fall")
    at = press(at, "Keep this survey")
    (fall,) = kept_surveys(own_herd)
    assert fine(at) and (fall.name, (fall.last - fall.first).days) == ("Fall", 13)
    assert "all cameras: under way" in texts(at)


@pytest.mark.slow
def test_each_part_of_a_survey_that_is_done(open_page: Open, own_herd: Workspace) -> None:
    first: date
    first, last = own_herd.sql(
        "select min(cast(taken_at as date)), max(cast(taken_at as date)) from photos"
    ).row(0)
    keep_survey(own_herd, KeptSurvey("Fall", first, min(last, first + timedelta(200))), "Kim")
    at = open_page(own_herd.root, "survey")
    assert fine(at) and "Deer in all\\, classic" in texts(at)
    at = part(at, "run")
    assert fine(at) and "days count as worked" in texts(at)
    at = press(at, "Note it")
    (row,) = said_spans(own_herd).to_dicts()
    assert row["worked"] is False and fine(at) and "was dead" in texts(at)
    at = press(at, "Undo")
    assert said_spans(own_herd).is_empty() and fine(at)
    at = part(at, "plan")
    at = press(at, "Take it back")
    assert kept_surveys(own_herd) == [] and fine(at)
