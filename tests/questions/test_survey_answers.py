"""A survey's answers side by side, for a spreadsheet and for a script."""

from __future__ import annotations

import json

import pytest

from thumper_core.herd.abundance.estimate import Estimate
from thumper_core.questions import survey_answers
from thumper_core.questions.survey import Survey, survey
from thumper_core.workspace import Workspace


@pytest.fixture(scope="module")
def found(six_deer: Workspace) -> Survey:
    return survey(six_deer)


def test_each_question_has_a_group_and_a_sentence_on_when_to_believe_it(found: Survey) -> None:
    asked = survey_answers.asked(found)
    assert {one.group for one in asked} == set(survey_answers.GROUPS)
    assert all(one.believe.endswith(".") for one in asked)
    assert [one.answer for one in asked] == found.answers


def test_pictures_have_the_answers_that_have_a_value(found: Survey) -> None:
    asked = survey_answers.asked(found)
    for group in survey_answers.GROUPS:
        rows = survey_answers.estimates(asked, group)
        there = [one for one in asked if one.group == group and isinstance(one.result, Estimate)]
        assert rows["name"].to_list() == [one.name for one in there]
        for row, one in zip(rows.rows(), there, strict=True):
            assert isinstance(one.result, Estimate)
            assert row[1:] == (one.result.estimate, one.result.low, one.result.high)


def test_a_table_and_a_record_hold_all_of_it(found: Survey) -> None:
    table = survey_answers.table(found)
    assert table["question"].to_list() == [one.question for one in found.answers]
    for row in table.iter_rows(named=True):
        assert (row["value"] is None) == bool(row["refused_because"])
    made = json.loads(json.dumps(survey_answers.record(found), default=str))
    assert len(made["answers"]) == len(made["estimates"]) == 7
    assert {row["camera"] for row in made["effort"]} == set(found.effort["camera"])
