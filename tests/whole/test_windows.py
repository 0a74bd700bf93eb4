"""Windows, as far as it can be tried elsewhere: what it lacks is not needed to import, and never asked for
without a look whether it is there; a lake and whole files on a disk that syncs as Windows does.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from tests.conftest import REPOSITORY
from thumper_core import portable
from thumper_core.contracts import SHARD_TABLES
from thumper_core.files import write_whole
from thumper_core.ingest.roots import plan_targets
from thumper_core.workspace import Workspace

POSIX_MODULES = frozenset(
    ("fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog", "crypt", "posix", "spwd")
)
POSIX_NAMES = {
    "os": frozenset(
        ("fork", "forkpty", "nice", "getsid", "setsid", "getuid", "geteuid", "getgid", "getegid",
         "getpgid", "setpgid", "killpg", "uname", "statvfs", "sched_getaffinity", "chown", "lchown",
         "mkfifo", "getloadavg", "wait4", "sysconf", "getpriority", "setpriority", "openpty",
         "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "chroot", "pread", "pwrite", "sync")
    ),
    "signal": frozenset(
        ("SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGQUIT", "SIGPIPE",
         "SIGSTOP", "SIGCONT", "alarm", "setitimer", "pause", "pthread_kill", "sigwait")
    ),
    "socket": frozenset(("AF_UNIX",)),
}  # fmt: skip
"""What Python on Windows does not have: its documentation, "Availability: Unix"."""


_HINT = re.compile(
    "|".join(
        [
            *(rf"\bimport .*\b{name}\b|\bfrom {name}\b" for name in POSIX_MODULES),
            *(rf"\b{of}\.({'|'.join(names)})\b" for of, names in POSIX_NAMES.items()),
        ]
    )
)


def sources() -> list[Path]:
    return [
        p for f in ("thumper_core", "thumper_demo", "app") for p in (REPOSITORY / f).rglob("*.py")
    ]


def unguarded(text: str) -> Iterator[str]:
    """Uses of what Windows lacks by functions that do not look first, and imports of it."""
    if not _HINT.search(text):
        return
    tree = ast.parse(text)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def around(node: ast.AST) -> Iterator[ast.AST]:
        while node in parents:
            node = parents[node]
            yield node

    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
            found = POSIX_MODULES & {(name or "").split(".")[0] for name in names}
            if found and not any(isinstance(outer, ast.Try) for outer in around(node)):
                yield from found
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            continue
        if node.attr not in POSIX_NAMES.get(node.value.id, ()):
            continue
        looks = f"hasattr({node.value.id}, "
        outer = [*around(node)]
        is_tried = any(
            isinstance(one, ast.Try)
            and any("AttributeError" in ast.unparse(h.type) for h in one.handlers if h.type)
            for one in outer
        )
        functions = [one for one in outer if isinstance(one, ast.FunctionDef | ast.If)]
        if not is_tried and not any(looks in ast.unparse(one) for one in functions):
            yield f"{node.value.id}.{node.attr}"


def test_nothing_is_asked_of_windows_that_it_lacks() -> None:
    found = {
        path.relative_to(REPOSITORY).as_posix(): names
        for path in sources()
        if (names := [*unguarded(path.read_text("utf-8"))])
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import fcntl", ["fcntl"]),
        ("from resource import getrusage", ["resource"]),
        ("try:\n    import pwd\nexcept ImportError:\n    pwd = None", []),
        ("import os\ndef f(): os.nice(1)", ["os.nice"]),
        ("import os\ndef f():\n    if hasattr(os, 'nice'): os.nice(1)", []),
        ("import os\ndef f():\n  if not hasattr(os, 'nice'): return\n  os.nice(1)", []),
        ("import os\ntry:\n    os.fork()\nexcept AttributeError:\n    pass", []),
        ("import signal\nx = signal.SIGKILL", ["signal.SIGKILL"]),
        ("import os\nos.replace('a', 'b')", []),
    ],
)
def test_what_windows_lacks_is_found(text: str, found: list[str]) -> None:
    assert [*unguarded(text)] == found


IMPORTER = """
import builtins, importlib, pkgutil, sys
real, blocked = builtins.__import__, set(sys.argv[1].split())

def on_windows(name, globals=None, *rest):
    mine = str((globals or {}).get("__name__", "")).startswith("thumper_")
    if mine and name.split(".")[0] in blocked:
        raise ImportError(f"No module named {name!r}")
    return real(name, globals, *rest)

builtins.__import__ = on_windows
import thumper_core
n = 0
for package in ("thumper_core", "thumper_demo"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if "._" not in module.name:
            importlib.import_module(module.name)
            n += 1
print(n)
"""


@pytest.mark.slow
def test_every_module_imports_without_what_windows_lacks() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", IMPORTER, " ".join(sorted(POSIX_MODULES))],
        capture_output=True, text=True, check=False, cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) > 400


@pytest.fixture
def windows_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk whose folders cannot be opened, and which syncs what is open for writing alone."""
    opened, real_open, real_sync = {}, os.open, os.fsync

    def open_(path: str, flags: int, *rest: int, **named: int) -> int:
        if Path(os.fsdecode(path)).is_dir():
            raise PermissionError(13, "Permission denied", path)
        handle = real_open(path, flags, *rest, **named)
        opened[handle] = flags
        return handle

    def fsync(handle: int) -> None:
        if not opened.get(handle, os.O_RDWR) & (os.O_RDWR | os.O_WRONLY):
            raise OSError(9, "Bad file descriptor")
        real_sync(handle)

    monkeypatch.setattr(portable, "IS_WINDOWS", True)
    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.usefixtures("windows_disk")
def test_files_and_shards_are_durable_on_such_a_disk(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "kept", durable=True)
    write_whole(tmp_path / "folder", lambda path: path.mkdir(), durable=True)
    assert (tmp_path / "a.txt").read_text() == "kept"
    workspace = Workspace.create(tmp_path / "ranch")
    tables = {name: schema.empty_table() for name, schema in SHARD_TABLES["photos"].items()}
    workspace.lake.write_shard("photos", "000000", tables)
    assert len(workspace.lake.shards("photos")) == 1
    assert isinstance(workspace.lake.read("photos", "photos"), pa.Table)


def test_roots_of_windows_have_strokes_that_every_system_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = tmp_path / "card"
    (card / "cam0").mkdir(parents=True)
    (card / "cam0" / "a.jpg").touch()
    real = os.path.realpath

    def with_backslashes(path: bytes, *, strict: bool = False) -> bytes:
        return real(path, strict=strict).replace(b"/", b"\\")

    def back(path: bytes) -> bytes:
        return path.replace(b"\\", b"/")

    monkeypatch.setattr("thumper_core.ingest.roots.os.path.realpath", with_backslashes)
    monkeypatch.setattr("thumper_core.ingest.roots.posix_bytes", back)
    first = plan_targets([card], [], tmp_path / "ranch")
    assert [target.root for target in first] == [card.as_posix()]
    again = plan_targets([card / "cam0"], [first[0].root], tmp_path / "ranch")
    assert [(target.root, target.scope) for target in again] == [(card.as_posix(), b"cam0")]
