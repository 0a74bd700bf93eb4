"""The page of `evaluate demo`: a herd against its truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from thumper_core.evaluate.hardest import pair_similarities
from thumper_core.questions import words
from thumper_core.questions.quality import quality
from thumper_core.report.figures.identity import roc, similarity_histogram
from thumper_core.report.pages.content import Tile
from thumper_core.report.pages.evaluation import (
    EvaluationPage,
    Example,
    Gallery,
    interval_chart,
    measured,
    picture,
    table,
    tile,
)
from thumper_core.report.pages.reid import COUNTS, GROUPS, MOST_CASES, RANKS
from thumper_core.report.pages.sections import Section, chart
from thumper_core.report.pictures.crops import Crop, cached_crop

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_PICTURE: Final = 320  # pixels
_PAIRS_FROM: Final = 4000
"""Detections at most whose pairs are drawn: 8 million pairs say as much as 80."""
FOUND: Final = (
    ("detection_recall", "Animals found", "of the animals of which a quarter or more is visible"),
    ("detection_precision", "Detections that are animals", "the rest are false alarms"),
    ("class_accuracy", "Sex and age class right", "of the animals that were found"),
)


def demo_page(
    workspace: Workspace,
    result: Mapping[str, Any],
    matched: pl.DataFrame,
    *,
    title: str,
    command: str,
) -> EvaluationPage:
    """The page of a result of `evaluate.demo.evaluate_workspace`.

    matched: deer detections that show a true deer: `detection_id, who` (the true one), `group` (the
    herd's individual, null: in none), `event_id, root, path_bytes, width, x1..y2, vector`.
    """
    found = quality(workspace)
    estimated = measured(result["estimated_individuals"], whole=True)[0]
    true = measured(result["true_individuals"], whole=True)[0]
    f1 = result["pairwise_f1"]
    lead = [f"{estimated} deer estimated, {true} in truth."]
    if f1["value"] is not None:
        lead.append(
            f"Pairs of pictures are grouped right with an F1 of {' ('.join(filter(None, measured(f1)))}"
            f"{')' if f1['low'] is not None else ''}. Intervals come from drawing whole events anew."
        )
    profiles = result.get("profiles", result["estimated_individuals"])
    rows = [
        *FOUND,
        *GROUPS,
        ("profiles", "Groups", "groups of pictures that the herd holds"),
        *RANKS,
    ]
    figure = interval_chart(
        "all",
        result,
        [(key, name) for key, name, _ in rows if key not in (*COUNTS.split(), "profiles")],
        "Value",
        "Dots with intervals: every measure of the table.",
    )
    counts = f"{COUNTS} profiles"
    sections = [
        Section(
            "figures",
            "The figures",
            (figure,),
            tables=(
                table(result, FOUND, caption="Finding animals"),
                table(
                    result,
                    [*GROUPS, ("profiles", "Groups", "groups of pictures that the herd holds")],
                    caption="Telling deer apart",
                    counts=counts,
                ),
                table(result, RANKS, caption="The embedder alone, before any grouping"),
            ),
        )
    ]
    alike = matched.filter(pl.col("vector").is_not_null())
    if alike.height > _PAIRS_FROM:
        alike = alike.sample(_PAIRS_FROM, seed=0)
    if alike.height > 1:
        sections.append(_similarity(alike))
    sections.append(_method(workspace))
    return EvaluationPage(
        kind="Evaluation of a herd whose every deer is known",
        title=title,
        lead=tuple(lead),
        tiles=(
            Tile("Deer", estimated, f"estimated; true {true}"),
            Tile("Groups", measured(profiles, whole=True)[0]),
            *(tile(name, result[key]) for key, name, _ in (*FOUND, GROUPS[0])),
        ),
        sections=tuple(sections),
        galleries=tuple(g for g in (_merged(workspace, matched), _split(workspace, matched)) if g),
        facts=tuple(
            (name, value)
            for name, value in (
                ("Run", found.run_id),
                ("Run fingerprint", found.fingerprint),
                ("Herd", found.herd_id),
                ("Detector", found.detector),
                ("Embedder", found.embedder),
                ("Threshold", None if found.threshold is None else f"{found.threshold:.4f}"),
            )
            if value
        ),
        command=command,
    )


def _similarity(alike: pl.DataFrame) -> Section:
    vectors = np.stack(alike["vector"].to_list()).astype(np.float32)
    same, different = pair_similarities(
        vectors, alike["who"].to_numpy(), alike["event_id"].to_numpy()
    )
    return Section(
        "similarity",
        "How alike one deer and two look",
        (
            chart(
                "histogram",
                similarity_histogram(same, different),
                "Histogram of the similarity of pairs of one deer and of two.",
                caption="Pairs from different visits, by the embedder as it is, before whitening.",
            ),
            chart(
                "roc",
                roc(same, different),
                "Curve of pairs of one deer found against pairs of two confused.",
                400,
            ),
        ),
    )


def _method(workspace: Workspace) -> Section:
    """What the identification says of its own steps."""
    herd = workspace.ledger.promoted_herd()
    told = (herd.summary.cut.whitening, herd.summary.cut.reason) if herd else ()
    text = "; ".join(one.rstrip(".") for one in told if one)
    return Section(
        "helps",
        "What helped",
        (),
        f"{text[:1].upper()}{text[1:]}." if text else "This herd recorded nothing of its steps.",
    )


def _merged(workspace: Workspace, matched: pl.DataFrame) -> Gallery | None:
    """Profiles with pictures of several deer: one of the deer they mostly show, one of another."""
    cases = []
    for (group,), part in matched.drop_nulls("group").group_by("group", maintain_order=True):
        order = part["who"].value_counts().sort("count", "who", descending=[True, False])
        if order.height < 2:
            continue
        main, other = (part.filter(pl.col("who") == name).row(0, named=True)
                       for name in order["who"][:2])  # fmt: skip
        n_wrong = part.height - int(order["count"][0])
        note = (
            f"{words.counted(n_wrong, 'picture')} of {part.height:,} show another deer than "
            f"{main['who']}"
        )
        cases.append((n_wrong, str(group), note, (main, other)))
    if not cases:
        return None
    cases.sort(key=lambda case: (-case[0], case[1]))
    return Gallery(
        "merged",
        "Two deer in one group",
        f"{words.counted(len(cases), 'group')} with pictures of more than one deer, the worst "
        "first: a picture of the deer that it mostly shows, and one of another.",
        tuple(
            _example(workspace, group, note, pair) for _, group, note, pair in cases[:MOST_CASES]
        ),
    )


def _split(workspace: Workspace, matched: pl.DataFrame) -> Gallery | None:
    """Deer in several profiles: a picture from each of the two largest."""
    cases = []
    for (who,), part in matched.drop_nulls("group").group_by("who", maintain_order=True):
        order = part["group"].value_counts().sort("count", "group", descending=[True, False])
        if order.height < 2:
            continue
        pair = tuple(part.filter(pl.col("group") == name).row(0, named=True)
                     for name in order["group"][:2])  # fmt: skip
        n_apart = part.height - int(order["count"][0])
        names = words.listed(order["group"].to_list()[:4])
        note = f"{n_apart:,} of {part.height:,} pictures outside its largest group; in {names}"
        cases.append((n_apart, str(who), note, pair))
    if not cases:
        return None
    cases.sort(key=lambda case: (-case[0], case[1]))
    return Gallery(
        "split",
        "One deer in two groups",
        f"{words.counted(len(cases), 'deer', 'deer')} in more than one group, the worst first: a "
        "picture from each of the two largest.",
        tuple(_example(workspace, who, note, pair) for _, who, note, pair in cases[:MOST_CASES]),
    )


def _example(
    workspace: Workspace, title: str, note: str, rows: tuple[dict[str, Any], ...]
) -> Example:
    pictures = tuple(
        picture(
            cached_crop(workspace, Crop.from_row(row), _PICTURE),
            f"{row['who']}, in group {row['group']}",
        )
        for row in rows
    )
    return Example(pictures, title, note)
