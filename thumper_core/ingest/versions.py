"""Which photos are versions of one picture: the thumbnail that was sent, the HD file, the card's original.

Asked of photos of one camera and one moment alone, and with pixels only where two of them differ clearly in
size: frames of a burst have one size. Each picture has one version of a size, so that of several frames of
one second each thumbnail gets its own HD file, the nearest of all. Photos of the same size are one
only where one is the other saved anew, and neither its number nor its place says that they are frames.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from thumper_core.cores import core_count
from thumper_core.ingest.alike import FAR_MAX, Look, far, is_copy, look_at, unlike
from thumper_core.store.versions import Version
from thumper_core.workspace import Workspace

APART_MAX: Final = timedelta(seconds=2)
LARGER_MIN: Final = 1.5  # times the pixels
_SHAPE_MAX: Final = 1.03  # between the shapes (width by height) of two versions
_PIXELS_MAX: Final = 80_000_000
_FRAMES_MAX: Final = 10  # photos whose numbers are no further apart are frames, not copies
_CHUNK: Final = 256  # moments looked at together
_NONE: Final = 1e6  # above every cost: no pair rather than a wrong one
_OVERLAP: Final = timedelta(hours=1)  # of two that add at once, one may record what it read later
_LOOKED: Final = "versions looked for"
_EPOCH: Final = datetime(1971, 1, 1)

_Size = tuple[int, int]  # width, height

_MOMENTS: Final = """
with pictures as (
    select photo_id, camera, taken_at, taken_at_precision = 'minute' as to_minute, width, height, bytes,
        root, path, path_bytes, file_number, sequence, read_at, width * height as pixels,
        date_trunc('minute', taken_at) as minute
    from photos
    where is_time_evidence and duration_s is null and width > 0 and height > 0
        and width * height <= $1 and format in ('JPEG', 'PNG', 'WEBP')
),
-- A camera whose photos are all of one size, in one folder, has no versions: most have none.
several as (
    select camera from pictures group by camera
    having count(distinct (width, height)) > 1 or count(distinct root) > 1
        or bool_or(list_contains($2, root))
),
asked as (select * from pictures semi join several using (camera)),
fresh as (select distinct camera, minute from asked where read_at > $3)
select a.* exclude (minute, read_at), list_contains($2, a.root) as is_sent
from asked a
where exists (
    from fresh f where f.camera = a.camera
        and f.minute between a.minute - interval 1 minute and a.minute + interval 1 minute)
order by a.camera, a.taken_at, a.photo_id
"""


class _Picture(NamedTuple):
    photo_id: str
    camera: str
    taken_at: datetime
    to_minute: bool
    width: int
    height: int
    n_bytes: int
    root: str
    path: str
    path_bytes: bytes
    file_number: int | None
    sequence: int | None
    pixels: int
    is_sent: bool

    @property
    def size(self) -> _Size:
        return self.width, self.height

    @property
    def file(self) -> bytes:
        return os.fsencode(self.root) + b"/" + self.path_bytes

    @property
    def version(self) -> Version:
        return Version(self.photo_id, "", self.width, self.height, self.n_bytes, parted=False)


@dataclass
class _Found:
    """A picture: its largest version, and the sizes in which it is known."""

    largest: _Picture
    sizes: set[_Size]


def pair_versions(
    workspace: Workspace, *, again: bool = False, of: Collection[str] | None = None
) -> int:
    """Find versions of pictures among photos that were read since the last time; how many pairs are new.

    again: among all photos; of: only moments of which a photo is one of these. What is found is in the
    ledger (`store.versions`): of each picture the largest version is used from then on. What cannot be
    read is no version of anything.
    """
    newest = workspace.sql("select max(read_at) as at from photos").item()
    if newest is None:
        return 0
    since = _EPOCH if again else _looked_until(workspace) - _OVERLAP
    rows = workspace.sql(_MOMENTS, [_PIXELS_MAX, workspace.ledger.sent_roots(), since])
    moments = _moments([_Picture(*row) for row in rows.iter_rows()])
    if of is not None:
        moments = [moment for moment in moments if any(p.photo_id in of for p in moment)]
    versions = workspace.ledger.versions()
    sizes: dict[str, set[_Size]] = {}
    for v in versions:
        sizes.setdefault(v.picture_id, set()).add((v.width, v.height))
    sizes_of = {v.photo_id: sizes[v.picture_id] for v in versions}
    apart = {v.photo_id for v in versions if v.parted}
    n_new = 0
    with ThreadPoolExecutor(core_count()) as pool:
        for start in range(0, len(moments), _CHUNK):
            part = [[p for p in one if p.photo_id not in apart] for one in moments[start:][:_CHUNK]]
            pairs = [
                (one.version, other.version)
                for found in pool.map(lambda one: _pairs_of(one, sizes_of), part)
                for one, other in found
            ]
            n_new += workspace.ledger.pair_versions(pairs) if pairs else 0
    _looked(workspace, newest)
    return n_new


def _looked_until(workspace: Workspace) -> datetime:
    with workspace.ledger.reading() as c:
        row = c.execute("select value from counters where name = ?", (_LOOKED,)).fetchone()
    return _EPOCH + timedelta(microseconds=int(row[0])) if row else _EPOCH


def _looked(workspace: Workspace, until: datetime) -> None:
    value = (until - _EPOCH) // timedelta(microseconds=1)
    with workspace.ledger.transaction() as c:
        c.execute("insert or replace into counters values (?, ?)", (_LOOKED, value))


def _moments(pictures: Sequence[_Picture]) -> list[list[_Picture]]:
    """Photos of one camera that may be of one moment, two or more."""
    found: list[list[_Picture]] = []
    for picture in pictures:
        last = found[-1][-1] if found else None
        if last is not None and last.camera == picture.camera and _is_one_moment(last, picture):
            found[-1].append(picture)
        else:
            found.append([picture])
    return [moment for moment in found if len(moment) > 1]


def _is_one_moment(one: _Picture, other: _Picture) -> bool:
    if one.to_minute or other.to_minute:
        return one.taken_at.replace(second=0, microsecond=0) == other.taken_at.replace(
            second=0, microsecond=0
        )
    return abs(one.taken_at - other.taken_at) <= APART_MAX


def _pairs_of(
    moment: Sequence[_Picture], sizes_of: Mapping[str, set[_Size]]
) -> list[tuple[_Picture, _Picture]]:
    """The versions among photos of one moment, each with a larger one, or with its copy.

    sizes_of: by photo, the sizes in which the ledger has its picture already.
    """
    pairs: list[tuple[_Picture, _Picture]] = []
    found: list[_Found] = []
    looks: dict[str, Look | None] = {}
    for size in sorted({p.size for p in moment}, key=lambda size: -size[0] * size[1]):
        own, copies = _without_copies([p for p in moment if p.size == size])
        pairs += copies
        partners = _partners(own, found, looks)
        for picture, partner in zip(own, partners, strict=True):
            if partner is None:
                taken = sizes_of.get(picture.photo_id, set()) | {size}
                found.append(_Found(picture, taken))
            else:
                pairs.append((picture, partner.largest))
                partner.sizes.add(size)
    return pairs


def _without_copies(
    pictures: Sequence[_Picture],
) -> tuple[list[_Picture], list[tuple[_Picture, _Picture]]]:
    """Photos of one size without those that are another one saved anew; and these, with that one."""
    own: list[_Picture] = []
    copies = []
    for picture in sorted(pictures, key=lambda p: (-p.n_bytes, p.photo_id)):
        same = (p for p in own if _may_be_copies(p, picture) and is_copy(p.file, picture.file))
        first = next(same, None)
        if first is None:
            own.append(picture)
        else:
            copies.append((picture, first))
    return own, copies


def _may_be_versions(small: _Picture, large: _Picture) -> bool:
    shapes = small.width / small.height, large.width / large.height
    return (
        large.pixels >= LARGER_MIN * small.pixels
        and max(shapes) <= _SHAPE_MAX * min(shapes)
        and _is_one_moment(small, large)
        and not _are_frames(small, large)
    )


def _are_frames(one: _Picture, other: _Picture) -> bool:
    """Whether the camera itself says that they are two frames of a burst."""
    both = (one.sequence, other.sequence)
    return None not in both and both[0] != both[1]


def _may_be_copies(one: _Picture, other: _Picture) -> bool:
    numbers = one.file_number, other.file_number
    apart = abs((numbers[0] or 0) - (numbers[1] or 0)) if None not in numbers else 0
    here, there = ((p.root, p.path.rpartition("/")[0]) for p in (one, other))
    return (
        one.taken_at == other.taken_at
        and not _are_frames(one, other)
        and not 0 < apart <= _FRAMES_MAX
        and (one.is_sent or other.is_sent or here != there)
    )


def _partners(
    smaller: Sequence[_Picture], found: Sequence[_Found], looks: dict[str, Look | None]
) -> list[_Found | None]:
    """Of each photo the larger one of the same picture: one each, so that all together differ least."""
    from scipy.optimize import linear_sum_assignment

    costs = np.full((len(smaller), len(found)), _NONE)
    for i, small in enumerate(smaller):
        for j, one in enumerate(found):
            if small.size in one.sizes or not _may_be_versions(small, one.largest):
                continue
            for picture in (small, one.largest):
                if picture.photo_id not in looks:
                    looks[picture.photo_id] = look_at(picture.file)
            here, there = looks[small.photo_id], looks[one.largest.photo_id]
            if here is not None and there is not None and far(here, there) <= FAR_MAX:
                costs[i, j] = unlike(here, there)
    partners: list[_Found | None] = [None] * len(smaller)
    for i, j in zip(*linear_sum_assignment(costs), strict=True):
        partners[i] = found[j] if costs[i, j] < _NONE else None
    return partners
