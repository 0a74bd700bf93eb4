"""The server has what pages need before it opens its port, and is Streamlit's own."""

from __future__ import annotations

import json

from thumper_core.children import run_python
from thumper_core.commands.app import app_dir, streamlit_words

_TOLD = """
import json, runpy, sys
import streamlit.web.cli as cli
cli.main = lambda prog_name: print(json.dumps([prog_name, sys.argv[1:], sorted(sys.modules)]))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_what_pages_need_is_there_before_the_server_starts() -> None:
    words = streamlit_words("127.0.0.1", 8501, browser=False)
    done = run_python(["-c", _TOLD, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    name, told, modules = json.loads(done.stdout.splitlines()[-1])
    assert (name, told) == ("streamlit", words[1:])
    assert told[:2] == ["run", str(app_dir() / "main.py")]
    assert {"polars", "duckdb", "thumper_core.questions.tables"} <= set(modules)
    assert "torch" not in modules
