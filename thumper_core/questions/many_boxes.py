"""What a person says of many photos at once: which boxes it is about, and what it would do, told before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from thumper_core.contracts import DEER, NOT_ANIMALS, AgeClass, Sex
from thumper_core.counting import counted
from thumper_core.decisions import regroup
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import NotAnimal, Reclass
from thumper_core.decisions.kinds.base import OfBox
from thumper_core.language import say
from thumper_core.questions.photo_filter import PhotoFilter
from thumper_core.questions.photo_where import boxes_where
from thumper_core.questions.words import listed
from thumper_core.workspace import Workspace

PHOTOS_MAX: Final = 1_000
"""Photos that one step is about at most: what it did can still be looked through."""
_SHOWN: Final = 5


@dataclass(frozen=True)
class Refused:
    """A photo of which nothing, or not all, is decided, and why."""

    photo_id: str
    why: str


@dataclass(frozen=True)
class Plan:
    """What a step would do, before anybody decides it.

    n_same: boxes that are so already and stay as they are; n_agreed: of the boxes that are decided about,
    those of which the model says the same; several: as `with_several` finds them among these.
    """

    decisions: tuple[OfBox, ...] = ()
    n_same: int = 0
    n_agreed: int = 0
    several: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def n_boxes(self) -> int:
        """Boxes about which something is decided."""
        return len(self.decisions)

    def sentence(self, shows: str) -> str:
        """What it would do. shows: what is said of each box, such as `a buck`."""
        if not self.n_boxes:
            return say("There is nothing to decide.")
        boxes = counted(self.n_boxes, "box", "boxes")
        photos = counted(len({one.where.photo_id for one in self.decisions}), "photo")
        said = {"boxes": boxes, "photos": photos, "shows": shows}
        told = [
            say("Say of {boxes} in {photos} that it shows {shows}.", **said)
            if self.n_boxes == 1
            else say("Say of {boxes} in {photos} that each shows {shows}.", **said)
        ]
        if self.n_agreed:
            told.append(
                say(
                    "Of {n_agreed:,} of them it is the model's word already.",
                    n_agreed=self.n_agreed,
                )
            )
        if self.n_same:
            told.append(
                say("1 more is so already, and left alone.")
                if self.n_same == 1
                else say("{n:,} more are so already, and left alone.", n=self.n_same)
            )
        if self.several:
            told.append(
                say(
                    "In {photos} it is said of more than one box.",
                    photos=counted(len(self.several), "photo"),
                )
            )
        return " ".join(told)


def boxes_meant(
    workspace: Workspace, photo_ids: Sequence[str], chosen: PhotoFilter
) -> pl.DataFrame:
    """The boxes in these photos that a filter is about, photo by photo, the most confident first.

    Columns: detection_id, photo_id, picture_id, frame_ms, x1, y1, x2, y2, confidence, species, sex,
    age_class, source, is_deer, individual_id, tracklet_id (both null: of no individual), camera, taken_at,
    taken_at_precision.
    """
    where, values = boxes_where(chosen)
    return workspace.sql(
        f"""
        select d.detection_id, d.photo_id, d.picture_id, d.frame_ms, d.x1, d.y1, d.x2, d.y2, d.confidence,
            d.species, d.sex, d.age_class, d.source, d.is_deer, a.individual_id, a.tracklet_id,
            p.camera, p.taken_at, p.taken_at_precision
        from detections d join photos p using (photo_id)
        left join assignments a using (detection_id)
        where {where} and list_contains(?, d.photo_id)
        order by p.taken_at, d.photo_id, d.confidence desc, d.detection_id
        """,
        [*values, list(photo_ids)],
    )


def with_several(boxes: pl.DataFrame) -> tuple[str, ...]:
    """Photos of which one picture, the photo or a clip's frame, holds more than one of these boxes."""
    together = boxes.filter(pl.col("picture_id").is_duplicated())
    return tuple(together["photo_id"].unique(maintain_order=True))


def of_class(
    photo_ids: Sequence[str], boxes: pl.DataFrame, species: str, sex: Sex, age_class: AgeClass
) -> Plan:
    """Every box holds this; species DEER stands for that of interest. boxes: as `boxes_meant` gives them."""
    is_species = pl.col("is_deer") if species == DEER else pl.col("species") == species
    is_so = is_species & (pl.col("sex") == str(sex)) & (pl.col("age_class") == str(age_class))
    by_person = is_so & (pl.col("source") == "human")
    changed = boxes.filter(~by_person)
    said = tuple(Reclass(BoxKey.of_row(row), species, sex, age_class) for row in changed.to_dicts())
    plan = _plan(photo_ids, boxes, changed, said)
    return replace(
        plan, n_same=boxes.height - changed.height, n_agreed=changed.filter(is_so).height
    )


def of_no_animal(photo_ids: Sequence[str], boxes: pl.DataFrame) -> Plan:
    """No box holds an animal. boxes: as `boxes_meant` gives them."""
    said = tuple(NotAnimal(BoxKey.of_row(row)) for row in boxes.to_dicts())
    return _plan(photo_ids, boxes, boxes, said, without=say("it has no such box"))


def unjudged(boxes: pl.DataFrame, but: str | None = None) -> pl.DataFrame:
    """Those boxes that are held to show an animal and of which nobody said anything; but: detection_id of
    one that is left out. boxes: as `boxes_meant`, or `browse.boxes`, gives them.
    """
    return boxes.filter(
        (pl.col("source") != "human")
        & pl.col("detection_id").ne_missing(pl.lit(but, pl.String))
        & ~pl.col("species").is_in(NOT_ANIMALS)
    )


def of_individual(
    photo_ids: Sequence[str], boxes: pl.DataFrame, members: pl.DataFrame, to: str | None
) -> Plan:
    """Every deer's box shows the individual `to`; None: none that is known.

    Two boxes in one picture are two animals: where several are meant, or one is `to` already, none of
    that picture is. boxes: as `boxes_meant` gives them; members: as `browse.members` gives all of them.
    """
    refused: list[Refused] = []
    held = members.filter(pl.col("individual_id") == pl.lit(to, pl.String))["picture_id"].to_list()
    per_picture = pl.len().over("picture_id")
    at_home = pl.col("individual_id").eq_missing(pl.lit(to, pl.String))
    same = boxes.filter(at_home)
    rest = boxes.filter(~at_home).with_columns(
        pl.when(~pl.col("is_deer"))
        .then(pl.lit("it is no deer: correct its class first"))
        .when(pl.col("picture_id").is_in(held))
        .then(pl.lit("another box in it is that deer already"))
        .when((per_picture > 1) & pl.lit(to is not None))
        .then(pl.lit("it shows several deer: open it and say which it is"))
        .alias("why")
    )
    for row in rest.filter(pl.col("why").is_not_null()).to_dicts():
        refused.append(Refused(row["photo_id"], row["why"]))
    going = rest.filter(pl.col("why").is_null())
    # Boxes of no individual are not among the members: they bring no one along.
    loose = going.filter(pl.col("individual_id").is_null())
    known = pl.concat(
        [members, loose.select(set(loose.columns) & set(members.columns))], how="diagonal_relaxed"
    )
    ids = tuple(going["detection_id"])
    said = tuple(regroup.move_all(known, ids, to)) if ids else ()
    plan = _plan(photo_ids, boxes, going, said)
    return replace(plan, n_same=same.height, refused=(*plan.refused, *dict.fromkeys(refused)))


def refused_told(workspace: Workspace, plan: Plan) -> str:
    """Which photos are left out and why, by their paths; empty: none is."""
    if not plan.refused:
        return ""
    ids = [one.photo_id for one in plan.refused]
    asked = "select photo_id, path from photos where list_contains(?, photo_id)"
    paths = dict(workspace.sql(asked, [ids]).iter_rows())
    by_reason: dict[str, list[str]] = {}
    for one in plan.refused:
        by_reason.setdefault(one.why, []).append(paths.get(one.photo_id) or one.photo_id)
    told = []
    for why, names in by_reason.items():
        more = len(names) - _SHOWN
        shown = [*names[:_SHOWN], *([say("{n:,} more", n=more)] if more > 0 else [])]
        told.append(f"{listed(shown)}: {why}.")
    return " ".join([say("Left out:"), *told])


def _plan(
    photo_ids: Sequence[str],
    boxes: pl.DataFrame,
    changed: pl.DataFrame,
    said: tuple[OfBox, ...],
    without: str | None = None,
) -> Plan:
    """without: why a photo without a box is left out."""
    without = without or say("it has no such box: open it and draw the animal")
    with_box = set(boxes["photo_id"])
    empty = tuple(Refused(one, without) for one in photo_ids if one not in with_box)
    return Plan(said, several=with_several(changed), refused=empty)
