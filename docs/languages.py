"""Collect the messages of the pages, and bring the catalogues in step with them: `make languages`.

Messages are the texts in `say("...")` and `mark("...")`, the names of things in `counted(n, "...")`, and what
settings say of themselves. They go to `thumper_core/locale/thumper.pot`; every catalogue beside it keeps its
translations, gets the new messages without one, and loses those that are not said any more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parents[1]
LOCALE: Final = ROOT / "thumper_core" / "locale"
TEMPLATE: Final = LOCALE / "thumper.pot"
_SAID: Final = ("say", "mark")
_SHOWN: Final = ("app/", "thumper_core/questions/", "thumper_core/work/")
"""Where names of things that are counted reach a page; elsewhere where a module says messages at all."""
_SETTINGS: Final = ("thumper_core/settings", "thumper_core/deer_year", "thumper_core/zones")
_DECISIONS: Final = "thumper_core/decisions/kinds/"
"""Each kind has a `label`: what was decided, in words."""
_HEADER: Final = """\
# Messages of the workbench of Thumper. `docs/howto-languages.md` says how to translate them."""
Message = str | tuple[str, str]


def of_python(path: str, text: str) -> Iterator[Message]:
    """The messages of a module; path: POSIX, from the top of the checkout."""
    tree = ast.parse(text)
    says = any(
        isinstance(node, ast.ImportFrom)
        and node.module in ("thumper_core", "thumper_core.language")
        and any(name.name in _SAID for name in node.names)
        for node in ast.walk(tree)
    )
    for node in ast.walk(tree):
        if path.startswith(_DECISIONS) and isinstance(node, ast.Assign):
            target = node.targets[0]
            yield from _texts(node.value) if getattr(target, "id", "") == "label" else ()
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else None
        called = node.func.id if isinstance(node.func, ast.Name) else called
        texts = [text for argument in node.args for text in _texts(argument)]
        if says and called in _SAID:
            yield from texts
        elif called == "counted" and texts and (says or path.startswith(_SHOWN)):
            yield texts[0], texts[1] if len(texts) > 1 else f"{texts[0]}s"
        elif called == "Field" and path.startswith(_SETTINGS):
            for keyword in node.keywords:
                value = keyword.value
                if keyword.arg == "description" and isinstance(value, ast.Constant):
                    yield str(value.value)


def _texts(node: ast.expr) -> list[str]:
    """What stands there as text; of `a if b else c` both."""
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def of_script(text: str) -> Iterator[Message]:
    """The messages of a part of a page that is a script: `told("...")`."""
    for found in re.finditer(r'\btold\("([^"]+)"', text):
        yield found[1]


def collect() -> Catalog:
    """All messages, each with the files that say it."""
    found = Catalog(project="Thumper", header_comment=_HEADER)
    if TEMPLATE.exists():  # the same messages make the same file
        found.creation_date = _read(TEMPLATE).creation_date
    for folder in ("app", "thumper_core"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in (".py", ".js"):
                continue
            path, text = file.relative_to(ROOT).as_posix(), file.read_text("utf-8")
            messages = of_python(path, text) if file.suffix == ".py" else of_script(text)
            for message in messages:
                found.add(message, locations=[(path, 0)])
    return found


def catalogues() -> list[Path]:
    """The files of all languages."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/thumper.po"))


def _read(path: Path, locale: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def _write(catalogue: Catalog, path: Path) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)


def main() -> None:
    """Write the template and every catalogue; say how much each has."""
    template = collect()
    _write(template, TEMPLATE)
    print(f"{len(template)} messages")
    for path in catalogues():
        name = path.parents[1].name
        catalogue = _read(path, name)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        _write(catalogue, path)
        done = sum(1 for one in catalogue if one.id and all(_strings(one.string)))
        print(f"{name}: {done} translated")


def _strings(said: object) -> list[str]:
    return [str(one) for one in said] if isinstance(said, list | tuple) else [str(said or "")]


if __name__ == "__main__":
    main()
