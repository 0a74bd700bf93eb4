"""The main journey in a real browser: look, tune, name, correct, reload, lose the server, go back."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.app import visits_page
from tests.app.map_page import POINT
from tests.app.pairs_page import IS_HEARD, IS_IDLE, SHOWN
from tests.generated import Size, build
from thumper_core import who
from thumper_core.children import python
from thumper_core.commands.app import free_port, streamlit_words
from thumper_core.vision.registry import load_registry
from thumper_core.vision.weights import find_file
from thumper_core.work import launches as jobs_launch
from thumper_core.work.cost import CLEAR_MODES
from thumper_core.workspace import ENVIRONMENT, Workspace

REPOSITORY = Path(__file__).resolve().parents[2]
WAIT_MS = 120_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless browser; the tests are skipped where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on the PATH: `apt-get install chromium` runs the browser tests")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"],
        )
        yield browser
        browser.close()


def _first_port() -> int:
    """Where to look for a free port: each process of the tests at another place.

    A server binds seconds after its port was found free; two processes that look at once would find
    the same one, and the second would be answered by the first one's server until that ends.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return 8801 + 40 * int(worker)


@contextmanager
def served(root: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The pages of a workspace on a free port; ended by its own process number."""
    port = free_port("127.0.0.1", _first_port())
    log = (root.parent / f"server-{port}.log").open("ab")
    process = subprocess.Popen(
        python(streamlit_words("127.0.0.1", port, browser=False)),
        env={**os.environ, ENVIRONMENT: str(root), "PYTHONPATH": str(REPOSITORY)},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(120)
        log.close()


@contextmanager
def opened(chromium: Any, url: str, page: str = "", **device: Any) -> Iterator[Any]:
    """A fresh browser on a page, its title there. device: what it is, where not a large screen."""
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}} | device)
    tab = context.new_page()
    tab.set_default_timeout(WAIT_MS)
    deadline = time.monotonic() + WAIT_MS / 1000
    while True:
        try:
            tab.goto(f"{url}/{page}")
            break
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    tab.wait_for_selector("h1")
    yield tab
    assert tab.locator("[data-testid=stException]").count() == 0
    context.close()


def wait_until(condition: Any, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.3)


def press_until(tab: Any, key: str, condition: Any) -> None:
    """Press a key as a person does: once more where the page was busy and missed it."""
    for _ in range(10):
        tab.keyboard.press(key)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.3)
    raise AssertionError(f"nothing came of the key {key}")


def test_journey(chromium: Any, tmp_path: Path) -> None:
    workspace = build(tmp_path, Size(photos=90, animals=6, cameras=3))
    root = workspace.root
    first_herd = workspace.ledger.promoted("herd")
    with served(root) as (url, server):
        with opened(chromium, url) as tab:
            tab.get_by_text("Deer, estimated").wait_for()
            tab.get_by_text("Newest visits").wait_for()
        with opened(chromium, url, "tune") as tab:
            tab.get_by_role("button", name="Use the recommended").click()
            tab.get_by_role("button", name="Apply", exact=True).last.click()
            wait_until(lambda: jobs_launch.launches(root) != [])
        # The work must not care that the pages die.
        server.kill()
        server.wait(20)
    wait_until(lambda: jobs_launch.working(root) is None)
    assert jobs_launch.launches(root)[-1].state == "done"
    second_herd = workspace.ledger.promoted("herd")
    assert second_herd != first_herd
    with served(root) as (url, _):
        buck = workspace.sql(
            "select individual_id from individuals where sex = 'male' and n_events > 0 order by 1"
        )["individual_id"][0]
        with opened(chromium, url, f"herd?deer={buck}") as tab:
            idea = tab.locator(f"[class*='st-key-idea-{buck}'] button").first
            idea.wait_for()
            name = idea.inner_text().strip()
            idea.click()
            tab.get_by_role("heading", name=name).wait_for()
        row = workspace.sql("select photo_id, detection_id from detections order by 1").row(0)
        with opened(chromium, url, f"photos?photo={row[0]}") as tab:
            tab.get_by_role("button", name="Not an animal").first.click()
            tab.get_by_text("Noted: not an animal").wait_for()
        # The herd follows behind the page; a rollback goes back to before it.
        wait_until(lambda: workspace.ledger.promoted("herd") != second_herd)
        with opened(chromium, url, f"herd?deer={buck}") as tab:
            assert tab.locator("h1").inner_text().startswith(name)
        with opened(chromium, url, "process") as tab:
            tab.get_by_text("Runs and herds, and going back").click()
            tab.get_by_role("button", name="Roll back").click()
            tab.get_by_text("Rolled back to the herd before").wait_for()
    again = Workspace.open(root)
    assert again.ledger.promoted("herd") == second_herd
    assert (
        again.sql("select name from individuals where individual_id = ?", [buck])["name"][0] == name
    )
    gone = again.sql("select count(*) as n from detections where detection_id = ?", [row[1]])
    assert gone["n"][0] == 0
    theme = [d.payload["theme"] for d in again.ledger.decisions() if d.kind == "name"]
    assert theme == ["disney"]


@pytest.mark.slow
def test_a_box_is_moved_by_keys_and_drawn_by_mouse(chromium: Any, tmp_path: Path) -> None:
    workspace = build(tmp_path, Size(photos=30, animals=3, cameras=2))
    row = workspace.sql("select * from detections order by detection_id limit 1").row(0, named=True)
    asked = "select x1, y1, x2, y2 from detections where detection_id = ?"
    width = workspace.sql("select width from photos where photo_id = ?", [row["photo_id"]]).item()

    def decided() -> list[str]:
        return [d.kind for d in workspace.ledger.decisions()]

    with (
        served(workspace.root) as (url, _),
        opened(chromium, url, f"photos?photo={row['photo_id']}") as tab,
    ):
        tab.locator(".stage .box").first.wait_for()
        tab.keyboard.press("1")
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Shift+ArrowDown")
        assert decided() == []
        tab.keyboard.press("Enter")
        wait_until(lambda: decided() == ["box"])
        first = workspace.ledger.decisions()[0].payload
        moved = workspace.sql(asked, [f"{row['photo_id']}-0"]).row(0)
        step = width / 100
        x1, y1, x2, y2 = first["box"]
        assert moved == pytest.approx((x1 + step, y1, x2 + step, y2 + step), abs=0.1)
        tab.get_by_text("The box is where you put it").wait_for()
        area = tab.locator(".stage svg").bounding_box()
        tab.mouse.move(area["x"] + 4, area["y"] + 4)
        tab.mouse.down()
        tab.mouse.move(area["x"] + area["width"] / 8, area["y"] + area["height"] / 8, steps=4)
        tab.mouse.up()
        tab.keyboard.press("Enter")
        tab.get_by_text("New box.").wait_for()

        def said_doe() -> bool:
            # A page that is still being drawn hears no key; once it has, the question is gone.
            tab.keyboard.press("d")
            tab.wait_for_timeout(2000)
            return decided() == ["box", "missed_animal"]

        wait_until(said_doe)
        drawn = workspace.ledger.decisions()[1].payload
        assert drawn["sex"] == "female"
        assert drawn["box"][2] == pytest.approx(width / 8, rel=0.05)

        def said_no_animal() -> bool:
            tab.keyboard.press("1")
            tab.keyboard.press("x")
            tab.wait_for_timeout(2000)
            return "not_animal" in decided()

        wait_until(said_no_animal)


@pytest.mark.slow
def test_verdicts_by_keyboard(chromium: Any, tmp_path: Path) -> None:
    workspace = build(tmp_path, Size())
    with served(workspace.root) as (url, _), opened(chromium, url, "review") as tab:
        tab.wait_for_function(IS_IDLE, polling=100)
        tab.get_by_text("of 100 pairs joined at most").wait_for()
        asked = []
        for key in "sduns":  # faster than the server: nothing is lost, and nothing said twice
            asked.append(tab.evaluate(SHOWN))
            tab.keyboard.press(key)
        tab.wait_for_function(IS_HEARD, polling=100)
        for key in "zz":
            tab.keyboard.press(key)
        tab.wait_for_function(f"(name) => ({SHOWN})() === name", arg=asked[2], polling=100)
        tab.wait_for_function(IS_HEARD, polling=100)
        tab.locator(".odd:enabled").first.click()
        tab.keyboard.press("v")
        tab.locator(".visits img").first.wait_for()
        tab.keyboard.press("m")  # nobody looked for keypoints, or they cannot be looked for here
        tab.get_by_text(re.compile("thumper match|pip install")).wait_for()
        tab.get_by_text("3 verdicts").wait_for()
        tab.get_by_role("tab", name="Right class?").click()
        tab.get_by_role("button", name="Fawn").wait_for()
        tab.wait_for_timeout(500)
        press_until(tab, "f", lambda: len(workspace.ledger.decisions()) == 8)
        tab.get_by_role("button", name="Undo").wait_for()
        press_until(tab, "z", lambda: len(workspace.ledger.decisions()) == 9)
    decided = workspace.ledger.decisions()
    kinds = [
        "same",
        "different",
        "unknowable",
        "same",
        "undo",
        "undo",
        "different",
        "class",
        "undo",
    ]
    assert [d.kind for d in decided] == kinds
    assert [d.payload["decision_id"] for d in decided if d.kind == "undo"] == [4, 3, 8]
    # Each is about the pair that was shown when the key was pressed.
    names = dict(workspace.sql("select detection_id, photo_id from detections").iter_rows())
    for decision, shown in zip(decided[:4], [*asked[:3], asked[4]], strict=True):
        photos = {decision.payload[side]["photo_id"] for side in "ab"}
        assert photos == {names[name] for name in shown.split("|")[:2]}
    same = decided[0].payload
    assert same["asked"]["run_id"] == workspace.ledger.promoted("run")
    assert 0 <= same["asked"]["chance"] <= 1
    assert [len(d.payload.get("kept", ())) > 0 for d in decided[:2]] == [True, True]
    assert "asked" not in decided[6].payload


@pytest.mark.slow
def test_new_visits_by_keyboard_and_by_touch(chromium: Any, tmp_path: Path) -> None:
    # Few dimensions: the deer are hard to tell, and little is sure.
    workspace = build(tmp_path, Size(photos=210, cameras=3, dim=6, new=90))
    met = {visit.visit_id: visit for visit in who.meet(workspace).visits}
    boxes = {
        (photo_id, round(x1)): name
        for name, photo_id, x1 in workspace.sql(
            "select detection_id, photo_id, x1 from all_detections"
        ).iter_rows()
    }
    keys = ["1", "Enter", "d", "u", "u", "o", "x", "n", "1", "1"]
    shown, touched, offered = list[str](), list[str](), list[str]()
    with served(workspace.root) as (url, _):
        with opened(chromium, url, "new") as tab:
            first = tab.locator("[data-testid=stSidebarNavLink]").first
            assert first.inner_text().split()[-1] == "New"
            tab.wait_for_function(visits_page.IS_IDLE, polling=100)
            tab.wait_for_function(visits_page.PICTURES, polling=100)
            for key in keys:
                tab.wait_for_function(f"() => ({visits_page.SHOWN})()", polling=20)
                shown.append(tab.evaluate(visits_page.SHOWN))
                offered.append(tab.evaluate(visits_page.OFFERED))
                tab.keyboard.press(key)
            tab.keyboard.press("z")
            tab.wait_for_function(
                f"(name) => ({visits_page.SHOWN})() === name", arg=shown[-1], polling=50
            )
            tab.keyboard.press("v")
            tab.locator(".visits img").first.wait_for()
            tab.wait_for_function(visits_page.IS_HEARD, polling=100)
        phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
        with opened(chromium, url, "new", **phone) as tab:
            for button in (".bar .known", ".bar .new", ".bar .unknowable"):
                tab.wait_for_function(visits_page.IS_IDLE, polling=100)
                tab.wait_for_function(visits_page.PICTURES, polling=100)
                reach = tab.evaluate(visits_page.REACH)
                assert (reach["wide"], reach["in_sight"], reach["bar_below"]) == (390, True, True)
                assert reach["least"] >= 36
                name = tab.evaluate(visits_page.SHOWN)
                touched.append(name)
                tab.locator(".candidate").last.tap()  # it comes beside the visit, and is no answer
                offered.append(tab.evaluate(visits_page.OFFERED))
                tab.locator(button).tap()
                tab.wait_for_function(
                    f"(name) => ({visits_page.SHOWN})() !== name", arg=name, polling=50
                )
            tab.wait_for_function(visits_page.IS_HEARD, polling=100)
    assert len(set(shown)) == len(keys)
    # Those that were passed over, or taken back, come back elsewhere; those with an answer do not.
    assert not {*shown[:7], shown[8]} & set(touched)
    undone = {d.payload["decision_id"] for d in workspace.ledger.decisions() if d.kind == "undo"}
    of_detection = {
        boxes[row.payload["photo_id"], round(row.payload["box"][0])]: row
        for row in workspace.ledger.decisions()
        if row.kind != "undo" and row.decision_id not in undone
    }

    def said(name: str) -> tuple[str, str | None]:
        """What was decided of a visit's pictures."""
        (row, *_) = (of_detection[i] for i in met[name].detection_ids if i in of_detection)
        return row.kind, row.payload.get("to")

    assert [said(name) for name in shown[:5]] == [
        *[("move", offered[number]) for number in (0, 1)],
        ("move", None),
        *[("untold", None)] * 2,
    ]
    assert [said(name)[0] for name in shown[5:7]] == ["class", "not_animal"]
    assert said(shown[8]) == ("move", offered[8])
    assert [said(name) for name in touched] == [
        ("move", offered[len(keys)]),
        ("move", None),
        ("untold", None),
    ]
    so_far = who.record_so_far(workspace)
    assert so_far.height == 11  # eight by keys that stand, three by touch
    assert so_far["first"].is_between(0, 1).all()


@pytest.mark.slow
def test_points_of_the_map_are_looked_at_and_chosen(chromium: Any, tmp_path: Path) -> None:
    workspace = build(tmp_path, Size(photos=90, animals=6, cameras=3))
    with served(workspace.root) as (url, _), opened(chromium, url, "clusters") as tab:
        tab.set_viewport_size({"width": 1400, "height": 1000})  # the whole map is in sight
        tab.locator(".js-plotly-plot .gl-canvas").first.wait_for()
        tab.wait_for_timeout(2000)  # the chart takes its colours and its width
        one, other = (tab.evaluate(POINT, share) for share in (0.0, 0.6))
        tab.mouse.move(one[0] + 50, one[1] + 50)
        tab.mouse.move(*one, steps=5)
        tab.locator(".card b:visible").wait_for()
        tab.mouse.click(*one)
        tab.get_by_role("heading", name="1 chosen").wait_for()
        tab.locator("[data-testid=stMain] [data-testid=stImage]").first.wait_for()
        tab.mouse.move(*other, steps=5)
        tab.wait_for_timeout(300)
        tab.keyboard.down("Shift")
        tab.mouse.click(*other)
        tab.keyboard.up("Shift")
        tab.get_by_role("heading", name="2 chosen").wait_for()
        tab.get_by_role("button", name="Different").click()
        wait_until(lambda: workspace.ledger.decisions())
    assert [d.kind for d in workspace.ledger.decisions()] == ["different"]


@pytest.mark.slow
def test_demo_from_an_empty_workspace_then_all_again(chromium: Any, tmp_path: Path) -> None:
    if find_file(load_registry().get("demo")) is None:
        pytest.skip("the demo detector's weights are not in models/")
    base = tmp_path / "data"
    with served(base) as (url, _), opened(chromium, url) as tab:
        tab.get_by_role("slider").focus()
        for _ in range(4):
            tab.keyboard.press("ArrowLeft")
        tab.wait_for_timeout(1000)
        tab.get_by_role("button", name="Make the demo herd").click()
        tab.get_by_text("Rendering").first.wait_for()
        wait_until(lambda: jobs_launch.working(base) is None, 400)
        assert jobs_launch.launches(base)[-1].state == "done"
        tab.reload()
        tab.get_by_text("Deer, estimated").wait_for()
    ledger = Workspace.open(base / "demo").ledger
    before = ledger.promoted("run"), ledger.promoted("herd")
    with served(base) as (url, server), opened(chromium, url, "process") as tab:
        tab.get_by_text("Other models, or everything again").click()
        tab.get_by_role("radio", name="Everything again").click()
        tab.get_by_text(CLEAR_MODES["all"][1], exact=False).wait_for()
        tab.get_by_role("button", name="Reprocess", exact=True).click()
        tab.locator(".st-key-work").wait_for()
        server.kill()
        server.wait(20)
        assert jobs_launch.working(base / "demo") is not None
    with served(base) as (url, _), opened(chromium, url, "process") as tab:
        tab.locator(".st-key-work").get_by_text("Processing").wait_for()
        tab.locator(".st-key-work").wait_for(state="detached")
        tab.get_by_text("Processing: done").first.wait_for()
    assert ledger.promoted("run") != before[0]
    assert ledger.promoted("herd") != before[1]
