"""Age and antlers on a deer's page and a photo's: judged in a dialog, each word recorded at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.app.test_pages import fine, texts
from tests.racks import SPREAD, TURNED
from thumper_core.decisions import kinds
from thumper_core.decisions.record import record
from thumper_core.questions.deer_years import pictures_of_year
from thumper_core.questions.named import picture_named
from thumper_core.workspace import Workspace

Open = Callable[..., Any]
WHO = "deer-001"


def test_a_deer_is_judged_on_one_of_its_pictures(open_page: Open, own_herd: Workspace) -> None:
    picture = pictures_of_year(own_herd, WHO, 2026, 1)["detection_id"].item()
    at = open_page(own_herd.root, "herd", deer=WHO)
    assert fine(at)
    assert "**2026\\/27**: nothing judged yet" in texts(at)
    at.button(key=f"judge-{picture}").click().run()
    assert fine(at)
    assert "What to look at for its age" in {one.label for one in at.expander}
    at.button(key=f"judge-{picture}").click()  # a dialog is shown in the run that opens it
    at.pills(key=f"age-{picture}-0").set_value(3.5).run()
    said = own_herd.ledger.decisions()[-1]
    assert (said.kind, said.payload["age"]) == ("age", 3.5)


@pytest.mark.slow
def test_what_several_people_said_and_measured_is_on_the_deers_page(
    open_page: Open, own_herd: Workspace
) -> None:
    picture = pictures_of_year(own_herd, WHO, 2026, 1)["detection_id"].item()
    where = picture_named(own_herd, picture)
    record(own_herd.ledger, kinds.SaysAge(where, 2.5), "Ann")
    record(own_herd.ledger, kinds.SaysAge(where, 3.5), "Kim")
    record(own_herd.ledger, kinds.MarksAntlers(where, (*TURNED, SPREAD)), "Kim")
    at = open_page(own_herd.root, "herd", deer=WHO)
    assert fine(at)
    assert "3\\.5 years \\(2 people\\:" in texts(at)
    assert "about 11" in texts(at)
    at.button(key=f"judge-{picture}").click().run()
    assert fine(at)
    told = texts(at)
    assert "it is no official score" in told
    assert "Ann: 2\\.5 years" in told
    assert "Kim: 3\\.5 years" in told


@pytest.mark.slow
def test_a_photo_offers_to_judge_its_deer(open_page: Open, own_herd: Workspace) -> None:
    picture = pictures_of_year(own_herd, WHO, 2026, 1).row(0, named=True)
    at = open_page(own_herd.root, "photos", photo=picture["photo_id"])
    at.button(key=f"judge-{picture['detection_id']}").click().run()
    assert fine(at)
    assert "How old it looks, in years" in {one.label for one in at.pills}
