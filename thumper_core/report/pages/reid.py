"""The page of `evaluate reid`: what an embedder tells apart on known individuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from thumper_core.contracts import FloatArray
from thumper_core.counting import counted
from thumper_core.evaluate.hardest import Hard, confused, missed, pair_similarities
from thumper_core.evaluate.reid import Album
from thumper_core.report.figures.identity import roc, similarity_histogram
from thumper_core.report.pages.content import Tile
from thumper_core.report.pages.evaluation import (
    EvaluationPage,
    Example,
    Gallery,
    grid,
    interval_chart,
    measured,
    picture,
    table,
    tile,
)
from thumper_core.report.pages.sections import Section, chart
from thumper_core.report.pictures.crops import crop_jpeg

MOST_CASES: Final = 12
_PICTURE: Final = 300  # pixels
_WHOLE: Final = (0.0, 0.0, 1e9, 1e9)  # a box that holds any photo
RANKS: Final = (
    ("rank1", "Rank 1", "the most similar photo of another sighting shows the same animal"),
    ("rank5", "Rank 5", "one of the five most similar does"),
    ("map", "mAP", "precision at every right photo, averaged; 1: all right ones come first"),
    ("pair_auc", "Pair AUC", "a pair of one animal is more similar than a pair of two; 0.5: luck"),
)
GROUPS: Final = (
    ("pairwise_f1", "Pairs grouped right (F1)", "of precision and recall below"),
    ("pairwise_precision", "Pair precision", "pairs put together that are one animal"),
    ("estimated_pairwise_precision", "Pair precision, estimated", "by the herd, without the truth"),
    ("pairwise_recall", "Pair recall", "pairs of one animal that were put together"),
    ("estimated_pairwise_recall", "Pair recall, estimated", "by the herd, without the truth"),
    ("bcubed_precision", "B-cubed precision", "of a photo's group, the share that is its animal"),
    ("bcubed_recall", "B-cubed recall", "of an animal's photos, the share in a photo's group"),
    ("bcubed_f1", "B-cubed F1", "of both"),
    ("ari", "ARI", "agreement of the groups with the truth beyond luck; 1: equal, 0: luck"),
    ("ami", "AMI", "the same by information"),
    ("baks", "BAKS", "photos of known animals that got the right name, averaged over animals"),
    ("baus", "BAUS", "photos of unknown animals that were called new, averaged over animals"),
    ("true_individuals", "Individuals, true", ""),
    ("estimated_individuals", "Individuals, estimated", "groups at the chosen threshold"),
)
COUNTS: Final = "true_individuals estimated_individuals"
_COLUMNS: Final = (("rank1", "Rank 1"), ("map", "mAP"), ("pair_auc", "Pair AUC"))


def reid_page(
    result: Mapping[str, Any],
    album: Album,
    vectors: FloatArray,
    *,
    title: str,
    compared: Sequence[str],
    command: str,
) -> EvaluationPage:
    """The page of a result of `reid.score_vectors`.

    vectors: (N, D), those that were scored; compared: embedders whose rank1, map and pair_auc are
    in the result under `<name>_`.
    """
    who, visit = album.individual, album.sighting
    name = str(result["embedder"])
    chance, between = measured(result["rank1"])
    lead = (
        f"For {float(chance):.1%} of the photos, the most similar photo from another sighting shows "
        f"the same animal (95% interval {between}).",
        f"{counted(result['n_photos'], 'photo')} of {counted(result['n_individuals'], 'known individual')} "
        f"on {result['n_sightings']:,} sightings. Photos of one sighting are never compared with each "
        "other: finding an animal again in the same light and pose is no recognition. Intervals "
        "come from drawing the individuals anew.",
    )
    same, different = pair_similarities(vectors, who, visit)
    sections = (
        Section(
            "figures",
            "The figures",
            (),
            tables=(
                table(result, RANKS, caption="Finding an animal again, photo against photo"),
                table(result, GROUPS, caption="Grouping all photos by animal", counts=COUNTS),
            ),
        ),
        Section(
            "similarity",
            "How alike one animal and two look",
            (
                chart(
                    "histogram",
                    similarity_histogram(same, different),
                    "Histogram of the similarity of pairs of one animal and of two.",
                    caption="The further apart the two hills, the better this embedder tells these "
                    "animals apart.",
                ),
                chart(
                    "roc",
                    roc(same, different),
                    "Curve of pairs of one animal found against pairs of two confused.",
                    400,
                    caption="Every threshold is a point; the dotted line is luck.",
                ),
            ),
        ),
        _what_helps(result, compared, name),
    )
    return EvaluationPage(
        kind="Evaluation of re-identification",
        title=title,
        lead=lead,
        tiles=(
            *(tile(label, result[key]) for key, label, _ in RANKS),
            Tile(
                "Individuals",
                measured(result["estimated_individuals"], whole=True)[0],
                f"estimated; true {result['n_individuals']:,}",
            ),
        ),
        sections=sections,
        galleries=_galleries(album, vectors),
        facts=(
            ("Embedder", name),
            ("Photos", f"{result['n_photos']:,}"),
            ("Individuals", f"{result['n_individuals']:,}"),
            ("Sightings", f"{result['n_sightings']:,}"),
            ("Folds of individuals", f"{result['folds']}"),
            ("Vector length", f"{vectors.shape[1]:,}"),
        ),
        command=command,
    )


def _what_helps(result: Mapping[str, Any], compared: Sequence[str], name: str) -> Section:
    whole = [("", f"{name}, photo against photo"), ("pooled_", "the mean of each sighting")]
    whole += [(f"{other}_", other) for other in compared]
    folds = [("fold_", "as they are"), ("whitened_", "whitened")]
    tables = [grid(result, whole, _COLUMNS, "Every individual in the gallery")]
    text = (
        "Pooling compares the mean vector of each sighting instead of single photos. Whitening is "
        "learned without any name, from photos of one sighting, and tested on individuals that it "
        f"never saw: 1 in {result['folds']}, in turn, a gallery of their own. A smaller gallery is "
        "easier, so those two rows compare with each other only."
    )
    warnings: tuple[str, ...] = ()
    learned = grid(result, folds, _COLUMNS, "Unseen individuals only")
    if len(learned.rows) == 2:
        tables.append(learned)
    else:
        warnings = ("Too few sightings of several photos to learn a whitening from.",)
    if not compared:
        text += " Other sizes and ensembles: `--compare NAME@SIZE` and `--compare NAME+NAME`."
    rows = [(f"{prefix}rank1", label) for prefix, label in whole]
    rows += [(f"{p}rank1", f"unseen individuals, {label}") for p, label in folds]
    figure = interval_chart(
        "helps", result, rows, "Rank 1", "Dots with intervals: rank 1 of each of the rows above."
    )
    return Section("helps", "What helps", (figure,), text, warnings, tuple(tables))


def _galleries(album: Album, vectors: FloatArray) -> tuple[Gallery, ...]:
    who, visit = album.individual, album.sighting
    wrong = confused(vectors, who, visit, MOST_CASES)
    late = missed(vectors, who, visit, MOST_CASES)
    made = []
    if wrong:
        made.append(
            Gallery(
                "confused",
                "Two animals taken for one",
                "Photos whose most similar photo shows another animal, the most similar pairs "
                "first.",
                tuple(_case(album, case, "and") for case in wrong),
            )
        )
    if late:
        made.append(
            Gallery(
                "missed",
                "One animal not recognised",
                "Photos whose animal is found last: how many photos come up to and including the "
                "first right one, which is beside it.",
                tuple(_case(album, case, "again") for case in late),
            )
        )
    return tuple(made)


def _case(album: Album, case: Hard, joint: str) -> Example:
    names = [str(album.individual[row]) for row in (case.query, case.other)]
    title = f"{names[0]} and {names[1]}" if joint == "and" else names[0]
    pictures = tuple(
        picture(_photo(album.paths[row]), f"{name}: {album.paths[row].name}")
        for row, name in zip((case.query, case.other), names, strict=True)
    )
    files = f"{album.paths[case.query].name}, {album.paths[case.other].name}"
    return Example(
        pictures, title, f"similarity {case.similarity:.3f}, right one at rank {case.rank}; {files}"
    )


def _photo(path: Path) -> bytes:
    """The whole photo, small."""
    return crop_jpeg(str(path), _WHOLE, _PICTURE)
