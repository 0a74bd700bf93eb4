"""The page of a reviewer's effort: what it says of the first and the last batch, and of every one."""

from __future__ import annotations

from pathlib import Path

from tests.evaluate.test_effort import point
from tests.report.pages.test_evaluation import whole
from tests.report.pages.test_html import HOSTILE
from thumper_core.identify.review.sureness import Likely
from thumper_core.report.pages.effort import effort_page
from thumper_core.report.pages.evaluation import write_page

POINTS = [
    point(answers=0, profiles=41, f1=0.811, animals=Likely(30.0, 28.0, 33.0)),
    point(answers=13, profiles=1, f1=0.907, contradictions=2, answers_left=17),
    point(answers=27, profiles=9, f1=0.963, precision=0.875, recall=0.99, true_deer=9),
]


def test_effort_page(tmp_path: Path) -> None:
    told = effort_page(POINTS, title=HOSTILE, command="thumper evaluate effort ranch")
    page = whole(write_page(told, tmp_path / "effort.html"))
    for text in (
        HOSTILE, "thumper evaluate effort ranch", "After 27 answers", "0.963", "it was 0.811",
        "9 groups for 9 true deer; before it had 41", "True deer", "28.0 to 33.0", "5.0% to 20.0%",
        "The interval of deer held the truth in 2 of 3 rows.",
        "The interval of missed pairs held the truth in 2 of 3 rows.",
    ):  # fmt: skip
        assert text in page.text, text
    assert [(tile.name, tile.value) for tile in told.tiles] == [
        ("F1 before", "0.811"),
        ("F1 after", "0.963"),
        ("Answers a deer", "3.0"),
        ("Intervals of deer that held", "2 of 3"),
    ]
    table = next(table for section in told.sections for table in section.tables)
    assert [row[0] for row in table.rows] == ["0", "13", "27"]
    assert [row[-2:] for row in table.rows] == [("3", "0"), ("17", "2"), ("3", "0")]
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_herd_that_nobody_was_asked_about(tmp_path: Path) -> None:
    told = effort_page(POINTS[:1], title="one", command="thumper")
    page = whole(write_page(told, tmp_path / "effort.html"))
    assert "After 0 answers" in page.text
    assert told.tiles[2].value == "0.0"
