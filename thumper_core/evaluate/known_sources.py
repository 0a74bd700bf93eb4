"""Where it is known which visits are of one animal: from people's verdicts on a herd, and from an album."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from thumper_core.contracts import FloatArray
from thumper_core.evaluate.known_visits import KnownVisits
from thumper_core.evaluate.reid import Album
from thumper_core.identify.chain import light_of
from thumper_core.identify.links.columns import column_codes, event_names, picture_column
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.constraints import build_constraints, parted_rows
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table
from thumper_core.identify.space.similarity import IntArray
from thumper_core.settings import IdentifySettings


@dataclass(frozen=True)
class HerdBursts:
    """A run's deer, linked into tracklets as an identification does it.

    frame, vectors: as `load_deer` gives them; index: (N,) tracklets; tracklets: their table; cameras:
    where they stand.
    """

    frame: pl.DataFrame
    vectors: FloatArray
    index: IntArray
    tracklets: pl.DataFrame
    cameras: pl.DataFrame
    settings: IdentifySettings

    @classmethod
    def linked(
        cls,
        frame: pl.DataFrame,
        vectors: FloatArray,
        decisions: pl.DataFrame,
        cameras: pl.DataFrame,
        settings: IdentifySettings,
    ) -> HerdBursts:
        """decisions, cameras: as `build_constraints` takes them."""
        index = link_tracklets(frame, vectors, apart=parted_rows(decisions, frame))
        return cls(frame, vectors, index, tracklet_table(frame, index), cameras, settings)

    def known(self, decisions: pl.DataFrame) -> tuple[KnownVisits, int]:
        """What those decisions make known, and how many of them say that two are one animal."""
        report = build_constraints(
            self.tracklets, self.frame, self.index, decisions, self.cameras, self.settings
        )
        links, count = report.constraints, self.tracklets.height
        joined = coo_matrix((np.ones(len(links.must)), links.must.T), (count, count))
        known = KnownVisits(
            vectors=self.vectors,
            index=self.index,
            photo=column_codes(self.frame, picture_column(self.frame)),
            light=light_of(self.frame),
            event=column_codes(self.tracklets, "event_id"),
            event_name=event_names(self.tracklets),
            who=connected_components(joined, directed=False)[1].astype(np.int32),
            links=links.unsaid(),
        )
        return known, len({pair.decision_id for pair in report.said if pair.same})


def album_visits(album: Album, vectors: FloatArray) -> KnownVisits:
    """Each sighting is one tracklet, and a visit of its own; vectors: (N, D) of the photos."""
    names, first, code = np.unique(album.sighting, return_index=True, return_inverse=True)
    who = np.unique(album.individual, return_inverse=True)[1]
    return KnownVisits(
        vectors=vectors,
        index=code.astype(np.int32),
        photo=np.arange(len(vectors), dtype=np.int32),
        light=None,
        event=np.arange(len(names), dtype=np.int32),
        event_name=names.astype(np.str_),
        who=who[first].astype(np.int32),
        links=Constraints.none(len(names)),
    )
