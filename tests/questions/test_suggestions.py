"""What the answers so far say of the suggestions, in words and as a curve."""

from __future__ import annotations

import polars as pl
import pytest

from thumper_core.questions.suggestions import told

SCHEMA = {"first": pl.Float64, "was_right": pl.Boolean, "rank": pl.Int64, "said": pl.String}
Row = tuple[float, bool, int | None, str]


def answers(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((), ["No answers yet"]),
        (((0.6, True, 1, "known"),), ["Of 1 answer,", "right in 1 (100%)", "1 stood among"]),
        (((0.9, False, None, "new"),), ["right in 0 (0%)", "off by 90%"]),
        (
            (
                (0.97, True, 1, "known"),
                (0.96, False, 2, "known"),
                (0.5, False, None, "known"),
                (0.4, True, None, "unknown"),
            ),
            [
                "Of 4 answers, the likeliest suggestion was right in 2 (50%)",
                "Where it was sure (95% or more), it was right in 1 of 2.",
                "Of 3 known deer that people named, 2 stood among those shown.",
            ],
        ),
    ],
)
def test_sentences(rows: tuple[Row, ...], said: list[str]) -> None:
    text = " ".join(told(answers(*rows)).sentences)
    assert all(part in text for part in said), text


def test_the_curve_counts_every_answer_once() -> None:
    found = told(answers(*[(p / 100, p % 2 == 0, None, "new") for p in range(1, 100)])).curve
    assert found["n"].sum() == 99
    assert found["predicted"].is_sorted()
    assert found["observed"].is_between(0.3, 0.7).all()
    assert told(answers()).curve.is_empty()
