"""A command that needs a person's trust asks where one sits, and is refused where nobody does."""

from __future__ import annotations

import pytest

from thumper_core import trust
from thumper_core.commands import common
from thumper_core.trust import Subject, UntrustedError

SUBJECT = Subject("weights", "a" * 64, "w.pt")


def load() -> str:
    if not trust.is_trusted(SUBJECT.sha256):
        raise UntrustedError(SUBJECT, "w.pt\x1b[2K\r is a pickle.")
    return "loaded"


@pytest.mark.parametrize(
    ("sits_here", "answer", "loads"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_trust_is_asked_for_once(
    monkeypatch: pytest.MonkeyPatch, sits_here: bool, answer: bool, loads: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(common, "may_ask", lambda: sits_here)
    monkeypatch.setattr(common.typer, "confirm", lambda text, err: (asked.append(text), answer)[1])
    if not loads:
        with pytest.raises(UntrustedError):
            common.asking(load)
        assert len(asked) == sits_here and not trust.is_trusted(SUBJECT.sha256)
        return
    assert common.asking(load) == common.asking(load) == "loaded"
    assert len(asked) == 1


def test_what_a_stranger_wrote_hides_nothing_in_a_terminal() -> None:
    with pytest.raises(UntrustedError) as caught:
        load()
    assert str(caught.value) == r"w.pt\x1b[2K\r is a pickle."
