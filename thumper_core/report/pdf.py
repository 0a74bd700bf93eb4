"""The herd report as a PDF, set by Typst with the fonts it brings.

Text goes to the page as JSON strings, which Typst never reads as markup; pictures as JPEG files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Callable
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from thumper_core.contracts import ThumperError
from thumper_core.export.files import write_file
from thumper_core.report.pages.content import Content, content
from thumper_core.report.pages.sections import Section, Table
from thumper_core.report.pdf_charts import chart_data
from thumper_core.report.pictures.cards import MOST_PICTURES, Card

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_MOST_FAILURES: Final = 60
_CONTROLS: Final = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))


def report_pdf(
    workspace: Workspace,
    out: Path,
    *,
    title: str | None = None,
    pictures: int = MOST_PICTURES,
    now: datetime | None = None,
) -> Path:
    """Write the herd report as a PDF and return where it is; arguments as for `html.report`.

    Raises ThumperError where Typst is not installed or refuses the page.
    """
    told = content(workspace, title=title, pictures=pictures, now=now)
    return write_file(out, compile_pdf(told))


def compile_pdf(told: Content) -> bytes:
    """The PDF's bytes."""
    try:
        import typst
    except ImportError as error:
        raise ThumperError("PDF needs Typst: `pip install typst`.") from error
    with tempfile.TemporaryDirectory(prefix="thumper-") as folder:
        root = Path(folder)
        values = page_data(told, _picture_writer(root))
        (root / "report.json").write_text(json.dumps(values), "utf-8")
        page = resources.files("thumper_core.report").joinpath("templates", "herd.typ")
        (root / "herd.typ").write_text(page.read_text("utf-8"), "utf-8")
        try:
            pdf: bytes = typst.compile(root / "herd.typ", root=root, format="pdf")
        except typst.TypstError as error:
            raise ThumperError(f"The PDF could not be set: {error}.") from error
    return pdf


def page_data(told: Content, picture: Callable[[str], str]) -> dict[str, Any]:
    """What the Typst page reads. picture: turns a `data:` URI into a file name."""
    made = {
        "title": told.title,
        "version": told.version,
        "made": told.made,
        "when": told.when,
        "scope": list(told.scope),
        "summary": list(told.summary),
        "tiles": [{"name": t.name, "value": t.value, "note": t.note} for t in told.tiles],
        "groups": [
            {
                "title": group.title,
                "category": group.category,
                "cards": [_card(card, picture) for card in group.cards],
            }
            for group in told.groups
        ],
        "sections": [_section(section, told) for section in told.sections],
        "quality": {
            "texts": list(told.quality.texts),
            "warnings": list(told.quality.warnings),
            "facts": [list(fact) for fact in told.quality.facts],
        },
        "reasons": [[r["reason"], f"{r['n_photos']:,}", r["message"] or ""] for r in told.reasons],
        "failures": [
            [f["path"] or "", f["camera"] or "", f["reason"]]
            for f in told.failures[:_MOST_FAILURES]
        ],
        "failures_title": told.failures_title
        if len(told.failures) <= _MOST_FAILURES
        else f"The first {_MOST_FAILURES} of them; the HTML report lists more.",
    }
    cleaned: dict[str, Any] = _cleaned(made)
    return cleaned


def _card(card: Card, picture: Callable[[str], str]) -> dict[str, Any]:
    more = f" and {card.more_cameras} more" if card.more_cameras else ""
    first, last = (moment.rsplit(",", 1)[0] for moment in (card.first, card.last))
    return {
        "label": card.label,
        "id": card.id,
        "category": card.category,
        "kind": card.kind,
        "status": card.status,
        "visits": card.visits,
        "seen": first if first == last else f"{first} to {last}",
        "cameras": ", ".join(card.cameras) + more,
        "notes": card.notes,
        "pictures": [picture(p.uri) for p in card.pictures],
    }


def _section(section: Section, told: Content) -> dict[str, Any]:
    drawn = (chart_data(chart, told.visits) for chart in section.charts)
    listed = [
        Table(chart.columns, tuple(tuple(map(str, row)) for row in chart.rows))
        for chart in section.charts
        if chart.id == "chart-cameras"
    ]
    return {
        "title": section.title,
        "text": section.text,
        "warnings": list(section.warnings),
        "charts": [chart for chart in drawn if chart is not None],
        "tables": [
            {
                "caption": table.caption,
                "columns": list(table.columns),
                "rows": [list(row) for row in table.rows],
                "left": [table.is_text(i) for i in range(len(table.columns))],
            }
            for table in (*listed, *section.tables)
        ],
        "lists": [{"title": title, "lines": list(lines)} for title, lines in section.lists],
    }


def _picture_writer(root: Path) -> Callable[[str], str]:
    """A function that keeps each picture once as a file in `root` and returns its name."""

    def write(uri: str) -> str:
        jpeg = base64.b64decode(uri.split(",", 1)[1])
        name = f"{hashlib.blake2b(jpeg, digest_size=10).hexdigest()}.jpg"
        path = root / name
        if not path.exists():
            path.write_bytes(jpeg)
        return name

    return write


def _cleaned(value: Any) -> Any:
    """The same values without control characters, which no font has."""
    if isinstance(value, str):
        return value.translate(_CONTROLS)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value
