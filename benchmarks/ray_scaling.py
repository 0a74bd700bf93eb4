"""One core, two cores, two Ray machines of one core each: photos a second, and the same rows.

The machines are Ray nodes on this one, each held to a core of its own, so that what is measured is
what handing photos out and results back costs; a network between them is not. Every part runs in a
process of its own. The clock starts when every worker has brought its first photo: loading models
and starting Ray are not in it, the uneven end is. Replies come once a second, so a few hundred photos
are the least that says something.

    python benchmarks/ray_scaling.py [--photos 480] [--rounds 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PARTS = {
    "local 1": "this process, one core",
    "ray 1": "one Ray machine of one core",
    "local 2": "this process, two cores",
    "ray 2": "two Ray machines of one core",
}
STORE_BYTES = 100 * 2**20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=480)
    parser.add_argument("--rounds", type=int, default=2, help="The best round counts.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(measure(options.part, options.folder)))
        return
    if find_spec("ray") is None or len(os.sched_getaffinity(0)) < 2:
        print("Not measured: this needs Ray (pip install 'thumper[ray]') and two cores.")
        return
    with tempfile.TemporaryDirectory() as name:
        from thumper_demo import DemoPlan, render_demo

        render_demo(DemoPlan(seed=4242, n_photos=options.photos), Path(name), faulty=False)
        report = compare(Path(name), options.rounds)
    show(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))


def compare(folder: Path, rounds: int) -> dict[str, Any]:
    """Every part, `rounds` times in turn; the fastest round of each counts."""
    best: dict[str, dict[str, Any]] = {}
    rows = set()
    for _ in range(rounds):
        for part in PARTS:
            result = run_part(part, folder)
            rows.add(result["rows"])
            if part not in best or result["photos_per_s"] > best[part]["photos_per_s"]:
                best[part] = result
    rates = {part: result["photos_per_s"] for part, result in best.items()}
    return {
        "parts": best,
        "photos_per_s": rates,
        "scaling_efficiency": rates["ray 2"] / (2 * rates["ray 1"]),
        "ray_over_local_one_core": rates["ray 1"] / rates["local 1"],
        "ray_over_local_two_cores": rates["ray 2"] / rates["local 2"],
        "same_rows": len(rows) == 1,
    }


def run_part(part: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--part", part, "--folder", str(folder)]
    environment = os.environ | {"YOLO_CONFIG_DIR": str(folder), "YOLO_VERBOSE": "false"}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(part: str, folder: Path) -> dict[str, Any]:
    """Run the photos of `folder` in a new workspace."""
    from thumper_core.ingest.add import add_paths
    from thumper_core.workspace import Workspace

    engine, n_cores = part.split()
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace.create(name)
        add_paths(workspace, [folder / "photos"])
        cores = sorted(os.sched_getaffinity(0))[: int(n_cores)]
        return (local if engine == "local" else on_ray)(workspace, cores)


def local(workspace: Any, cores: list[int]) -> dict[str, Any]:
    """The engine of this process, held to some cores."""
    from thumper_core.pipeline.launch import open_models
    from thumper_core.pipeline.local import local_engine

    os.sched_setaffinity(0, cores)
    settings = workspace.settings.replace("engine", decode_threads=len(cores))
    models = open_models(workspace, settings)

    def make(meter: Any, known: Any, is_held: Any) -> Any:
        return local_engine(models.detector, models.embedder, settings, meter, known, is_held)

    return timed(workspace, models, make, lambda: 1)


def on_ray(workspace: Any, cores: list[int]) -> dict[str, Any]:
    """A head without work and a machine of one core for each of `cores`."""
    from thumper_core.pipeline.launch import open_models
    from thumper_core.pipeline.ray_engine import order_for, ray_engine
    from thumper_core.pipeline.ray_pool import RayPool, keep_to_this_machine

    keep_to_this_machine()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    everything = os.sched_getaffinity(0)
    quiet = {"include_dashboard": False, "no_monitor": True, "object_store_memory": STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0} | quiet)
    for core in cores:  # what a process starts is held to the cores that it is held to
        os.sched_setaffinity(0, {core})
        cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    os.sched_setaffinity(0, everything)
    models = open_models(workspace, workspace.settings)
    order = order_for(workspace, models, workspace.settings)
    try:
        with RayPool(order, address=cluster.address) as pool:
            make = ray_engine(pool, workspace.settings)
            return timed(workspace, models, make, lambda: sum(s.rate > 0 for s in pool.slots()))
    finally:
        cluster.shutdown()


def timed(
    workspace: Any, models: Any, make: Callable[..., Any], n_working: Callable[[], int]
) -> dict[str, Any]:
    """Photos a second from when all work to the last photo."""
    from thumper_core.pipeline.run import run

    arrived: list[tuple[float, int]] = []

    class Watched:
        def __init__(self, engine: Any) -> None:
            self.engine = engine

        def run(self, tasks: Any, stop: Any) -> Iterator[Any]:
            for result in self.engine.run(tasks, stop):
                if result is not None:
                    arrived.append((time.perf_counter(), n_working()))
                yield result

    summary = run(
        workspace,
        models.detector,
        models.embedder,
        settings=workspace.settings,
        engine=lambda *parts: Watched(make(*parts)),
    )
    most = max(n for _, n in arrived)
    first = next(i for i, (_, n) in enumerate(arrived) if n == most)
    photos, seconds = len(arrived) - first - 1, arrived[-1][0] - arrived[first][0]
    return {
        "photos": photos,
        "seconds": seconds,
        "photos_per_s": photos / seconds,
        "rows": rows_of(workspace, summary.run_id),
    }


def rows_of(workspace: Any, run_id: str) -> str:
    """A hash of the run's outcomes, boxes and vectors, to the last bit."""
    found = [
        workspace.sql(
            f"select {columns} from {view} where run_id = ? order by all", [run_id]
        ).rows()
        for view, columns in (
            ("all_outcomes", "photo_id, status, error_code, n_detections"),
            ("all_detections", 'detection_id, x1, y1, x2, y2, confidence, "class"'),
            ("all_embeddings", "detection_id, vector"),
        )
    ]
    return hashlib.sha256(repr(found).encode()).hexdigest()


def show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    rates = report["photos_per_s"]
    table = Table(
        "part", "photos/s", "times one core", box=None, title="Ray scaling", title_justify="left"
    )
    for part, text in PARTS.items():
        table.add_row(text, f"{rates[part]:.1f}", f"{rates[part] / rates['local 1']:.2f}")
    console = Console()
    console.print(table)
    console.print(
        f"Two machines over twice one: {report['scaling_efficiency']:.2f}. "
        f"Same rows everywhere: {'yes' if report['same_rows'] else 'NO'}."
    )


if __name__ == "__main__":
    main()
