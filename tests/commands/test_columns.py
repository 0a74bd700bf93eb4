"""Tables on a narrow terminal: no heading and no number is cut, whatever has to go below."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.commands import common
from thumper_core.commands.columns import GAP, Column, arranged

SWEEP = [
    "threshold", "similarity", "profiles", "assignment_rate", "singletons", "must_link_split",
    "cannot_link_merged", "mixed_sex", "ari_neighbour", "stability", "expected_animals",
    "expected_false_merge", "expected_false_split",
]  # fmt: skip


def shown(headings: list[str], rows: list[list[str]], width: int = 80) -> list[list[Column]]:
    numbers = [all(row[i].isdigit() for row in rows) for i in range(len(headings))]
    return arranged(headings, rows, numbers, width)


@pytest.mark.parametrize(
    ("headings", "rows", "parts"),
    [
        ([], [], []),
        (["run"], [], [[("run", 3)]]),
        (["run", "state"], [["r1", "complete"]], [[("run", 3), ("state", 8)]]),
        (["run", "rate of all"], [["r" * 30, "1"]], [[("run", 12), ("rate\nof\nall", 4)]]),
        (["run", "one_two"], [["r1", "1"]], [[("run", 3), ("one_two", 7)]]),
        (["run", "one", "other", "more"], [["r1", "1", "2", "3"]],
         [[("run", 3), ("one", 3), ("other", 5)], [("run", 3), ("more", 4)]]),
        (["run", "text"], [["r1", "word " * 9]], [[("run", 3), ("text", 13)]]),
        (["run", "n"], [["r1", "9" * 40]], [[("run", 3), ("n", 40)]]),  # never broken
    ],
)  # fmt: skip
def test_what_has_no_room_beside_the_others_stands_below(
    headings: list[str], rows: list[list[str]], parts: list[list[tuple[str, int]]]
) -> None:
    found = shown(headings, rows, width=20)
    assert [[(column.heading, column.width) for column in part] for part in found] == parts


@settings(deadline=None)
@given(
    st.lists(st.text("ab_ ", max_size=24), min_size=1, max_size=14),
    st.integers(min_value=30, max_value=200),
)
def test_every_heading_is_read_whole_at_any_width(headings: list[str], width: int) -> None:
    parts = shown(headings, [["text of a cell"] * len(headings)], width)
    assert all(part[0].index == 0 for part in parts)
    others = [column.index for part in parts for column in part[1:]]
    assert others == list(range(1, len(headings)))
    for part in parts:
        if len(part) > 2:
            assert sum(column.width + GAP for column in part) <= width
        for column in part:
            assert column.heading.replace("\n", "").replace(" ", "") == headings[
                column.index
            ].replace(" ", "")
            assert all(len(line) <= column.width for line in column.heading.split("\n"))


def test_a_table_that_is_printed_cuts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    common.table("Sweep", SWEEP, [[0.123456] * len(SWEEP), [None] * len(SWEEP)])
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.count("0.123") == len(SWEEP) + 1  # the first column again in the second part
    words = {word for heading in SWEEP for word in heading.split("_")}
    assert words <= {word.strip("_") for word in printed.split()}
