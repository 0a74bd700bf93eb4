"""What commands share: a person is asked for trust where one sits; a server ends with its command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from thumper_core import trust
from thumper_core.commands import common
from thumper_core.commands.common import serve
from thumper_core.contracts import ThumperError
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


SERVER = """
import os, pathlib, sys, time
draft = pathlib.Path(sys.argv[1] + ".draft")
draft.write_text(str(os.getpid()))
draft.rename(sys.argv[1])
time.sleep(60)
"""
PARENT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
from thumper_core.commands.common import serve
serve(["-c", sys.argv[1], sys.argv[2]], {}, "The server")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no request to end")
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_who_ends_the_command_ends_its_server(tmp_path: Path, asked: signal.Signals) -> None:
    """Ctrl-C reaches a terminal's whole group; a request to end reaches the command alone."""
    note = tmp_path / "pid"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, SERVER, str(note)],
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + 60
        while not note.exists() and time.monotonic() < ends:
            time.sleep(0.05)
        server = psutil.Process(int(note.read_text()))
        if asked is signal.SIGINT:
            os.killpg(parent.pid, asked)
        else:
            parent.send_signal(asked)
        server.wait(timeout=20)
        assert parent.wait(timeout=20) == 0
    finally:
        parent.kill()


def test_a_server_that_fails_is_an_error() -> None:
    words = ["-c", "raise SystemExit(7)"]
    with pytest.raises(ThumperError, match="The pages ended with code 7"):
        serve(words, {}, "The pages")
    serve(["-c", ""], {}, "The pages")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
