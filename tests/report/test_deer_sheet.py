"""One deer on paper: two pages at most, places only where they are asked for, nothing of anybody else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

import thumper_core.report.deer_sheet as module
from tests.workspaces import Deer, build, placed
from thumper_core.contracts import ThumperError
from thumper_core.decisions.kinds import Note, Status
from thumper_core.decisions.record import record
from thumper_core.report.deer_sheet import deer_sheet
from thumper_core.report.typeset import typeset
from thumper_core.workspace import Workspace


@pytest.fixture(scope="module")
def ranch(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    deer = [
        Deer("buck", 5, 'Old "#Crab" \\claw', "Left brow tine *broken*"),
        Deer("doe", 0, "Elsa"),
    ]
    ranch = placed(build(tmp_path_factory.mktemp("ranch"), [*deer, Deer("doe", 1)]))
    record(ranch.ledger, Note("deer-001", "limps " * 150), "Kim")
    record(ranch.ledger, Status("deer-001", "harvested", date(2026, 10, 3), "Ann"), "Kim")
    return ranch


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the last page was set with, and nothing is set."""
    said: dict[str, Any] = {}

    def instead(template: str, values: Any) -> bytes:
        said.update(values(lambda uri: uri[:15]), template=template)
        return b""

    monkeypatch.setattr(module, "typeset", instead)
    return said


@pytest.mark.parametrize("places", [False, True])
def test_it_says_what_is_known_and_where_only_if_asked(
    ranch: Workspace, told: dict[str, Any], places: bool
) -> None:
    deer_sheet(ranch, "deer-001", places=places)
    assert told["label"] == 'Old "#Crab" \\claw' and told["kind"] == "Adult buck"
    facts = {one["name"]: one["value"] for one in told["facts"]}
    assert facts["Visits"] == "5" and "Mostly" not in facts  # too few to say
    assert sum(told["hours"]) == 5
    assert sum(sum(month["days"]) for month in told["months"]) == 5
    assert told["notes"].endswith("\N{HORIZONTAL ELLIPSIS}") and len(told["notes"]) <= 600
    assert told["seasons"][0]["pictures"] and len(told["hero"]) == 1
    assert [line["value"].split(":")[0] for line in told["decisions"]["lines"]]
    assert ("Creek" in str(told)) == places == bool(told["cameras"])
    # Who took it, and who decided, is not for others to read either.
    said = str((told["status"], told["decisions"]))
    assert ("Ann" in said) == ("Kim" in said) == places
    assert "taken on 3 Oct 2026" in told["status"]


def test_a_month_begins_on_its_weekday_and_earlier_ones_are_counted() -> None:
    days = [datetime(2026, month, 3) for month in range(1, 11)] + [datetime(2026, 10, 3)]
    made = module._months(pl.DataFrame({"started_at": days}))
    last = made["months"][-1]
    assert (last["name"], last["first"], len(last["days"]), last["days"][2]) == (
        "Oct 2026",
        3,
        31,
        2,
    )
    assert len(made["months"]) == 8
    assert made["earlier"] == "and 2 months with a visit before these"


def test_the_fullest_sheet_has_two_pages(ranch: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    pdfium = pytest.importorskip("pypdfium2", reason="pip install pypdfium2")

    def full(template: str, values: Any) -> bytes:
        def filled(picture: Any) -> dict[str, Any]:
            page = values(picture)
            line = {"name": "Somebody with a long name", "value": "class corrected: a long text"}
            one = {"file": page["hero"][0], "text": "from behind"}
            month = page["months"][-1]
            return page | {
                "months": [month] * 8,
                "earlier": "and 9 months with a visit before these",
                "seasons": [{"name": "Winter 2026/27", "pictures": [one] * 4}] * 3,
                "unsure": [one] * 4,
                "company": [line] * 8,
                "cameras": [{"label": "North feeder", "share": 0.5, "text": "12"}] * 8,
                "decisions": {"lines": [line] * 6, "more": "and 99 before these"},
            }

        return typeset(template, filled)

    monkeypatch.setattr(module, "typeset", full)
    assert len(pdfium.PdfDocument(deer_sheet(ranch, "deer-001"))) == 2


@pytest.mark.parametrize("who", ["deer-099", "deer-003"])
def test_a_deer_that_is_not_in_the_herd_has_no_sheet(ranch: Workspace, who: str) -> None:
    with pytest.raises(ThumperError, match="not in this herd"):
        deer_sheet(ranch, who)
