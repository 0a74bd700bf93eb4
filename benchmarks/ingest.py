"""How long `add` takes over a tree of tiny files: the first time, and again with nothing changed.

python benchmarks/ingest.py [--files N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import simplejpeg

from thumper_core import Workspace
from thumper_core.ingest.add import add_paths

FILES_PER_FOLDER = 1000
TARGET_AGAIN_S = 20.0  # for 60,000 files on two cores


def make_tree(root: Path, n_files: int) -> None:
    """Files that differ, each a valid 64 x 48 JPEG, a thousand to a camera's folder."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (48, 64, 3), np.uint8)
    photo = simplejpeg.encode_jpeg(picture, quality=60)
    for start in range(0, n_files, FILES_PER_FOLDER):
        folder = root / f"camera{start // FILES_PER_FOLDER:03d}"
        folder.mkdir(parents=True)
        for number in range(start, min(start + FILES_PER_FOLDER, n_files)):
            (folder / f"IMG_{number:06d}.JPG").write_bytes(photo + number.to_bytes(8, "big"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=60_000)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        make_tree(photos, options.files)
        workspace = Workspace.create(Path(folder) / "workspace")
        seconds = []
        for expected in ("n_new", "n_unchanged"):
            started = time.perf_counter()
            summary = add_paths(workspace, [photos])
            seconds.append(time.perf_counter() - started)
            if getattr(summary, expected) != options.files:
                raise SystemExit(f"expected {options.files} {expected}: {summary}")
    first_s, again_s = seconds
    figures = {
        "files": options.files,
        "first_s": round(first_s, 3),
        "again_s": round(again_s, 3),
        "first_over_again": round(first_s / again_s, 2),
        "first_files_per_s": round(options.files / first_s, 1),
        "again_files_per_s": round(options.files / again_s, 1),
    }
    print(f"{'':24}{'seconds':>10}{'files/s':>12}")
    print(f"{'first add':24}{first_s:10.2f}{figures['first_files_per_s']:12,.0f}")
    print(f"{'again, unchanged':24}{again_s:10.2f}{figures['again_files_per_s']:12,.0f}")
    print(f"{'ratio':24}{first_s / again_s:10.1f}")
    print(f"{options.files:,} files; target for 60,000 unchanged: under {TARGET_AGAIN_S:.0f} s")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
