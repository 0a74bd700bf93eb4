"""Every notebook runs from top to bottom on a demo herd, and changes nothing unless told to."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from tests.conftest import REPOSITORY
from tests.generated import Size, build
from thumper_core.commands.lab import convert, notebook_sources
from thumper_core.workspace import ENVIRONMENT, Workspace

STRICT = (
    "import warnings\n"
    "warnings.simplefilter('error')\n"
    "warnings.filterwarnings('ignore', module='ipykernel')  # warns of its own shutdown\n"
)
# What a reader must see: how many Plotly figures, and words of the printed results.
SEEN = {
    "01_quickstart": (2, [r"1\d\d photos from 3 cameras", r"\d+ groups: \d+ bucks"]),
    "02_threshold_tuning": (4, ["equal-error rate", "expected pairwise error", "Nothing was chan"]),
    "03_clusters": (5, ["Constrained average linkage", "silhouette"]),
    "04_which_embedder": (2, ["efficientnet_lite0", "pixels", r"[78] individuals"]),
    "05_herd_report": (6, [r"herd-report.html: \d+\.\d MB"]),
    "06_abundance": (4, ["deer were told apart", "believes: "]),
    "07_errors": (5, ["empty_file", r"\d+ animals to be seen", r"of [78] known deer"]),
    "08_my_own_embedder": (2, ["vectors of length 288", r"edges: \d+ groups"]),
    "09_answers_and_effort": (2, ["questions are worth asking", r"review: F1 0\.\d+ to [01]\.\d+"]),
}


@pytest.fixture(autouse=True)
def _own_jupyter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No history or settings of the user; a short folder, as a socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix="jup") as folder:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
            monkeypatch.setenv(name, str(Path(folder) / name[-8:]))
        monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
        yield


def run(notebook: dict[str, Any], workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a notebook on a workspace, warnings as errors; returns it with its outputs."""
    monkeypatch.setenv(ENVIRONMENT, str(workspace))
    for library in ("OMP", "OPENBLAS"):  # small arrays: more threads only wait for each other
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")
    cells = nbformat.from_dict(notebook)
    cells.cells.insert(0, nbformat.v4.new_code_cell(STRICT))
    # sockets instead of ports: no warning about unencrypted ones, and nobody else's are met
    sockets = str(Path(os.environ["JUPYTER_RUNTIME_DIR"]).parent / "kernel")
    config = Config({"KernelManager": {"transport": "ipc", "ip": sockets}})
    client = NotebookClient(
        cells, timeout=500, startup_timeout=200, kernel_name="python3", config=config
    )
    return client.execute(cwd=str(workspace))


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def texts(notebook: Any) -> str:
    found = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs(notebook)]
    return "\n".join(found)


def state(workspace: Workspace) -> list[Any]:
    """What a notebook must leave alone: who is shown, what was decided, settings and results."""
    files = [
        (p.relative_to(workspace.root), p.stat().st_size)
        for p in sorted((workspace.root / "lake").rglob("*"))
    ]
    settings = workspace.settings_file
    return [
        *workspace.sql("select herd_id from herds").rows(),
        *workspace.sql("select decision_id from decisions").rows(),
        workspace.ledger.promoted("herd"),
        settings.read_text("utf-8") if settings.exists() else None,
        files,
    ]


def test_every_notebook_is_listed_here() -> None:
    assert [source.stem for source in notebook_sources()] == sorted(SEEN)


def test_the_first_runs_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands for all: every day, and on a herd that costs nothing to make."""
    first = next(source for source in notebook_sources() if source.stem == "01_quickstart")
    assert_runs(first, build(tmp_path, Size(cameras=3)), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("source", notebook_sources(), ids=lambda source: source.stem)
def test_it_runs_and_changes_nothing(
    source: Path, herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_runs(source, herd, monkeypatch)


def assert_runs(source: Path, herd: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an error or a warning, with the figures and words that it shows; all is as before."""
    before = state(herd)
    done = run(convert(source), herd.root, monkeypatch)
    n_figures, words = SEEN[source.stem]
    drawn = [o for o in outputs(done) if "application/vnd.plotly.v1+json" in o.get("data", {})]
    assert len(drawn) == n_figures
    assert not [o for o in outputs(done) if o.get("name") == "stderr"]
    shown = texts(done)
    assert not [word for word in words if not re.search(word, shown)], shown
    assert state(herd) == before


@pytest.mark.slow
def test_a_threshold_is_applied_when_asked(
    herd: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(herd.root, tmp_path / "copy")
    source = next(s for s in notebook_sources() if s.stem == "02_threshold_tuning")
    notebook = convert(source)
    cells = notebook["cells"]
    at = next(i for i, cell in enumerate(cells) if "APPLY = False" in cell["source"])
    opening = cells[:6]  # the workspace is opened and looked at, the deer are grouped
    cells[at]["source"] = (
        cells[at]["source"].replace("APPLY = False", "APPLY = True").replace('"auto"', "0.001", 1)
    )
    notebook["cells"] = [*opening, cells[at]]
    assert "herd h0002" in texts(run(notebook, copy, monkeypatch))
    changed = Workspace.open(copy)
    assert changed.settings.identify.threshold == 0.001
    assert changed.ledger.promoted("herd") == "h0002"
    counts = changed.sql("select herd_id, count(*) as n from all_profiles group by 1 order by 1")
    assert counts["n"][1] < counts["n"][0]  # laxer: fewer profiles
