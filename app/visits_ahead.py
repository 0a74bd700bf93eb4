"""The next visits of New with the pictures of those that they could be."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl
from ahead import AHEAD, PICTURE_PX
from pairs_ahead import picked, with_marks

from thumper_core import Workspace, crops, marks, who
from thumper_core.questions import browse, hit_list, overview
from thumper_core.questions.met import Candidate, Meeting, Visit
from thumper_core.questions.overview import Versions

KNOWN_PX = 720


@dataclass(frozen=True)
class Looked:
    """What a look at the new photos found. visits: those to ask about, in this order; watched: the deer on
    the hit list; fates: what is said of individuals that are not simply alive.
    """

    meeting: Meeting
    visits: tuple[Visit, ...]
    watched: frozenset[str]
    fates: dict[str, str]


@dataclass(frozen=True)
class Asked:
    """A visit that is asked about, and the deer that are offered for it."""

    visit: Visit
    candidates: tuple[Candidate, ...]
    meeting: Meeting


@dataclass(frozen=True)
class Prepared:
    """A visit with all that is shown of it.

    row: of its best picture; known: of the candidates' pictures, in their order, both as of
    `browse.detections`; jpegs: pictures by detection; watched, fates: as of `Looked`.
    """

    asked: Asked
    row: pl.DataFrame
    known: pl.DataFrame
    jpegs: dict[str, bytes]
    watched: frozenset[str]
    fates: dict[str, str]


_LAST: dict[str, tuple[Versions, Meeting]] = {}
_LOCK = threading.Lock()


def meeting_of(workspace: Workspace) -> Meeting:
    """What came since the last look, computed once for what is shown and decided now.

    Raises ThumperError as `who.meet`.
    """
    with _LOCK:
        now, root = overview.versions(workspace), str(workspace.root)
        if root not in _LAST or _LAST[root][0] != now:
            _LAST[root] = (now, who.meet(workspace))
        return _LAST[root][1]


def look(workspace: Workspace, doubted: Collection[str], passed: Collection[str]) -> Looked:
    """Look at what came since the last look.

    doubted: visits that are sure, and asked about all the same; passed: visits to leave for later.
    """
    meeting = meeting_of(workspace)
    watched = hit_list.watched(workspace)
    also = [visit for visit in meeting.sure if visit.visit_id in doubted]
    asked = [one for one in (*also, *meeting.asked) if one.visit_id not in passed]
    visits = tuple(hit_list.first(asked, watched))
    return Looked(meeting, visits, watched, hit_list.fates(workspace))


def prepare(workspace: Workspace, found: Looked) -> Iterator[Prepared]:
    """The first visits with their pictures; those whose pictures are gone are left out."""
    visits = found.visits[:AHEAD]
    ids = {visit.detection_id for visit in visits}
    ids |= {one.detection_id for visit in visits for one in visit.candidates}
    rows = browse.detections(workspace, tuple(sorted(ids)))
    there = set(rows["detection_id"])
    meant = marks.marks(workspace, ids)
    for visit in visits:
        if visit.detection_id not in there:
            continue
        candidates = tuple(one for one in visit.candidates if one.detection_id in there)
        row = picked(rows, (visit.detection_id,))
        known = picked(rows, tuple(one.detection_id for one in candidates))
        wanted = [(crops.Crop.from_row(row.row(0, named=True)), PICTURE_PX)]
        wanted += [(crops.Crop.from_row(one), KNOWN_PX) for one in known.to_dicts()]
        names = (visit.detection_id, *known["detection_id"])
        jpegs = dict(zip(names, crops.crops(workspace, wanted), strict=True))
        jpegs |= with_marks(jpegs, meant)
        asked = Asked(visit, candidates, found.meeting)
        yield Prepared(asked, row, known, jpegs, found.watched, found.fates)
