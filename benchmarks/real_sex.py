"""Buck or doe, deer or not, on real photos of cameras that a head has not seen; and the heads that ship.

    python benchmarks/real_sex.py DEER OTHERS [--detector ../shared/weights/animal-coco.onnx]
        [--embedder efficientnet_lite2_gem] [--kept FILE.npz] [--write FOLDER] [--json FILE]

DEER: folders of cameras with YOLO labels (`deer`, `buck`, `doe`, `turkey`) beside the photos; OTHERS:
folders of photos of other animals, people and empty places. --list: corrects the labels.
--kept: the vectors are read from there, or kept there.
--write: fits the heads on everything and writes their files.

Every figure is of cameras (and folders) left out of the fit. A burst is what one camera took with no
gap above 60 s, a visit with none above half an hour; an animal's crops in it are linked as
`thumper identify` links them, and their chances put together (`heads.votes`). The calibration is of
the same left-out answers. Bucks of January to March carry no antlers: they are judged apart, and no
head is fitted on them.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from _real_crops import Crops, crops_of

from thumper_core import load_registry
from thumper_core.deer import DEER_NAMES
from thumper_core.evaluate.head_scores import Scores, said, scores
from thumper_core.heads.fit import calibrated, fit_line, logits_left_out
from thumper_core.heads.head import SUFFIX, Head, Kind
from thumper_core.heads.votes import combined
from thumper_core.identify.links.tracklets import link_tracklets

GAPS_S = {"burst": 60, "visit": 1800}
SHIPS_FROM, SHIPS_SHARE = 0.8, 0.05
"""A head that says nothing from the chance that counts by default is not worth a file."""
CHANCES = (0.7, 0.8, 0.9, 0.95)
NO_ANTLERS = (1, 2, 3)  # months
LARGEST = 5
WORDS: dict[Kind, tuple[str, str]] = {"sex": ("buck", "doe"), "species": ("deer", "no deer")}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("deer", type=Path)
    parser.add_argument("others", type=Path)
    parser.add_argument("--detector", default="../shared/weights/animal-coco.onnx")
    parser.add_argument("--embedder", default="efficientnet_lite2_gem")
    parser.add_argument("--list", type=Path, default=Path("models/whitetail-training.toml"))
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.kept and options.kept.is_file():
        with np.load(options.kept, allow_pickle=False) as kept:
            crops = Crops(**kept)
    else:
        crops = crops_of(
            options.deer, options.others, options.detector, options.embedder, options.list
        )
        if options.kept:
            np.savez(options.kept, **asdict(crops))
    report = {
        kind: judge(kind, crops, options.embedder, options.write) for kind in ("sex", "species")
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))


def judge(kind: Kind, crops: Crops, embedder: str, out: Path | None) -> dict[str, Any]:
    """Print the table of one head, and write the head; the same figures as values."""
    month = crops.taken_at.astype("datetime64[M]").astype(int) % 12 + 1
    winter = np.isin(month, NO_ANTLERS)
    real = np.array([place.startswith("camera") for place in crops.place])
    sexed = np.isin(crops.kind, (1, 2))
    asked = sexed & real if kind == "sex" else np.ones(len(crops.kind), bool)
    fitted = asked & ~winter if kind == "sex" else asked
    yes = crops.kind == 1 if kind == "sex" else crops.kind >= 0
    vectors, place = crops.vectors[fitted], crops.place[fitted]
    left_out = logits_left_out(vectors, yes[fitted], place)
    line, odds = calibrated(fit_line(vectors, yes[fitted]), left_out, yes[fitted])
    p = np.full(len(yes), np.nan)
    p[fitted] = 1 / (1 + np.exp(-odds))
    counts = dict(zip(*np.unique(place[yes[fitted]], return_counts=True), strict=True))
    largest = sorted(
        (name for name in np.unique(place) if kind == "species" or counts.get(name)),
        key=lambda name: -int((place == name).sum()),
    )
    if kind == "sex":
        largest = largest[:LARGEST]
    held = fitted & np.isin(crops.place, largest) & np.isfinite(p)
    print(f"\n{kind}: {WORDS[kind][0]} against {WORDS[kind][1]}, {line.coefficients.size} numbers")
    print(f"{'':24}{'n':>12}{'AUC':>8}{'balanced':>10}{'ECE':>7}   share said (wrong) from "
          + ", ".join(map(str, CHANCES)))  # fmt: skip
    report: dict[str, Any] = {}

    def row(name: str, chance: np.ndarray, true: np.ndarray) -> Scores:
        found = scores(chance, true)
        spoken = [said(chance, true, least) for least in CHANCES]
        words = ", ".join(f"{s.share:.0%} ({s.wrong:.0%})" for s in spoken)
        n = f"{found.n_positive}+{found.n_negative}"
        print(f"{name:24}{n:>12}{found.auc:8.3f}{found.balanced:10.3f}{found.ece:7.3f}   {words}")
        report[name] = asdict(found) | {
            "said": {str(least): asdict(s) for least, s in zip(CHANCES, spoken, strict=True)}
        }
        return found

    whole = row("crop", p[held], yes[held])
    for name in largest:
        part = held & (crops.place == name)
        row(f"  {name}", p[part], yes[part])
    for name, light in (("  infrared", crops.is_infrared), ("  colour", ~crops.is_infrared)):
        row(name, p[held & light], yes[held & light])
    if kind == "sex":
        for name, gap_s in GAPS_S.items():
            chance, true = voted(crops, np.flatnonzero(held), p, yes, gap_s)
            row(name, chance, true)
        in_winter = asked & winter
        alone = 1 / (1 + np.exp(-line.logits(crops.vectors[in_winter])))
        row("January to March", alone, yes[in_winter])
    print(
        "reliability: " + ", ".join(f"{b.promised:.2f}->{b.found:.2f} ({b.n})" for b in whole.bins)
    )
    if out is not None and report["crop"]["said"][str(SHIPS_FROM)]["share"] < SHIPS_SHARE:
        print(f"not written: it says less than {SHIPS_SHARE:.0%} from {SHIPS_FROM} on")
    elif out is not None:
        write(kind, line.coefficients, line.bias, embedder, out, fitted, yes, whole)
    return report


def voted(
    crops: Crops, rows: np.ndarray, p: np.ndarray, yes: np.ndarray, gap_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """P and truth (most of its labels; ties left out) of each animal of each burst."""
    frame = pl.DataFrame(
        {
            "detection_id": [f"{row:06d}" for row in rows],
            "photo_id": [f"{crops.place[row]}/{crops.photo[row]}" for row in rows],
            "camera": crops.place[rows],
            "taken_at": crops.taken_at[rows],
            **{name: crops.xyxy[rows, k] for k, name in enumerate(("x1", "y1", "x2", "y2"))},
            "sex": "unknown", "age_class": "unknown", "source": "model", "confidence": 1.0,
        }
    )  # fmt: skip
    new = (pl.col("taken_at").diff() > timedelta(seconds=gap_s)) | (
        pl.col("camera") != pl.col("camera").shift()
    )
    frame = (
        frame.with_row_index("row")
        .sort("camera", "taken_at", "detection_id")
        .with_columns(new.fill_null(True).cum_sum().cast(pl.String).alias("burst_id"))
        .sort("row")
    )
    index = link_tracklets(frame, crops.vectors[rows], frames_missed_max=3)
    n = int(index.max()) + 1
    chance = combined(p[rows], index, n)
    share = np.bincount(index, yes[rows], n) / np.bincount(index, minlength=n)
    clear = share != 0.5
    return chance[clear], share[clear] > 0.5


def write(
    kind: Kind, coefficients: np.ndarray, bias: float, embedder: str, out: Path,
    fitted: np.ndarray, yes: np.ndarray, found: Scores,
) -> None:  # fmt: skip
    """The head's file, fitted on every camera."""
    about = {
        "data": "github.com/vhenrixon/Wild-Game-data-tracking (deer); google/cameratrapai and "
        "conservationtechlab/animl-py (other animals, people, empty places)",
        "licence": "MIT; photos MIT and CDLA-Permissive-1.0",
        "made_by": "benchmarks/real_sex.py",
        "n": [int((fitted & yes).sum()), int((fitted & ~yes).sum())],
        "cameras_left_out": {
            "auc": round(found.auc, 3), "balanced": round(found.balanced, 3),
            "ece": round(found.ece, 3),
        },
    }  # fmt: skip
    head = Head(
        f"whitetail-{kind}", kind, next(iter(DEER_NAMES)), embedder,
        load_registry().get(embedder).sha256, coefficients, bias, about,
    )  # fmt: skip
    (out / f"{embedder}-{kind}{SUFFIX}").write_text(head.to_json())
    print(f"wrote {out / f'{embedder}-{kind}{SUFFIX}'}")


if __name__ == "__main__":
    main()
