"""Does spatial capture-recapture find what the R package secr finds in its own example data?

    python benchmarks/scr.py CAPTURES TRAPS [--buffer 250] [--occasions 6]
        [--detectors multi] [--expect 1.465986 0.061584 68.345782] [--json FILE]

CAPTURES, TRAPS: two text files in secr's own form (lines of Session ID Occasion Detector, and of
Detector X Y; lines with # are skipped). They are not part of the project. The default buffer,
occasions and expected figures (density per hectare, g0, sigma in metres) are those that chapter 2 of
"The SECR book" (Efford 2025) prints for the snowshoe hares of Burnham and Cushwa (hareCH6capt.txt
and hareCH6trap.txt, in the book's repository). These hares were caught in traps, so the likelihood is
that of traps which hold an animal (Borchers & Efford 2008, equation 6): `multi`, which cameras do not
need and the product does not have; mask, integration, optimum and intervals are the product's.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from thumper_core.survey import scr
from thumper_core.survey.mask import buffer_mask

NAMES = ("density per ha", "g0", "sigma, m")


def multi(counts: scr.Array, effort: scr.Array, g: scr.Array) -> tuple[scr.Array, scr.Array]:
    """Traps that hold an animal: on one occasion it is caught in one of them at most."""
    hazard = -np.log1p(-np.minimum(g, 1 - 1e-12))
    total = hazard.sum(axis=0)
    caught = np.log(hazard + 1e-300) - np.log(total) + np.log(-np.expm1(-total))
    n_occasions = float(effort.max())
    free = n_occasions - counts.sum(axis=1, keepdims=True)
    return counts @ caught - free * total, -n_occasions * total


DETECTORS = {"multi": multi, "proximity": scr.proximity}


def read(captures: Path, traps: Path) -> tuple[scr.Array, scr.Array]:
    """Counts (n, K) and places (K, 2)."""
    places = [line.split() for line in _lines(traps)]
    names = {row[0]: i for i, row in enumerate(places)}
    seen: dict[tuple[str, str], dict[str, set[str]]] = {}
    for session, animal, occasion, trap in (line.split()[:4] for line in _lines(captures)):
        seen.setdefault((session, animal), {}).setdefault(trap, set()).add(occasion)
    counts = np.zeros((len(seen), len(names)))
    for i, of_animal in enumerate(seen.values()):
        for trap, occasions in of_animal.items():
            counts[i, names[trap]] = len(occasions)
    return counts, np.array([[float(x), float(y)] for _, x, y in (row[:3] for row in places)])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("captures", type=Path, nargs="?")
    parser.add_argument("traps", type=Path, nargs="?")
    parser.add_argument("--buffer", type=float, default=250, help="metres")
    parser.add_argument("--occasions", type=int, default=6)
    parser.add_argument("--detectors", choices=sorted(DETECTORS), default="multi")
    parser.add_argument("--expect", type=float, nargs=3, default=[1.465986, 0.061584, 68.345782])
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    if said.captures is None or said.traps is None:
        print("Two files of captures and traps are needed; see --help.")
        return
    counts, traps = read(said.captures, said.traps)
    mask = buffer_mask(traps, said.buffer)
    effort = np.full(len(traps), float(said.occasions))
    found = scr.fit(counts, traps, effort, mask, detectors=DETECTORS[said.detectors])
    if found is None:
        raise SystemExit("no maximum was found")
    print(
        f"{len(counts)} animals, {int(counts.sum())} captures, {len(traps)} traps, mask "
        f"{mask.area_ha:.3f} ha, effective area {found.area_ha:.3f} ha"
    )
    rows = []
    values = (found.density_per_ha, found.g0, found.sigma_m)
    for i, (name, value, expected) in enumerate(zip(NAMES, values, said.expect, strict=True)):
        low, high = found.interval(i)
        off = value / expected - 1
        print(f"{name:16}{value:12.6f}  ({low:.6f} to {high:.6f})  secr {expected:.6f}  {off:+.4%}")
        rows.append({"name": name, "value": value, "low": low, "high": high, "off": off})
    if said.json:
        said.json.write_text(json.dumps(rows, indent=2))


def _lines(path: Path) -> list[str]:
    return [
        t for t in path.read_text().splitlines() if t.strip() and not t.lstrip().startswith("#")
    ]


if __name__ == "__main__":
    main()
