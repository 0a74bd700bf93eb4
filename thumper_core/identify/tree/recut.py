"""A herd after a few more decisions: only the profiles that they concern are cut again.

The profiles of a dendrogram's cut do not depend on each other: average linkage over the tracklets of
some of them alone, in the same space and cut at the same similarity, finds just these profiles again
(no merge of theirs ever waited for one of the others). So after a decision it is enough to cluster
the tracklets of the profiles that it speaks of, under the constraints as they are now. All the rest
stays as it was, to the last digit, and a decision that is taken back leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.columns import column_codes
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.constraints import ConstraintReport, build_constraints, parted_rows
from thumper_core.identify.links.tracklets import link_tracklets, numbered, tracklet_table
from thumper_core.identify.results import (
    Tables,
    assignment_table,
    member_probability,
    profile_table,
)
from thumper_core.identify.review.standing import Standing
from thumper_core.identify.review.sureness import Likely, number_of_animals
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.space.space_map import SpaceMap
from thumper_core.identify.tree.cluster import part_linkage
from thumper_core.identify.tree.dendrogram import canonical
from thumper_core.identify.tree.greedy import broken_links
from thumper_core.settings import IdentifySettings

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Known:
    """What a herd was cut from.

    detection_ids: of its N detections; vectors: (N, d) float32, L2-normalised, in the space that
    was learned; contrast: as `link_tracklets` takes it; similarity: the cut (None: only what people
    joined is joined); scale: None where nothing was calibrated.
    """

    detection_ids: list[str]
    vectors: FloatArray
    contrast: tuple[float, float]
    similarity: float | None
    scale: Scale | None
    mapping: SpaceMap


@dataclass(frozen=True)
class Recut:
    """The part of a herd that was cut again.

    before: profile ids that are no more; tables: what stands in their place; report: the constraints
    of the whole herd; broken_links and the number of animals (as the census has it, with an interval):
    of the whole herd.
    """

    before: tuple[str, ...]
    tables: Tables
    report: ConstraintReport
    broken_links: int
    animals: Likely | None


def recut_profiles(
    frame: pl.DataFrame,
    known: Known,
    assignments: pl.DataFrame,
    base: pl.DataFrame,
    named: Collection[int],
    raw_vectors: Callable[[list[str]], FloatArray],
    settings: IdentifySettings,
    decisions: pl.DataFrame,
    cameras: pl.DataFrame | None = None,
) -> Recut:
    """Cut the profiles again that hold a named detection, or that the constraints now forbid.

    frame: as `identify_frame` takes it, of detections that `known` holds; assignments: of the herd
    as it is (`detection_id, tracklet_id, profile_id`); base: the same of the herd that `known` is
    of, where everything was identified; named: rows of the frame that decisions
    speak of which were made, or taken back, since; raw_vectors: the embeddings of some detections
    (ids -> (n, D) float32), asked for those of the bursts that are linked anew; decisions, cameras:
    as `build_constraints` takes them.

    With a profile that is cut again go all that hold a part of what was one profile in `base`: what a
    decision parted comes together when it is taken back. A tracklet that was in none is looked at
    with the profile that it is most like.
    """
    place = {name: row for row, name in enumerate(known.detection_ids)}
    rows = [place[name] for name in frame["detection_id"].to_list()]
    old = frame.select("detection_id").join(
        assignments.select("detection_id", "tracklet_id", "profile_id"),
        on="detection_id",
        how="left",
        maintain_order="left",
    )
    lost = assignments.join(frame, on="detection_id", how="anti")
    stirred = _stirred(frame, old, lost, named)
    index = _linked(frame, old, stirred, known.contrast, raw_vectors, decisions)
    tracklets = tracklet_table(frame, index)
    report = build_constraints(tracklets, frame, index, decisions, cameras, settings)
    means = group_means(known.vectors[rows], index, tracklets.height)
    names, profile = _old_profiles(old, index, lost)
    cut = np.inf if known.similarity is None else known.similarity
    hit = np.zeros(len(names), bool)
    hit[profile[index[list(named)]]] = True
    hit[profile[_changed(tracklets, old, index, assignments)]] = True
    hit[np.isin(names, lost["profile_id"].drop_nulls().to_numpy())] = True
    hit[_forbidden(profile, report.constraints)] = True
    hit[-1] = True  # tracklets that were in no profile
    known_as = frame.select("detection_id").join(
        base.select("detection_id", "profile_id"),
        on="detection_id",
        how="left",
        maintain_order="left",
    )
    homes, former = _old_profiles(known_as, index, lost)
    former[homes[former] == ""] = -1
    hit[_nearest(means, profile, len(names) - 1, former, cut)] = True
    hit = _spread(hit, profile, former)
    part = np.flatnonzero(hit[profile])
    labels = part_linkage(means, part, report.constraints).cut(float(cut))
    whole = profile.astype(np.int32)
    whole[part] = len(names) + labels
    whole = canonical(whole)
    scale = known.scale
    of_part = np.isin(index, part)
    sub, sub_index = frame.filter(of_part), np.searchsorted(part, index[of_part]).astype(np.int32)
    sub_tracklets = tracklets[part.tolist()]
    p_same = member_probability(means[part], labels, scale)
    unknown = np.full(int(labels.max(initial=-1)) + 1, np.nan)
    animals = None
    if scale is not None:
        event = column_codes(tracklets, "event_id")
        sizes = tracklets["n_detections"].to_numpy().astype(np.int64)
        standing = Standing(means, sizes, whole, report.constraints, scale, event)
        animals = number_of_animals(standing)
    return Recut(
        before=tuple(sorted(names[hit & (names != "")].tolist())),
        tables=Tables(
            tracklets=sub_tracklets,
            assignments=assignment_table(sub, sub_tracklets, sub_index, labels, p_same),
            profiles=profile_table(sub, sub_tracklets, sub_index, labels, unknown),
        ),
        report=report,
        broken_links=broken_links(whole, report.constraints.cannot, report.constraints.group),
        animals=animals,
    )


def _stirred(
    frame: pl.DataFrame, old: pl.DataFrame, lost: pl.DataFrame, named: Collection[int]
) -> Mask:
    """Rows in a burst where a detection is named, came, or went: these are linked anew.

    So are those of a tracklet that lies in several bursts: the photos' times are others now.
    """
    bursts_of = frame.select(old["tracklet_id"], "burst_id").group_by("tracklet_id").n_unique()
    torn = bursts_of.filter(pl.col("burst_id") > 1)["tracklet_id"].to_list()
    moved = old["tracklet_id"].is_null() | old["tracklet_id"].is_in(
        [*lost["tracklet_id"].to_list(), *torn]
    )
    rows = moved.to_numpy().copy()
    rows[list(named)] = True
    bursts = frame["burst_id"].filter(rows)
    return np.asarray(frame["burst_id"].is_in(bursts.to_list()).to_numpy() | rows)


def _linked(
    frame: pl.DataFrame,
    old: pl.DataFrame,
    stirred: Mask,
    contrast: tuple[float, float],
    raw_vectors: Callable[[list[str]], FloatArray],
    decisions: pl.DataFrame,
) -> IntArray:
    """(N,) int32 tracklets: linked anew in stirred bursts, as they were in all others."""
    label = old["tracklet_id"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy().copy()
    if stirred.any():
        some = frame.filter(stirred)
        vectors = raw_vectors(some["detection_id"].to_list())
        anew = link_tracklets(some, vectors, apart=parted_rows(decisions, some), contrast=contrast)
        label[stirred] = label.max(initial=0) + 1 + anew
    return numbered(label, frame)


def _changed(
    tracklets: pl.DataFrame, old: pl.DataFrame, index: IntArray, assignments: pl.DataFrame
) -> Mask:
    """(T,) tracklets that are not, detection by detection, what they were."""
    sizes = assignments.group_by("tracklet_id").agg(pl.len().alias("before"))
    now = (
        old.with_columns(pl.Series("t", index))
        .group_by("t")
        .agg(
            pl.len().alias("n"),
            pl.col("tracklet_id").first(),
            pl.col("tracklet_id").n_unique().alias("k"),
        )
        .sort("t")
        .join(sizes, on="tracklet_id", how="left", maintain_order="left")
    )
    same = (now["k"] == 1) & (now["n"] == now["before"]).fill_null(False)
    return np.asarray(~(same & (now["tracklet_id"] == tracklets["tracklet_id"]).fill_null(False)))


def _old_profiles(
    old: pl.DataFrame, index: IntArray, lost: pl.DataFrame
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]:
    """Profile ids, "" the last of them; and of each tracklet the one it was in ("": in none)."""
    own = (
        old.with_columns(pl.Series("t", index))
        .group_by("t")
        .agg(pl.col("profile_id").drop_nulls().first())
        .sort("t")["profile_id"]
        .fill_null("")
    )
    names = np.array(
        [*sorted({*own.to_list(), *lost["profile_id"].drop_nulls().to_list()} - {""}), ""], np.str_
    )
    number = {str(name): k for k, name in enumerate(names)}
    return names, np.array([number[name] for name in own.to_list()], np.int64)


def _forbidden(profile: npt.NDArray[np.int64], links: Constraints) -> npt.NDArray[np.int64]:
    """Profiles that a must-link would leave, a cannot-link cuts, or that hold bucks and does."""
    must, cannot = profile[links.must], profile[links.cannot]
    torn = must[must[:, 0] != must[:, 1]].ravel()
    cut = cannot[cannot[:, 0] == cannot[:, 1]].ravel()
    mixed = np.intersect1d(profile[links.group == 1], profile[links.group == 2])
    return np.unique(np.concatenate([torn, cut, mixed]))


def _nearest(
    means: FloatArray,
    profile: npt.NDArray[np.int64],
    none: int,
    former: npt.NDArray[np.int64],
    cut: float,
) -> npt.NDArray[np.int64]:
    """For each tracklet that never was in a profile the one most like it, where near enough.

    profile: (T,), `none` where it is in none; former: (T,), negative where it was in none.
    """
    strays = np.flatnonzero((profile == none) & (former < 0))
    settled = profile != none
    if not len(strays) or not settled.any():
        return np.zeros(0, np.int64)
    centres = np.zeros((none, means.shape[1]))
    np.add.at(centres, profile[settled], means[settled].astype(np.float64))
    centres /= np.maximum(np.bincount(profile[settled], minlength=none), 1)[:, None]
    alike = means[strays] @ centres.T
    return np.unique(alike.argmax(axis=1)[alike.max(axis=1) >= cut])


def _spread(hit: Mask, profile: npt.NDArray[np.int64], base: npt.NDArray[np.int64]) -> Mask:
    """`hit`, and every profile that shares a tracklet's former profile with one of them, and so on.

    profile: (T,) as it is; base: (T,) as the whole identification had it (-1: in none).
    """
    n = len(hit)
    here = base >= 0
    size = n + int(base.max(initial=-1)) + 1
    from scipy.sparse import coo_matrix  # here: half a second, and most who import this never ask
    from scipy.sparse.csgraph import connected_components

    edges = coo_matrix((np.ones(here.sum()), (profile[here], n + base[here])), shape=(size, size))
    _, part = connected_components(edges, directed=False)
    return np.asarray(np.isin(part[:n], part[:n][hit]))
