"""The next questions are made in the background, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from thumper_core import ThumperError, Workspace

if TYPE_CHECKING:
    from ahead import Ahead, Made


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


def letters(_: Workspace, found: str) -> Iterator[str]:
    yield from found


def waited(ahead: Ahead[str, str], state: object, workspace: Workspace) -> Made[str, str]:
    deadline = time.monotonic() + 30
    while True:
        made, is_pending = ahead.look(state, lambda: None, workspace)
        if made is not None and not is_pending:
            return made
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_is_made_at_a_time_and_the_newest_comes_after_it(empty: Workspace) -> None:
    from ahead import Ahead

    go_on, calls = threading.Event(), list[int]()

    def slow() -> str:
        calls.append(1)
        assert go_on.wait(30)
        return "ab"

    ahead = Ahead(letters)
    assert ahead.look(1, slow, empty) == (None, True)
    assert ahead.look(2, slow, empty) == (None, True)
    go_on.set()
    made = waited(ahead, 1, empty)
    assert (made.found, made.prepared) == ("ab", ("a", "b"))
    assert calls == [1]
    # What was ready is shown until the newer is.
    assert ahead.look(2, slow, empty) == (made, True)


@pytest.mark.parametrize(("trouble", "told"), [(ThumperError("no room"), "no room"), (None, "")])
def test_trouble_is_told(empty: Workspace, trouble: ThumperError | None, told: str) -> None:
    from ahead import Ahead

    def refuses() -> None:
        if trouble:
            raise trouble

    ahead: Ahead[str, str] = Ahead(letters)
    ahead.look(1, refuses, empty)
    made = waited(ahead, 1, empty)
    assert (made.trouble, made.prepared, made.found) == (told, (), None)
