"""How many visits wait for somebody to look at them: a count for the menu, in milliseconds."""

from __future__ import annotations

from typing import Final

from thumper_core.decisions.kinds import Looked, Move, Untold
from thumper_core.workspace import Workspace

_WAITING: Final = """
with looked as (
    select coalesce(
        (select max(made_at) from decisions where kind = $1 and not undone),
        (select min(created_at) at time zone 'UTC' from herds)) as at
),
answered as (
    select unnest(from_json(payload -> '$.suggested.visit', '["varchar"]')) as detection_id
    from decisions where not undone and list_contains($2, kind)
)
select count(distinct p.event_id) as n
from detections d join photos p using (photo_id), looked
where d.is_deer and d.confidence >= $3 and p.read_at > (looked.at at time zone 'UTC')
    and not exists (select 1 from answered a where a.detection_id = d.detection_id)
"""


def waiting(workspace: Workspace) -> int:
    """Visits with deer that were read since the last look and have no standing answer, those that nobody
    can tell among them; 0 before the first herd.
    """
    said = [Looked.kind, [Move.kind, Untold.kind], workspace.settings.identify.class_conf_min]
    return int(workspace.sql(_WAITING, said).item())
