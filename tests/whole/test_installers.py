"""The installers: `install.sh` is run with a package of a few lines; `install.ps1`, which needs Windows, is
held against it, so that both say and do the same.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.test_deploy import accept

SCRIPT = REPOSITORY / "deploy" / "install.sh"
WINDOWS = (REPOSITORY / "deploy" / "install.ps1").read_text("utf-8")
TOOLS = (
    "sh", "cat", "date", "dirname", "basename", "grep", "ln", "mkdir", "rm", "rmdir", "sed", "chmod",
    "env", "tr", "readlink", "sort", "tail",
)  # fmt: skip
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


def wheel(folder: Path, version: str) -> Path:
    """A wheel that needs nothing and has a command `thumper`."""
    path = folder / f"thumper-{version}-py3-none-any.whl"
    info = f"thumper-{version}.dist-info"
    code = "import sys\ndef main():\n    words = [w for w in sys.argv[1:] if w != '--version']\n"
    code += f"    print('thumper {version}', *words)\n"
    members = {
        "tiny_thumper.py": code,
        "thumper_core/_app/icon.svg": "<svg/>",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: thumper\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nthumper = tiny_thumper:main\n",
    }
    record = "".join(f"{name},,\n" for name in [*members, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (members | {f"{info}/RECORD": record}).items():
            archive.writestr(name, text)
    return path


Install = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home of ann"
    folder.mkdir()
    return folder


@pytest.fixture
def install(tmp_path: Path, home: Path) -> Iterator[Install]:
    """`install("--from", wheel, system="Darwin")`: the script with a home, tools and Python of its own."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name) or f"/bin/{name}")

    def run(
        *words: object,
        system: str = "Linux",
        python: str | None = sys._base_executable,  # type: ignore[attr-defined]
        script: Path = SCRIPT,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        for name, text in (("uname", f"echo {system}"), ("python3", f'exec "{python}" "$@"')):
            (tools / name).write_text(f"#!/bin/sh\n{text}\n")
            (tools / name).chmod(0o755)
        if python is None:
            (tools / "python3").unlink()
        return subprocess.run(
            ["sh", str(script), *map(str, words)],
            capture_output=True, text=True, check=False, cwd=tmp_path,
            env={"HOME": str(home), "PATH": str(tools), "PIP_NO_INDEX": "1", **environment},
        )  # fmt: skip

    yield run


def there(folder: Path) -> list[str]:
    """Files below a folder but those of environments."""
    paths = (p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir())
    found = (p.relative_to(folder).as_posix() for p in paths)
    return sorted(name for name in found if "/env-" not in name)


@pytest.mark.slow
@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_it_installs_updates_survives_a_failure_and_goes(
    tmp_path: Path, home: Path, install: Install, system: str
) -> None:
    (home / "Pictures").mkdir()
    (home / "Pictures" / "a.jpg").touch()
    done = install("--from", wheel(tmp_path, "1.0"), system=system)
    assert done.returncode == 0, done.stderr
    assert "thumper 1.0 is installed." in done.stdout
    assert "add" in done.stdout and ".local/bin" in done.stdout  # it is not on the PATH
    data, entry = {
        "Linux": (".local/share/thumper", ".local/share/applications/thumper.desktop"),
        "Darwin": ("Library/Application Support/Thumper", "Applications/Thumper.command"),
    }[system]
    launcher = home / ".local" / "bin" / "thumper"
    expected = [".local/bin/thumper", entry, f"{data}/current", "Pictures/a.jpg"]
    assert there(home) == sorted(expected)
    outside = {p.name for p in tmp_path.iterdir()} - {"home of ann", "tools"}
    assert outside == {"thumper-1.0-py3-none-any.whl"}

    def says(*words: str) -> str:
        return subprocess.run(
            [str(launcher), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    assert says("app", "a b") == "thumper 1.0 app a b"
    [first] = (home / data).glob("env-*")

    broken = tmp_path / "thumper-2.0-py3-none-any.whl"
    broken.write_text("no wheel")
    failed = install("--from", broken, system=system)
    assert failed.returncode == 1
    assert "What was installed before is as it was" in failed.stderr
    assert [*(home / data).glob("env-*")] == [first]
    assert says() == "thumper 1.0"

    again = install("--from", wheel(tmp_path, "3.0"), system=system)
    assert again.returncode == 0, again.stderr
    assert says() == "thumper 3.0"
    assert there(home) == sorted(expected)
    assert len([*(home / data).glob("env-*")]) == 1

    gone = install("--uninstall", system=system)
    assert gone.returncode == 0, gone.stderr
    assert there(home) == ["Pictures/a.jpg"]
    assert not (home / data).exists()
    assert install("--uninstall", system=system).returncode == 1


def started_by(entry: str) -> list[str]:
    """The words of an entry's Exec as a desktop reads it: the value's escapes, field codes, then quotes."""
    value = entry.replace("\\\\", "\\").replace("%%", "%")
    quoted = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', value)
    return [re.sub(r"\\(.)", r"\1", inside) or bare for inside, bare in quoted]


@pytest.mark.slow
@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_the_menu_entry_opens_the_workbench(
    tmp_path: Path, home: Path, install: Install, system: str
) -> None:
    beside = tmp_path / "download"
    beside.mkdir()
    shutil.copyfile(SCRIPT, beside / "install.sh")
    for version in ("1.10", "1.9"):
        wheel(beside, version)
    named = 'ranch "x" \\d `id` $HOME it\'s 50%'
    done = install("--workspace", named, script=beside / "install.sh", system=system)
    assert done.returncode == 0, done.stderr
    assert "thumper 1.10 is installed." in done.stdout  # the newest of the wheels beside it
    said = re.search(r" or: (thumper .+)", done.stdout)
    assert said is not None
    same = ["--workspace", str(tmp_path / named), "app"]
    assert shlex.split(said[1]) == ["thumper", *same]
    if system == "Darwin":
        command = ["sh", home / "Applications/Thumper.command"]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == " ".join(["thumper 1.10", *same])
        return
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(home / ".local/share/applications/thumper.desktop")
    keys = entry["Desktop Entry"]
    program, *words = started_by(keys["Exec"])
    assert program == str(home / ".local/bin/thumper")
    assert words == same
    accept(words)
    assert Path(keys["Icon"]).is_file()
    if shutil.which("desktop-file-validate"):
        subprocess.run(
            ["desktop-file-validate", home / ".local/share/applications/thumper.desktop"],
            check=True,
        )


def test_without_a_python_that_will_do_it_says_what_to_get(
    tmp_path: Path, home: Path, install: Install
) -> None:
    file = wheel(tmp_path, "1.0")
    for python in (None, "/bin/false"):
        done = install("--from", file, python=python)
        assert done.returncode == 1
        assert "Python 3.11 or newer" in done.stderr
        assert there(home) == []


@pytest.mark.parametrize(
    ("words", "system", "environment", "says"),
    [
        (["--frm", "x"], "Linux", {}, "unknown option --frm"),
        (["--from"], "Linux", {}, "--from needs a value"),
        (["--from", "absent.whl"], "Linux", {}, "there is no absent.whl"),
        (["--from", "tools"], "Linux", {}, "no checkout: it has no pyproject.toml"),
        ([], "FreeBSD", {}, "FreeBSD is not known here"),
        ([], "Linux", {"XDG_DATA_HOME": "/opt/share"}, "outside of the home folder"),
        ([], "Linux", {"HOME": "/absent"}, "there is no home folder"),
        (["--uninstall"], "Linux", {}, "was not installed by this script"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    home: Path,
    install: Install,
    words: list[str],
    system: str,
    environment: dict[str, str],
    says: str,
) -> None:
    done = install(*words, system=system, **environment)
    assert done.returncode == 1
    assert says in done.stderr
    assert there(home) == []


def test_a_command_of_that_name_from_elsewhere_is_left_alone(
    tmp_path: Path, home: Path, install: Install
) -> None:
    own = home / ".local" / "bin" / "thumper"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\necho mine\n")
    done = install("--from", wheel(tmp_path, "1.0"))
    assert done.returncode == 1
    assert "Move it away first" in done.stderr
    assert install("--uninstall").returncode == 1
    assert own.read_text().endswith("echo mine\n")


def test_help_names_every_option(install: Install) -> None:
    text = SCRIPT.read_text("utf-8")
    options = set(re.findall(r"--[a-z]+(?=[ |)])", text.split("esac")[1])) | {"--uninstall"}
    done = install("--help")
    assert done.returncode == 0
    assert {"--from", "--with", "--workspace", "--uninstall"} <= set(done.stdout.split())
    assert options - {"--help"} <= set(done.stdout.split())


@pytest.mark.skipif(shutil.which("dash") is None, reason="no dash here")
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_every_shell_reads_it(shell: str) -> None:
    subprocess.run([shell, "-n", str(SCRIPT)], check=True)


def test_the_one_for_windows_has_the_same_options_and_checks() -> None:
    """Not run: there is no PowerShell here. What can be read out of it is."""
    options = ("From", "With", "Workspace", "Uninstall")
    assert re.findall(r"\[(?:string|switch)\]\$(\w+)", WINDOWS.split("function")[0]) == [*options]
    for name in options:
        assert f".PARAMETER {name}" in WINDOWS
    check = re.search(r"-c '(import ensurepip.*?)'", SCRIPT.read_text("utf-8"))
    assert check is not None and check[1] in WINDOWS
    done = subprocess.run([sys.executable, "-c", check[1]], check=False)
    assert done.returncode == 0
    for opening, closing in ("{}", "()"):
        bare = re.sub(r"#.*|'[^'\n]*'|\"(?:`.|[^\"`\n])*\"|<#.*?#>", "", WINDOWS, flags=re.S)
        assert bare.count(opening) == bare.count(closing)
    link = re.search(r'Arguments = "--workspace `"\$Workspace`" (\w+)"', WINDOWS)
    assert link is not None
    accept([link[1]])
    assert "Sort-Object {" in WINDOWS and "[version]$Matches[1]" in WINDOWS  # the newest wheel
    assert 'thumper --workspace `"$Workspace`" app"' in WINDOWS.splitlines()[-1]
    written = set(re.findall(r"(?:New-Item|Set-Content|Set-ItemProperty)[^\n]*", WINDOWS))
    assert all(any(own in line for own in ("$bin", "$launcher", "HKCU:")) for line in written)


def test_both_leave_the_environment_of_before_until_the_new_one_works() -> None:
    shell = SCRIPT.read_text("utf-8")
    assert os.access(SCRIPT, os.X_OK)
    assert (
        shell.index("--version") < shell.index("ln -sfn") < shell.index('for old in "$data"/env-*')
    )
    assert WINDOWS.index("--version") < WINDOWS.index("Set-Content -LiteralPath $launcher")
    assert WINDOWS.index("Set-Content -LiteralPath $launcher") < WINDOWS.rindex("env-*")
