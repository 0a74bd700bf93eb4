"""The reader's language: messages from gettext catalogues, and figures and dates in the reader's way.

English is in the code and needs no catalogue; a message that a catalogue lacks is said in English. Catalogues
are text, `locale/LANGUAGE/LC_MESSAGES/thumper.po`, and are read where another language is asked for, and only
then is `babel` imported. Files for programs (CSV, JSON, Parquet) and the commands stay English.

One process serves several readers. Who reads is told for a stretch of work (`speaking`), or found when a
message is said, by what the pages register with `ask`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gettext import NullTranslations

    from babel import Locale

ENGLISH: Final = "en"
LANGUAGES: Final = {
    ENGLISH: "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
}
"""Languages by their code, each by its own name."""
_REGIONS: Final = {"es": "es_419"}
"""Where no region is told: in Spanish the continent of white-tails, where a point is a point."""
_LOCALE: Final = Path(__file__).with_name("locale")
_speaking: ContextVar[str | None] = ContextVar("speaking", default=None)
_askers: list[Callable[[], str | None]] = []


def ask(asker: Callable[[], str | None]) -> None:
    """Register what knows who reads: it gives a code as `known` does, or None where nobody does."""
    if asker not in _askers:
        _askers.append(asker)


@contextlib.contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Say everything in one language, in this thread; locale: as `known` gives it."""
    token = _speaking.set(locale)
    try:
        yield
    finally:
        _speaking.reset(token)


def current() -> str:
    """The reader's locale: `en`, `de`, `fr_CA`."""
    told = _speaking.get()
    if told is not None:
        return told
    return next((found for asker in _askers if (found := asker())), ENGLISH)


def known(wish: str | None) -> str | None:
    """A browser's `de-CH` as `de_CH`, any English as `en`; None where there is no catalogue for it."""
    name, _, region = (wish or "").replace("-", "_").partition("_")
    if name.lower() not in LANGUAGES:
        return None
    is_plain = name.lower() == ENGLISH or not (len(region) == 2 and region.isalpha())
    return name.lower() if is_plain else f"{name.lower()}_{region.upper()}"


def mark(message: str) -> str:
    """The message itself: it stands in a table, and is said in the reader's language when it is shown.

    >>> from thumper_core import mark, say
    >>> kinds = {"buck": mark("Bucks")}
    >>> say(kinds["buck"])
    'Bucks'
    """
    return message


def say(message: str, **values: Any) -> str:
    """A message in the reader's language, with values in the places of their names, as `str.format` does.

    Figures are written in the reader's way. Without values nothing is put in, and braces are braces.

    >>> from thumper_core import say
    >>> say("{first:,} to {last:,}", first=1, last=1200)
    '1 to 1,200'
    """
    locale = current()
    if locale == ENGLISH:
        return message.format(**values) if values else message
    told = _catalogue(locale[:2]).gettext(message) if message else message
    return _Formatter(locale).format(told, **values) if values else told


def plural(n: int, one: str, many: str) -> str:
    """`one` or `many` of a thing, by the rules of the reader's language; no figure is put in."""
    locale = current()
    if locale == ENGLISH:
        return one if n == 1 else many
    return _catalogue(locale[:2]).ngettext(one, many, n)


def figure(value: float, spec: str) -> str:
    """`format(value, spec)` with the reader's signs: `1.204,5`, `8 %`."""
    text = format(value, spec)
    locale = current()
    if locale == ENGLISH or not spec:
        return text
    decimal, group, percent = _signs(locale)
    signs: dict[str, str | int | None] = {".": decimal, ",": group, "%": percent}
    return text.translate(str.maketrans(signs))


def day(at: date, *, year: bool = True) -> str:
    """`3 Oct 2026`, `3. Okt. 2026`; without the year `3 Oct`."""
    locale = current()
    if locale == ENGLISH:
        return f"{at.day} {at:%b %Y}" if year else f"{at.day} {at:%b}"
    from babel.dates import format_skeleton

    on = at.date() if isinstance(at, datetime) else at
    said = format_skeleton("yMMMd" if year else "MMMd", on, locale=_locale(locale))
    first, _, rest = said.partition(" ")
    # "3. " at a line's start begins a list in Markdown.
    return f"{first}\N{NO-BREAK SPACE}{rest}" if first.endswith(".") else said


def capital(text: str) -> str:
    """The text with a capital at its beginning, and the others as they are: German nouns have one."""
    return text[:1].upper() + text[1:]


def small(text: str) -> str:
    """The text inside a sentence: without its first capital, but in German, where nouns keep it."""
    return text if current().startswith("de") else text[:1].lower() + text[1:]


def separators() -> str:
    """The decimal and the group sign, as figures of Plotly take them."""
    locale = current()
    return ".," if locale == ENGLISH else "".join(_signs(locale)[:2])


class _Formatter(Formatter):
    def __init__(self, locale: str) -> None:
        self._locale = locale

    def format_field(self, value: Any, format_spec: str) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return figure(value, format_spec)
        return super().format_field(value, format_spec)


@lru_cache(maxsize=8)
def _catalogue(language: str) -> NullTranslations:
    from gettext import GNUTranslations

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (_LOCALE / language / "LC_MESSAGES" / "thumper.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=32)
def _locale(locale: str) -> Locale:
    """The locale with its region, else the language's own: regions are the browser's word."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(_REGIONS.get(locale, locale))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_REGIONS.get(locale[:2], locale[:2]))


@lru_cache(maxsize=32)
def _signs(locale: str) -> tuple[str, str, str]:
    """What stands for the decimal point, the comma of thousands and ` %`."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    found = _locale(locale)
    suffix = found.percent_formats[None].suffix[0]
    return get_decimal_symbol(found), get_group_symbol(found), suffix
