"""The lease report: six pages at most, whatever there is; honest where there is too little."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

import thumper_core.report.lease as module
from tests.workspaces import calibrated, copied, restate
from thumper_core.decisions.kinds import KeptSurvey
from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.herd.summary import CalibrationFigures
from thumper_core.language import speaking
from thumper_core.questions.kept_surveys import keep_survey
from thumper_core.questions.scope import Scope, scoped
from thumper_core.questions.survey import survey
from thumper_core.questions.survey_run import result_of
from thumper_core.questions.years_of_herd import years_of_herd
from thumper_core.report import lease_survey
from thumper_core.report.lease import BUCKS, EACH, YEARS, lease_report
from thumper_core.report.typeset import typeset
from thumper_core.workspace import Workspace

NOW = datetime(2026, 11, 25, 14, 0)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the last page was set with, and nothing is set."""
    said: dict[str, Any] = {}

    def instead(template: str, values: Any) -> bytes:
        said.update(values(lambda uri: uri[:15]), template=template)
        json.dumps(said)
        return b"%PDF"

    monkeypatch.setattr(module, "typeset", instead)
    return said


def test_it_answers_first_and_shows_bucks_and_who_is_missing(
    years_ranch: Workspace, told: dict[str, Any], tmp_path: Path
) -> None:
    out = lease_report(years_ranch, tmp_path / "lease.pdf", title="Oak Lease", now=NOW)
    assert out.read_bytes() == b"%PDF"
    assert told["title"] == "Oak Lease"
    assert [line["question"] for line in told["headline"]] == [
        "How many deer",
        "Bucks per doe",
        "Fawns per doe",
        "Growing or not",
        "How sure is who is who",
    ]
    assert (
        told["headline"][1]["sentence"]
        == "Among the deer that are known in 2025/26: 1 buck and 4 does."
    )
    assert told["headline"][1]["value"] == "0.25"
    assert told["years"] == ["2023/24", "2024/25", "2025/26"]
    (buck,) = told["bucks"]
    assert buck["texts"] == ["grown, 6 visits", "grown, 5 visits", "grown, 4 visits"]
    assert [group["title"] for group in told["standing"]] == [
        "Born in 2025/26: 1",
        "Came back in 2025/26: 1",
        "Missing in 2025/26: 1",
    ]
    shown = {one["picture"] for group in told["standing"] for one in group["deer"]}
    assert set(told["files"]) == shown | set(buck["pictures"])
    assert told["survey"]["days"].startswith(
        "No survey was kept of 2025/26, so this is the whole year: 2 cameras from 1 May 2025 to 30 Apr 2026: "
    )
    assert any("what is known of 1 missing deer:" in line for line in told["next"])
    assert not any("40 hectares" in line for line in told["next"])
    assert any("Pollock 1982" in line for line in told["methods"])
    assert told["why"] == ""


def test_the_survey_is_the_one_that_was_kept(
    years_ranch: Workspace, told: dict[str, Any], tmp_path: Path
) -> None:
    herd = copied(years_ranch, tmp_path / "copy")
    for name, first, last in (
        ("Sept25", date(2025, 9, 3), date(2025, 9, 9)),
        ("First week", date(2025, 8, 30), date(2025, 9, 5)),
        ("Year before", date(2024, 9, 2), date(2024, 9, 9)),
        ("No photos yet", date(2026, 4, 1), date(2026, 4, 9)),
    ):
        keep_survey(herd, KeptSurvey(name, first, last), "Kim")
    lease_report(herd, tmp_path / "lease.pdf", now=NOW)
    found = result_of(herd, "Sept25", NOW.date())
    worked = int(found.effort["camera_days"].sum())
    days = told["survey"]["days"]
    assert days.startswith(
        "Sept25, the last survey that was kept of 2025/26: 2 cameras from 3 to 9 Sep 2025: "
        f"{worked} camera-days."
    )
    which = " ".join(told["survey"]["which"])
    has_value = any(row["value"] != "\N{EN DASH}" for row in told["survey"]["rows"])
    assert ("decide from" in which) == has_value
    # Asked for days or cameras, it tells of these.
    part = scoped(herd, Scope.of_days(date(2025, 9, 2), date(2025, 9, 4)))
    lease_report(part, tmp_path / "lease.pdf", now=NOW)
    assert told["survey"]["days"].startswith("2 cameras from 2 to 4 Sep 2025: ")


DEER = Estimate("m", 20.0, 15.0, 30.0, (), "s")
NONE = Refused("m", "Too few.")


@pytest.mark.parametrize(
    ("of_year", "of_survey", "ratio", "is_kept", "expected"),
    [
        (DEER, DEER, DEER, True, ["the survey's number from known deer", "the range with bucks"]),
        (NONE, DEER, NONE, True, ["the survey's number from known deer"]),
        (DEER, NONE, NONE, True, ["the number at the top"]),
        (DEER, DEER, DEER, False, ["the number at the top", "the range with bucks"]),
        (NONE, NONE, NONE, False, []),
    ],
)
def test_which_figure_to_decide_from_is_said(
    years_ranch: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    of_year: Any,
    of_survey: Any,
    ratio: Any,
    is_kept: bool,
    expected: list[str],
) -> None:
    year = replace(years_of_herd(years_ranch)[-1], deer=of_year)
    found = replace(survey(years_ranch), deer=of_survey, bucks_per_doe=ratio)
    for name in ("result_of", "survey"):
        monkeypatch.setattr(lease_survey, name, lambda *_: found)
    kept = [KeptSurvey("A", date(2025, 9, 3), date(2025, 9, 9))] if is_kept else []
    monkeypatch.setattr(lease_survey, "kept_surveys", lambda _: kept)
    which = lease_survey.surveyed(years_ranch, [year], NOW.date()).which
    assert len(which) == len(expected)
    assert all(f"decide from {part}" in line for part, line in zip(expected, which, strict=True))


def sentences(value: Any) -> set[str]:
    """All that is said in more than two words, but names of journals and figures."""
    if isinstance(value, dict):
        parts = [sentences(one) for key, one in value.items() if key != "files"]
        return set().union(*parts)
    if isinstance(value, list):
        return set().union(*(sentences(one) for one in value))
    return {value} if isinstance(value, str) and len(value.split()) > 2 else set()


@pytest.mark.parametrize(
    "locale", ["de", *(pytest.param(one, marks=pytest.mark.slow) for one in ("es", "fr_CA"))]
)
@pytest.mark.parametrize("is_sure", [True, False])
def test_in_another_language_nothing_english_is_left(
    years_ranch: Workspace, told: dict[str, Any], tmp_path: Path, locale: str, is_sure: bool
) -> None:
    herd = copied(years_ranch, tmp_path / "copy")
    if not is_sure:
        herd = restate(
            herd,
            lambda said: replace(
                calibrated(said), calibration=CalibrationFigures(4, 1152, 0, separation=0.2)
            ),
        )
    lease_report(herd, tmp_path / "lease.pdf", title="Oak", now=NOW)
    english = sentences(told)
    assert len(english) > 15
    with speaking(locale):
        lease_report(herd, tmp_path / "lease.pdf", title="Oak", now=NOW)
    assert told["lang"] == locale[:2]
    assert sentences(told) & english == set()


def test_it_has_no_place_and_no_word_of_the_program(
    years_ranch: Workspace, told: dict[str, Any], tmp_path: Path
) -> None:
    from tests.report.test_write import OF_THE_PROGRAM

    lease_report(years_ranch, tmp_path / "lease.pdf", now=NOW)
    said = json.dumps({key: value for key, value in told.items() if key != "files"})
    assert "Creek" not in said and "Gate" not in said
    assert OF_THE_PROGRAM.search(said) is None


def test_where_deer_are_hardly_told_apart_it_says_so_and_shows_nobody(
    years_ranch: Workspace, told: dict[str, Any], tmp_path: Path
) -> None:
    herd = restate(
        copied(years_ranch, tmp_path / "copy"),
        lambda said: replace(
            calibrated(said), calibration=CalibrationFigures(4, 1152, 0, separation=0.2)
        ),
    )
    lease_report(herd, tmp_path / "lease.pdf", now=NOW)
    assert told["why"].startswith("These pictures hardly tell one deer from another")
    assert (told["bucks"], told["standing"], told["files"]) == ([], [], {})
    values = {line["question"]: line["value"] for line in told["headline"]}
    assert values["How many deer"] == values["Growing or not"] == "Not known"
    assert values["How sure is who is who"] == "Hardly"
    assert told["next"][0].startswith("Compare pictures by hand")


def test_one_year_is_not_compared(
    years_ranch: Workspace, told: dict[str, Any], tmp_path: Path
) -> None:
    one = scoped(years_ranch, Scope(begins=datetime(2025, 5, 1)))
    lease_report(one, tmp_path / "lease.pdf", now=NOW)
    assert told["years"] == ["2025/26"]
    assert told["headline"][3]["sentence"] == "There are photos of one deer year only."
    assert told["standing"] == []
    assert told["next"][-1].startswith("Keep the cameras where they are")


def test_an_empty_workspace_has_a_page(told: dict[str, Any], tmp_path: Path) -> None:
    lease_report(Workspace.create(tmp_path / "ranch"), tmp_path / "lease.pdf", now=NOW)
    assert told["why"] == "No deer is told apart on a photo whose day is known."
    assert (told["headline"], told["rows"], told["bucks"]) == ([], [], [])


def test_the_fullest_report_has_six_pages_at_most(
    years_ranch: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pdfium = pytest.importorskip("pypdfium2", reason="pip install pypdfium2")

    def full(template: str, values: Any) -> bytes:
        def filled(picture: Any) -> dict[str, Any]:
            page = values(picture)
            name = next(iter(page["files"]))
            buck = {
                "label": "Old Longnamed",
                "pictures": [name] * YEARS,
                "texts": ["grown, 12 visits"] * YEARS,
            }
            deer = {"label": "Longnamed", "picture": name, "text": "grown, last seen 12 Dec 2026"}
            group = page["standing"][0] | {"deer": [deer] * EACH, "more": "and 9 deer more"}
            sentence = "A sentence that is as long as sentences of this report are, or longer still, twice. "
            return page | {
                "years": ["2026/27"] * YEARS,
                "rows": [[row[0], *["0.33 (0.08 to 1.44)"] * YEARS] for row in page["rows"]],
                "headline": [one | {"sentence": 3 * sentence} for one in page["headline"]],
                "reasons": [sentence] * 2,
                "bucks": [buck] * BUCKS,
                "more_bucks": "and 9 bucks more",
                "standing": [group] * 6,
                "survey": page["survey"]
                | {"assumed": [sentence] * 6, "cautions": [sentence] * 6}
                | {
                    "rows": [dict.fromkeys(("question", "value", "interval", "note"), "longer")] * 7
                },
                "next": [2 * sentence] * 6,
                "methods": [4 * sentence] * 7,
            }

        return typeset(template, filled)

    monkeypatch.setattr(module, "typeset", full)
    report = lease_report(years_ranch, tmp_path / "lease.pdf", now=NOW)
    assert 4 <= len(pdfium.PdfDocument(report)) <= 6
