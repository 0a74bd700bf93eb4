"""The shown run and herd of a demo workspace against its truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.evaluate.boxmatch import VISIBLE_MIN, by_photo, match_boxes
from thumper_core.evaluate.herd import evaluate_demo, is_known_deer
from thumper_core.store.herd_summary import HerdTrust, Interval
from thumper_core.workspace import Workspace

_DETECTIONS = """
select d.detection_id, p.event_id, d.x1, d.y1, d.x2, d.y2, d.confidence, d."class", d.species,
    d.sex, d.age_class, p.path
from detections d join photos p using (photo_id) where d.repeated is null
"""
_PLACES = """
select d.detection_id, a.individual_id as "group", p.root, p.path_bytes, p.width, e.vector
from detections d join photos p using (photo_id) left join assignments a using (detection_id)
left join embeddings e using (detection_id)
"""


def evaluate_workspace(workspace: Workspace, truth_file: Path) -> dict[str, Any]:
    """Flat evaluation: each measure as `{"value", "low", "high"}`.

    `estimated_individuals` is the herd's expected number of animals (`identify.count`), and
    `profiles` the number of its profiles; a deer whose crops were poor leaves more than one.
    `estimated_pairwise_precision` and `estimated_pairwise_recall` are what the herd says of itself
    without the truth (1 - its false-merge and false-split rates), `broken_links` how many
    cannot-links share a profile.
    truth_file: the demo's `truth.parquet`; only photos that the shown run processed count. Raises
    ThumperError where there is no truth, or nothing was processed yet.

    >>> from pathlib import Path
    >>> from thumper_core import Workspace, evaluate_demo
    >>> scores = evaluate_demo(Workspace.open("ranch"), Path("truth.parquet"))
    >>> scores["pairwise_f1"]["value"], scores["true_individuals"]["value"]
    (1.0, 4.0)
    """
    truth = _truth(workspace, truth_file)
    result: dict[str, Any] = dict(
        evaluate_demo(
            workspace.sql(_DETECTIONS),
            workspace.sql("select detection_id, individual_id from assignments"),
            truth,
            embeddings=workspace.sql("select detection_id, vector from embeddings"),
        )
    )
    herd = workspace.ledger.promoted_herd()
    trust = herd.summary.trust if herd else HerdTrust()
    if trust.false_merge is not None:
        result["estimated_pairwise_precision"] = asdict(Interval(1 - trust.false_merge))
    if trust.false_split is not None:
        result["estimated_pairwise_recall"] = asdict(_counterpart(trust.false_split))
    if trust.broken_links is not None:
        result["broken_links"] = asdict(Interval(trust.broken_links))
    if trust.estimated_animals is not None:
        # The interval is of the number of profiles, which errs upwards: it says nothing of this.
        result["profiles"] = result["estimated_individuals"]
        result["estimated_individuals"] = asdict(Interval(trust.estimated_animals))
    return result


def _counterpart(rate: Interval) -> Interval:
    """1 - a rate, with its bounds, which change places."""
    low, high = (None if end is None else 1 - end for end in (rate.high, rate.low))
    return Interval(1 - rate.value, low, high)


def matched_deer(workspace: Workspace, truth_file: Path) -> pl.DataFrame:
    """Deer detections of the shown run that show a true deer, and who it is; errors as above.

    Columns: detection_id, who (the true individual), group (the herd's; null: in none), event_id,
    root, path_bytes, width (of the photo), x1, y1, x2, y2, vector (null: not embedded).
    """
    found, asked = by_photo(
        workspace.sql(_DETECTIONS),
        _truth(workspace, truth_file).filter(pl.col("visible_fraction") >= VISIBLE_MIN),
    )
    match = match_boxes(found, asked)
    deer = (match >= 0) & is_known_deer(found, asked)
    who = asked["individual"].gather(match[deer])
    rows = found.filter(pl.Series(deer)).select("detection_id", "event_id", "x1", "y1", "x2", "y2")
    return (
        rows.with_columns(who.alias("who"))
        .drop_nulls("who")
        .join(workspace.sql(_PLACES), on="detection_id", how="left", maintain_order="left")
    )


def _truth(workspace: Workspace, truth_file: Path) -> pl.DataFrame:
    """The truth of those photos that the shown run processed."""
    if not truth_file.is_file():
        raise ThumperError(
            f"There is no truth in {truth_file}. Only a demo herd has one: `thumper demo`."
        )
    processed = workspace.sql("select p.path from photos p join outcomes o using (photo_id)")
    if processed.is_empty():
        raise ThumperError("Nothing was processed yet. `thumper run` does it.")
    return pl.read_parquet(truth_file).join(processed, on="path", how="semi")
