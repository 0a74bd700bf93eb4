from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests import workspaces
from tests.workspaces import Deer, herd_of
from thumper_core.contracts import ThumperError
from thumper_core.questions.unread import NAMED_MAX
from thumper_core.report.pages.html import render, report
from thumper_core.report.pages.sections import script_json
from thumper_core.workspace import Workspace

NOW = datetime(2026, 11, 25, 14, 0)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
NAMES = [HOSTILE, 'O\'Brien "the" & <b>', "\u202eغزال", "🦌 Bambi", "=cmd()", "{{ 7*7 }} %{x}"]


class Page(HTMLParser):
    """Elements, text outside scripts, and the text of each script and style."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.scripts: list[tuple[dict[str, str], str]] = []
        self._inside = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.elements.append((tag, values))
        self._inside = tag if tag in ("script", "style") else self._inside
        if tag == "script":
            self.scripts.append((values, ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            values, text = self.scripts[-1]
            self.scripts[-1] = (values, text + data)
        elif not self._inside:
            self.text += data + " "

    def all(self, tag: str) -> list[dict[str, str]]:
        return [values for name, values in self.elements if name == tag]


def test_page_of_a_small_herd(small: Workspace, tmp_path: Path) -> None:
    path = report(small, tmp_path / "new" / "herd.html", title="Our ranch", now=NOW)
    page = Page(path.read_text("utf-8"))
    for text in (
        "Our ranch", "Old Crooked", "Clover", "deer-002", "Adult buck", "Left antler kicked in.",
        "Known, not in these photos", "Ghost", "Buck : doe : fawn", "0.5 : 1 : 0.5",
        "1.2% (0.4% to 3.1%)", "The two youngest bucks look alike.", "0123456789abcdef",
        "Creek/zero.jpg", "Empty file", "25 Nov 2026, 14:00", "Show the numbers",
    ):  # fmt: skip
        assert text in page.text, text
    assert "deer-007" not in page.text  # never named and not in the herd
    pictures = page.all("img")
    assert len(pictures) == 4 + 3 + 1 + 2 + 1 + 1
    assert all(p["src"].startswith("data:image/jpeg;base64,") and p["alt"] for p in pictures)
    assert all(v["aria-label"] for _, v in page.elements if v.get("role") == "img")


def test_the_same_workspace_gives_the_same_page(small: Workspace) -> None:
    assert render(small, now=NOW) == render(small, now=NOW)


def test_nothing_points_outside_the_page(small: Workspace) -> None:
    page = Page(render(small))
    ids = {values["id"] for _, values in page.elements if "id" in values}
    for _, values in page.elements:
        for key in ("src", "href", "action", "data", "srcset", "poster"):
            if key in values:
                assert values[key].startswith(("data:", "#")), values[key][:80]
                assert not values[key].startswith("#") or values[key][1:] in ids
        assert not [key for key in values if key.startswith("on")]
    assert not page.all("link")


def test_only_the_pages_own_scripts_may_run(small: Workspace) -> None:
    page = Page(render(small))
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    running = [text for values, text in page.scripts if "type" not in values]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in running]
    assert len(running) == 2
    assert policy.startswith("default-src 'none'; script-src ")
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    for values, text in page.scripts:
        if values.get("type") == "application/json":
            assert json.loads(text)


def test_hostile_text_stays_text(build: Callable[..., Workspace]) -> None:
    deer = [Deer("doe", 2, name, HOSTILE) for name in NAMES]
    workspace = build(
        deer,
        cameras=(HOSTILE, "<i>oak</i>"),
        failures=[(f"{HOSTILE}/a.jpg", "error", "empty_file"), ("../../etc/x", "error", "video")],
        drawn=False,
    )
    workspaces.restate(
        workspace,
        lambda said: replace(said, warnings=(HOSTILE,), cut=replace(said.cut, reason=HOSTILE)),
    )
    source = render(workspace, title=HOSTILE)
    page = Page(source)
    for name in NAMES:
        assert name in page.text
    assert len(page.all("script")) == len([v for v, _ in page.scripts if v.get("type")]) + 2
    assert "<script>alert" not in source and "<img src=x" not in source
    assert not page.all("i") and not page.all("b")
    assert "<bdi>{{ 7*7 }} %{x}</bdi>" in source


@pytest.mark.parametrize("identified", [True, False])
def test_empty_herd(build: Callable[..., Workspace], identified: bool) -> None:
    page = Page(render(build([], identified=identified)))
    assert "No deer have been told apart yet" in page.text
    assert not page.all("img")
    assert "could not be read in full" not in page.text  # no failure, no section


def test_workspace_without_photos(tmp_path: Path) -> None:
    page = Page(render(Workspace.create(tmp_path / "new")))
    assert "There are no photos yet" in page.text
    assert "new" in page.text


def test_individual_whose_photos_are_gone(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("buck", 2, "Old Crooked"), Deer("doe", 1)], drawn=False)
    pictures = Page(render(workspace)).all("img")
    assert len(pictures) == 3  # a neutral picture for each photo that cannot be read
    root = str(workspace.root.parent / "photos")
    every = [file.path_bytes for file in workspace.ledger.files_under(root)]
    workspace.ledger.mark_missing(root, every)
    page = Page(render(workspace))
    assert [p["alt"] for p in page.all("img")] == [
        "No photo of Old Crooked is left", "No photo of deer-002 is left"
    ]  # fmt: skip


def test_many_failures_are_counted_but_not_all_listed(build: Callable[..., Workspace]) -> None:
    bad: list[Any] = [(f"Creek/{n}.jpg", "error", "empty_file") for n in range(600)]
    page = Page(render(build([], failures=bad)))
    assert "The first 500 of 600 photos" in page.text
    assert page.text.count("Creek/") == 500 + NAMED_MAX  # why there are no deer names some


@pytest.mark.slow
def test_150_individuals_stay_small_and_quick(build: Callable[..., Workspace]) -> None:
    workspace = build(herd_of(150), n_blank=400)
    started = time.monotonic()
    path = report(workspace)
    assert time.monotonic() - started < 60
    assert path == workspace.reports_dir / "herd-report.html"
    assert path.stat().st_size < 40e6
    cards = [e for e in Page(path.read_text("utf-8")).all("li") if e.get("class") == "card"]
    # None is lost: each made animal is one deer of the herd, and each deer a card. No two of them
    # come to one camera in the same second, where they would rightly be one burst's one animal.
    assert len(cards) == 150


def test_out_may_be_a_folder_and_is_replaced_whole(small: Workspace, tmp_path: Path) -> None:
    first = report(small, tmp_path, title="One")
    assert first == tmp_path / "herd-report.html"
    assert report(small, tmp_path, title="Two") == first
    assert "<title>Two</title>" in first.read_text("utf-8")
    assert [p.name for p in tmp_path.iterdir()] == [first.name]


def test_where_it_cannot_be_written(small: Workspace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ThumperError, match="--out"):
        report(small, tmp_path / "file" / "herd.html")


def test_script_json_has_no_nan() -> None:
    assert script_json({"y": [float("nan"), 1.5]}) == '{"y":[null,1.5]}'


@pytest.mark.parametrize("text", ["</script>", "<!--", "&amp;", "\u2028", "é🦌"])
def test_script_json_survives_its_element(text: str) -> None:
    encoded = script_json({"text": text})
    assert not set("<>&\u2028") & set(encoded)
    assert json.loads(encoded) == {"text": text}
