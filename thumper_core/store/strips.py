"""Where camera models print their strips: a table of the ledger, a row for each model that was looked at.

It is learned from photos (`stamp.models`) and kept, because results rest on it: a run that cuts the strip
away cuts it at the same rows for as long as it is topped up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from thumper_core.store.ledger import Ledger
from thumper_core.store.records import now_text


class StripRow(NamedTuple):
    """One model. make, model: empty where its photos do not say; camera: its name where they do not, else
    empty; width, height: of its pictures, pixels; n_photos: that it was learned from; places: (top,
    bottom, ground) of each strip, rows of the upright picture and a grey level, none: it prints none.
    """

    make: str
    model: str
    camera: str
    is_clip: bool
    width: int
    height: int
    n_photos: int
    places: tuple[tuple[int, int, int], ...]


def strip_rows(ledger: Ledger) -> list[StripRow]:
    """Every model that was looked at."""
    with ledger.reading() as c:
        rows = c.execute(
            "select make, model, camera, is_clip, width, height, n_photos, places from strips "
            "order by make, model, camera, is_clip, width, height"
        ).fetchall()
    return [
        StripRow._make([*row[:3], bool(row[3]), *row[4:7], tuple(map(tuple, json.loads(row[7])))])
        for row in rows
    ]


def keep_strips(ledger: Ledger, rows: Iterable[StripRow]) -> None:
    """Write down what was learned. A strip that is known stays as it is."""
    with ledger.transaction() as c:
        c.executemany(
            "insert into strips values (?,?,?,?,?,?,?,?,?) "
            "on conflict (make, model, camera, is_clip, width, height) do update set "
            "n_photos = excluded.n_photos, places = excluded.places, learned_at = excluded.learned_at "
            "where places = '[]'",
            [
                (*row[:3], int(row[3]), *row[4:7], json.dumps(row.places), now_text())
                for row in rows
            ],
        )
