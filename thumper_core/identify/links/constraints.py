"""What must and what cannot be one animal, with where it comes from and how far it is trusted.

The photos label themselves: two boxes in one photo are two animals. People, adult sex and the
travel time between cameras add to that, in this order of trust.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.overlap import BOX, MINGLED, NESTED, share_inside
from thumper_core.decisions.contradictions import (
    Against,
    Cannot,
    Components,
    Contradiction,
    Must,
    accept,
    listed_once,
)
from thumper_core.decisions.resolution import SaidPair, resolve
from thumper_core.identify.links.columns import picture_column
from thumper_core.identify.links.constraint_set import Constraints, PairArray
from thumper_core.identify.links.travel import impossible_pairs, stays_of
from thumper_core.identify.votes import trusted_confidence, vote
from thumper_core.settings import IdentifySettings

TRUST_PHOTO: Final = 1.0
TRUST_HUMAN: Final = 0.99
TRUST_NESTED: Final = 0.9
TRUST_TRAVEL: Final = 0.9


@dataclass(frozen=True)
class ConstraintReport:
    """The constraints, the contradictions that were found, what people said of pairs of detections, and
    decisions that found no box.
    """

    constraints: Constraints
    contradictions: list[Contradiction]
    said: list[SaidPair]
    warnings: list[str]


def build_constraints(
    tracklets: pl.DataFrame,
    frame: pl.DataFrame,
    tracklet_index: npt.NDArray[np.integer],
    decisions: pl.DataFrame | None,
    cameras: pl.DataFrame | None,
    settings: IdentifySettings,
) -> ConstraintReport:
    """Everything known about which tracklets are, or are not, one animal.

    tracklets: one row per index value, in index order; frame: one row per detection, tracklet_index
    (N,) its tracklet; decisions: `decision_id, kind, payload, author, made_at, undone`, or None;
    cameras: `camera` or `name`, `latitude`, `longitude`, or None.

    The rule where statements collide: photo facts win over people, people over model votes and
    travel times. Among people a "different" holds and the latest "same" of the chain is set aside.
    What is set aside is listed in `contradictions`, never dropped silently.
    """
    n = tracklets.height
    index = np.asarray(tracklet_index, np.int64)
    ids = tracklets["tracklet_id"].to_list() if n else []
    said = resolve(decisions, frame)
    apart, mingled, nested = _same_photo(frame, index)
    photo = np.concatenate([apart, mingled])
    musts, differ, conflicts = _between_tracklets(said.pairs, index, ids)
    group, group_trust = _sex_groups(frame, index, n, settings)
    facts = [Cannot(int(a), int(b), Against.SAME_PHOTO) for a, b in photo[_touching(photo, musts)]]
    human_sex = np.where(group_trust == 1, group, 0).astype(np.int8)
    parts, accepted, torn = accept(musts, [*facts, *differ], human_sex, ids)
    conflicts += torn
    group, group_trust, unsexed = _one_group(parts, group, group_trust, ids)
    travel = impossible_pairs(stays_of(frame, index, n, cameras), settings.speed_max_mps)
    travel, arrived = _not_joined(travel, parts, ids)
    nested = nested[~parts.hold(nested, n)]
    human, parted = (
        np.array([(c.a, c.b) for c in differ if c.is_compared == seen], np.int32).reshape(-1, 2)
        for seen in (True, False)
    )
    cannot, cannot_kind, cannot_trust = _stack(
        n,
        [
            (apart, "same_photo", TRUST_PHOTO),
            (mingled, "mingled", TRUST_PHOTO),
            (human, "human", TRUST_HUMAN),
            (parted, "gathered", TRUST_HUMAN),
            (nested, "nested", TRUST_NESTED),
            (travel, "travel", TRUST_TRAVEL),
        ],
    )
    compared, gathered = (
        np.array([(m.a, m.b) for m in accepted if m.is_compared == seen], np.int32).reshape(-1, 2)
        for seen in (True, False)
    )
    must, must_kind, must_trust = _stack(
        n, [(compared, "human", TRUST_HUMAN), (gathered, "gathered", TRUST_HUMAN)]
    )
    constraints = Constraints(
        n=n,
        cannot=cannot,
        cannot_kind=cannot_kind,
        cannot_trust=cannot_trust,
        must=must,
        must_kind=must_kind,
        must_trust=must_trust,
        group=group,
        group_trust=group_trust,
    )
    found = listed_once(conflicts + unsexed + arrived)
    return ConstraintReport(constraints, found, said.pairs, said.warnings)


def parted_rows(decisions: pl.DataFrame | None, frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Row pairs (K, 2) that people called different: what `link_tracklets` takes as `apart`."""
    pairs = [(p.a, p.b) for p in resolve(decisions, frame).pairs if not p.same]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _same_photo(
    frame: pl.DataFrame, index: npt.NDArray[np.int64]
) -> tuple[PairArray, PairArray, PairArray]:
    """Pairs of tracklets that share a photo, those whose boxes lie over each other in all they share, and
    those whose boxes are nested there.

    Each (K, 2), i < j, unique. A box inside another is less sure to be a second animal: it may be the
    first one's head (of 2,015 pairs of boxes that people drew round white-tails at feeders 35 are so
    nested; of a detector's nested pairs many show one animal). There people's word goes first.
    """
    picture = picture_column(frame)
    rows = frame.select(picture, *BOX, pl.Series("t", index)).filter(pl.len().over(picture) > 1)
    pairs = (
        rows.join(rows, on=picture, suffix="_b")
        .filter(pl.col("t") < pl.col("t_b"))
        .with_columns(share_inside("{}_b").alias("inside"))
        .group_by("t", "t_b")
        .agg(pl.col("inside").min())
        .sort("t", "t_b")
    )
    step = (pairs["inside"] >= MINGLED).cast(pl.Int8) + (pairs["inside"] >= NESTED).cast(pl.Int8)
    both = pairs.select("t", "t_b").to_numpy().astype(np.int32).reshape(-1, 2)
    apart, mingled, nested = (both[(step == kind).to_numpy()] for kind in range(3))
    return apart, mingled, nested


def _between_tracklets(
    pairs: list[SaidPair], index: npt.NDArray[np.int64], ids: list[str]
) -> tuple[list[Must], list[Cannot], list[Contradiction]]:
    """Verdicts on detections as verdicts on tracklets."""
    musts: list[Must] = []
    cannots: list[Cannot] = []
    conflicts: list[Contradiction] = []
    for pair in pairs:
        a, b = sorted((int(index[pair.a]), int(index[pair.b])))
        if a != b and pair.same:
            musts.append(Must(a, b, pair.decision_id, pair.made_at, pair.kind, pair.is_compared))
        elif a != b:
            cannots.append(Cannot(a, b, Against.VERDICT, pair.decision_id, pair.is_compared))
        elif not pair.same:
            conflicts.append(
                Contradiction(
                    Against.TRACKLET,
                    chain=(ids[a],),
                    cannot_decision=pair.decision_id,
                    set_aside=(pair.decision_id,),
                    set_aside_kind=pair.kind,
                )
            )
    return musts, cannots, conflicts


def _touching(pairs: PairArray, musts: list[Must]) -> npt.NDArray[np.bool_]:
    """Pairs with both ends among the tracklets that people joined: only these can be broken."""
    ends = np.array(sorted({t for m in musts for t in (m.a, m.b)}), np.int32)
    return np.asarray(np.isin(pairs, ends).all(axis=1))


def _sex_groups(
    frame: pl.DataFrame, index: npt.NDArray[np.int64], n: int, settings: IdentifySettings
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """(n,) group and trust of each tracklet by its own votes.

    A head's chance never parts two animals, however sure it is: no antler seen is not a doe, and of
    what heads are surest of too much is wrong for a link that nothing can break (models/heads.md).
    """
    votes = vote(frame, index, n, heads=False)
    share = votes["sex_share"].to_numpy()
    sure = (share >= settings.sex_conf_min) & (
        votes["sex_confidence"].to_numpy() >= trusted_confidence(frame, index)
    )
    human = votes["sex_human"].to_numpy()
    adult = (votes["age_class"] == "adult").to_numpy()
    sex = votes["sex"].replace_strict({"male": 1, "female": 2}, default=0).to_numpy()
    group = np.where(adult & (sure | human), sex, 0).astype(np.int8)
    trust = np.where(human, 1.0, np.minimum(share, 0.95))
    return group, np.where(group > 0, trust, 0).astype(np.float32)


def _one_group(
    parts: Components,
    group: npt.NDArray[np.int8],
    trust: npt.NDArray[np.float32],
    ids: list[str],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32], list[Contradiction]]:
    """One group per set of joined tracklets: people's, else the models' if they agree, else 0."""
    group, trust = group.copy(), trust.copy()
    conflicts: list[Contradiction] = []
    for joined in parts.joined():
        members = np.array(sorted(joined))
        sexed = members[group[members] > 0]
        if len(sexed) == 0:
            continue
        human = sexed[trust[sexed] == 1]
        deciding = human if len(human) else sexed
        sex = int(group[deciding[0]])
        if len(set(group[sexed].tolist())) > 1:
            a = int(sexed[0])
            b = next(int(t) for t in sexed if group[t] != group[a])
            chain, decisions = parts.chain(a, b)
            agreed = len(set(group[deciding].tolist())) == 1
            conflicts.append(
                Contradiction(
                    Against.SEX_SEEN,
                    chain=tuple(ids[t] for t in chain),
                    chain_decisions=tuple(decisions),
                    sex_holds=agreed,
                )
            )
            sex = sex if agreed else 0
        group[members] = sex
        trust[members] = trust[deciding].max() if sex else 0
    return group, trust, conflicts


def _not_joined(
    pairs: PairArray, parts: Components, ids: list[str]
) -> tuple[PairArray, list[Contradiction]]:
    """Travel pairs without those that people joined, and these as contradictions."""
    against = parts.hold(pairs, len(ids))
    conflicts: list[Contradiction] = []
    for a, b in pairs[against].tolist():
        chain, decisions = parts.chain(a, b)
        conflicts.append(
            Contradiction(
                Against.TRAVEL,
                chain=tuple(ids[t] for t in chain),
                chain_decisions=tuple(decisions),
            )
        )
    return pairs[~against], conflicts


def _stack(
    n: int, parts: list[tuple[PairArray, str, float]]
) -> tuple[PairArray, npt.NDArray[np.str_], npt.NDArray[np.float32]]:
    """Unique sorted pairs; a pair that several kinds name keeps the first."""
    pairs = np.sort(np.concatenate([p for p, _, _ in parts]).astype(np.int64), axis=1)
    kinds = np.concatenate([np.full(len(p), k, np.dtype("U10")) for p, k, _ in parts])
    trust = np.concatenate([np.full(len(p), t, np.float32) for p, _, t in parts])
    _, first = np.unique(pairs[:, 0] * max(n, 1) + pairs[:, 1], return_index=True)
    return pairs[first].astype(np.int32).reshape(-1, 2), kinds[first], trust[first]
