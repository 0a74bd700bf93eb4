"""Python started again: one way, which runs no file of the current folder.

`python -m MODULE` and `python -c CODE` look for every module in the current folder first. On a camera's
card, or in a workspace from elsewhere, a `numpy.py` would run. Children are therefore started
with `-P`, hand that on to their own children, and work in the folder of this package, where no
stranger's `.streamlit` or `jupyter_server_config.py` lies. Paths are made
absolute before they are handed to one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parent
"""Where children work: it is always there, and only who installs Thumper writes to it."""
SAFE_PATH: Final = "PYTHONSAFEPATH"
_HANDED_ON: Final = "THUMPER_SAFE_PATH"  # says that it was Thumper who set SAFE_PATH


def python(words: Sequence[str]) -> list[str]:
    """The command line that runs Python with these words, such as `-m` and a module."""
    return [sys.executable, "-P", *words]


def open_python(
    words: Sequence[str], environment: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """Start Python with these words. Raises OSError where it cannot start.

    environment: what is added to this process's own; options: as `subprocess.Popen` takes them.
    """
    return subprocess.Popen(python(words), cwd=FOLDER, env=_environment(environment), **options)


def run_python(words: Sequence[str], **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run Python with these words to its end; options as `subprocess.run` takes them."""
    return subprocess.run(python(words), cwd=FOLDER, env=_environment(None), check=False, **options)


def keep_folder_off_path() -> None:
    """Have every Python that libraries start from here (pools, workers) leave this folder out."""
    if SAFE_PATH not in os.environ:
        os.environ |= {SAFE_PATH: "1", _HANDED_ON: "1"}


def users_environment() -> dict[str, str]:
    """The environment for a command of the user's own, whose scripts find what lies beside them."""
    kept = dict(os.environ)
    if kept.pop(_HANDED_ON, None):
        kept.pop(SAFE_PATH, None)
    return kept


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    own = dict(os.environ)
    own.setdefault(_HANDED_ON, "" if SAFE_PATH in own else "1")
    own |= {SAFE_PATH: "1", "PYTHONPATH": python_path(), "PWD": str(FOLDER)}
    for name in ("THUMPER_HOME", "THUMPER_WORKSPACE"):
        if own.get(name):
            own[name] = str(Path(own[name]).absolute())
    return own | dict(more or {})


def python_path() -> str:
    """PYTHONPATH with the parent of this package first: a checkout starts itself anywhere.

    The user's own entries follow, relative ones as they are meant here; an empty one, which is
    the current folder and mostly a slip of `$PYTHONPATH:/x`, is left out.
    """
    theirs = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    own = str(FOLDER.parent)
    entries = dict.fromkeys([own, *(str(Path(entry).absolute()) for entry in theirs)])
    return os.pathsep.join(entries)
