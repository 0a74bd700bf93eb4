"""Clips and frames a minute, the decode bound beside it, and what is found in clips against their stills.

Photos of a rendered herd become clips: a window pans slowly over each for some seconds, as H.264 in MP4
and as MJPEG in AVI. Of the same photos (the window's first place) stills are made. Both go through the
whole chain with the demo's models, each in a workspace of its own. The bound is what decoding alone
allows: the same clips through the same reader, on as many threads, with nothing found on them.

    python benchmarks/clips.py [--photos 40] [--seconds 6] [--fps 15] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from _throughput_common import CORES

KINDS = {"H.264": ("mp4", "libx264", "yuv420p"), "MJPEG": ("avi", "mjpeg", "yuvj420p")}
WINDOW = 0.9  # of the photo's sides
SIZE = (1280, 720)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--fps", type=int, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = render(folder / "herd", options.photos)
        stills = through(make_stills(photos, folder / "stills"))
        report: dict[str, Any] = {"cores": CORES, "stills": stills["counts"], "clips": {}}
        for kind in KINDS:
            clips = make_clips(photos, folder / kind, kind, options.seconds, options.fps)
            report["clips"][kind] = measure(clips, stills, options)
    show(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))


def render(folder: Path, n: int) -> list[Path]:
    """Photos with animals of a rendered herd, spread over it."""
    import polars as pl

    from thumper_demo import DemoPlan, render_demo

    render_demo(DemoPlan(seed=7117, n_photos=max(40, 2 * n)), folder, faulty=False)
    truth = pl.read_parquet(folder / "truth_photos.parquet").filter(pl.col("n_animals") > 0)
    paths = truth.sort("path")["path"].to_list()
    rows = np.linspace(0, len(paths) - 1, min(n, len(paths))).round().astype(int)
    return [folder / "photos" / paths[row] for row in rows]


def windows(photo: Path, n: int) -> list[np.ndarray]:
    """`n` views of a photo, from its left to its right, each `SIZE`."""
    from PIL import Image

    with Image.open(photo) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    wide, tall = int(width * WINDOW), int(height * WINDOW)
    views = []
    for i in range(n):
        left = round((width - wide) * i / max(1, n - 1))
        top = (height - tall) // 2
        view = picture.resize(SIZE, Image.Resampling.BILINEAR, (left, top, left + wide, top + tall))
        views.append(np.asarray(view))
    return views


def make_stills(photos: list[Path], folder: Path) -> list[Path]:
    from PIL import Image

    made = []
    for number, photo in enumerate(photos):
        path = folder / "cam" / f"{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(windows(photo, 1)[0]).save(path, quality=92)
        made.append(path)
    return made


def make_clips(photos: list[Path], folder: Path, kind: str, seconds: float, fps: int) -> list[Path]:
    import av

    ending, codec, pixels = KINDS[kind]
    made = []
    for number, photo in enumerate(photos):
        path = folder / "cam" / f"{number:04d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream(codec, rate=fps)
            stream.width, stream.height, stream.pix_fmt = *SIZE, pixels
            stream.bit_rate = 8_000_000
            for view in windows(photo, round(seconds * fps)):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(view, "rgb24")))
            container.mux(stream.encode())
        made.append(path)
    return made


def through(files: list[Path]) -> dict[str, Any]:
    """The chain on files, in a workspace of their own: seconds, and what was found in each file."""
    from thumper_core.ingest.add import add_paths
    from thumper_core.pipeline.launch import models_of
    from thumper_core.pipeline.run import run
    from thumper_core.vision.registry import load_registry
    from thumper_core.workspace import Workspace

    root = Path(tempfile.mkdtemp())
    workspace = Workspace.create(root / "ranch")
    started = time.perf_counter()
    add_paths(workspace, [files[0].parents[1]])
    added_s = time.perf_counter() - started
    settings = workspace.settings.replace("detect", detector="demo")
    models = models_of(load_registry(None), settings, root / "cache")
    started = time.perf_counter()
    run(workspace, models.detector, models.embedder, settings=settings)
    seconds = time.perf_counter() - started
    rows = workspace.sql(
        "select p.path, o.n_frames, o.clip, "
        "(select count(*) from all_detections d where d.photo_id = p.photo_id) as n_boxes, "
        "(select count(distinct track) from all_detections d where d.photo_id = p.photo_id) as n_tracks "
        "from all_outcomes o join photos p using (photo_id) order by p.path"
    )
    found = {Path(row["path"]).stem: row for row in rows.iter_rows(named=True)}
    n = sum(row["n_boxes"] for row in found.values())
    return {
        "seconds": seconds,
        "added_s": added_s,
        "found": found,
        "counts": {"boxes": n, "files": len(found)},
    }


def measure(
    clips: list[Path], stills: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:
    whole = through(clips)
    found = whole["found"]
    n_frames = sum(row["n_frames"] or 0 for row in found.values())
    decode_s, n_decoded = bound(clips)
    n_still = sum(row["n_boxes"] for row in stills["found"].values())
    n_tracks = sum(row["n_tracks"] for row in found.values())
    n_first = sum(first_boxes(row["clip"]) for row in found.values())
    return {
        "clips": len(clips),
        "frames_in_clips": round(len(clips) * options.seconds * options.fps),
        "frames_looked_at": n_frames,
        "clips_a_minute": 60 * len(clips) / whole["seconds"],
        "frames_a_minute": 60 * n_frames / whole["seconds"],
        "clips_a_minute_decoding_alone": 60 * len(clips) / decode_s,
        "added_a_minute": 60 * len(clips) / whole["added_s"],
        "boxes_in_first_frames": n_first,
        "boxes_in_stills": n_still,
        "tracks": n_tracks,
        "boxes_kept": whole["counts"]["boxes"],
        "decoded": n_decoded,
    }


def first_boxes(trace: str | None) -> int:
    """Boxes of a clip's first frame, which shows what the still shows."""
    tracks = json.loads(trace)["tracks"] if trace else []
    return sum(box[0] == 0 for track in tracks for box in track["boxes"])


def bound(clips: list[Path]) -> tuple[float, int]:
    """Seconds to decode all clips as the chain does, and how many frames that gave."""
    from thumper_core.clips.frames import FrameReader, Sampling

    def read(path: Path) -> int:
        reader = FrameReader(path.read_bytes(), Sampling(), min_width=1280, max_pixels=10**9)
        return sum(1 for _ in reader)

    started = time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        n = sum(pool.map(read, clips))
    return time.perf_counter() - started, n


def show(report: dict[str, Any]) -> None:
    print(f"{report['cores']} cores; stills: {report['stills']}")
    for kind, values in report["clips"].items():
        print(f"\n{kind}")
        for name, value in values.items():
            print(f"  {name.replace('_', ' '):<34} {value:>10.1f}")


if __name__ == "__main__":
    main()
