"""Which flank of a deer a crop shows, on real photos of cameras not seen; and the head that ships.

    python benchmarks/real_flank.py PHOTOS [--labels models/whitetail-flanks.csv] [--nyala FOLDER]
        [--demo FOLDER] [--vectors EMBEDDER] [--write FOLDER] [--json FILE]

PHOTOS: the folder that the labels' photos are named in. Every figure on deer is of a camera left out of the
fit. --nyala: photos of another species, named `..._leftphoto` and `..._rightphoto`; --demo: a rendered
herd (`thumper demo --render-only`); neither trains anything. --vectors: what an embedder's vectors say
of the same crops. --write: fits the head on every camera and writes its file.

A box is labelled by looking at it: left or right where that flank is to be seen, front or rear where
neither is, unknown where nobody can tell or two animals fill the box; those are said nothing of.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image
from sklearn.linear_model import LogisticRegression

from thumper_core import open_embedder
from thumper_core.evaluate.head_scores import scores
from thumper_core.heads.fit import fit_line
from thumper_core.heads.flank import FILE, FlankHead, gradients, mirrored
from thumper_core.vision.images import crop_patch, embedder_crop

STRENGTH = 0.003
SAID_FROM = 0.85
CHANCES = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95)
MARGIN = 0.05  # as `settings.embed` has it


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--labels", type=Path, default=Path("models/whitetail-flanks.csv"))
    parser.add_argument("--nyala", type=Path)
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--vectors", metavar="EMBEDDER")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    deer = read_labels(options.photos, options.labels)
    report = {"deer": on_deer(deer)}
    head = fitted(deer)
    if options.vectors:
        report["vectors"] = by_vectors(deer, options.vectors)
    if options.nyala:
        report["nyala"] = judged("nyala", head, nyala(options.nyala))
    if options.demo:
        report["demo"] = judged("demo", head, rendered(options.demo))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))
    if options.write:
        head.about.update(cameras_left_out=report["deer"]["said"][str(SAID_FROM)])
        (options.write / FILE).write_text(head.to_json())
        print(f"wrote {options.write / FILE}")


def read_labels(photos: Path, labels: Path) -> pl.DataFrame:
    """`place, flank, patch, width, height, picture, box` of each labelled crop."""
    rows: dict[str, list[Any]] = {}
    with labels.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["photo"], []).append(row)
    found = []
    for name, told in rows.items():
        image = np.asarray(Image.open(photos / name).convert("RGB"))
        size = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        for row in told:
            box = np.array([float(row[c]) for c in ("x1", "y1", "x2", "y2")], np.float32) * size
            found.append(
                (
                    Path(name).parent.name,
                    row["flank"],
                    *_cut(image, box),
                    str(photos / name),
                    box.tolist(),
                )
            )
    return pl.DataFrame(
        found, ["place", "flank", "patch", "width", "height", "picture", "box"], orient="row"
    )


def nyala(folder: Path) -> pl.DataFrame:
    """The same of photos that are named for their flank."""
    found = []
    for path in sorted(folder.glob("*/*photo.jpg")):
        image = np.asarray(Image.open(path).convert("RGB"))
        box = np.array([0, 0, image.shape[1], image.shape[0]], np.float32)
        flank = "left" if path.stem.endswith("leftphoto") else "right"
        found.append(("nyala", flank, *_cut(image, box)))
    return pl.DataFrame(found, ["place", "flank", "patch", "width", "height"], orient="row")


def rendered(folder: Path) -> pl.DataFrame:
    """The same of a rendered herd's deer of which a half or more is to be seen."""
    truth = pl.read_parquet(folder / "truth.parquet")
    rows = truth.filter(pl.col("individual").is_not_null() & (pl.col("visible_fraction") >= 0.5))
    found = []
    for row in rows.iter_rows(named=True):
        image = np.asarray(Image.open(folder / "photos" / row["path"]).convert("RGB"))
        box = np.array([row[c] for c in ("x1", "y1", "x2", "y2")], np.float32)
        found.append((row["camera"], row["flank"], *_cut(image, box)))
    return pl.DataFrame(found, ["place", "flank", "patch", "width", "height"], orient="row")


def _cut(image: np.ndarray, box: np.ndarray) -> tuple[bytes, float, float]:
    return crop_patch(image, box), float(box[2] - box[0]), float(box[3] - box[1])


# --- the fit ---------------------------------------------------------------------------------------


def fitted(deer: pl.DataFrame) -> FlankHead:
    """The head of some cameras, its chances calibrated on each of them left out."""
    line, shape = _line(deer), _shape(deer)
    odds = np.full(deer.height, np.nan)
    place = deer["place"].to_numpy()
    for name in np.unique(place):
        out = place == name
        if not out.all():
            odds[out] = _counts(deer.filter(out)) @ _line(deer.filter(~out))
    known = np.isfinite(odds) & deer["flank"].is_in(["left", "right"]).to_numpy()
    stretch = 1.0
    if known.any():
        platt = LogisticRegression(fit_intercept=False)
        platt.fit(odds[known, None], (deer["flank"] == "left").to_numpy()[known])
        stretch = max(float(platt.coef_[0, 0]), 0.0)
    counts = dict(deer["flank"].value_counts().iter_rows())
    about = {
        "data": "github.com/vhenrixon/Wild-Game-data-tracking, labelled by looking (whitetail-flanks.csv)",
        "licence": "MIT", "made_by": "benchmarks/real_flank.py", "n": counts,
    }  # fmt: skip
    return FlankHead(
        "whitetail-flank", (line * stretch).astype(np.float32), shape, SAID_FROM, about
    )


def _counts(rows: pl.DataFrame) -> np.ndarray:
    grey = np.frombuffer(b"".join(rows["patch"]), np.uint8).reshape(rows.height, -1)
    return gradients(grey)


def _line(deer: pl.DataFrame) -> np.ndarray:
    """(512,) what parts left from right, of the crops and their mirror images alike."""
    known = deer.filter(pl.col("flank").is_in(["left", "right"]))
    own = _counts(known)
    apart = own - own[:, mirrored()]
    scale = float(apart.std())
    left = (known["flank"] == "left").to_numpy()
    model = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=500)
    model.fit(np.concatenate([apart, -apart]) / scale, np.concatenate([left, ~left]))
    slope = model.coef_[0] / scale
    # of the difference to the mirror image as of the counts themselves
    return np.asarray(slope - slope[mirrored()])


def _shape(deer: pl.DataFrame) -> tuple[float, float]:
    """What a box's shape says of whether it shows a flank: slope and bias."""
    known = deer.filter(pl.col("flank") != "unknown")
    model = LogisticRegression(C=10.0)
    shape = np.log(known["width"] / known["height"]).to_numpy()[:, None]
    model.fit(shape, known["flank"].is_in(["left", "right"]).to_numpy())
    return round(float(model.coef_[0, 0]), 4), round(float(model.intercept_[0]), 4)


# --- the figures ------------------------------------------------------------------------------------


def on_deer(deer: pl.DataFrame) -> dict[str, Any]:
    """Each camera judged by a head that was fitted without it."""
    parts = []
    for (name,), out in deer.group_by("place", maintain_order=True):
        left, right = _ask(fitted(deer.filter(pl.col("place") != name)), out)
        parts.append(out.with_columns(pl.Series("left", left), pl.Series("right", right)))
    answered = pl.concat(parts)
    report = table("deer, each camera left out", answered)
    for (name,), part in answered.group_by("place", maintain_order=True):
        report[str(name)] = table(f"  {name}", part, brief=True)
    return report


def judged(name: str, head: FlankHead, rows: pl.DataFrame) -> dict[str, Any]:
    left, right = _ask(head, rows)
    return table(name, rows.with_columns(pl.Series("left", left), pl.Series("right", right)))


def _ask(head: FlankHead, rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return head.chances(rows["patch"].to_list(), rows["width"], rows["height"])


def table(name: str, rows: pl.DataFrame, *, brief: bool = False) -> dict[str, Any]:
    """Print how well the chances do; the same as values."""
    flank = rows["flank"].to_numpy()
    left, right = (rows[c].to_numpy().astype(np.float64) for c in ("left", "right"))
    sided = np.isin(flank, ("left", "right"))
    known = flank != "unknown"
    is_left = flank == "left"
    found = scores(left[sided] / (left + right)[sided], is_left[sided])
    best = np.maximum(left, right)
    right_answer = sided & ((left > right) == is_left)
    report: dict[str, Any] = {
        "n": {w: int((flank == w).sum()) for w in np.unique(flank)},
        "auc": found.auc, "balanced": found.balanced, "ece": found.ece,
        "accuracy": float(right_answer[sided].mean()) if sided.any() else float("nan"),
        "said": {},
    }  # fmt: skip
    print(
        f"{name}: {report['n']}, AUC {found.auc:.3f}, balanced {found.balanced:.3f}, ECE {found.ece:.3f}"
    )
    if brief:
        return report
    bins = np.digitize(best[known], np.linspace(0, 1, 11))
    gap = sum(
        (bins == b).mean()
        * abs(best[known][bins == b].mean() - right_answer[known][bins == b].mean())
        for b in np.unique(bins)
    )
    report["ece_said"] = float(gap)
    print(f"  chance of what is likeliest, front and rear counted as wrong: ECE {gap:.3f}")
    for least in CHANCES:
        said = best >= least
        told = {w: round(float(said[flank == w].mean()), 3) for w in report["n"]}
        share = float(said[sided].mean())
        true = float(right_answer[said & known].mean()) if (said & known).any() else float("nan")
        report["said"][str(least)] = {"share": round(share, 3), "right": round(true, 3), "of": told}
        print(
            f"  from {least}: said of {share:.0%} of flanks, right {true:.1%}; said of each {told}"
        )
    return report


def by_vectors(deer: pl.DataFrame, embedder: str) -> dict[str, Any]:
    """What the same crops' vectors say of left and right, each camera left out."""
    known = deer.filter(pl.col("flank").is_in(["left", "right"]))
    network = open_embedder(embedder)
    crops = [
        embedder_crop(
            np.asarray(Image.open(row["picture"]).convert("RGB")),
            np.array(row["box"], np.float32), network.size, MARGIN, gray=True,
        )
        for row in known.iter_rows(named=True)
    ]  # fmt: skip
    vectors = np.concatenate(
        [network.embed(np.stack(crops[at : at + 16])) for at in range(0, len(crops), 16)]
    )
    place, left = known["place"].to_numpy(), (known["flank"] == "left").to_numpy()
    odds = np.full(len(left), np.nan)
    for name in np.unique(place):
        line = fit_line(vectors[place != name], left[place != name])
        odds[place == name] = line.logits(vectors[place == name])
    found = scores(1 / (1 + np.exp(-odds)), left)
    print(f"vectors of {embedder}: AUC {found.auc:.3f}, balanced {found.balanced:.3f}")
    return {"auc": found.auc, "balanced": found.balanced}


if __name__ == "__main__":
    main()
