from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from tests import workspaces
from tests.workspaces import Deer, calibrated, herd_of, restate
from thumper_core.cli import app
from thumper_core.contracts import UsageError
from thumper_core.questions import habits, herd_size, source, tables, words
from thumper_core.questions.scope import Scope, scoped
from thumper_core.questions.status import workspace_status
from thumper_core.report import figures
from thumper_core.report.pages import habit_sections, weekly
from thumper_core.report.pages.content import content
from thumper_core.report.pages.html import render
from thumper_core.report.pages.sections import Section, chart
from thumper_core.report.pdf import compile_pdf, page_data, report_pdf
from thumper_core.report.sheets import report_tables, report_xlsx
from thumper_core.report.write import NAMES, read_formats, write_reports
from thumper_core.store.herd_summary import CalibrationFigures, Interval
from thumper_core.workspace import Workspace

NOW = datetime(2026, 11, 25, 14, 0)
HOSTILE = [
    '"><script>alert(1)</script>', "#set page(fill: red)", "$x$ \\ *b* _i_ @ref", "\u202eغزال",
    "🦌 Bambi", "=1+1", "O'Brien \"the\" & <b>", "bell\x07", "../../x", "a\nb",
]  # fmt: skip
CAMERAS = (
    "name,latitude,longitude\nCreek,30.1,-98.2\nNorth feeder,30.11,-98.21\nOld oak,30.105,-98.19\n"
)


def pages(path: Path) -> list[str]:
    """The text of each page of a PDF."""
    pdfium = pytest.importorskip("pypdfium2", reason="pip install pypdfium2")
    pdf = pdfium.PdfDocument(path)
    texts = []
    for number in range(len(pdf)):
        page = pdf[number]
        text = page.get_textpage()
        texts.append(text.get_text_range())
        text.close()
        page.close()
    pdf.close()
    return texts


# --- PDF -----------------------------------------------------------------------------------------


OF_THE_PROGRAM = re.compile(r"Review|\bpage\b|thumper [a-z]|workbench|\bSettings\b|Tune")


def test_a_report_speaks_to_readers_who_have_only_the_paper() -> None:
    """Sentences that reports share with pages name no page, no key and no command."""
    hardly = herd_size.HerdSize(herd_size.Known.HARDLY, 21)
    several = herd_size.HerdSize(herd_size.Known.ESTIMATED, 30, Interval(20.0, 18.0, 23.0))
    totals = SimpleNamespace(size=several)
    told = [
        hardly.sentence,
        several.sentence,
        words.merges_explained(20.0),
        words.SPLITS_EXPLAINED,
        words.BACKGROUND_UNTESTED,
        *habit_sections._counted_as_several(totals),  # type: ignore[arg-type]
    ]
    assert len(told) == 6
    assert [text for text in told if OF_THE_PROGRAM.search(text)] == []


def test_no_rate_by_moon_or_month_where_cameras_were_silent_for_long(small: Workspace) -> None:
    visits = tables.sightings(small)
    photos = source.media(small)
    days = habits.camera_days(photos, source.scope_of(small))
    effort = habits.effort_by_camera(photos, days, visits)
    assert habit_sections.when(days, visits, effort).charts
    stood = effort.with_columns(silent_days=13, camera_days=20)
    assert habit_sections.when(days, visits, stood).charts
    stood = effort.with_columns(silent_days=14, camera_days=20)
    told = habit_sections.when(days, visits, stood)
    assert not told.charts
    assert f"are {14 * effort.height} days together" in told.text
    assert f"against {20 * effort.height} camera-days that count" in told.text
    assert "14 days the longest" in told.text
    assert habit_sections.when(days, visits, stood.with_columns(camera_days=60)).charts
    assert OF_THE_PROGRAM.search(told.text) is None


def test_pdf_says_what_the_page_says(small: Workspace, tmp_path: Path) -> None:
    path = report_pdf(small, tmp_path / "herd.pdf", title="Our ranch", now=NOW)
    texts = pages(path)
    whole = " ".join(" ".join(texts).split())
    for text in (
        "Our ranch", "Old Crooked", "Clover", "deer-002", "Adult buck", "Left antler kicked in.",
        "Known, not in these photos", "Ghost", "Not seen", "0.5 : 1 : 0.5",
        "How many there are", "Moon and season", "The two youngest bucks look alike.",
        "Creek/zero.jpg", "Empty file", "25 Nov 2026, 14:00", f"1 / {len(texts)}",
    ):  # fmt: skip
        assert text in whole, text
    assert path.read_bytes().startswith(b"%PDF")
    assert [p.name for p in tmp_path.iterdir()] == ["herd.pdf"]


def test_pdf_draws_the_map_and_the_matrices(small: Workspace, tmp_path: Path) -> None:
    names = ("Creek", "<North> $x$", "#oak")
    effort = pl.DataFrame(
        {"camera": names, "latitude": [30.1, 30.11, 30.105], "longitude": [-98.2, -98.21, -98.19],
         "n_visits": [9, 4, 0]}
    )  # fmt: skip
    moves = pl.DataFrame(
        {"origin": [names[0], names[1]], "goal": [names[1], names[2]], "n_moves": [8, 2]}
    )
    company = pl.DataFrame(
        {"first": ["a"], "second": ["b"], "first_label": ["Ann"], "second_label": ["Bob"],
         "index": [0.5]}
    )  # fmt: skip
    charts = (
        chart("map", figures.ways_map(effort, moves), "map"),
        chart("ways", figures.ways(moves), "ways"),
        chart("company", figures.company(company), "company"),
    )
    told = replace(content(small, pictures=1, now=NOW), sections=(Section("ways", "Ways", charts),))
    path = tmp_path / "herd.pdf"
    path.write_bytes(compile_pdf(told))
    whole = " ".join(" ".join(pages(path)).split())
    for text in (*names, "Rows: from, columns: to", "North is up", "50%", "Ann", "Bob"):
        assert text in whole, text
    (drawn,) = page_data(told, lambda uri: uri)["sections"]
    ground, ways, pair = drawn["charts"]
    assert ways["columns"] == [row["label"] for row in ways["rows"]] == sorted(names)
    cells = {
        (row["label"], column): (cell["text"], cell["shade"])
        for row in ways["rows"]
        for column, cell in zip(ways["columns"], row["cells"], strict=True)
        if cell["text"]
    }
    assert cells == {(names[0], names[1]): ("8", 1.0), (names[1], names[2]): ("2", 0.25)}
    assert [[c["text"] for c in row["cells"]] for row in pair["rows"]] == [["", "50%"], ["50%", ""]]
    at = {point["label"]: point["at"] for point in ground["points"]}
    assert min(at, key=lambda name: at[name][1]) == names[1]  # furthest north: on top
    assert max(at, key=lambda name: at[name][0]) == names[2]  # furthest east: on the right
    assert all(0 <= x <= 1 and 0 <= y <= ground["tall"] + 1e-9 for x, y in at.values())
    assert ground["lines"][0]["width"] > ground["lines"][1]["width"]


def test_pdf_takes_hostile_text_for_text(build: Callable[..., Workspace], tmp_path: Path) -> None:
    workspace = build(
        [Deer("doe", 2, name, name) for name in HOSTILE],
        cameras=('"><b>', '#image("/etc/passwd")', "*oak*"),
        failures=[("../../etc/x", "error", "video"), ("#x/$y$.jpg", "partial", "truncated")],
        drawn=False,
    )
    workspaces.restate(
        workspace,
        lambda said: replace(said, warnings=("#pagebreak()",), cut=replace(said.cut, reason="$a$")),
    )
    whole = " ".join(pages(report_pdf(workspace, tmp_path / "h.pdf", title="#eval(1)", now=NOW)))
    for text in (
        "#set page(fill: red)",
        "*b* _i_ @ref",
        "#pagebreak()",
        "#eval(1)",
        "=1+1",
        "bell",
    ):
        assert text in whole, text


@pytest.mark.parametrize("identified", [True, False])
def test_pdf_of_an_empty_herd(
    build: Callable[..., Workspace], tmp_path: Path, identified: bool
) -> None:
    workspace = build([], identified=identified)
    assert "No deer have been told apart yet" in pages(report_pdf(workspace, tmp_path / "e.pdf"))[0]


def test_pdf_of_a_new_workspace(tmp_path: Path) -> None:
    path = report_pdf(Workspace.create(tmp_path / "new"), tmp_path / "e.pdf")
    assert "There are no photos yet" in pages(path)[0]


# --- selection -----------------------------------------------------------------------------------


def test_report_of_a_period_and_camera(small: Workspace) -> None:
    scope = Scope.of_days(date(2026, 9, 28), date(2026, 9, 30), cameras=["Creek"])
    page = render(scoped(small, scope), now=NOW)
    assert "28 Sep 2026 to 30 Sep 2026" in page
    assert "Only the camera" in page
    seen = small.sql(
        "select count(distinct individual_id) from sightings where camera = 'Creek' "
        "and started_at < timestamp '2026-10-01'"
    ).item()
    assert 0 < seen < 5
    assert re.search(rf"<dt>Groups</dt><dd>{seen}<", page)
    assert "Only the camera" not in render(small, now=NOW)


def test_report_without_people_and_places(build: Callable[..., Workspace]) -> None:
    workspace = build(herd_of(6), people=3, drawn=False)
    workspace.cameras_csv.write_text(CAMERAS)
    shown = render(workspace, now=NOW)
    assert "30.11000" in shown and "chart-map" in shown
    hidden = render(scoped(workspace, Scope(hide_coordinates=True, hide_people=True)), now=NOW)
    assert "30.11000" not in hidden and "-98.2" not in hidden and "chart-map" not in hidden
    assert "Photos that show people are left out." in hidden
    n_all, n_left = (
        int(re.search(r"<dt>Photos</dt><dd>(\d+)", page).group(1))  # type: ignore[union-attr]
        for page in (shown, hidden)
    )
    assert n_all - n_left == 3


# --- workbook ------------------------------------------------------------------------------------


def test_workbook(small: Workspace, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(report_xlsx(small, tmp_path / "r.xlsx", title="Ranch", now=NOW))
    tables = report_tables(small, title="Ranch", now=NOW)
    assert book.sheetnames == list(tables)
    for name, frame in tables.items():
        rows = list(book[name].iter_rows(values_only=True))
        assert list(rows[0]) == frame.columns
        assert len(rows) - 1 == frame.height
    assert ("Report", "Ranch") in list(book["Summary"].iter_rows(values_only=True))
    assert "Old Crooked" in [cell.value for cell in book["Herd"]["C"]]


def test_workbook_holds_no_formula(build: Callable[..., Workspace], tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    workspace = build(
        [Deer("doe", 2, name, name) for name in HOSTILE],
        cameras=("=Creek()", "+1", "@x"),
        failures=[("=a()/b.jpg", "error", "video")],
        drawn=False,
    )
    book = openpyxl.load_workbook(report_xlsx(workspace, tmp_path / "r.xlsx", title="=T()"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert len(cells) > 100
    for cell in cells:
        assert cell.data_type != "f"
        assert not isinstance(cell.value, str) or not cell.value.startswith(("=", "+", "-", "@"))


# --- weekly --------------------------------------------------------------------------------------


def test_week_against_week(build: Callable[..., Workspace]) -> None:
    workspace = build(herd_of(14), people=3, drawn=False)
    told = weekly.weekly(workspace, last_day=date(2026, 10, 6), now=NOW)
    assert told.period == "30 Sep to 6 Oct 2026"
    count = "select count(*) from sightings where started_at >= ? and started_at < ?"
    days = [datetime(2026, 9, 23), datetime(2026, 9, 30), datetime(2026, 10, 7)]
    lines = {line.name: line for line in told.lines}
    assert lines["Visits of deer"].now == workspace.sql(count, days[1:]).item()
    assert lines["Visits of deer"].before == workspace.sql(count, days[:2]).item()
    assert (lines["Photos with people"].now, lines["Photos with people"].before) == (1, 2)
    assert sum(line.now for line in told.cameras) == lines["Visits of deer"].now
    hidden = weekly.weekly(scoped(workspace, Scope(hide_people=True)), last_day=date(2026, 10, 6))
    assert "Photos with people" not in {line.name for line in hidden.lines}


def test_default_week_ends_with_the_last_photo(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("doe", 8)], drawn=False)
    last = workspace.sql("select max(taken_at) from photos").item()
    assert weekly.weekly(workspace).period.endswith(f"{last.day} {last:%b %Y}")


def test_what_is_odd(build: Callable[..., Workspace]) -> None:
    # Visits every second day at three cameras in turn; the last week has one camera less.
    workspace = build([Deer("buck", 12, "Regular"), Deer("doe", 1)], drawn=False)
    end = workspace.sql("select max(taken_at) from photos").item().date()
    rows = workspace.ledger.files_under(str(workspace.root.parent / "photos"))
    late = datetime(end.year, end.month, end.day - 6)
    gone = [
        r.path_bytes
        for r in rows
        if r.camera == "Creek" and r.name_taken_at and r.name_taken_at >= late
    ]
    assert gone
    workspace.ledger.mark_missing(rows[0].root, gone)
    told = weekly.weekly(workspace, last_day=end)
    assert any("Creek" in text and "no photo this week" in text for text in told.oddities)
    # And a week later nobody came: the regular is missed.
    quiet = weekly.weekly(workspace, last_day=end.replace(day=end.day + 7))
    assert any("Regular" in text and "Not seen" in text for text in quiet.oddities)


@pytest.mark.parametrize(
    ("counts", "odd"),
    [((20, 5, 7, 7), True), ((12, 10, 7, 7), False), ((0, 0, 7, 7), False), ((20, 5, 7, 2), False),
     ((9, 0, 7, 0), False), ((0, 9, 7, 7), True)],
)  # fmt: skip
def test_is_odd(counts: tuple[int, int, int, int], odd: bool) -> None:
    assert weekly.is_odd(*counts) is odd


def test_weekly_page_and_text(build: Callable[..., Workspace], tmp_path: Path) -> None:
    deer = [Deer("doe", 3, name) for name in HOSTILE]
    workspace = build(deer, cameras=("<i>oak</i>", "a\nb"), drawn=False)
    told = weekly.weekly(workspace, title="<b>Ranch</b>", now=NOW)
    folder = weekly.write_weekly(told, tmp_path / "w")
    page = (folder / "summary.html").read_text("utf-8")
    assert "<script>" not in page and "<i>oak" not in page and "<b>Ranch" not in page
    assert "&lt;b&gt;Ranch" in page and "default-src 'none'" in page
    text = (folder / "summary.txt").read_text("utf-8")
    assert text.startswith("<b>Ranch</b>: ")
    assert not re.search("[\x00-\x09\x0b-\x1f]", text)
    assert f"Visits of deer{'':>14}"[:14] in text


def test_weekly_of_nothing(tmp_path: Path) -> None:
    told = weekly.weekly(Workspace.create(tmp_path / "new"), now=NOW)
    assert told.headline == "No deer was seen."
    assert not told.oddities
    assert "No deer was seen." in weekly.as_html(told) and weekly.as_text(told)


# --- all of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "formats"),
    [("html", ["html"]), ("PDF, xlsx", ["pdf", "xlsx"]), ("csv,csv", ["csv"])],
)
def test_read_formats(text: str, formats: list[str]) -> None:
    assert read_formats(text) == formats


@pytest.mark.parametrize("text", ["", ",", "docx", "html,docx"])
def test_formats_that_there_are_not(text: str) -> None:
    with pytest.raises(UsageError, match="html, pdf, xlsx, csv, weekly"):
        read_formats(text)


def test_where_reports_go(small: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    paths = write_reports(small, ["csv", "weekly"], folder, now=NOW)
    assert paths == [folder / "herd-report-csv", folder / "weekly-summary"]
    (page,) = write_reports(small, ["html"], folder, now=NOW)
    assert page == folder / "herd-report.html"
    (named,) = write_reports(small, ["xlsx"], tmp_path / "my.xlsx", now=NOW)
    assert named == tmp_path / "my.xlsx" and named.is_file()
    (inside,) = write_reports(small, ["html"], tmp_path / "for the neighbours", now=NOW)
    assert inside == tmp_path / "for the neighbours" / "herd-report.html"


def test_the_command_writes_every_format(build: Callable[..., Workspace], tmp_path: Path) -> None:
    workspace = build(herd_of(5), people=2)
    words: list[Any] = ["-w", workspace.root, "report", "--format", ",".join(NAMES)]
    words += ["--out", tmp_path / "o", "--camera", "Creek", "--camera", "Old oak", "--from"]
    words += ["2026-09-28", "--to", "2026-10-20", "--hide-people", "--title", "Ranch"]
    result = CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert {p.name for p in (tmp_path / "o").iterdir()} == set(NAMES.values())
    rows = csv.DictReader(
        io.StringIO((tmp_path / "o" / "herd-report-csv" / "cameras.csv").read_text("utf-8"))
    )
    assert {row["camera"] for row in rows} == {"Creek", "Old oak"}


def test_every_report_leads_with_the_same_words(
    build: Callable[..., Workspace], tmp_path: Path
) -> None:
    herd = restate(
        build([Deer("buck", 3), Deer("doe", 2)]),
        lambda said: replace(
            calibrated(said), calibration=CalibrationFigures(4, 1152, 0, separation=0.2)
        ),
    )
    said = tables.totals(herd).size.sentence
    assert said.startswith("These pictures hardly tell one deer from another")
    page = render(herd, now=NOW)
    assert "No method can say it here" in page
    assert "What these numbers believe" not in page
    assert page.index(said) < page.index("took") < page.index("<dl class")
    assert "Buck : doe : fawn" not in page and "<dt>Deer, estimated</dt><dd>not known<" in page
    paper = " ".join(" ".join(pages(report_pdf(herd, tmp_path / "herd.pdf", now=NOW))).split())
    assert said in paper
    told = weekly.weekly(herd, now=NOW)
    for text in (weekly.as_text(told), weekly.as_html(told)):
        assert said in " ".join(text.split())
    assert workspace_status(herd)["herd"]["size"]["sentence"] == said
