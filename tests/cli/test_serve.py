"""Commands that serve pages end with their server, and their server with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from thumper_core.commands.common import serve
from thumper_core.contracts import ThumperError

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
