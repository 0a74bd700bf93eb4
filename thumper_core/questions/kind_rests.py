"""What the kind of a deer rests on: of how many of its pictures people, the detector and a head say what."""

from __future__ import annotations

from typing import Final

import polars as pl

from thumper_core.counting import counted
from thumper_core.language import mark, say
from thumper_core.questions import words
from thumper_core.questions.categories import category
from thumper_core.workspace import Workspace

_SAYS: Final = {
    "human": mark("people say {kinds}"),
    "detector": mark("the detector says {kinds}"),
    "head": mark("a head says {kinds}"),
}


def kind_rests(workspace: Workspace, individual_id: str) -> str:
    """Say how many pictures have which kind, and who says so.

    As `Of 88 pictures people say buck of 3 and the detector says doe of 10; of 75 nothing is known.`
    Empty for a deer without pictures. A picture of a fawn has the kind fawn, whatever its sex.
    """
    rows = workspace.sql(
        """
        select d.sex, d.age_class,
            case when d.source = 'human' then 'human'
                when coalesce(d.sex_source, 'detector') = 'detector' then 'detector'
                else 'head' end as who, count(*) as n
        from assignments a join detections d using (detection_id) where a.individual_id = ?
        group by all
        """,
        [individual_id],
    )
    rows = rows.group_by(category().alias("kind"), "who").agg(pl.col("n").sum())
    if rows.is_empty():
        return ""
    said: dict[str, list[str]] = {}
    unknown = 0
    for kind, who, n in rows.sort("n", "kind", descending=[True, False]).iter_rows():
        if kind == "unknown":
            unknown += n
        else:
            said.setdefault(who, []).append(say("{kind} of {n:,}", kind=words.kind(kind), n=n))
    whole = counted(int(rows["n"].sum()), "picture")
    if not said:
        return say(
            "Whether it is a buck, a doe or a fawn is said of none of its {whole}.", whole=whole
        )
    told = [say(_SAYS[who], kinds=", ".join(said[who])) for who in _SAYS if who in said]
    rest = say("; of {n:,} nothing is known", n=unknown) if unknown else ""
    return say("Of {whole} {told}{rest}.", whole=whole, told=words.listed(told), rest=rest)
