"""Names for deer: themes kept as data files, and suggestions that never collide.

A theme is a TOML file: `title`, `description` and a `[names]` table with the lists `male`,
`female`, `fawn` and `unknown`. A user's own file works like the ones that come along.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from thumper_core.contracts import AgeClass, Sex, UsageError
from thumper_core.decisions.names import clean_name, name_key

LISTS = ("male", "female", "fawn", "unknown")
THEME_NAME_CHARS_MAX = 28  # leaves room for " LXXXVIII"
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
    (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


@dataclass(frozen=True)
class Theme:
    """A list of names for each kind of deer."""

    key: str  # file name without its ending
    title: str
    description: str
    male: tuple[str, ...]
    female: tuple[str, ...]
    fawn: tuple[str, ...]
    unknown: tuple[str, ...]

    def names(self, sex: str, age_class: str) -> tuple[str, ...]:
        """The list for an animal: fawns first, then by sex."""
        if age_class == AgeClass.FAWN:
            return self.fawn
        return {Sex.MALE: self.male, Sex.FEMALE: self.female}.get(Sex(sex), self.unknown)


def suggest(
    theme: Theme, sex: str, age_class: str, taken: Iterable[str], n: int = 5, seed: int = 0
) -> list[str]:
    """`n` names that no individual has: the theme's own first, then numbered ones (`Bambi II`).

    taken: every name in use and every name of an animal that is gone, so that a retired name does
    not come back (`taken_names` of the herd's decisions gives both). The same arguments give the
    same names in any process; another seed gives another order.
    """
    used = {name_key(name) for name in taken}
    names = list(theme.names(sex, age_class))
    random.Random(f"{theme.key}/{sex}/{age_class}/{seed}").shuffle(names)
    found: list[str] = []
    for name in _numbered(names):
        if len(found) >= n:
            break
        if name_key(name) not in used:
            used.add(name_key(name))
            found.append(name)
    return found


def suggest_each(
    theme: Theme, deer: Iterable[tuple[str, str, str]], taken: Iterable[str]
) -> dict[str, str]:
    """A different free name for each deer, in their order; none where the theme has no name for its kind.

    deer: individual ID, sex and age class of each; taken: as `suggest` takes it.
    """
    used = {*taken}
    found: dict[str, str] = {}
    for individual_id, sex, age_class in deer:
        for name in suggest(theme, sex, age_class, used, n=1):
            found[individual_id] = name
            used.add(name)
    return found


def _numbered(names: list[str]) -> Iterator[str]:
    """The names, then each with II, then III, ... without end."""
    yield from names
    generation = 2
    while names:
        yield from (f"{name} {_roman(generation)}" for name in names)
        generation += 1


def _roman(number: int) -> str:
    text = ""
    for value, sign in _ROMAN:
        while number >= value:
            text += sign
            number -= value
    return text


def theme_keys() -> list[str]:
    """Keys of the themes that come along, in alphabetical order."""
    folder = resources.files("thumper_core.herd").joinpath("themes")
    return sorted(f.name[: -len(".toml")] for f in folder.iterdir() if f.name.endswith(".toml"))


USUAL_THEME = "disney"


def theme_or(last: str | None, usual: str = USUAL_THEME) -> str:
    """The theme to go on with: the last one used, while it is there, else the usual one."""
    if last is not None and (last in theme_keys() or Path(last).is_file()):
        return last
    return usual


def load_theme(key_or_path: str | Path) -> Theme:
    """A theme by its key, or a user's own by the path of its TOML file.

    Raises UsageError, naming the file and what is wrong with it.
    """
    if str(key_or_path) in theme_keys():
        return _packaged(str(key_or_path))
    path = Path(key_or_path)
    if path.suffix != ".toml":
        known = ", ".join(theme_keys())
        raise UsageError(f"There is no theme {str(key_or_path)!r}: take {known} or a .toml file.")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read the theme {path}: {error}.") from error
    return parse_theme(path.stem, text, str(path))


@cache
def _packaged(key: str) -> Theme:
    file = resources.files("thumper_core.herd").joinpath("themes", f"{key}.toml")
    return parse_theme(key, file.read_text("utf-8"), f"{key}.toml")


def parse_theme(key: str, text: str, where: str) -> Theme:
    """A theme from TOML text; `where` names the file in messages (UsageError)."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where} is not valid TOML: {error}") from error
    table = values.get("names")
    if not isinstance(table, dict):
        raise UsageError(f"{where} needs a [names] table with the lists {', '.join(LISTS)}.")
    lists: dict[str, tuple[str, ...]] = {}
    for name in LISTS:
        lists[name] = _checked(table.get(name), f"{where}: names.{name}")
    return Theme(
        key=key,
        title=str(values.get("title", key)),
        description=str(values.get("description", "")),
        **lists,
    )


def _checked(entries: object, where: str) -> tuple[str, ...]:
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{where} must be a list with at least one name.")
    names: dict[str, str] = {}
    for entry in entries:
        if not isinstance(entry, str):
            raise UsageError(f"{where}: {entry!r} is not text.")
        try:
            name = clean_name(entry)
        except UsageError as error:
            raise UsageError(f"{where}: {entry!r}: {error}") from error
        if len(name) > THEME_NAME_CHARS_MAX:
            raise UsageError(f"{where}: {entry!r} has over {THEME_NAME_CHARS_MAX} characters.")
        if name_key(name) in names:
            raise UsageError(f"{where}: {entry!r} is there twice.")
        names[name_key(name)] = name
    return tuple(names.values())
