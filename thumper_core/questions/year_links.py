"""Proposals from year to year: `this buck of 2026/27 is that buck of 2025/26`, for a person to decide.

Who is proposed, and how likely, is said in `seasons.links`. An answer is a verdict on two pictures as any
other (`same deer`, `two deer`, `cannot tell`): it can be taken back, and a pair that has one is not proposed
again. Where the photos hardly tell deer apart nothing is proposed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import VERDICTS, Different, Same, Unknowable
from thumper_core.decisions.resolution import SubjectFinder
from thumper_core.decisions.table import decisions_frame
from thumper_core.herd.kept_space import load_known
from thumper_core.identify.seen import Seen
from thumper_core.identify.space.similarity import group_means
from thumper_core.questions.named import assigned
from thumper_core.questions.words import percent
from thumper_core.seasons.links import Groups, links
from thumper_core.views.pictures import PICTURE_SCORE

if TYPE_CHECKING:
    from thumper_core.identify.tree.recut import Known
    from thumper_core.workspace import Workspace

PROBABLE: Final = 0.5
"""Chance from which on a pair is proposed."""
_PICTURES: Final = """
select a.individual_id, a.tracklet_id, d.detection_id, p.event_id, p.camera, p.taken_at,
    cast({year} as integer) as year, {score} as score
from assignments a join detections d using (detection_id) join photos p using (photo_id)
where a.individual_id is not null and d.repeated is null and p.taken_at_precision <> 'unknown'
order by a.individual_id, a.tracklet_id, d.detection_id
"""


@dataclass(frozen=True)
class YearLink:
    """Two individuals of different years that probably are one deer.

    later, earlier: individuals; later_label, earlier_label: their names, else IDs; season, season_before:
    the deer years in which the one was seen first and the other last; p: chance, in [0, 1]; left, right:
    detections of later and earlier, the first of each is what a verdict is about: its best picture; the
    others stand for the rest, the best picture of each tracklet.
    """

    later: str
    earlier: str
    later_label: str
    earlier_label: str
    season: str
    season_before: str
    p: float
    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def chance(self) -> str:
        """The chance as `73%`."""
        return percent(self.p)

    @property
    def sentence(self) -> str:
        """Such as `deer-012 of 2026/27 is probably Hook, seen last in 2025/26 (73%)`."""
        return (
            f"{self.later_label} of {self.season} is probably {self.earlier_label}, seen last in "
            f"{self.season_before} ({self.chance})."
        )

    def same(self, key_of: dict[str, BoxKey]) -> Same:
        """That both are one deer, whole as they are; key_of: of every detection in left and right."""
        kept = tuple(
            (key_of[side[0]], key_of[other])
            for side in (self.left, self.right)
            for other in side[1:]
        )
        return Same(key_of[self.left[0]], key_of[self.right[0]], None, kept)

    def different(self, key_of: dict[str, BoxKey]) -> Different:
        """That they are two deer; the pair is not proposed again."""
        return Different(key_of[self.left[0]], key_of[self.right[0]])

    def unknowable(self, key_of: dict[str, BoxKey]) -> Unknowable:
        """That these pictures do not tell; the pair is not proposed again."""
        return Unknowable(key_of[self.left[0]], key_of[self.right[0]])


def year_links(
    workspace: Workspace, told: pl.DataFrame, least: float = PROBABLE
) -> tuple[YearLink, ...]:
    """What is proposed, the likeliest first: of each individual the likeliest earlier one.

    told: `questions.seasons.histories`; least: chance from which on a pair is proposed.

    >>> from thumper_core import Workspace, histories, year_links
    >>> ranch = Workspace.open("ranch")
    >>> year_links(ranch, histories(ranch))
    ()
    """
    herd = workspace.ledger.promoted_herd()
    known = load_known(workspace, herd.summary.base) if herd else None
    if known is None or known.scale is None:
        return ()
    deer_year = workspace.settings.seasons
    pictures = pictures_of(workspace)
    groups = groups_of(pictures, told, known)
    answered = _answered(workspace)
    labels = dict(told.select("individual_id", "label").unique().iter_rows())
    best = _best(pictures)
    found: dict[int, YearLink] = {}
    for one in links(groups, known.scale):
        if one.p < least:
            break
        later, earlier = groups.ids[one.later], groups.ids[one.earlier]
        if one.later in found or frozenset((later, earlier)) in answered:
            continue
        found[one.later] = YearLink(
            later,
            earlier,
            labels[later],
            labels[earlier],
            deer_year.label(int(groups.first[one.later])),
            deer_year.label(int(groups.last[one.earlier])),
            one.p,
            best[later],
            best[earlier],
        )
    return tuple(found.values())


def keys_of(workspace: Workspace, pairs: tuple[YearLink, ...]) -> dict[str, BoxKey]:
    """The boxes of the detections of proposals, as decisions name them."""
    wanted = sorted({name for pair in pairs for name in (*pair.left, *pair.right)})
    rows = workspace.sql(
        "select detection_id, photo_id, x1, y1, x2, y2, frame_ms from detections "
        "where list_contains(?, detection_id)",
        [wanted],
    )
    return {row["detection_id"]: BoxKey.of_row(row) for row in rows.iter_rows(named=True)}


def pictures_of(workspace: Workspace) -> pl.DataFrame:
    """Every picture of an individual whose day is known, by individual and tracklet: `individual_id,
    tracklet_id, detection_id, event_id, camera, taken_at, year, score`.
    """
    year = workspace.settings.seasons.sql("p.taken_at")
    return workspace.sql(_PICTURES.format(year=year, score=PICTURE_SCORE))


def groups_of(pictures: pl.DataFrame, told: pl.DataFrame, known: Known) -> Groups:
    """The individuals of pictures that the space of the herd holds.

    pictures: as `pictures_of`; told: `individual_id, sex, birth_year, age_low, age_high`, one row or more of
    each.
    """
    place = pl.DataFrame(
        {"detection_id": known.detection_ids, "row": np.arange(len(known.detection_ids))},
        schema={"detection_id": pl.String, "row": pl.Int64},
    )
    pictures = pictures.join(place, on="detection_id", how="inner", maintain_order="left")
    if pictures.is_empty():
        none, no_age = np.zeros(0, np.int64), np.zeros(0, np.float64)
        return Groups(
            (),
            none,
            none,
            (),
            none,
            np.zeros((0, 0), np.float32),
            none,
            none > 0,
            no_age,
            no_age,
            pictures,
        )
    tracklets = pictures.select("individual_id", "tracklet_id").unique(maintain_order=True)
    number = tracklets.with_row_index("tracklet")
    index = pictures.join(number, on=["individual_id", "tracklet_id"], maintain_order="left")
    means = group_means(
        known.vectors[pictures["row"].to_numpy()], index["tracklet"].to_numpy().astype(np.int32)
    )
    facts = (
        pictures.group_by("individual_id", maintain_order=True)
        .agg(
            pl.col("year").min().alias("first"),
            pl.col("year").max().alias("last"),
            pl.col("event_id").n_unique().alias("n_events"),
            pl.col("tracklet_id").n_unique().alias("n_tracklets"),
        )
        .join(
            told.group_by("individual_id").agg(
                pl.col("sex").first(),
                pl.col("birth_year").first(),
                pl.col("age_low").min(),
                pl.col("age_high").max(),
            ),
            on="individual_id",
            how="left",
            maintain_order="left",
        )
    )
    ids = facts["individual_id"].to_list()
    of = tracklets["individual_id"].replace_strict(
        ids, list(range(len(ids))), return_dtype=pl.Int32
    )
    events, sizes = (
        facts[name].to_numpy().astype(np.int64) for name in ("n_events", "n_tracklets")
    )
    visits = pictures.group_by("individual_id", "year", "camera", "event_id").agg(
        pl.col("taken_at").min().alias("started_at")
    )
    return Groups(
        tuple(ids),
        facts["first"].to_numpy().astype(np.int64),
        facts["last"].to_numpy().astype(np.int64),
        tuple(facts["sex"].fill_null("unknown")),
        facts["birth_year"].fill_null(0).to_numpy().astype(np.int64),
        group_means(means, of.to_numpy(), len(ids)),
        sizes,
        ~Seen(events, sizes).is_often,
        facts["age_low"].cast(pl.Float64).to_numpy(),
        facts["age_high"].cast(pl.Float64).to_numpy(),
        visits,
    )


def _answered(workspace: Workspace) -> set[frozenset[str]]:
    """Pairs of individuals on two pictures of which a verdict stands."""
    decisions = decisions_frame(workspace.ledger).filter(
        pl.col("kind").is_in(list(VERDICTS)) & ~pl.col("undone")
    )
    frame = assigned(workspace)
    finder = SubjectFinder(frame)
    whose = frame["individual_id"].to_list()
    found = set()
    for payload in map(json.loads, decisions["payload"]):
        rows = [finder.find(payload[side]) for side in ("a", "b")]
        who = frozenset(whose[row] for row in rows if row is not None and whose[row] is not None)
        if len(who) == 2:
            found.add(who)
    return found


def _best(pictures: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """By individual: the best picture of each tracklet, the best of all first."""
    order = ["individual_id", "score", "detection_id"]
    ranked = pictures.sort(order, descending=[False, True, False])
    of_each = ranked.unique(["individual_id", "tracklet_id"], keep="first", maintain_order=True)
    chosen = of_each.group_by("individual_id", maintain_order=True).agg(pl.col("detection_id"))
    return {who: tuple(names) for who, names in chosen.iter_rows()}
