"""rank-1, mAP and pair AUC written out plainly: what the real code is checked against.

Independent of thumper_core: nothing is imported from it. Run by itself on vectors that were saved:

    python tests/evaluate/plain_reid.py FOLDER VECTORS.npy

FOLDER holds a folder per individual; VECTORS is (N, D), in the sorted order of `individual/file`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def list_photos(folder: Path) -> list[tuple[str, int, Path]]:
    """(individual, sighting, path) of each `<individual>/<sighting>_<side>photo.jpg`."""
    found = []
    for individual in folder.iterdir():
        for photo in individual.iterdir():
            found.append((individual.name, int(photo.name.split("_")[0]), photo))
    return sorted(found, key=lambda item: (item[0], item[2].name))


def scores(photos: list[tuple[str, int, Path]], vectors: np.ndarray) -> dict[str, float]:
    """rank1, map and pair_auc; photos of one individual and one sighting never meet."""
    n = len(photos)
    v = vectors.astype(np.float64)
    v = v / np.sqrt((v * v).sum(axis=1))[:, None]
    hits, precisions = [], []
    for q in range(n):
        candidates = []
        for g in range(n):
            if photos[g][0] == photos[q][0] and photos[g][1] == photos[q][1]:
                continue
            candidates.append(g)
        similarity = v[candidates] @ v[q]
        ranked = [candidates[k] for k in np.argsort(-similarity, kind="stable")]
        right = [photos[g][0] == photos[q][0] for g in ranked]
        if not any(right):
            continue
        hits.append(right[0])
        seen = 0
        at_each = []
        for position, is_right in enumerate(right, start=1):
            if is_right:
                seen += 1
                at_each.append(seen / position)
        precisions.append(sum(at_each) / len(at_each))
    same, different = [], []
    for i in range(n):
        row = v[i + 1 :] @ v[i]
        for j, s in zip(range(i + 1, n), row, strict=True):
            if photos[i][0] != photos[j][0]:
                different.append(s)
            elif photos[i][1] != photos[j][1]:
                same.append(s)
    low = np.sort(np.array(different))
    below = np.searchsorted(low, same, side="left")
    not_above = np.searchsorted(low, same, side="right")
    auc = float((below + not_above).sum() / 2 / (len(same) * len(different)))
    return {"rank1": float(np.mean(hits)), "map": float(np.mean(precisions)), "pair_auc": auc}


if __name__ == "__main__":
    for name, value in scores(list_photos(Path(sys.argv[1])), np.load(sys.argv[2])).items():
        print(f"{name:9} {value:.3f}")
