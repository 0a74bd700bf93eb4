"""Two machines, played by two Ray nodes on this one: same rows, whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fakes import FakeDetector, FakeEmbedder, tables_of
from tests.pipeline import ray_models
from tests.pipeline.test_run import SETTINGS, workspace_with
from thumper_core.contracts import ThumperError
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.launch import Models, open_models
from thumper_core.pipeline.pause import go_on, pause
from thumper_core.pipeline.ray_engine import order_for, ray_engine
from thumper_core.pipeline.ray_pool import RayPool, keep_to_this_machine
from thumper_core.pipeline.records import PhotoResult
from thumper_core.pipeline.run import RunSummary, Selection, Target, run
from thumper_core.settings import Settings
from thumper_core.store.jobs import jobs
from thumper_core.workspace import Workspace
from thumper_demo import DemoPlan, render_demo

if find_spec("ray") is None:
    pytest.skip("ray is not installed: pip install 'thumper[ray]'", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, of all kinds
STORE = 100 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without cores and two machines of one core each, on the loopback interface."""
    keep_to_this_machine()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 0,
            "include_dashboard": False,
            "no_monitor": True,
            "object_store_memory": STORE,
        },
    )
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=STORE)
    yield cluster
    cluster.shutdown()


def run_on(
    cluster: Any,
    workspace: Workspace,
    *,
    open_models: Callable[[], Any] = ray_models.open_fakes,
    said: list[str] | None = None,
    wrap: Callable[[Any], Any] = lambda engine: engine,
    **words: Any,
) -> RunSummary:
    models = open_models() if open_models is ray_models.open_fakes else ray_models.open_fakes()
    order = replace(order_for(workspace, models, SETTINGS), open_models=open_models)
    say = (said if said is not None else []).append
    with RayPool(order, address=cluster.address, say=say) as pool:
        make = ray_engine(pool, SETTINGS)
        return run(
            workspace,
            models.detector,
            models.embedder,
            settings=SETTINGS,
            engine=lambda *parts: wrap(make(*parts)),
            **words,
        )


class After:
    """An engine that does something once so many results have come."""

    def __init__(self, engine: Any, n: int, act: Callable[[], None]) -> None:
        self.engine, self.n, self.act = engine, n, act

    def run(self, tasks: Any, stop: threading.Event) -> Iterator[PhotoResult | None]:
        for result in self.engine.run(tasks, stop):
            yield result
            self.n -= result is not None
            if self.n == 0:
                self.n = -1
                self.act()


def listening() -> list[str]:
    """Addresses that this process and those that it started listen on."""
    found = []
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        found += [c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"]
    return found


def two_workspaces(tmp_path: Path, n: int) -> tuple[Workspace, RunSummary, Workspace]:
    """One that this process ran on, the summary of that, and one with the same photos."""
    whole = workspace_with(tmp_path, n, "alone")
    expected = run(whole, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    return whole, expected, workspace_with(tmp_path, n)


@pytest.mark.slow
def test_two_machines_give_the_rows_of_one_and_everything_stays_on_the_loopback(
    cluster: Any, tmp_path: Path
) -> None:
    whole, expected, workspace = two_workspaces(tmp_path, 60)
    said: list[str] = []
    addresses: list[str] = []
    summary = run_on(
        cluster, workspace, said=said, open_models=partial(ray_models.open_fakes, 0.05),
        wrap=lambda engine: After(engine, 30, lambda: addresses.extend(listening())),
    )  # fmt: skip
    assert tables_of(workspace, summary.run_id) == tables_of(whole, expected.run_id)
    assert summary.progress.failures == expected.progress.failures
    assert summary.progress.busy_s["decode"] > 0
    assert summary.n_left == 0 and workspace.ledger.run(summary.run_id).state == "complete"
    assert [job.state for job in jobs(workspace.ledger)] == ["done"]
    rows = workspace.lake.read(f"runs/{summary.run_id}", "outcomes")["photo_id"].to_pylist()
    assert len(rows) == len(set(rows)) == summary.progress.total
    assert len([sentence for sentence in said if sentence.startswith("Worker on")]) == 2
    assert addresses and {ip.replace("::ffff:", "") for ip in addresses} == {"127.0.0.1"}


@pytest.mark.slow
def test_a_machine_killed_in_mid_run_loses_and_duplicates_nothing(
    cluster: Any, tmp_path: Path
) -> None:
    whole, expected, workspace = two_workspaces(tmp_path, 150)
    said: list[str] = []
    killed: list[Any] = []

    def kill_one() -> None:
        node = sorted(cluster.worker_nodes, key=lambda node: node.node_id)[0]
        cluster.remove_node(node, allow_graceful=False)
        killed.append(node)

    summary = run_on(
        cluster, workspace, said=said, open_models=partial(ray_models.open_fakes, 0.1),
        wrap=lambda engine: After(engine, 40, kill_one) if not killed else engine,
    )  # fmt: skip
    cluster.add_node(num_cpus=1, object_store_memory=STORE)
    assert killed and any(sentence.startswith("Lost") for sentence in said)
    assert summary.progress.done == summary.progress.total == expected.progress.total
    assert tables_of(workspace, summary.run_id) == tables_of(whole, expected.run_id)
    rows = workspace.lake.read(f"runs/{summary.run_id}", "outcomes")["photo_id"].to_pylist()
    assert len(rows) == len(set(rows)) == expected.progress.total


@pytest.mark.slow
def test_a_stop_keeps_what_is_done_and_the_local_engine_goes_on(
    cluster: Any, tmp_path: Path
) -> None:
    whole, expected, workspace = two_workspaces(tmp_path, 100)
    stop = threading.Event()
    stopped = run_on(
        cluster, workspace, stop=stop, open_models=partial(ray_models.open_fakes, 0.2),
        wrap=lambda engine: After(engine, 20, stop.set),
    )  # fmt: skip
    assert stopped.is_stopped and 0 < stopped.n_left < 80
    rest = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    assert rest.run_id == stopped.run_id and rest.progress.total == stopped.n_left
    assert tables_of(workspace, rest.run_id) == tables_of(whole, expected.run_id)
    assert [job.state for job in jobs(workspace.ledger)] == ["stopped", "done"]


@pytest.mark.slow
def test_a_pause_begins_no_photo_and_a_stop_ends_it(cluster: Any, tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 8)
    pause(workspace.root)
    stop = threading.Event()
    timer = threading.Timer(8.0, stop.set)
    timer.start()
    summary = run_on(cluster, workspace, stop=stop)
    assert summary.is_stopped and summary.n_left == summary.progress.total > 0
    go_on(workspace.root)
    assert run_on(cluster, workspace).n_left == 0


@pytest.mark.slow
def test_a_photo_that_kills_its_process_is_a_failed_row_and_the_others_are_done(
    cluster: Any, tmp_path: Path
) -> None:
    workspace = workspace_with(tmp_path, 12)
    levels: list[int] = []

    class Recorder(FakeDetector):
        def _one(self, picture):  # type: ignore[no-untyped-def]
            levels.append(int(picture.mean()))
            return super()._one(picture)

    whole = workspace_with(tmp_path, 12, "alone")
    run(whole, Recorder(), FakeEmbedder(), settings=SETTINGS)
    summary = run_on(cluster, workspace, open_models=partial(ray_models.open_deadly, max(levels)))
    assert summary.n_left == 0
    messages = workspace.sql(
        "select error_message from outcomes where error_code = 'decode_failed'"
    )
    assert len(messages) == 1 and "died" in messages.item()


@pytest.mark.slow
def test_a_machine_that_cannot_work_is_left_out_and_none_left_is_an_error(
    cluster: Any, tmp_path: Path
) -> None:
    workspace = workspace_with(tmp_path, 20)
    said: list[str] = []
    opening = partial(ray_models.refuse_once, tmp_path / "asked")
    assert run_on(cluster, workspace, open_models=opening, said=said).n_left == 0
    assert any("left out" in sentence and "are not here" in sentence for sentence in said)
    with pytest.raises(ThumperError, match=r"No machine can work on the run.*are not here"):
        run_on(cluster, workspace, open_models=ray_models.refuse, target=Target(fresh=True))


@pytest.mark.slow
def test_known_detections_travel_to_the_workers(cluster: Any, tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 30)
    first = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    target = Target(fresh=True, reuse_detections=True)
    again = run_on(cluster, workspace, target=target, selection=Selection())
    assert again.progress.busy_s.get("detect") is None
    assert tables_of(workspace, again.run_id) == tables_of(workspace, first.run_id)


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few dozen rendered photos."""
    folder = tmp_path_factory.mktemp("herd")
    render_demo(DemoPlan(seed=77, n_deer=4, n_cameras=2, n_photos=48), folder)
    return folder / "photos"


def demo_workspace(folder: Path, photos: Path) -> tuple[Workspace, Settings, Models]:
    """A workspace of the herd in `folder`, with the project's own models in small batches."""
    workspace = Workspace.create(folder)
    add_paths(workspace, [photos])
    settings = workspace.settings.replace("engine", batch_size=4, queue_photos=8)
    return workspace, settings, open_models(workspace, settings)


@pytest.mark.slow
def test_the_demo_herd_with_its_models_survives_the_loss_of_a_machine(
    cluster: Any, tmp_path: Path, herd: Path
) -> None:
    whole, settings, models = demo_workspace(tmp_path / "alone", herd)
    expected = run(whole, models.detector, models.embedder, settings=settings)
    workspace, settings, models = demo_workspace(tmp_path / "work", herd)
    said: list[str] = []

    def kill_one() -> None:
        node = sorted(cluster.worker_nodes, key=lambda node: node.node_id)[0]
        cluster.remove_node(node, allow_graceful=False)

    passes = []

    def make(*parts: Any) -> Any:
        passes.append(After(ray_engine(pool, settings)(*parts), 0 if passes else 12, kill_one))
        return passes[-1]

    order = order_for(workspace, models, settings)
    with RayPool(order, address=cluster.address, say=said.append) as pool:
        summary = run(
            workspace, models.detector, models.embedder, settings=settings, engine=make
        )  # fmt: skip
    cluster.add_node(num_cpus=1, object_store_memory=STORE)
    assert any(sentence.startswith("Lost") for sentence in said)
    assert summary.progress.detections == expected.progress.detections > 30
    assert tables_of(workspace, summary.run_id) == tables_of(whole, expected.run_id)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_command_in_order_and_leaves_no_process(
    tmp_path: Path, herd: Path, how: signal.Signals
) -> None:
    workspace, _, _ = demo_workspace(tmp_path / "work", herd)
    command = [sys.executable, "-m", "thumper_core.cli", "--workspace", str(workspace.root)]
    small = {"THUMPER_ENGINE__BATCH_SIZE": "4", "THUMPER_ENGINE__QUEUE_PHOTOS": "8"}
    process = subprocess.Popen(
        [*command, "run", "--engine", "ray"], env=os.environ | small, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = next(line for line in process.stderr if "Worker on" in line)
    children = psutil.Process(process.pid).children(recursive=True)
    assert "process" in said and len(children) > 3
    if how is signal.SIGINT:  # as a terminal sends it: to everything that the command started
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    assert "Stopping after what is under way" in process.stderr.read()
    assert process.wait(60) in (0, 1)
    assert psutil.wait_procs(children, timeout=20)[1] == []
    assert [job.state for job in jobs(workspace.ledger)] == ["stopped"]
    done = workspace.sql("select count(*) from all_outcomes").item()
    assert 0 < done < workspace.sql("select count(*) from photos").item()
