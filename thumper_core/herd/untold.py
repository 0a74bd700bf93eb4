"""Groups of pictures that show a deer, but none that could be told from others: they found no deer."""

from __future__ import annotations

import polars as pl

from thumper_core.decisions.kinds import PAIRED
from thumper_core.decisions.resolution import SubjectFinder
from thumper_core.herd.decisions_heard import boxes_named
from thumper_core.identify.meet.fitness import TELLS_MIN
from thumper_core.identify.meet.learn import Lessons, tells
from thumper_core.identify.meet.measured import measures


def untold_profiles(
    lessons: Lessons | None,
    frame: pl.DataFrame,
    assignments: pl.DataFrame,
    decisions: pl.DataFrame,
    before: pl.DataFrame,
) -> frozenset[str]:
    """Profiles of which no picture shows who the animal is, that hold nothing of a deer that was known
    before, and of which nobody said who it is or is not.

    lessons: what the herd taught, None: every picture may show it; frame: as `identify_frame` takes it;
    assignments: `detection_id, profile_id` of its rows; decisions: all of them; before: `detection_id,
    individual_id` of an earlier herd of the same run.
    """
    if lessons is None or lessons.identify is None or frame.is_empty():
        return frozenset()
    shows = pl.Series("shows", tells(lessons.identify, measures(frame)) >= TELLS_MIN)
    by_profile = (
        frame.select("detection_id", shows)
        .join(assignments.select("detection_id", "profile_id").drop_nulls(), on="detection_id")
        .group_by("profile_id")
        .agg(pl.col("shows").any(), pl.col("detection_id"))
        .filter(~pl.col("shows"))
    )
    said = decisions.filter(pl.col("kind").is_in(PAIRED) & ~pl.col("undone"))
    named = set(before.drop_nulls("individual_id")["detection_id"])
    if not (by_profile.is_empty() or said.is_empty()):
        named = named.union(*boxes_named(said, SubjectFinder(frame, decisions), frame).values())
    return frozenset(
        profile
        for profile, detections in by_profile.select("profile_id", "detection_id").iter_rows()
        if named.isdisjoint(detections)
    )
