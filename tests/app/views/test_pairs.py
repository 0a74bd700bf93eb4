"""What is taken back on the pages that ask: a whole step, however many decisions it was."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.workspaces import Deer, build
from thumper_core import access, decide
from thumper_core.decisions.kinds import NotAnimal, Note
from thumper_core.identify.review.sureness import Likely, Sureness
from thumper_core.questions.herd_size import HerdSize, Known
from thumper_core.questions.pair_questions import Review
from thumper_core.questions.review_queue import verdict_key
from thumper_core.store.herd_summary import Interval
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    import streamlit as st

    state = {"user": access.User("Kim", "editor")}
    monkeypatch.setattr(st, "session_state", state)
    return build(tmp_path, [Deer("buck", 3), Deer("doe", 2)], drawn=False)


@pytest.mark.parametrize("page", ["pairs", "visits"])
def test_what_was_decided_before_the_sitting_is_taken_back_whole(
    ranch: Workspace, page: str
) -> None:
    from sitting import Said

    view: Any = import_module(f"views.{page}")
    rows = ranch.sql("select * from detections order by detection_id").to_dicts()
    decide(ranch, Note("deer-001", "limps"), "Kim")
    decide(ranch, [NotAnimal(verdict_key(row)) for row in rows], "Kim", as_one=True)
    view._take_back(
        SimpleNamespace(workspace=ranch), view.new_sitting(), Said("undo", None, None, ("", None))
    )
    rows = ranch.sql("select kind from decisions where not undone and kind <> 'undo'")
    assert rows["kind"].to_list() == ["note"]


@pytest.mark.parametrize(
    ("size", "said", "not_said"),
    [
        (
            HerdSize(Known.ESTIMATED, 23, Interval(21.0, 18.4, 24.6)),
            (
                "**23 groups**, about 18 to 25 deer",
                "about 7 answers until",
                "at most 3 are two deer",
            ),
            ("not known",),
        ),
        (
            HerdSize(Known.HARDLY, 21),
            ("**21 groups**; how many deer they come to is not known",),
            ("about", "answers until", "of 100 pairs"),
        ),
    ],
)
def test_review_has_the_number_of_deer_that_all_pages_have(
    size: HerdSize, said: tuple[str, ...], not_said: tuple[str, ...]
) -> None:
    view: Any = import_module("views.pairs")
    animals = Likely(20.0, 10.0, 30.0)  # what the questions came from, which may be a moment old
    sure = Sureness(Likely(0.01, 0.0, 0.021), animals, animals, 7)
    told = view.how_sure_told(size, Review(25, (), sure, ()))
    for text in said:
        assert text in told
    for text in not_said:
        assert text not in told
