from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest

from thumper_core import language
from thumper_core.counting import counted
from thumper_core.language import day, figure, known, plural, say, speaking


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], str | None]]]:
    """Only those who are asked in this test."""
    found: list[Callable[[], str | None]] = []
    monkeypatch.setattr(language, "_askers", found)
    yield found


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("de", "de"), ("de-CH", "de_CH"), ("de_at", "de_AT"), ("en-US", "en"), ("en", "en"),
        ("es-419", "es"), ("fr-CA", "fr_CA"), ("nl-NL", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_known(wish: str | None, expected: str | None) -> None:
    assert known(wish) == expected


def test_english_is_what_stands_in_the_code() -> None:
    assert say("{n:,} of {all:,}", n=1, all=1204) == "1 of 1,204"
    assert say("{no values") == "{no values"
    assert say("") == ""
    assert counted(1204, "visit") == "1,204 visits"
    assert day(date(2026, 10, 3)) == "3 Oct 2026"


@pytest.mark.parametrize(
    ("locale", "number", "percent", "on"),
    [
        ("en", "1,204.5", "8.3%", "3 Oct 2026"),
        ("de", "1.204,5", "8,3\N{NO-BREAK SPACE}%", "3.\N{NO-BREAK SPACE}Okt. 2026"),
        ("de_CH", "1’204.5", "8.3%", "3.\N{NO-BREAK SPACE}Okt. 2026"),
        ("fr", "1\N{NARROW NO-BREAK SPACE}204,5", "8,3\N{NARROW NO-BREAK SPACE}%", "3 oct. 2026"),
        ("es", "1,204.5", "8.3%", "3 oct 2026"),
        ("es_ES", "1.204,5", "8,3\N{NO-BREAK SPACE}%", "3 oct 2026"),
        (
            "de_ZZ",
            "1.204,5",
            "8,3\N{NO-BREAK SPACE}%",
            "3.\N{NO-BREAK SPACE}Okt. 2026",
        ),  # no such region
    ],
)
def test_figures_and_days_in_the_readers_way(
    locale: str, number: str, percent: str, on: str
) -> None:
    with speaking(locale):
        assert figure(1204.5, ",.1f") == number
        told = figure(0.083, ".1%").replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
        assert told == percent.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
        assert day(datetime(2026, 10, 3, 6, 41)) == on


def test_messages_names_and_figures_in_another_language() -> None:
    with speaking("de"):
        assert say("Herd") == "Bestand"
        assert say("{place:,} of {total:,} in the list", place=1, total=1204) == (
            "1 von 1.204 in der Liste"
        )
        assert say("said by nobody ever") == "said by nobody ever"  # no translation: English
        assert (counted(1, "visit"), counted(1204, "visit")) == ("1 Besuch", "1.204 Besuche")
    with speaking("fr"):
        assert plural(0, "visit", "visits") == "visite"  # as French has it
    assert say("Herd") == "Herd"


def test_those_who_know_the_reader_are_asked(asked: list[Callable[[], str | None]]) -> None:
    language.ask(lambda: None)
    assert language.current() == "en"

    def german() -> str:
        return "de_AT"

    language.ask(german)
    language.ask(german)
    assert len(asked) == 2
    assert say("Herd") == "Bestand"
    with speaking("fr"):  # what is told goes before what is found
        assert say("Herd") == "Harde"


def test_each_thread_speaks_its_own(asked: list[Callable[[], str | None]]) -> None:
    found: dict[str, str] = {}
    together = threading.Barrier(3)

    def read(locale: str) -> None:
        with speaking(locale):
            together.wait(timeout=30)
            found[locale] = say("Settings")
            together.wait(timeout=30)

    readers = [threading.Thread(target=read, args=(one,)) for one in ("de", "es", "fr")]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=60)
    assert found == {"de": "Einstellungen", "es": "Configuración", "fr": "Paramètres"}
    assert say("Settings") == "Settings"


def test_capitals_as_each_language_has_them() -> None:
    assert language.capital("left flank of HDBSCAN") == "Left flank of HDBSCAN"
    assert (language.small("Other animal"), language.capital("")) == ("other animal", "")
    with speaking("de_AT"):
        assert language.small("Anderes Tier") == "Anderes Tier"


def test_signs_of_figures_for_plotly() -> None:
    assert language.separators() == ".,"
    with speaking("de"):
        assert language.separators() == ",."
