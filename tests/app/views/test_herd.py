"""The herd's page: splinters under their deer, the table, what is done with chosen rows, many names."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.splintered import GROUPS
from tests.workspaces import copied, restate
from thumper_core.contracts import DEER, AgeClass, Sex, ThumperError
from thumper_core.decisions import regroup
from thumper_core.decisions.kinds import Decision, Note, Reclass, Watch
from thumper_core.herd.decide import Effect, decide
from thumper_core.herd.following import following
from thumper_core.questions import browse
from thumper_core.questions.herd_size import herd_size
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.splinters import Splinter
from thumper_core.questions.tuning import Tuning
from thumper_core.store.herd_summary import CalibrationFigures
from thumper_core.workspace import Workspace

Open = Callable[..., Any]


@pytest.fixture
def ranch(
    splintered: tuple[Workspace, Tuning], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A copy to change, whose dendrogram is there at once."""
    import cached

    ready: Future[Tuning] = Future()
    ready.set_result(splintered[1])
    monkeypatch.setattr(cached.Pages, "identification", lambda self, **_: ready)
    return copied(splintered[0], tmp_path)


def texts(at: Any) -> str:
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.warning, at.error)
    said = "\n".join(str(element.value) for kind in kinds for element in kind)
    return said.replace("\\", "").replace("\u2060", "")


def links(at: Any) -> list[str]:
    return [link.label for link in at.get("page_link") if link.label.startswith("**")]


def button(at: Any, label: str) -> Any:
    return next(b for b in at.button if b.label.startswith(label))


def press(at: Any, opener: str, key: str) -> Any:
    """Press a button of a dialog: here a dialog is shown only in the run in which it is opened."""
    at.button(key=opener).click()
    at.button(key=key).click().run()
    return at


def settled(at: Any) -> Any:
    """The page when what it looks for beside it is found."""
    deadline = time.monotonic() + 60
    while "Looking for" in texts(at) and time.monotonic() < deadline:
        time.sleep(0.2)
        at.run()
    assert not at.exception and not at.error, texts(at)
    return at


def kinds_said(workspace: Workspace) -> list[str]:
    return [decision.kind for decision in workspace.ledger.decisions()]


@pytest.mark.slow
def test_splinters_stand_under_their_deer_and_are_joined_and_parted_again(
    open_page: Open, ranch: Workspace
) -> None:
    at = settled(open_page(ranch.root, "herd"))
    offered = [b for b in at.button if b.label.startswith("Perhaps also")]
    assert offered
    assert len(links(at)) < GROUPS
    assert "stand under the deer that they probably are" in texts(at)
    opener = offered[0].key
    offered[0].click().run()
    assert " likely deer" in texts(at)
    press(at, opener, "kin-save")
    assert set(kinds_said(ranch)) == {"same"}
    n_said = len(kinds_said(ranch))
    settled(at)
    assert f"{GROUPS - n_said} groups of pictures" in texts(at)
    at.button(key="undo-last").click().run()
    assert following(ranch).wait(60)
    settled(at.run())
    assert kinds_said(ranch) == ["same"] * n_said + ["undo"] * n_said
    assert f"{GROUPS} groups of pictures" in texts(at)
    assert at.button(key="undo-last").disabled


def test_a_group_that_is_not_this_deer_has_a_card_of_its_own(
    open_page: Open, ranch: Workspace
) -> None:
    at = settled(open_page(ranch.root, "herd"))
    before = len(links(at))
    opener = button(at, "Perhaps also").key
    at.button(key=opener).click().run()
    answers = [c for c in at.segmented_control if str(c.key).startswith("kin-of-")]
    for answer in answers:
        answer.set_value("Not this deer")
    press(at, opener, "kin-save")
    assert set(kinds_said(ranch)) == {"different"}
    settled(at)
    assert opener not in [b.key for b in at.button]
    assert len(links(at)) > before


def test_where_deer_are_hardly_told_apart_that_is_said_first_and_nothing_is_proposed(
    open_page: Open, ranch: Workspace
) -> None:
    hardly = CalibrationFigures(4, 1152, separation=0.2)
    restate(ranch, lambda summary: replace(summary, calibration=hardly))
    at = settled(open_page(ranch.root, "herd"))
    assert at.markdown[0].value.startswith("These pictures hardly tell one deer from another")
    assert len(links(at)) == GROUPS
    assert not [b for b in at.button if b.label.startswith("Perhaps also")]
    at.session_state["herd-tabs"] = "Table"
    at.run()
    assert "How sure" not in [str(c) for c in at.dataframe[0].value.columns]
    assert at.button(key="undo-last").proto.shortcut
    at.session_state["herd-tabs"] = "Naming"
    at.run()
    assert "Name the most seen" not in texts(at)
    assert not at.button(key="undo-last").proto.shortcut  # letters are for names here


def chosen(at: Any, *rows: int) -> Any:
    """The table with these rows chosen."""
    at.session_state["herd-tabs"] = "Table"
    at.run()
    at.session_state[at.dataframe[0].key] = {"selection": {"rows": [*rows], "columns": []}}
    at.run()
    assert f"**{len(rows)} group" in texts(at)
    return at


def test_the_table_says_what_the_address_says(open_page: Open, ranch: Workspace) -> None:
    query = {"herd-tabs": "Table", "herd-sort": "Name", "herd-find": "deer-00"}
    at = open_page(ranch.root, "herd", **query)
    shown = at.dataframe[0].value
    assert shown["deer"].to_list() == [f"deer-00{n}" for n in range(1, 10)]
    assert list(shown.columns)[:4] == ["picture", "deer", "kind", "visits"]
    assert shown["picture"].str.startswith("data:image/jpeg;base64,").all()


def test_chosen_rows_are_watched_named_and_corrected_each_as_one_step(
    open_page: Open, ranch: Workspace
) -> None:
    at = open_page(ranch.root, "herd")
    chosen(at, 0, 2).button(key="bulk-watch").click().run()
    assert kinds_said(ranch) == ["watch"] * 2
    at.button(key="undo-last").click().run()
    assert ranch.sql("select count(*) as n from individuals where watched")["n"][0] == 0
    chosen(at, 0, 2).button(key="bulk-name").click().run()
    press(at, "bulk-name", "bulk-name-give")
    named = "select count(name) as n from individuals where nullif(trim(name), '') is not null"
    assert ranch.sql(named)["n"][0] == 2
    at.button(key="undo-last").click().run()
    assert ranch.sql(named)["n"][0] == 0
    chosen(at, 11).button(key="bulk-class").click().run()
    at.segmented_control(key="bulk-class-kind").set_value("Fawn")
    at.button(key="bulk-class").click().run()
    press(at, "bulk-class", "bulk-class-save")
    n = kinds_said(ranch).count("class")
    human = "select count(*) as n from detections where source = 'human' and age_class = 'fawn'"
    assert ranch.sql(human)["n"][0] == n > 0
    assert not at.exception


@pytest.mark.slow
def test_chosen_rows_are_joined_under_the_most_seen(open_page: Open, ranch: Workspace) -> None:
    at = chosen(open_page(ranch.root, "herd"), 0, 1, 2)
    labels = at.dataframe[0].value["deer"].to_list()[:3]
    at.button(key="bulk-join").click().run()
    assert f"they are called {labels[0]}" in texts(at)
    press(at, "bulk-join", "bulk-join-save")
    (said,) = ranch.ledger.decisions()
    assert (said.payload["into"], said.payload["from"]) == (labels[0], labels[1:])


def test_the_most_seen_are_named_with_one_button_and_lose_the_names_with_another(
    open_page: Open, ranch: Workspace
) -> None:
    at = open_page(ranch.root, "herd")
    at.session_state["herd-tabs"] = "Naming"
    at.run()
    at.button(key="most-seen-give").click().run()
    assert len(kinds_said(ranch)) == 10
    cards = ranch.sql("select name, n_events from individuals order by n_events desc")
    assert cards["name"].null_count() == GROUPS - 10
    at.button(key="undo-last").click().run()
    assert ranch.sql("select count(name) as n from individuals")["n"][0] == 0


def test_names_that_are_typed_stay_while_one_looks_elsewhere(
    open_page: Open, ranch: Workspace
) -> None:
    at = open_page(ranch.root, "herd")
    at.session_state["herd-tabs"] = "Naming"
    at.run()
    at.session_state["names-0-0"] = {"edited_rows": {0: {"new_name": "Bo"}}}
    at.run()
    assert "Not saved yet: 1 name" in texts(at)
    at.session_state["herd-tabs"] = "Gallery"
    at.run()
    decide(ranch, Note("deer-001", "limps"), "Ann")
    at.session_state["herd-tabs"] = "Naming"
    at.run()
    assert "Not saved yet: 1 name" in texts(at)
    at.button(key="save-names").click().run()
    assert [d.payload["name"] for d in ranch.ledger.decisions() if d.kind == "name"] == ["Bo"]
    assert "Not saved yet" not in texts(at)


@pytest.mark.slow
def test_a_step_of_the_demo_takes_nothing_back_in_the_own_herd(
    open_page: Open, ranch: Workspace
) -> None:
    shutil.copytree(ranch.root, ranch.root / "demo")
    demo = Workspace.open(ranch.root / "demo")
    decide(ranch, [Note("deer-001", "limps"), Note("deer-002", "shy")], "Ann")
    at = open_page(ranch.root, "herd")
    at.segmented_control(key="herd-of").set_value("demo").run()
    chosen(at, 0, 2).button(key="bulk-watch").click().run()
    assert kinds_said(demo) == ["watch", "watch"]
    assert not at.button(key="undo-last").disabled
    at.segmented_control(key="herd-of").set_value("own").run()
    assert at.button(key="undo-last").disabled
    assert kinds_said(ranch) == ["note", "note"] and not at.exception


@pytest.mark.slow
def test_off_the_hit_list_goes_a_group_with_its_parts_as_one_step(
    open_page: Open, ranch: Workspace
) -> None:
    said: list[Decision] = [
        Watch("deer-002", watched=True),
        regroup.merge(browse.members(ranch, None), "deer-001", ("deer-002",)),
    ]
    decide(ranch, said, "Ann", effect=Effect.WHOLE)
    at = open_page(ranch.root, "herd")
    at.session_state["herd-tabs"] = "Table"
    at.run()
    row = at.dataframe[0].value["deer"].to_list().index("deer-001")
    chosen(at, row).button(key="bulk-watch").click().run()
    assert [toast.value for toast in at.toast] == ["1 group off the hit list"]
    assert kinds_said(ranch)[2:] == ["watch", "watch"]
    assert at.button(key="undo-last").label == "Undo (2)"
    at.button(key="undo-last").click().run()
    assert kinds_said(ranch)[4:] == ["undo", "undo"] and at.button(key="undo-last").disabled


@pytest.mark.slow
def test_what_a_person_said_of_a_picture_already_is_not_said_again(
    open_page: Open, ranch: Workspace
) -> None:
    who = "deer-001"
    rows = browse.members(ranch, who).to_dicts()
    fawn = (DEER, Sex.UNKNOWN, AgeClass.FAWN)
    decide(ranch, Reclass(verdict_key(rows[0]), *fawn), "Ann")
    at = open_page(ranch.root, "herd")
    at.session_state["herd-tabs"] = "Table"
    at.run()
    row = at.dataframe[0].value["deer"].to_list().index(who)
    chosen(at, row).button(key="bulk-class").click().run()
    at.segmented_control(key="bulk-class-kind").set_value("Fawn")
    at.button(key="bulk-class").click().run()
    assert "1 picture: a person said so already." in texts(at)
    press(at, "bulk-class", "bulk-class-save")
    assert kinds_said(ranch) == ["class"] * len(rows)


@pytest.mark.parametrize("is_refused", [False, True])
def test_proposals_go_when_the_answer_is_recorded_and_a_group_that_is_gone_is_left_out(
    open_page: Open, ranch: Workspace, monkeypatch: pytest.MonkeyPatch, is_refused: bool
) -> None:
    import kin_ahead
    from views import kin

    show, gone = kin.show, []
    monkeypatch.setattr(
        kin,
        "show",
        lambda source, card, found: show(source, card, [*found, replace(found[0], who="deer-099")]),
    )
    monkeypatch.setattr(kin_ahead, "answered", gone.extend)
    if is_refused:

        def refused(*_: object) -> None:
            raise ThumperError("It may not be said.")

        monkeypatch.setattr(Splinter, "same", refused)
    at = settled(open_page(ranch.root, "herd"))
    opener = button(at, "Perhaps also").key
    at.button(key=opener).click().run()
    assert not at.exception and not at.error
    press(at, opener, "kin-save")
    assert len(gone) == len(kinds_said(ranch))
    assert (not gone) == is_refused and "deer-099" not in gone
    if is_refused:
        assert at.error[0].value == "It may not be said."


def test_every_surface_says_the_same_number_in_the_same_words(
    open_page: Open, ranch: Workspace, call: Callable[..., tuple[int, str]]
) -> None:
    from thumper_core.questions.status import workspace_status
    from thumper_core.report.pages.content import content

    herd = ranch.ledger.promoted_herd()
    assert herd is not None
    size = herd_size(herd.summary, GROUPS)
    assert size.is_known
    said = size.sentence
    overview, page = (open_page(ranch.root, name) for name in ("overview", "herd"))
    assert said in texts(overview)
    assert said in texts(page)
    figures = {metric.label: (metric.value, metric.delta) for metric in overview.metric}
    report = content(ranch, pictures=1)
    tiles = {tile.name: (tile.value, tile.note) for tile in report.tiles}
    assert report.summary[0] == said
    assert figures["Deer, estimated"] == (size.figure, f"95% interval {size.interval}")
    assert tiles["Deer, estimated"] == (size.figure, f"95% interval {size.interval}")
    assert figures["Groups"][0] == tiles["Groups"][0] == str(GROUPS)
    assert workspace_status(ranch)["herd"]["size"]["sentence"] == said
    printed = " ".join(call("-w", ranch.root, "status")[1].split())
    assert said in printed
    assert printed.index(said) < printed.index("processed")


def test_a_deer_that_is_opened_is_in_the_browsers_address(
    open_page: Open, herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamlit.runtime.state.query_params import QueryParams

    told: list[str] = []
    send = QueryParams._send_query_param_msg

    def sent(params: QueryParams) -> None:
        told.append(str(params.to_dict().get("deer")))
        send(params)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", sent)
    assert not open_page(herd.root, "herd", deer="deer-001").exception
    assert told[-1:] == ["deer-001"]
