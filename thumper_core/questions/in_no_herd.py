"""Photos of deer that no identification has looked at yet: they wait, and no herd counts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from thumper_core.language import say
from thumper_core.questions import words

if TYPE_CHECKING:
    import polars as pl

    from thumper_core.workspace import Workspace

_WAITING: Final = """
with told as (
    select distinct d.photo_id from detections d join assignments a using (detection_id)
),
waiting as (
    select distinct d.photo_id
    from detections d semi join embeddings e using (detection_id) anti join told using (photo_id)
    where d.is_deer and d.repeated is null and (d.confidence >= ? or d.source = 'human')
        and exists (select 1 from herds h join shown using (herd_id))
)
"""
_BY_YEAR: Final = """
select cast(case when p.taken_at_precision <> 'unknown' then {year} end as integer) as year, count(*) as n
from waiting join photos p using (photo_id) group by 1 order by 1
"""
_TOTAL: Final = "select count(*) as n from waiting join present using (photo_id)"
Ask = Callable[[str, Sequence[Any]], "pl.DataFrame"]


def photos_in_no_herd(workspace: Workspace) -> dict[int | None, int]:
    """Deer year (None: the day is not known) -> photos with deer of the shown run that the shown herd was not
    made of; empty where none waits, and where there is no herd.
    """
    by_year = _BY_YEAR.format(year=workspace.settings.seasons.sql("p.taken_at"))
    found = workspace.sql(_WAITING + by_year, [workspace.settings.identify.class_conf_min])
    return dict(found.iter_rows())


def n_in_no_herd(workspace: Workspace, ask: Ask) -> int:
    """How many they are in all. ask: as for `no_deer.why_no_deer`.

    Such a connection does not tell what stands before a camera from a deer, so only where it finds some the
    whole workspace is asked.
    """
    conf_min = [workspace.settings.identify.class_conf_min]
    some = int(ask(_WAITING + _TOTAL, conf_min).item())
    return int(workspace.sql(_WAITING + _TOTAL, conf_min).item()) if some else 0


def waiting_words(n_photos: int, season: str = "") -> str:
    """That they wait, and for what; season: which year they are of."""
    photos = words.counted(n_photos, "photo with deer", "photos with deer")
    if season:
        return say(
            "{photos} of {season} wait for an identification: they are in no herd yet, so deer of that year "
            "are not counted, and none is called missing. `thumper identify` takes them up.",
            photos=photos,
            season=season,
        )
    return say(
        "{photos} wait for an identification: they are in no herd yet. `thumper identify` takes them up.",
        photos=photos,
    )
