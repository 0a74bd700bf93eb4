"""Every page in every state: empty, one photo, failures, at work, a contradiction, a broken file."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests.generated import Size, build
from tests.herds import make_deer_photos
from tests.learning.reviewed import move_all, ranch_of
from tests.pipeline.test_clip import herd_of_a_clip
from tests.questions.test_no_deer import NAMES_NONE, found
from tests.repeats.ranches import made
from tests.repeats.sights import sights, visits
from tests.workspaces import copied
from thumper_core import REPORT_NAMES, camera_table, who
from thumper_core.cameras.finding import CameraFinding
from thumper_core.decisions import kinds
from thumper_core.decisions.record import Conflict, record
from thumper_core.herd.build import build_herd
from thumper_core.mail.boxes import checked, save_mailboxes
from thumper_core.pipeline.pause import is_paused
from thumper_core.questions import browse, overview
from thumper_core.questions.herd_size import herd_size
from thumper_core.questions.review_queue import verdict_key
from thumper_core.settings import Settings
from thumper_core.store.came_in import begin_import
from thumper_core.store.jobs import beat, finish_job, start_job
from thumper_core.store.mail_rows import MailPart
from thumper_core.upkeep import load
from thumper_core.upkeep.gpu import Gpu
from thumper_core.work import launches
from thumper_core.workspace import Workspace

PAGES = (
    "new",
    "overview",
    "herd",
    "photos",
    "review",
    "years",
    "survey",
    "habits",
    "process",
    "tune",
    "clusters",
    "reports",
    "settings",
    "health",
    "help",
)
# Of states that all pages meet in the same way: a few pages each time, the others with the slow ones.
SOME = tuple(
    pytest.param(
        page, marks=() if page in ("overview", "herd", "process", "reports") else pytest.mark.slow
    )
    for page in PAGES
)
Open = Callable[..., Any]


def texts(at: Any) -> str:
    """Everything a page says, in one text."""
    kinds_of_text = (
        at.title,
        at.subheader,
        at.markdown,
        at.caption,
        at.info,
        at.success,
        at.warning,
        at.error,
    )
    return "\n".join(str(element.value) for kind in kinds_of_text for element in kind)


def fine(at: Any) -> bool:
    """Whether the page ran to its end."""
    return not at.exception and "Something went wrong" not in texts(at)


@pytest.mark.parametrize("page", SOME)
def test_no_workspace_says_what_to_do(open_page: Open, tmp_path: Path, page: str) -> None:
    at = open_page(tmp_path / "none", page)
    assert fine(at)
    assert at.title
    said = texts(at)
    expected = {
        "process": "Photos stay where they are",
        "health": "This machine",
        "help": "A picture by its content",
    }
    assert expected.get(page, "Start") in said or "demo herd" in said or "no workspace" in said


@pytest.mark.parametrize("page", PAGES)
def test_empty_workspace(open_page: Open, tmp_path: Path, page: str) -> None:
    Workspace.create(tmp_path / "empty")
    at = open_page(tmp_path / "empty", page)
    assert fine(at), texts(at)
    assert not at.error


def test_an_empty_workspace_begins_with_a_folder_of_photos(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(launches, "start", lambda *told: asked.append(told))
    root = tmp_path / "ranch"
    make_deer_photos(tmp_path / "cards" / "season", n_deer=1, n_events=2)
    at = open_page(root)

    def look_at(text: str) -> str:
        at.text_input(key="start-folder").set_value(text)
        next(button for button in at.button if button.label == "Look at it").click().run()
        return texts(at)

    assert "no folder on this machine" in look_at(str(tmp_path / "nowhere"))
    assert "Write the whole path" in look_at("cards")
    assert "begins with no home folder" in look_at("~nobody-of-that-name/cards")
    said = look_at(str(tmp_path / "cards"))
    assert "Step 2 of 5: Cameras" in said
    assert "The second folder below it names the camera" in said
    assert "cam1  \n2 files" in said and "cards  \n4 files" in said
    at.button(key="first-back").click().run()
    assert "Where are they on this machine?" in texts(at)
    look_at(str(tmp_path / "cards"))
    at.button(key="way-2").click().run()
    assert "Where do the cameras stand?" in texts(at)
    at.button(key="places-done").click().run()
    assert at.radio(key="first-detector").value == "whitetail"
    assert "four deer of five" in texts(at)
    at.button(key="detector-done").click().run()
    assert "the page Settings takes them later" in texts(at)
    at.button(key="start-season").click().run()
    plan = {
        "photos": str(tmp_path / "cards"),
        "camera_level": 2,
        "species": "white-tailed deer",
        "detector": "whitetail",
    }
    assert asked == [(root, "start", plan)]
    assert fine(at)


def test_the_folders_of_this_machine_are_gone_through(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_deer_photos(tmp_path / "home" / "cards" / "Creek", n_deer=1, n_events=1)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    at = open_page(tmp_path / "ranch")
    at.button(key="folder-cards").click().run()
    assert "cards" in texts(at)
    at.button(key="folder-up").click().run()
    at.button(key="folder-cards").click().run()
    at.button(key="use-folder").click().run()
    assert "Step 2 of 5: Cameras" in texts(at)
    assert fine(at)


def test_a_folder_whose_name_is_no_text_is_gone_into(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = os.fsdecode(b"cr\xe9ek")  # of a card that was written in another alphabet
    make_deer_photos(tmp_path / "home" / odd / odd, n_deer=1, n_events=1)
    (tmp_path / "home" / odd / "empty").mkdir()
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    at = open_page(tmp_path / "ranch")
    at.button(key=r"folder-cr\xe9ek").click().run()
    assert fine(at) and r"cr\\xe9ek" in texts(at)
    at.button(key="folder-empty").click().run()
    at.button(key="use-folder").click().run()
    assert fine(at) and "There is no photo in" in texts(at)
    at.button(key="folder-up").click().run()
    at.button(key="use-folder").click().run()
    assert fine(at) and r"cr\\xe9ek" in texts(at)  # of a camera


def test_cameras_that_were_placed_are_written_before_the_work_begins(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(launches, "start", lambda *told: asked.append(told))
    root = tmp_path / "ranch"
    for camera in ("Creek", "Oak"):
        make_deer_photos(tmp_path / "cards" / camera, n_deer=1, n_events=1)
    at = open_page(root)
    at.text_input(key="start-folder").set_value(str(tmp_path / "cards"))
    next(button for button in at.button if button.label == "Look at it").click().run()
    at.button(key="way-1").click().run()
    at.text_input(key="centre-text").set_value("30.1, -98.4")
    next(button for button in at.button if button.label == "Show the map").click().run()
    assert "4 km across" in texts(at)
    at.session_state["first"].places["Creek"] = (30.1, -98.4)
    for key in ("places-done", "detector-done", "start-season"):
        at.button(key=key).click().run()
    assert [told[1] for told in asked] == ["start"]
    written = camera_table(Workspace.open(root)).select("name", "latitude", "longitude").rows()
    assert written == [("Creek", 30.1, -98.4)]
    assert fine(at)


@pytest.mark.slow
def test_the_tour_of_the_demo_goes_from_page_to_page(
    open_page: Open, own_herd: Workspace, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(own_herd.root, base / "demo")
    at = open_page(base)
    at.button(key="tour-begin").click().run()
    assert "Stop 1 of 6" in texts(at)
    at.button(key="tour-on").click().run()
    assert "Stop 2 of 6" in texts(at) and at.title[0].value == "Herd"
    at.button(key="tour-back").click().run()
    at.button(key="tour-end").click().run()
    assert "Stop" not in texts(at)
    assert fine(at)


@pytest.mark.parametrize("page", SOME)
def test_one_photo(open_page: Open, one_photo: Workspace, page: str) -> None:
    at = open_page(one_photo.root, page)
    assert fine(at), texts(at)


@pytest.mark.parametrize("page", PAGES)
def test_a_herd(open_page: Open, herd: Workspace, page: str) -> None:
    at = open_page(herd.root, page)
    assert fine(at), texts(at)
    assert not at.error


@pytest.fixture(scope="module")
def one_photo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return build(tmp_path_factory.mktemp("one"), Size(photos=1, animals=1, cameras=1, failures=0))


def test_overview_counts_the_herd(open_page: Open, herd: Workspace) -> None:
    at = open_page(herd.root)
    shown = {metric.label: metric.value for metric in at.metric}
    totals = herd.sql("select count(*) as n from individuals where n_events > 0")
    said = herd.ledger.promoted_herd()
    assert said is not None
    size = herd_size(said.summary, totals["n"][0])
    assert (
        shown["Deer, estimated"]
        == size.figure
        == f"about {said.summary.trust.estimated_animals:.0f}"
    )
    known = next(metric for metric in at.metric if metric.label == "Deer, estimated")
    assert known.delta == size.held
    assert f"Thumper estimates {size.figure} deer" in texts(at)
    assert "3 photos could not be read" in texts(at)


@pytest.mark.parametrize("is_older", [True, False])
def test_a_report_older_than_the_herd_says_so(
    open_page: Open, own_herd: Workspace, is_older: bool
) -> None:
    herd = own_herd.ledger.promoted_herd()
    assert herd is not None
    report = own_herd.reports_dir / REPORT_NAMES["html"]
    report.parent.mkdir(exist_ok=True)
    report.write_text("a report")
    at = herd.created_at.replace(tzinfo=UTC).timestamp() + (-60 if is_older else 60)
    os.utime(report, (at, at))
    page = open_page(own_herd.root, "reports")
    assert fine(page)
    assert ("The herd has changed since" in texts(page)) == is_older


@pytest.mark.slow
def test_a_clock_that_is_wrong_is_told_on_the_first_page(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [CameraFinding("Creek", kind, f"of its {kind}") for kind in ("lens", "clock")]
    monkeypatch.setattr(overview, "camera_findings", lambda _: said)
    at = open_page(own_herd.root)
    assert fine(at)
    assert "The clock of Creek is probably wrong" in texts(at)
    assert "of its clock" in texts(at)
    assert "of its lens" not in texts(at)


def test_failures_are_listed_with_their_reason(open_page: Open, herd: Workspace) -> None:
    at = open_page(herd.root, "photos")
    at.session_state["photo-tabs"] = "Not readable"
    at.run()
    assert fine(at)
    table = at.dataframe[0].value
    assert "Truncated" in str(table)
    assert "Told in words: truncated." in str(table)


def test_waiting_photos_are_said(open_page: Open, tmp_path: Path) -> None:
    workspace = build(tmp_path, Size(photos=30, animals=3, cameras=2, failures=0, pending=12))
    at = open_page(workspace.root)
    assert fine(at)
    assert "12 photos wait to be processed" in texts(at)


RATE = {
    "total": 240,
    "done": 60,
    "failed": 2,
    "detections": 71,
    "rate": 12.5,
    "eta_s": 14.4,
    "elapsed_s": 10.0,
    "busy_s": {"decode": 4.0, "detect": 8.0},
}


@contextmanager
def at_work(workspace: Workspace) -> Iterator[int]:
    """A run that works, as far as anybody can see: this process is its job. Yields the job."""
    run_id = workspace.ledger.create_run("f" * 16, "demo", "efficientnet_lite0", {}).run_id
    job = start_job(workspace.ledger, run_id, "run")
    beat(workspace.ledger, job, RATE)
    try:
        yield job
    finally:
        finish_job(workspace.ledger, job, "stopped")


@pytest.fixture(scope="module")
def worked_on(herd: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a herd that a run works on."""
    copy = copied(herd, tmp_path_factory.mktemp("worked_on"))
    with at_work(copy):
        yield copy.root


@pytest.mark.parametrize("page", SOME)
def test_a_run_that_works(open_page: Open, worked_on: Path, page: str) -> None:
    at = open_page(worked_on, page)
    assert fine(at), texts(at)
    assert not at.error
    # Nothing that changes the workspace may be started beside it.
    for key in ("reprocess", "retry", "identify-now"):
        assert all(button.disabled for button in at.button if button.key == key)


@pytest.mark.slow
def test_the_progress_of_a_run_is_shown(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = [
        Gpu("small", 0.1, 2**30, 8 * 2**30),
        Gpu("large", 0.93, 5 * 2**30, 80 * 2**30),
    ]
    monkeypatch.setattr(load, "gpus", lambda: cards)
    with at_work(own_herd) as job:
        at = open_page(own_herd.root, "process")
        shown = {metric.label: metric.value for metric in at.metric}
        assert (shown["Photos a second"], shown["Detections"]) == ("12.5", "71")
        assert (shown["GPU"], shown["GPU memory"]) == ("93%", "5.0 GB")
        assert float(shown["Memory"].removesuffix(" GB")) > 0.05
        assert "Busy: decode 40% · detect 80%" in texts(at)
        assert "Limited by" not in texts(at)  # these figures do not say what was waited for
        assert at.button(key="reprocess").disabled
        monkeypatch.setattr(load, "gpus", list)
        waiting = {"waiting_s": {"photos": 0.5, "disk": 0.0, "room": 2.0}}
        beat(own_herd.ledger, job, RATE | waiting | {"done": 120, "failed": 3})
        at.run()
        shown = {metric.label: metric.value for metric in at.metric}
        assert shown["Not readable"] == "3"
        said = "Limited by the detector (94% of the models' time went into it)"
        assert said in texts(at)
        assert "GPU" not in shown
        at.button(key="pause-work").click().run()
        assert is_paused(own_herd.root)
        assert "resting" in texts(at)
        asked: list[int] = []
        monkeypatch.setattr(psutil.Process, "send_signal", lambda _, number: asked.append(number))
        at.button(key="stop-work").click().run()
        assert asked == [signal.SIGTERM]
        # It is told at once, and for as long as it works: the button is not there to be pressed again.
        for _ in range(2):
            assert "stopping" in texts(at)
            assert at.button(key="stop-work").disabled and at.button(key="pause-work").disabled
            at = open_page(own_herd.root, "process")
    at.run()
    assert fine(at)
    assert not at.button(key="reprocess").disabled
    # What the pass took stays with the run.
    shown_now = texts(at)
    assert said in shown_now
    assert "120 photos in 10 seconds, 12.0 a second" in shown_now
    assert "Waiting: decoding for the models 20% · models for photos 5%" in shown_now


@pytest.mark.slow
def test_deleted_photos_leave_a_neutral_picture(open_page: Open, own_herd: Workspace) -> None:
    shutil.rmtree(own_herd.ledger.roots()[0])
    for page in ("overview", "herd", "photos"):
        assert fine(open_page(own_herd.root, page)), page
    photo_id = own_herd.sql("select min(photo_id) as p from photos")["p"][0]
    assert fine(open_page(own_herd.root, "photos", photo=photo_id))


def test_a_contradiction_leads_the_list(open_page: Open, own_herd: Workspace) -> None:
    members = browse.members(own_herd, None)
    pair = members.group_by("photo_id").len().sort("len", "photo_id", descending=[True, False])
    both = members.filter(members["photo_id"] == pair["photo_id"][0]).to_dicts()
    others = members.filter(members["tracklet_id"] != both[0]["tracklet_id"]).to_dicts()
    first, second = verdict_key(both[0]), verdict_key(others[0])
    record(own_herd.ledger, kinds.Different(first, second), "ann")
    record(own_herd.ledger, kinds.Same(first, second), "bob")

    build_herd(own_herd)
    said = texts(open_page(own_herd.root))
    assert "others or the photos contradict" in said
    at = open_page(own_herd.root, "review")
    at.session_state["review-tabs"] = "Splits and merges"
    at.run()
    assert any("set aside" in error.value for error in at.error)


def test_a_deep_link_opens_one_deer(open_page: Open, herd: Workspace) -> None:
    who = herd.ledger.individual_ids()[0]
    at = open_page(herd.root, "herd", deer=who)
    assert fine(at)
    assert who.replace("-", "\\-") in at.title[0].value
    assert {"Calendar", "Company", "Name and notes"} <= {s.value for s in at.subheader}


def test_a_dead_link_is_said(open_page: Open, herd: Workspace) -> None:
    at = open_page(herd.root, "herd", deer="deer-999")
    assert fine(at)
    assert any("not in this herd" in warning.value for warning in at.warning)
    at = open_page(herd.root, "photos", photo="../../etc/passwd")
    assert fine(at)
    assert any("no such photo" in warning.value for warning in at.warning)


def test_a_name_is_kept_and_escaped(open_page: Open, own_herd: Workspace) -> None:
    who = own_herd.ledger.individual_ids()[0]
    at = open_page(own_herd.root, "herd", deer=who)
    name = "<b>*Bo*</b> :smile:"
    at.text_input(key=f"text-{who}").set_value(name)
    next(b for b in at.button if b.label == "Save").click().run()
    assert fine(at)
    kept = own_herd.sql("select name from individuals where individual_id = ?", [who])
    assert kept["name"][0] == name
    assert "\\<b\\>\\*Bo\\*" in at.title[0].value


def test_two_people_naming_one_deer_are_warned(open_page: Open, own_herd: Workspace) -> None:
    who = own_herd.ledger.individual_ids()[0]
    at = open_page(own_herd.root, "herd", deer=who)
    record(own_herd.ledger, kinds.Name(who, "Ruby", expected=None), "bob")
    # The card that this page showed says "nameless": what it writes must not win silently.
    import cached

    stale = at.session_state
    assert stale["root"] == own_herd.root
    source = cached.Pages(own_herd)
    card = source.ask("cards").row(0, named=True) | {"individual_id": who, "name": None}
    with pytest.raises(Conflict):
        record(own_herd.ledger, kinds.Name(who, "Pearl", expected=card["name"]), "ann")
    at.run()
    assert "Ruby" in at.title[0].value


def test_a_correction_is_kept(open_page: Open, own_herd: Workspace) -> None:
    row = own_herd.sql("select photo_id, detection_id from detections order by 1 limit 1")
    photo_id, detection_id = row.row(0)
    at = open_page(own_herd.root, "photos", photo=photo_id)
    at.selectbox(key=f"class-{detection_id}-0").set_value("Buck").run()
    assert fine(at)
    seen = own_herd.sql("select sex, source from detections where detection_id = ?", [detection_id])
    assert seen.row(0) == ("male", "human")


def answers(monkeypatch: pytest.MonkeyPatch, *said: dict[str, Any]) -> None:
    """Let the photo's editor say these things, one for each run of the page, then nothing."""
    import components

    left = list(said)

    def mount(name: str, key: str, data: dict[str, Any], *events: str, **options: Any) -> Any:
        if name == "mend":
            return SimpleNamespace()
        assert name == "boxes" and data["picture"].startswith("data:image/jpeg;base64,")
        now = left.pop(0) if left else {}
        return SimpleNamespace(**{event: now.get(event) for event in events})

    monkeypatch.setattr(components, "mount", mount)


@pytest.mark.slow
def test_a_box_is_moved_and_the_move_undone(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "select photo_id, detection_id, x1, y1, x2, y2 from detections order by 2 limit 1"
    photo_id, detection_id, *before = own_herd.sql(asked).row(0)
    to = [1.0, 2.0, 41.0, 52.0]
    answers(monkeypatch, {"moved": {"id": detection_id, "box": to}})
    at = open_page(own_herd.root, "photos", photo=photo_id)
    assert fine(at)
    assert list(own_herd.sql(asked).row(0)[2:]) == to
    at.button(key="undo-last").click().run()
    assert fine(at)
    assert list(own_herd.sql(asked).row(0)[2:]) == before
    assert [d.kind for d in own_herd.ledger.decisions()] == ["box", "undo"]


def test_a_box_that_has_gone_is_not_moved(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_id = own_herd.sql("select min(photo_id) as p from detections")["p"][0]
    answers(monkeypatch, {"moved": {"id": "gone", "box": [1, 2, 3, 4]}})
    assert fine(open_page(own_herd.root, "photos", photo=photo_id))
    assert own_herd.ledger.decisions() == []


def test_a_missed_animal_is_drawn_then_named_by_a_key(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_id = own_herd.sql("select min(photo_id) as p from detections")["p"][0]
    box = [1.0, 2.0, 11.0, 12.0]
    answers(monkeypatch, {"drawn": {"box": box}}, {"moved": {"id": "drawn", "box": box}})
    at = open_page(own_herd.root, "photos", photo=photo_id)
    assert own_herd.ledger.decisions() == []
    at.button(key="drawn-Doe").click().run()
    assert fine(at)
    rows = own_herd.sql("select x1, y1, x2, y2, sex from detections where source = 'human'")
    assert rows.rows() == [(*box, "female")]
    assert "drawn-Doe" not in {button.key for button in at.button}


@pytest.mark.slow
def test_boxes_of_a_clip_are_corrected_in_the_frame_that_is_chosen(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = herd_of_a_clip(tmp_path)
    rows = workspace.sql("select photo_id, detection_id, frame_ms from detections order by ordinal")
    photo_id, first, first_ms = rows.row(0)
    at = open_page(workspace.root, "photos", photo=photo_id)
    assert fine(at), texts(at)
    assert at.select_slider(key=f"frame-{photo_id}").value == first_ms
    at.selectbox(key=f"class-{first}-0").set_value("Buck").run()
    box = [1.0, 2.0, 31.0, 42.0]
    answers(monkeypatch, {"drawn": {"box": box}})
    at.select_slider(key=f"frame-{photo_id}").set_value(1500).run()
    at.button(key="drawn-Doe").click().run()
    assert fine(at), texts(at)
    payloads = [d.payload for d in workspace.ledger.decisions()]
    assert [(p["frame_ms"], p["sex"]) for p in payloads] == [(first_ms, "male"), (1500, "female")]
    drawn = next(b for b in at.button if b.label == "at 1.5 s" and "-h2" in b.key)
    at.select_slider(key=f"frame-{photo_id}").set_value(0).run()
    drawn = next(b for b in at.button if b.key == drawn.key)
    drawn.click().run()
    assert at.select_slider(key=f"frame-{photo_id}").value == 1500


def test_a_viewer_changes_nothing(open_page: Open, own_herd: Workspace) -> None:
    from thumper_core.upkeep.access import add_user

    add_user(own_herd.root, "vic", "long enough password", "viewer")
    at = open_page(own_herd.root)
    assert [s.value for s in at.subheader] == ["Log in to Thumper"]
    at.text_input[0].set_value("vic")
    at.text_input[1].set_value("long enough password")
    at.button[0].click().run()
    assert fine(at)
    at._page_hash = at.session_state["pages"]["process"]._script_hash
    at.run()
    assert at.button(key="reprocess").disabled


def test_a_wrong_password_opens_nothing(open_page: Open, own_herd: Workspace) -> None:
    from thumper_core.upkeep.access import add_user

    add_user(own_herd.root, "vic", "long enough password", "editor")
    at = open_page(own_herd.root)
    at.text_input[0].set_value("vic")
    at.text_input[1].set_value("something else")
    at.button[0].click().run()
    assert at.error[0].value == "Name or password is wrong."
    assert not at.metric


def test_settings_are_checked_before_they_are_kept(open_page: Open, own_herd: Workspace) -> None:
    at = open_page(own_herd.root, "settings")
    at.number_input(key="detect.conf_min").set_value(7.0)
    next(b for b in at.button if b.label == "Save").click().run()
    assert any("conf_min" in error.value for error in at.error)
    assert not own_herd.settings_file.exists()
    at.number_input(key="detect.conf_min").set_value(0.5)
    next(b for b in at.button if b.label == "Save").click().run()
    assert "conf_min = 0.5" in own_herd.settings_file.read_text()


def test_mailboxes_are_shown_and_never_their_passwords(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANCH_MAIL", "a secret of the ranch")
    values = {"host": "imap.example.org", "user": "ann", "password_env": "RANCH_MAIL"}
    box = checked("ranch", values, "")
    save_mailboxes(own_herd.root, {"ranch": box})
    part = MailPart(None, "Picture", "a.zip", reason="it is a ZIP archive")
    own_herd.ledger.mail_was_read(box.account, "INBOX", 7, {1: [part]})
    at = open_page(own_herd.root, "settings")
    at.session_state["settings-tabs"] = "Cameras"
    at.run()
    assert fine(at), texts(at)
    shown = at.dataframe[-1].value
    assert shown.to_dict("records") == [
        {"Mailbox": "ranch", "User": "ann", "Server": "imap.example.org", "Pictures": 0}
        | {"Refused": 1, "Trusted here": False}
    ]
    assert "secret" not in texts(at)
    (own_herd.root / "mailboxes.toml").write_text("[")
    at.run()
    assert any("mailboxes.toml" in error.value for error in at.error)


def test_the_species_is_kept(open_page: Open, own_herd: Workspace) -> None:
    at = open_page(own_herd.root, "settings")
    at.selectbox(key="species").set_value("elk")
    at.selectbox(key="animals-are-deer").set_value("all")
    next(b for b in at.button if b.label == "Save").click().run()
    kept = Settings.load(own_herd.settings_file)
    assert (kept.species, kept.animals_are_deer) == ("elk", True)


@pytest.mark.parametrize("page", ["overview", "herd", "process"])
def test_animals_without_a_species_become_deer_with_one_button(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    ranch = found(tmp_path, ["animal", "animal", "person"], NAMES_NONE)
    started: list[str] = []
    monkeypatch.setattr(launches, "start", lambda root, kind, arguments: started.append(kind))
    at = open_page(ranch.root, page)
    assert fine(at), texts(at)
    assert "2 detections of fake" in texts(at)
    at.button(key="every-animal").click().run()
    assert fine(at), texts(at)
    assert started == ["identify"]
    assert Settings.load(ranch.settings_file).animals_are_deer is True


@pytest.mark.slow
def test_there_is_nothing_to_learn_from_until_people_corrected(
    open_page: Open, own_herd: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page(own_herd.root, "process")
    assert at.button(key="learn").disabled
    assert at.button(key="learn").label == "Learn from 0 corrections"
    assert "A detector needs 36 deer" in texts(at) and "30 males and 30 females" in texts(at)
    ranch = ranch_of(tmp_path / "corrected")
    n = move_all(ranch)
    asked: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(launches, "start", lambda root, kind, more: asked.append((kind, more)))
    at = open_page(ranch.root, "process")
    assert "enough to learn from" in texts(at)
    assert at.button(key="learn").label == f"Learn from {n} corrections"
    at.button(key="learn").click().run()
    assert (fine(at), asked) == (True, [("learn", {})])


def test_work_done_elsewhere_is_brought_in_and_taken_back(
    open_page: Open, own_herd: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = begin_import(own_herd.ledger, "merge", "/cards/theirs", "d1", "Ann")
    asked: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(launches, "start", lambda root, kind, more: asked.append((kind, more)))
    at = open_page(own_herd.root, "process")
    assert "from theirs" in texts(at)

    def bring(path: str) -> None:
        at.text_input(key="bring-in-path").set_value(path)
        next(button for button in at.button if button.label == "Bring in").click().run()

    bring(str(tmp_path / "nowhere"))
    assert "Write the whole path" in texts(at)
    assert asked == []
    bring(str(tmp_path))
    at.button(key=f"take-back-{row.import_id}").click().run()
    lines = [more["line"][:-2] for _, more in asked]
    assert lines == [["import", "results", str(tmp_path)], ["import", "undo", "1"]]
    assert fine(at)


def test_what_was_learned_is_told_when_it_has_ended(open_page: Open, own_herd: Workspace) -> None:
    told = {"sentences": ["Detector. Not better: what was in use stays in use."]}
    at = "2024-11-20T06:00:00+00:00"
    launch = launches.Launch(
        "1-learn", "learn", {}, "done", started_at=at, updated_at=at, result=told
    )
    launches.logs_dir(own_herd.root).mkdir(parents=True, exist_ok=True)
    launches.write(own_herd.root, launch)
    said = texts(open_page(own_herd.root, "process"))
    assert "Learning from corrections" in said and "what was in use stays in use" in said


def test_a_broken_shard_is_an_error_not_a_traceback(open_page: Open, own_herd: Workspace) -> None:
    for path in (own_herd.root / "lake" / "herds").rglob("*.parquet"):
        path.write_bytes(b"not parquet")
    at = open_page(own_herd.root)
    assert not at.exception
    assert at.error


@pytest.mark.slow
def test_health_sets_a_clock_and_takes_it_back(own_herd: Workspace, open_page: Any) -> None:
    from thumper_core.cameras.finding import ClockFix
    from thumper_core.cameras.set_clock import set_clock
    from thumper_core.cameras.table import camera_table

    camera = own_herd.sql("select min(camera) from photos").item()
    set_clock(own_herd, camera, ClockFix(3600.0))
    at = open_page(own_herd.root, "health")
    assert not at.exception
    at.button(
        key=next(b.key for b in at.button if str(b.key).startswith("clock-back"))
    ).click().run()
    assert not at.exception
    assert set(camera_table(own_herd)["clock_offset_s"]) == {0.0}
    at.selectbox(key="clock-camera").set_value(camera)
    at.text_input(key="clock-offset").set_value("+02:00:00")
    at.button(key="clock-set").click().run()
    assert not at.exception
    assert 7200.0 in camera_table(own_herd)["clock_offset_s"].to_list()


def test_health_shows_what_stands_before_a_camera_and_takes_an_answer(
    tmp_path: Path, open_page: Any
) -> None:
    workspace = made(tmp_path / "ranch", sights(visits(3), 1, name="stump"))
    at = open_page(workspace.root, "health")
    assert not at.exception
    assert any("18 photos" in caption.value for caption in at.caption)
    at.button(key="place-stump0000-False").click().run()
    assert not at.exception
    assert workspace.sql("select distinct species from detections")["species"].to_list() == [
        "white-tailed deer"
    ]
    keys = [button.key for button in at.button]
    assert "place-stump0000-True" in keys and "place-stump0000-False" not in keys


@pytest.mark.slow
def test_the_sure_ones_are_confirmed_together_but_for_those_ticked(
    open_page: Open, tmp_path: Path
) -> None:
    ranch = build(tmp_path, Size(photos=120, animals=5, cameras=3, new=36))
    n_sure = len(who.meet(ranch).sure)
    assert n_sure > 2
    at = open_page(ranch.root, "new")
    at.session_state["new-tabs"] = "Sure ones"
    at.run()
    assert fine(at), texts(at)
    assert f"{n_sure} visits of which it is at least 95% sure" in texts(at)
    ticked = at.checkbox[1]
    ticked.check()
    next(b for b in at.button if b.label.startswith("Confirm all")).click().run()
    assert fine(at), texts(at)
    assert "All others are confirmed" in texts(at)
    assert {d.kind for d in ranch.ledger.decisions()} == {"move"}
    assert len(ranch.ledger.decisions()) == n_sure - 1
    assert at.session_state["doubted"] == {ticked.key.removeprefix("odd-")}
    at.session_state["new-tabs"] = "How good are they?"
    at.run()
    assert (
        f"Of {n_sure - 1} answers, the likeliest suggestion was right in {n_sure - 1} (100%)"
        in (texts(at))
    )


@pytest.mark.slow
def test_a_deer_is_put_on_the_hit_list_and_taken(open_page: Open, own_herd: Workspace) -> None:
    at = open_page(own_herd.root, "herd", deer="deer-001")
    next(t for t in at.toggle if t.label == "Watch for it").set_value(True).run()
    assert fine(at), texts(at)
    at.segmented_control(key="status-deer-001").set_value("harvested")
    at.text_input(key="hunter-deer-001").set_value("Ann")
    next(b for b in at.button if b.label == "Save the status").click().run()
    assert fine(at), texts(at)
    assert [d.kind for d in own_herd.ledger.decisions()] == ["watch", "status"]
    assert own_herd.ledger.decisions()[1].payload["by"] == "Ann"
    at.toggle(key="share-blur-deer-001").set_value(True).run()
    assert "People are blurred" in texts(at) or "does not look for people" in at.error[0].value
    at = open_page(own_herd.root, "herd")
    at.segmented_control(key="herd-named").set_value("hit list").run()
    assert [link.label for link in at.get("page_link")] == ["**deer\\-001**"]


def test_a_decision_on_a_pair_says_and_shows_which_two(
    open_page: Open, own_herd: Workspace
) -> None:
    of = "select a.individual_id, d.* from assignments a join detections d using (detection_id)"
    rows = own_herd.sql(f"{of} where a.individual_id = 'deer-001' order by detection_id").to_dicts()
    record(own_herd.ledger, kinds.Same(verdict_key(rows[0]), verdict_key(rows[-1])), "Kim")
    camera = own_herd.sql("select camera from photos where photo_id = ?", [rows[0]["photo_id"]])
    at = open_page(own_herd.root, "herd", deer="deer-001")
    assert fine(at) and "**same deer**" in texts(at)
    at = open_page(own_herd.root, "review", **{"review-tabs": "Decisions"})
    assert fine(at)
    (told,) = at.dataframe[0].value["about"]
    assert told.count(", ") >= 2 and " and " in told and str(camera["camera"][0]) in told


def test_health_says_what_is_wrong_with_a_camera_once(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asked

    wrong = {"camera": "North", "kind": "clock", "message": "its clock is off", "fix": None}
    state = asked.QUESTIONS["health"](own_herd)
    state["cameras"] = [wrong]
    state["anomalies"] = [
        {"key": "camera_clock", "message": "Camera North: its clock is off"},
        {"key": "disk", "message": "1.0 GiB of disk are left."},
    ]
    monkeypatch.setitem(asked.QUESTIONS, "health", lambda _: state)
    at = open_page(own_herd.root, "health")
    assert fine(at) and texts(at).count("its clock is off") == 1
    assert [str(warning.value) for warning in at.warning] == ["1\\.0 GiB of disk are left\\."]
