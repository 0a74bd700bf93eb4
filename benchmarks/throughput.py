"""Photos a second of the chain, of its stages alone, and of what one would use without it.

Two sets of rendered trail-camera JPEGs with 0.7 animals a photo: 1080p and 12 megapixels. A YOLO n
at 640 pixels and an embedder of EfficientNet-B0's size. Every part runs in a process of its own,
because two model runtimes in one process fight for the cores. The bound is what the stages' own
work allows: cores / (sum of their core-seconds a photo). To compare with megadetector's batch runner:
`pip install megadetector humanfriendly` first.

    python benchmarks/throughput.py [--photos 480] [--growth 2000 20000 60000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from _throughput_parts import CORES

SETS = {"1080p": (1920, 1080), "12 MP": (4000, 3000)}
ANIMALS = 0.7
PARTS = {
    "chain": "the chain, end to end",
    "plain": "ultralytics predict(stream=True), crop and embed in a loop",
    "megadetector": "megadetector's batch runner (detects only)",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=480, help="Files of the 1080p set.")
    parser.add_argument("--growth", type=int, nargs="*", default=[2000, 8000])
    parser.add_argument("--rounds", type=int, default=2, help="The best round counts.")
    parser.add_argument("--sets", nargs="*", choices=list(SETS), default=list(SETS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report: dict[str, Any] = {"cores": CORES, "sets": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_sets(folder, options.photos, options.sets)
        for which in options.sets:
            report["sets"][which] = measure(folder / which, options.photos, options.rounds)
        report["agreement"] = run_part("agreement", folder / "herd", 160)
        first = folder / options.sets[0]
        run_part("startup", first, 0)  # fills the cache
        report["startup_s"] = run_part("startup", first, 0)["seconds"]
        report["growth"] = [growth(first, n) for n in options.growth]
    show(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))


def make_sets(folder: Path, n: int, sets: list[str]) -> None:
    """Render a herd, choose photos until 0.7 animals are on each, and save them in every size.

    Noise is added, so that files are as large as those of cameras: 1080p about 0.9 MB.
    """
    import numpy as np
    import polars as pl

    from thumper_demo import DemoPlan, render_demo

    herd = folder / "herd"
    render_demo(DemoPlan(seed=4242, n_photos=max(n, 360)), herd, faulty=False)
    photos = pl.read_parquet(herd / "truth_photos.parquet").sort("path")
    some, none = (photos.filter((pl.col("n_animals") > 0) == are) for are in (True, False))
    n_some = round(n * ANIMALS / float(some["n_animals"].mean() or 1.0))  # type: ignore[arg-type]
    paths = [some["path"][i % len(some)] for i in range(n_some)]
    paths += [none["path"][i % len(none)] for i in range(n - n_some)]
    order = np.random.default_rng(0).permutation(len(paths))
    sources = [herd / "photos" / paths[i] for i in order]
    with ProcessPoolExecutor(CORES) as pool:
        for which in sets:
            (folder / which).mkdir()
            some_of = sources if which == "1080p" else sources[: n // 3]
            files = [folder / which / f"{number:05d}.jpg" for number in range(len(some_of))]
            list(pool.map(save, some_of, files, [SETS[which]] * len(files), chunksize=4))


def save(source: Path, file: Path, size: tuple[int, int]) -> None:
    """Save a photo scaled to a size (width, height), with noise."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(int(file.stem))
    image = cv2.resize(cv2.imread(str(source)), size, interpolation=cv2.INTER_CUBIC)
    noise = rng.integers(-6, 7, image.shape, dtype=np.int16)
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    cv2.imwrite(str(file), image, [cv2.IMWRITE_JPEG_QUALITY, 88])


def measure(folder: Path, n: int, rounds: int) -> dict[str, Any]:
    """Run every part, `rounds` times in turn; the fastest round of each counts."""
    n = len(list(folder.glob("*.jpg")))
    best: dict[str, dict[str, Any]] = {}
    stages: dict[str, dict[str, float]] = {}
    absent: dict[str, str] = {}
    for _ in range(rounds):
        for part in ("stages", *PARTS):
            if part in absent:
                continue
            try:
                result = run_part(part, folder, n)
            except subprocess.CalledProcessError as error:
                if part != "megadetector":
                    raise
                absent[part] = (error.stderr or "").strip().splitlines()[-1]
                continue
            if part == "stages":
                crops = result["crops_per_photo"]
                for name, stage in result["stages"].items():
                    if name not in stages or stage["seconds"] < stages[name]["seconds"]:
                        stages[name] = stage
            elif part not in best or result["seconds"] < best[part]["seconds"]:
                best[part] = result
    # Stages of one thread have one core, networks have all.
    per_photo = {
        name: stage["seconds"] / stage["n"] * (CORES if name in ("detect", "embed") else 1)
        for name, stage in stages.items()
    }
    rates = {part: result["n"] / result["seconds"] for part, result in best.items()}
    bound = CORES / sum(per_photo.values())
    chain = best["chain"]
    work = sum(stage["core_seconds"] / stage["n"] for stage in stages.values())
    return {
        "photos": n,
        "crops_per_photo": crops,
        "photos_per_s": rates,
        "photos_per_minute": {part: 60 * rate for part, rate in rates.items()},
        "core_seconds_per_photo": per_photo,
        "bound_photos_per_s": bound,
        "chain_over_bound": rates["chain"] / bound,
        "chain_over": {part: rates["chain"] / rate for part, rate in rates.items()},
        # The same without the clock: what other programs took from the cores does not count.
        "stages_work_over_chains": work / (chain["core_seconds"] / chain["n"]),
        "limit": chain["limit"],
        "peak_mib": chain["peak_mib"],
        "absent": absent,
    }


def run_part(part: str, folder: Path, n: int) -> dict[str, Any]:
    script = Path(__file__).with_name("_throughput_parts.py")
    environment = os.environ | {"YOLO_CONFIG_DIR": str(folder.parent), "YOLO_VERBOSE": "false"}
    done = subprocess.run(
        [sys.executable, str(script), part, str(folder), str(n)],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def growth(folder: Path, n: int) -> dict[str, Any]:
    """Time and memory of the chain over `n` photos made by repeating the set's files."""
    done = run_part("chain", folder, n)
    return {
        "photos": n,
        "ms_per_photo": 1000 * done["seconds"] / n,
        "core_ms_per_photo": 1000 * done["core_seconds"] / n,
        "peak_mib": done["peak_mib"],
    }


def show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for which, found in report["sets"].items():
        table = Table(
            "part", "photos/s", "a minute", "chain / part", box=None,
            title=f"Throughput, {which}, {report['cores']} cores", title_justify="left",
        )  # fmt: skip
        for part, text in PARTS.items():
            if part in found["absent"]:
                table.add_row(text, "–", "–", f"not measured: {found['absent'][part]}")
                continue
            rate = found["photos_per_s"][part]
            table.add_row(
                text, f"{rate:.1f}", f"{60 * rate:,.0f}", f"{found['chain_over'][part]:.2f}"
            )
        bound = found["bound_photos_per_s"]
        table.add_row(
            "bound set by the stages", f"{bound:.1f}", f"{60 * bound:,.0f}",
            f"{found['chain_over_bound']:.2f}",
        )  # fmt: skip
        console.print(table)
        each = ", ".join(
            f"{name} {1000 * s:.1f}" for name, s in found["core_seconds_per_photo"].items()
        )
        console.print(f"Core-milliseconds a photo: {each}")
        console.print(
            f"{found['photos']} photos, {found['crops_per_photo']:.2f} crops a photo; the stages' "
            f"core-seconds are {found['stages_work_over_chains']:.2f} of the chain's; peak memory "
            f"{found['peak_mib']:.0f} MiB.\n{found['limit']}\n"
        )
    same, own = (report["agreement"][name] for name in ("canvases", "photos"))
    console.print(
        f"Boxes that ultralytics has too, IoU 0.5 and the same class: {same['share']:.1%} of "
        f"{same['n_boxes']} on the same picture; {own['share']:.1%} where each resizes in its way."
    )
    console.print(f"Start to first results, models cached: {report['startup_s']:.1f} s")
    for entry in report["growth"]:
        console.print(
            f"{entry['photos']:,} photos: {entry['ms_per_photo']:.1f} ms a photo, "
            f"peak memory {entry['peak_mib']:.0f} MiB"
        )


if __name__ == "__main__":
    main()
