"""The herd report: one HTML page that holds everything and needs no network.

Text is escaped by Jinja2 (and for Plotly by `plotting.escape`). The page's own policy forbids every
request and every script but the two it was written with, whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import fields
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import polars as pl
from markupsafe import Markup

from thumper_core import theme
from thumper_core.disk import refusal
from thumper_core.files import write_whole
from thumper_core.report.pages import sections
from thumper_core.report.pages.content import content
from thumper_core.report.pictures.cards import MOST_PICTURES

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

FILE_NAME = "herd-report.html"


def report(
    workspace: Workspace,
    out: Path | str | None = None,
    *,
    title: str | None = None,
    pictures: int = MOST_PICTURES,
    sweep: pl.DataFrame | None = None,
    now: datetime | None = None,
) -> Path:
    """Write the herd report as one HTML file and return where it is.

    out: a file, or a folder that gets `herd-report.html`; None: the workspace's `reports` folder.
    title: of the page, else from the workspace folder's name. pictures: crops per deer at most.
    sweep: as for `figures.sweep`, else the one recorded with the herd. now: the time to print.
    The file appears whole or not at all. Raises ThumperError where it cannot be written.
    """
    made = render(workspace, title=title, pictures=pictures, sweep=sweep, now=now)
    target = Path(out) if out is not None else workspace.reports_dir
    if target.is_dir() or out is None:
        target /= FILE_NAME
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, made)
    except OSError as error:
        raise refusal(
            error,
            target,
            f"Cannot write the report to {target}: {error.strerror}. "
            "Choose another place with --out.",
        ) from error
    return target


def render(
    workspace: Workspace,
    *,
    title: str | None = None,
    pictures: int = MOST_PICTURES,
    sweep: pl.DataFrame | None = None,
    now: datetime | None = None,
) -> str:
    """The report's HTML; arguments as for `report`."""
    told = content(workspace, title=title, pictures=pictures, sweep=sweep, now=now)
    return page("herd.html.j2", **{field.name: getattr(told, field.name) for field in fields(told)})


def page(template: str, **values: Any) -> str:
    """A whole page from a template that extends `page.html.j2`; values: what the template names."""
    script, library = _template_file("herd.js"), _plotly_js()
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            policy=_policy(library, script),
            style=Markup(_template_file("herd.css")),
            script=Markup(script),
            library=Markup(library),
            templates=sections.script_json(
                {"light": theme.template("light"), "dark": theme.template("dark")}
            ),
        )
    )


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("thumper_core.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template_file(name: str) -> str:
    return resources.files("thumper_core.report").joinpath("templates", name).read_text("utf-8")


def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    library: str = get_plotlyjs()
    return library.replace("\r\n", "\n")  # as the browser reads it, so that the hash fits


def _policy(*scripts: str) -> str:
    """The page's Content-Security-Policy: these scripts, the pictures inside it, nothing else."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
