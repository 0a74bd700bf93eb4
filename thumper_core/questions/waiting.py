"""How many visits wait for somebody to look at them: a count for the menu, at once where nothing is new."""

from __future__ import annotations

from typing import Final

from thumper_core.decisions.kinds import Looked, Move, Untold
from thumper_core.workspace import Workspace

_LOOKED: Final = """
select coalesce(
    (select max(made_at) from decisions where kind = ? and not undone),
    (select min(created_at) at time zone 'UTC' from herds)) at time zone 'UTC' as at
"""
_IS_NEW: Final = "select 1 from photo_facts where read_at > ? limit 1"
_WAITING: Final = """
with answered as (
    select unnest(from_json(payload -> '$.suggested.visit', '["varchar"]')) as detection_id
    from decisions where not undone and list_contains(?, kind)
)
select count(distinct p.event_id) as n
from detections d join photos p using (photo_id)
where d.is_deer and d.confidence >= ? and p.read_at > ?
    and not exists (select 1 from answered a where a.detection_id = d.detection_id)
"""


def waiting(workspace: Workspace) -> int:
    """Visits with deer that were read since the last look and have no standing answer, those that nobody
    can tell among them; 0 before the first herd.
    """
    looked_at = workspace.sql(_LOOKED, [Looked.kind]).item()
    if looked_at is None or workspace.sql(_IS_NEW, [looked_at]).is_empty():
        return 0
    said = [Move.kind, Untold.kind]
    least = workspace.settings.identify.class_conf_min
    return int(workspace.sql(_WAITING, [said, least, looked_at]).item())
