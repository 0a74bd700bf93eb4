"""Which boxes are hidden, and that nothing counts as hidden where nobody looked for people."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from tests.workspaces import DETECTOR, Deer
from thumper_core.contracts import DEER, ClassMeaning, ThumperError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal, NotAnimal, Reclass
from thumper_core.decisions.record import record
from thumper_core.questions.blurred import NO_VEHICLES, SAID, Blur, blur_in, blur_of
from thumper_core.questions.scope import Scope, scoped
from thumper_core.store.meanings import set_meanings
from thumper_core.workspace import Workspace

PERSON = (10.0, 20.0, 90.0, 300.0)


@pytest.fixture
def ranch(build: Callable[..., Workspace]) -> Workspace:
    failures = [("Creek/zero.jpg", "error", "empty_file")]
    return build([Deer("buck", 2)], people=3, failures=failures, drawn=False)


def files(workspace: Workspace, where: str) -> list[tuple[bytes, str]]:
    rows = workspace.sql(
        f"select root, path_bytes, photo_id from photos p where {where} order by photo_id"
    )
    return [
        (os.fsencode(root) + b"/" + path, photo_id) for root, path, photo_id in rows.iter_rows()
    ]


def on(blur: Blur, file: bytes) -> list[list[float]]:
    boxes = blur.on(file)
    assert boxes is not None
    return np.round(boxes).tolist()  # type: ignore[no-any-return]


def test_people_of_the_run_and_those_that_a_person_drew(ranch: Workspace) -> None:
    of_people = "photo_id in (select photo_id from detections where species = 'person')"
    people, others = files(ranch, of_people), files(ranch, f"not {of_people}")
    (first, a), (second, b), (third, c) = people
    deer = next(file for file in others if b"zero" not in file[0])
    record(ranch.ledger, Reclass(BoxKey(a, PERSON), DEER), "Kim")
    record(ranch.ledger, NotAnimal(BoxKey(b, PERSON)), "Kim")
    record(ranch.ledger, MissedAnimal(BoxKey(deer[1], (400, 100, 500, 200)), "person"), "Kim")
    record(ranch.ledger, MissedAnimal(BoxKey(c, (300, 50, 420, 160)), "vehicle"), "Kim")
    blur = blur_of(ranch)
    assert on(blur, first) == on(blur, second) == []
    assert on(blur, deer[0]) == [[400, 100, 500, 200]]
    assert on(blur, third) == [list(PERSON), [300, 50, 420, 160]]
    unread = next(file for file, _ in others if b"zero" in file)
    assert blur.on(unread) is None, "no run has looked into it"
    assert blur.on(b"/elsewhere.jpg") is None
    assert blur.sentences == (SAID, NO_VEHICLES)
    set_meanings(ranch.ledger, DETECTOR, {"car": ClassMeaning("vehicle")})
    assert blur_of(ranch).sentences == (SAID,)


def test_where_nobody_looked_for_people_nothing_is_promised(
    ranch: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with ranch.ledger.transaction() as c:
        c.execute("delete from class_meanings where species = 'person'")
    with pytest.raises(ThumperError, match="fake-detector, which does not look for people"):
        blur_of(ranch)
    empty = Workspace.create(tmp_path_factory.mktemp("empty") / "ranch")
    with pytest.raises(ThumperError, match="No run is shown"):
        blur_of(empty)


def test_only_a_scope_that_says_so_blurs(ranch: Workspace) -> None:
    assert blur_in(ranch) is None
    assert blur_in(scoped(ranch, Scope(hide_people=True))) is None
    narrowed = scoped(ranch, Scope(blur_people=True))
    assert blur_in(narrowed) is blur_in(narrowed) is not None
    assert "blurred" in " ".join(Scope(blur_people=True).sentences)
