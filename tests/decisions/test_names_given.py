"""A name is never suggested twice, and its theme carries over."""

from __future__ import annotations

import pytest

from thumper_core.decisions.kinds import Name, Status, Undo
from thumper_core.decisions.names_given import last_theme, taken_names
from thumper_core.decisions.record import record
from thumper_core.herd.naming import load_theme, suggest
from thumper_core.store.ledger import Ledger


@pytest.mark.parametrize("status", ["dead", "gone", "harvested"])
def test_the_name_of_a_deer_that_died_or_left_is_not_suggested_again(
    ledger: Ledger, status: str
) -> None:
    record(ledger, Name("i1", "Bambi", "disney"), "Kim")
    record(ledger, Status("i1", status), "Kim")
    theme = load_theme("disney")
    every = len(theme.fawn)
    assert "Bambi" in theme.fawn + theme.male
    for sex in ("male", "unknown"):
        assert "Bambi" not in suggest(theme, sex, "fawn", taken_names(ledger), n=every)


def test_a_name_that_a_deer_had_before_is_taken_and_one_that_was_taken_back_is_not(
    ledger: Ledger,
) -> None:
    record(ledger, Name("i1", "Bambi", "disney"), "Kim")
    record(ledger, Name("i1", "Rhine", "rivers"), "Kim")
    assert taken_names(ledger) == {"Bambi", "Rhine"}
    record(ledger, Name("i1", None), "Kim")
    assert taken_names(ledger) == {"Bambi", "Rhine"}
    number = record(ledger, Name("i2", "Oder"), "Kim")
    record(ledger, Undo(number), "Kim")
    assert taken_names(ledger) == {"Bambi", "Rhine"}


def test_the_theme_of_the_last_name_goes_on(ledger: Ledger) -> None:
    assert last_theme(ledger) is None
    record(ledger, Name("i1", "Bambi", "disney"), "Kim")
    number = record(ledger, Name("i2", "Rhine", "rivers"), "Kim")
    record(ledger, Name("i1", "Own"), "Kim")  # from no theme
    assert last_theme(ledger) == "rivers"
    record(ledger, Undo(number), "Kim")
    assert last_theme(ledger) == "disney"
