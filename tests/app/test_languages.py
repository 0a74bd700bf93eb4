"""Pages in another language: which one a browser reads, and that every page can be read in each."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from thumper_core import language
from thumper_core.workspace import Workspace

Open = Callable[..., Any]
TITLES = {
    "de": {"overview": "Übersicht", "herd": "Bestand", "review": "Prüfen", "help": "Hilfe"},
    "es": {"overview": "Resumen", "photos": "Fotos", "settings": "Configuración"},
    "fr": {"overview": "Vue d'ensemble", "process": "Traiter", "health": "État"},
}


def turn_to(at: Any, page: str) -> None:
    """Another page of an open workbench, as `open_page` turns to one."""
    at._page_hash = at.session_state["pages"][page]._script_hash
    at.run()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "de" else pytest.mark.slow) for name in TITLES]
)
def test_pages_are_shown_in_the_language_that_was_chosen(
    open_page: Open, herd: Workspace, name: str
) -> None:
    at = open_page(herd.root)
    assert at.title[0].value == "Overview"
    at.session_state["language"] = name
    with language.speaking(name):  # the test asks controls for their words, as a browser does
        for page, title in TITLES[name].items():
            turn_to(at, page)
            assert not at.exception
            assert at.title[0].value == title
    # The menu is still there, and what was chosen is still what it shows.
    (box,) = [one for one in at.sidebar.selectbox if one.key == "language"]
    assert box.value == name and box.label != "Language"
    with language.speaking(name):
        box.set_value("en").run()
    assert not at.exception and at.sidebar.selectbox(key="language").label == "Language"


def test_figures_and_days_are_written_in_the_readers_way(open_page: Open, herd: Workspace) -> None:
    at = open_page(herd.root)
    at.session_state["language"] = "de"
    with language.speaking("de"):
        at.run()
    said = " ".join(one.value for one in at.caption)
    assert re.search(r"\d{1,2}\.\N{NO-BREAK SPACE}\w+\.? 20\d\d", said)
    # A day at a line's start is no list of Markdown.
    assert not any(re.match(r"\d+\. ", one.value) for one in at.caption)


@pytest.mark.parametrize(
    ("browser", "chosen", "expected"),
    [
        ("de-CH", None, "de_CH"),  # the browser's own, with its region
        ("de-CH", "de", "de_CH"),
        ("de-CH", "fr", "fr"),
        ("de-CH", "en", "en"),
        ("nl-NL", None, "en"),  # no catalogue
        (None, None, "en"),
        ("en-GB", "es", "es"),
    ],
)
def test_the_browsers_language_unless_another_was_chosen(
    monkeypatch: pytest.MonkeyPatch, browser: str | None, chosen: str | None, expected: str
) -> None:
    import languages

    state = {"language": chosen} if chosen else {}
    fake = SimpleNamespace(context=SimpleNamespace(locale=browser), session_state=state)
    monkeypatch.setattr(languages, "st", fake)
    monkeypatch.setattr(languages, "get_script_run_ctx", lambda suppress_warning: object())
    assert languages.of_reader() == expected


def test_outside_of_a_browser_no_language_is_known() -> None:
    import languages

    assert languages.of_reader() is None
    assert language.current() == "en"


def test_files_for_others_are_english_whoever_downloads_them() -> None:
    import languages

    with language.speaking("de"):
        assert languages.in_english(lambda: language.say("Herd"))() == "Herd"
        assert language.say("Herd") == "Bestand"


def test_controls_are_wider_for_longer_words() -> None:
    import languages

    assert languages.wide(100) == 100
    with language.speaking("de"):
        assert languages.wide(100) == 140
        assert languages.in_words({"buck": "Bucks"})("buck") == "Hirsche"
