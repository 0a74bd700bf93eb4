"""The herd report as a PDF."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from thumper_core.export.files import write_file
from thumper_core.report.pages.content import Content, content
from thumper_core.report.pages.sections import Section, Table
from thumper_core.report.pdf_charts import chart_data
from thumper_core.report.pictures.cards import MOST_PICTURES, Card
from thumper_core.report.typeset import Picture, typeset

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_MOST_FAILURES: Final = 60


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
    return typeset("herd.typ", lambda picture: page_data(told, picture))


def page_data(told: Content, picture: Picture) -> dict[str, Any]:
    """What the Typst page reads. picture: turns a `data:` URI into a file name."""
    return {
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


def _card(card: Card, picture: Picture) -> dict[str, Any]:
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
