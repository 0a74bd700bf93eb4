"""The page Photos: filters in the address, many photos decided at once, the event below an open one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from tests.app.test_pages import fine
from tests.app.test_pages import texts as escaped
from thumper_core.decisions import kinds
from thumper_core.decisions.record import record
from thumper_core.questions.photo_filter import PhotoFilter
from thumper_core.questions.photo_list import photo_counts, photo_ids
from thumper_core.questions.review_queue import doubts, verdict_key
from thumper_core.workspace import Workspace

Open = Callable[..., Any]
BUCKS = PhotoFilter("buck")


def texts(at: Any) -> str:
    """Everything a page says, as a person reads it."""
    return escaped(at).replace("\\", "")


def grid(monkeypatch: pytest.MonkeyPatch, *said: dict[str, Any]) -> list[dict[str, Any]]:
    """Let the photos' part say these things, one for each run that shows it; what it was given."""
    import components

    left, given = list(said), []

    def mount(name: str, key: str, data: dict[str, Any], *events: str, **options: Any) -> Any:
        now = None
        if name == "grid":
            given.append(data)
            now = left.pop(0) if left else None
        return SimpleNamespace(**dict.fromkeys(events, now))

    monkeypatch.setattr(components, "mount", mount)
    return given


def address(at: Any) -> dict[str, str]:
    return {k: v[0] if isinstance(v, list) else v for k, v in at.query_params.items()}


def test_a_link_shows_what_it_says_and_controls_change_it(
    open_page: Open, herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = grid(monkeypatch)
    asked = {"show": "buck", "light": "infrared", "hours": "20-5", "individual": "deer-999"}
    at = open_page(herd.root, "photos", **asked)
    chosen = PhotoFilter("buck", light="infrared", hours=(20, 5))
    counts = photo_counts(herd, chosen)
    assert fine(at) and given[-1]["total"] == counts.n_photos > 0
    assert f"**{counts.n_photos} photos** in {counts.n_events} events" in texts(at)
    assert any("individual \\= deer\\-999" in warning.value for warning in at.warning)
    assert address(at) == {"show": "buck", "light": "infrared", "hours": "20-5"}
    at.selectbox(key="photo-light").set_value("").run()
    at.selectbox(key="photo-who").set_value("deer-001").run()
    assert fine(at) and not at.warning
    assert address(at) == {"show": "buck", "hours": "20-5", "individual": "deer-001"}
    at.button(key="photo-clear").click().run()
    assert fine(at) and address(at) == {}
    assert given[-1]["total"] == photo_counts(herd, PhotoFilter()).n_photos


def test_days_and_cameras_are_those_of_the_photos_there_are(
    open_page: Open, herd: Workspace, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cached

    days: dict[str, date | None] = {"first": None, "last": None}
    asked = cached.Pages.ask

    def ask(source: Any, question: str, *about: Any) -> Any:
        found = asked(source, question, *about)
        return found | days if question == "choices" else found

    monkeypatch.setattr(cached.Pages, "ask", ask)
    grid(monkeypatch)
    at = open_page(herd.root, "photos", camera="Ridge 1")
    assert fine(at) and not at.date_input
    for last in (20, 24):  # days become known, and more of them come in
        days |= {"first": date(2026, 8, 3), "last": date(2026, 8, last)}
        at.run()
        assert fine(at) and address(at) == {"camera": "Ridge 1"}
        assert at.date_input(key="photo-days").value == (date(2026, 8, 3), date(2026, 8, last))
    monkeypatch.setenv("THUMPER_WORKSPACE", str(own_herd.root))
    at.run()
    assert fine(at) and address(at) == {}
    assert any("camera \\= Ridge 1" in warning.value for warning in at.warning)


def test_a_tile_says_what_people_said(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = own_herd.sql(
        "select * from detections where list_contains(?, photo_id) "
        "qualify count(*) over (partition by photo_id) = 1 order by photo_id limit 3",
        [photo_ids(own_herd, PhotoFilter(), 24)],  # those of the first page
    ).to_dicts()
    ids = [row["photo_id"] for row in rows]
    given = grid(monkeypatch)
    at = open_page(own_herd.root, "photos")

    def told() -> dict[str, str]:
        at.run()
        assert fine(at)
        return {one["id"]: one["text"].split(" · ")[1] for one in given[-1]["photos"]}

    shown = told()
    assert [shown[one] for one in ids] == ["1 animal"] * 3
    record(own_herd.ledger, kinds.NotAnimal(verdict_key(rows[0])), "Kim")
    record(own_herd.ledger, kinds.Reclass(verdict_key(rows[1]), "person"), "Kim")
    shown = told()
    assert [shown[one] for one in ids] == ["nothing", "people or vehicles", "1 animal"]
    at.query_params["show"] = "nothing"
    nothing = told()
    assert set(nothing.values()) == {"nothing"} and ids[0] in nothing


def test_pages_are_turned_and_in_the_address(
    open_page: Open, herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = photo_ids(herd, PhotoFilter(), 999)
    given = grid(monkeypatch, {"say": "older", "ids": [], "all": False})
    at = open_page(herd.root, "photos")
    assert fine(at) and address(at) == {"page": "2"}
    assert [one["id"] for one in given[-1]["photos"]] == ids[24:48]
    at.query_params["page"] = "99"
    at.run()
    assert fine(at) and given[-1]["photos"][-1]["id"] == ids[-1]
    at.button(key="photos-newer").click().run()
    assert fine(at) and address(at)["page"] == str(len(ids) // 24 + bool(len(ids) % 24) - 1)


def test_a_photo_is_opened_with_its_event_and_the_way_on(
    open_page: Open, herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = photo_ids(herd, BUCKS, 999)
    grid(monkeypatch, {"say": "open", "ids": [ids[1]], "all": False})
    at = open_page(herd.root, "photos", show="buck")
    assert address(at) == {"show": "buck", "photo": ids[1]}
    assert fine(at) and f"2 of {len(ids)} in the list" in texts(at)
    assert "of this event at the camera" in texts(at)
    at.button(key="photo-older").click().run()
    assert address(at)["photo"] == ids[2]
    at.button(key="photo-list").click().run()
    assert fine(at) and address(at) == {"show": "buck"}
    # A link without an address leads back to the list as well.
    at = open_page(herd.root, "photos", show="buck", photo=ids[0])
    assert fine(at)
    at.query_params.clear()
    at.run()
    assert address(at) == {"show": "buck"}


def test_many_are_corrected_and_taken_back_as_one(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = photo_counts(own_herd, BUCKS)
    given = grid(monkeypatch, {"say": "Doe", "ids": [], "all": True})
    at = open_page(own_herd.root, "photos", show="buck")
    assert fine(at) and own_herd.ledger.decisions() == []
    told = f"Say of {before.n_boxes} boxes in {before.n_photos} photos that each shows a doe"
    assert told in texts(at)
    at.button(key="photo-yes").click().run()
    assert fine(at) and len(own_herd.ledger.decisions()) == before.n_boxes
    assert photo_counts(own_herd, BUCKS).n_photos == 0
    assert "No photo passes these filters." in texts(at)
    at.button(key="undo-last").click().run()
    assert fine(at) and photo_counts(own_herd, BUCKS) == before
    assert given[-1]["done"] == 1  # what was chosen for it is chosen no more


def test_photos_with_several_boxes_are_left_out_where_that_is_said(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = own_herd.sql("select * from detections order by detection_id limit 1").to_dicts()
    y1, x2, y2 = (rows[0][side] for side in ("y1", "x2", "y2"))
    key = verdict_key(rows[0] | {"x1": x2 + 9, "x2": x2 + 60, "y1": y1, "y2": y2})
    record(own_herd.ledger, kinds.MissedAnimal(key, "white-tailed deer"), "Kim")
    photo_id = rows[0]["photo_id"]
    grid(monkeypatch, {"say": "Not an animal", "ids": [photo_id], "all": False})
    at = open_page(own_herd.root, "photos")
    assert "In 1 photo it is said of more than one box." in texts(at)
    at.toggle(key="photo-one-box").set_value(True).run()
    assert fine(at) and at.button(key="photo-yes").disabled
    assert "There is nothing to decide." in texts(at)


def test_many_become_one_deer(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = photo_ids(own_herd, PhotoFilter(individual_id="deer-002"), 3)
    grid(monkeypatch, {"say": "One deer", "ids": ids, "all": False})
    at = open_page(own_herd.root, "photos", individual="deer-002")
    assert fine(at) and at.button(key="photo-yes").disabled  # not said yet which deer
    at.selectbox(key="photo-they-show").set_value("deer-001").run()
    assert f"Say of {len(ids)} boxes" in texts(at)
    at.button(key="photo-yes").click().run()
    assert fine(at)
    assert [d.payload["to"] for d in own_herd.ledger.decisions()] == ["deer-001"] * len(ids)


def test_a_viewer_chooses_nothing(
    open_page: Open, herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ui

    given = grid(monkeypatch)
    monkeypatch.setattr(ui, "may_edit", lambda: False)
    assert fine(open_page(herd.root, "photos")) and given[-1]["editable"] is False


def test_a_question_of_review_is_come_back_to_from_its_whole_photo(
    open_page: Open, herd: Workspace
) -> None:
    asked = doubts(herd, 9)["detection_id"].to_list()
    of = "select photo_id from detections where detection_id = ?"
    photo = str(herd.sql(of, [asked[2]])["photo_id"][0])
    at = open_page(herd.root, "photos", photo=photo, question=asked[2])
    assert fine(at) and "Back to the question" in [button.label for button in at.button]
    at = open_page(herd.root, "review", question=asked[2], **{"review-tabs": "Right class?"})
    assert fine(at)
    at.button(key="next-class").click().run()
    assert fine(at) and at.session_state["looked-at"] == {asked[2]}
    at.button(key="next-class").click().run()  # on with the most doubtful
    assert at.session_state["looked-at"] == {asked[0], asked[2]}


def boxes_part(monkeypatch: pytest.MonkeyPatch, **said: Any) -> None:
    """Let the part of an open photo say this once."""
    import components

    left = [said]

    def mount(name: str, key: str, data: dict[str, Any], *events: str, **options: Any) -> Any:
        now = left.pop() if name == "boxes" and left else {}
        return SimpleNamespace(**dict.fromkeys(events, None) | now)

    monkeypatch.setattr(components, "mount", mount)


def of_a_photo_with_several(workspace: Workspace) -> list[dict[str, Any]]:
    return workspace.sql(
        "select * from detections qualify count(*) over (partition by photo_id) > 1 "
        "order by photo_id, ordinal"
    ).to_dicts()


def test_all_other_boxes_are_no_animals_in_one_step(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = of_a_photo_with_several(own_herd)
    photo = rows[0]["photo_id"]
    own = [row for row in rows if row["photo_id"] == photo]
    boxes_part(monkeypatch, others={"id": own[0]["detection_id"]})
    at = open_page(own_herd.root, "photos", photo=photo)
    assert fine(at)
    kept = own_herd.sql("select detection_id from detections where photo_id = ?", [photo])
    assert kept["detection_id"].to_list() == [own[0]["detection_id"]]
    at.button(key="undo-last").click().run()
    assert own_herd.sql("select 1 from detections where photo_id = ?", [photo]).height == len(own)


def test_a_box_is_what_the_model_says(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = own_herd.sql("select * from detections order by detection_id limit 1").row(0, named=True)
    boxes_part(monkeypatch, called={"id": row["detection_id"], "letter": "Y"})
    assert fine(open_page(own_herd.root, "photos", photo=row["photo_id"]))
    of = "select sex, age_class, is_deer, source from detections where detection_id = ?"
    assert own_herd.sql(of, [row["detection_id"]]).row(0) == (
        *(row["sex"], row["age_class"], True),
        "human",
    )


def test_a_class_without_a_button_can_be_answered(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from views import box_words

    bird = {"is_deer": False, "species": "bird", "sex": "unknown", "age_class": "unknown"}
    assert box_words.without_button(bird) and box_words.as_it_is(bird)[0] == "bird"
    assert not box_words.without_button(bird | {"species": "other animal"})
    assert not box_words.without_button(
        bird | {"is_deer": True, "sex": "male", "age_class": "adult"}
    )
    at = open_page(own_herd.root, "review", **{"review-tabs": "Right class?"})
    assert fine(at) and not [one for one in at.button if one.key == "is-as-said"]
    monkeypatch.setattr(box_words, "without_button", lambda row: True)
    held = box_words.as_it_is(bird)
    monkeypatch.setattr(box_words, "as_it_is", lambda row: held)
    at.run()
    (said,) = [one for one in at.button if one.key == "is-as-said"]
    assert said.label.endswith(", as the model says")
    said.click().run()
    assert fine(at)
    assert own_herd.ledger.decisions()[-1].payload["species"] == "bird"


def test_weak_boxes_are_told_apart_from_animals(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_herd.settings = own_herd.settings.replace("identify", class_conf_min=1.0)
    own_herd.settings.save(own_herd.settings_file)
    given = grid(monkeypatch)
    at = open_page(own_herd.root, "photos", show="deer")
    n = photo_counts(own_herd, PhotoFilter("deer")).n_boxes
    assert fine(at) and f"{n:,} boxes, {n:,} weak" in texts(at)
    assert all("weak box" in one["text"] for one in given[-1]["photos"])
