"""Individuals keep their IDs from one identification to the next.

Detection ids differ from run to run and another detector draws other boxes, but the photos are the
same: a new profile overlaps an old individual in as many detections as lie in the same photo at
nearly the same place. The profiles are given the IDs that make the total overlap largest.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.overlap import SAME_BOX_IOU, iou_with
from thumper_core.store.herd_summary import MergedProfile, Part, SplitIndividual

PART_SHARE_MIN: Final = 0.1
PART_DETECTIONS_MIN: Final = 2


@dataclass(frozen=True)
class IdMatch:
    """Which individual each profile is.

    individual_of: profile id -> individual id, of every profile that may be one; kept, returned and fresh:
    individual ids that were carried over, that came back from an older herd, and that are new;
    absent: individuals of the last herd that no profile carries on (their names, notes and status
    stay in the ledger); absorbed: for those of them, and of older herds, of whose detections most
    lie in one profile, its individual; next_number: first number that no ID has used; n_shared:
    detections that both herds hold.
    """

    individual_of: dict[str, str]
    kept: tuple[str, ...]
    returned: tuple[str, ...]
    fresh: tuple[str, ...]
    absent: tuple[str, ...]
    absorbed: dict[str, str]
    splits: tuple[SplitIndividual, ...]
    merges: tuple[MergedProfile, ...]
    next_number: int
    n_shared: int


def match_individuals(
    profiles: pl.DataFrame,
    last: pl.DataFrame | None,
    departed: pl.DataFrame | None = None,
    *,
    next_number: int = 1,
    taken: Collection[str] = (),
    anchored: Collection[str] = (),
    untold: Collection[str] = (),
    overlap_min: float = 1 / 3,
    prefix: str = "deer-",
) -> IdMatch:
    """Give each profile the ID of an individual of the last herd, or a new one.

    profiles: one row per detection, `photo_id, x1, y1, x2, y2, profile_id` (null: in no profile);
    last: the same with `individual_id`; departed: the same of individuals that were in an older
    herd and are not in the last one, as they were there: it lets a lost one come back. next_number:
    the ledger's counter; taken: all IDs ever given, never given again (numbers in them are skipped
    too); anchored: IDs of individuals that a person named or decided about; untold: profiles that show
    nobody who can be told: they carry an ID on, and are never given a new one.

    A profile keeps an ID only when what they share is at least `overlap_min` of the profile's
    detections known to the last herd, or of the individual's known to this one. Assignment: as many
    anchored individuals as possible keep a profile that holds at least `overlap_min` of them, and
    then the total overlap is largest, one profile per individual (Kuhn 1955), solved per connected
    part. Ties go to the older ID and the earlier profile. New IDs go to the largest profiles first.
    """
    if not 0 <= overlap_min <= 1:
        raise ValueError(f"overlap_min is a share, not {overlap_min}")
    rows = profiles.filter(pl.col("profile_id").is_not_null())
    sizes = rows.group_by("profile_id").len().sort("len", "profile_id", descending=[True, False])
    counts, n_shared = _shared(rows, last)
    earlier, _ = _shared(rows, departed)
    both = pl.concat([counts, earlier])
    given = {
        profile: who
        for profile, who in _assign(both, set(anchored), overlap_min).items()
        if profile not in untold or who in anchored
    }
    known, gone = _individuals(last), _individuals(departed)
    used = {*taken, *known, *gone}
    number = max([next_number, *(_number(i, prefix) + 1 for i in used)])
    fresh: list[str] = []
    for profile in sizes["profile_id"].to_list():
        if profile not in given and profile not in untold:
            given[profile] = f"{prefix}{number:03d}"
            fresh.append(given[profile])
            number += 1
    carried = set(given.values())
    return IdMatch(
        individual_of=given,
        kept=tuple(i for i in known if i in carried),
        returned=tuple(i for i in gone if i in carried),
        fresh=tuple(fresh),
        absent=tuple(i for i in known if i not in carried),
        absorbed=_absorbed(both.filter(~pl.col("individual_id").is_in(list(carried))), given),
        splits=_splits(counts),
        merges=_merges(counts, given),
        next_number=number,
        n_shared=n_shared,
    )


def _individuals(old: pl.DataFrame | None) -> list[str]:
    return [] if old is None else sorted(set(old["individual_id"].drop_nulls()))


def _shared(rows: pl.DataFrame, old: pl.DataFrame | None) -> tuple[pl.DataFrame, int]:
    """`profile_id, individual_id, n` of every pair that shares detections; and how many in all."""
    schema = {"profile_id": pl.String, "individual_id": pl.String, "n": pl.Int64}
    if old is None or old.is_empty() or rows.is_empty():
        return pl.DataFrame(schema=schema), 0
    old = old.filter(pl.col("individual_id").is_not_null())
    box = ("x1", "y1", "x2", "y2")
    pairs = (
        rows.select("photo_id", *box, "profile_id")
        .with_row_index("new")
        .join(old.select("photo_id", *box, "individual_id"), on="photo_id", suffix="_old")
        .with_columns(iou_with("{}_old").alias("iou"))
        .filter(pl.col("iou") >= SAME_BOX_IOU)
        # a new box goes to the old one it fits best; an old individual has it once
        .sort("iou", descending=True, maintain_order=True)
        .unique(["new", "individual_id"], keep="first", maintain_order=True)
    )
    if pairs["new"].n_unique() < pairs.height:
        # several old boxes: the best fit, unless herds of different age disagree about one box
        pairs = pairs.filter(pl.col("iou") >= pl.col("iou").max().over("new") - 1e-6)
    counts = (
        pairs.group_by("profile_id", "individual_id")
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .sort("profile_id", "individual_id")
    )
    return counts, pairs["new"].n_unique()


def _assign(counts: pl.DataFrame, anchored: set[str], overlap_min: float) -> dict[str, str]:
    """Profile -> individual of maximum total overlap among the pairs that overlap enough."""
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    enough = counts.with_columns(
        (pl.col("n") / pl.col("n").sum().over("profile_id")).alias("of_profile"),
        (pl.col("n") / pl.col("n").sum().over("individual_id")).alias("of_individual"),
    ).filter(pl.max_horizontal("of_profile", "of_individual") >= overlap_min)
    if enough.is_empty():
        return {}
    profiles, p = np.unique(enough["profile_id"].to_numpy(), return_inverse=True)
    olds, o = np.unique(enough["individual_id"].to_numpy(), return_inverse=True)
    weight = enough["n"].to_numpy().astype(np.float64)
    # More than all overlaps together: no name is given up for the sake of detections.
    held = np.isin(olds[o], list(anchored)) & (enough["of_individual"] >= overlap_min).to_numpy()
    weight += np.where(held, weight.sum() + 1, 0.0)
    size = len(profiles) + len(olds)
    graph = coo_matrix((np.ones(len(p)), (p, len(profiles) + o)), shape=(size, size))
    _, part = connected_components(graph, directed=False)
    given: dict[str, str] = {}
    for edges in _groups(part[p]):
        rows, r = np.unique(p[edges], return_inverse=True)
        columns, c = np.unique(o[edges], return_inverse=True)
        table = np.zeros((len(rows), len(columns)))
        table[r, c] = weight[edges]
        # far below one detection: an older ID, and an earlier profile, win a tie
        tie = 1e-6 * (columns[None, :] / len(olds) + rows[:, None] / len(profiles) / 1000)
        a, b = linear_sum_assignment(table - np.where(table > 0, tie, 0), maximize=True)
        for i, j in zip(a, b, strict=True):
            if table[i, j] > 0:
                given[str(profiles[rows[i]])] = str(olds[columns[j]])
    return given


def _groups(codes: npt.NDArray[np.integer]) -> list[npt.NDArray[np.integer]]:
    """Row numbers of each code."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _absorbed(counts: pl.DataFrame, given: dict[str, str]) -> dict[str, str]:
    """Individual -> the individual whose profile holds more than half of what is known of it."""
    share = pl.col("n") / pl.col("n").sum().over("individual_id")
    most = counts.filter(share > 0.5).select("individual_id", "profile_id")
    return {who: given[profile] for who, profile in most.iter_rows() if profile in given}


def _splits(counts: pl.DataFrame) -> tuple[SplitIndividual, ...]:
    return tuple(
        SplitIndividual(individual, parts)
        for individual, parts in _parts(counts, "individual_id").items()
    )


def _merges(counts: pl.DataFrame, given: dict[str, str]) -> tuple[MergedProfile, ...]:
    return tuple(
        MergedProfile(profile, given[profile], parts)
        for profile, parts in _parts(counts, "profile_id").items()
        if profile in given
    )


def _parts(counts: pl.DataFrame, key: str) -> dict[str, tuple[Part, ...]]:
    """For each `key` with two or more real parts: the parts, largest first."""
    real = (
        counts.with_columns((pl.col("n") / pl.col("n").sum().over(key)).alias("share"))
        .filter((pl.col("share") >= PART_SHARE_MIN) & (pl.col("n") >= PART_DETECTIONS_MIN))
        .filter(pl.len().over(key) > 1)
        .sort(key, "n", "profile_id", "individual_id", descending=[False, True, False, False])
    )
    found: dict[str, list[Part]] = {}
    for row in real.iter_rows(named=True):
        part = Part(row["profile_id"], row["individual_id"], row["n"], row["share"])
        found.setdefault(row[key], []).append(part)
    return {name: tuple(parts) for name, parts in found.items()}


def _number(individual_id: str, prefix: str) -> int:
    """The number in an ID of ours, 0 in any other."""
    match = re.fullmatch(re.escape(prefix) + r"(\d+)", individual_id)
    return int(match[1]) if match else 0
