"""What a gallery teaches, from detections to lessons; and how lessons are kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.identify.synthetic_herd import SyntheticHerd, synthetic_herd
from thumper_core.identify.links.constraints import build_constraints
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table
from thumper_core.identify.meet.chances import prior_of_new
from thumper_core.identify.meet.gallery import compare
from thumper_core.identify.meet.kept import read, written
from thumper_core.identify.meet.learn import Facts, Lessons, by_visit, learn_lessons, tells
from thumper_core.identify.meet.trials import TRIALS, Trial
from thumper_core.settings import IdentifySettings

SETTINGS = IdentifySettings(whitening="off")  # learning a space takes seconds


def learned(herd: SyntheticHerd, told: list[Trial]) -> tuple[Lessons, np.ndarray]:
    index = link_tracklets(herd.frame, herd.vectors)
    tracklets = tracklet_table(herd.frame, index)
    lessons = learn_lessons(
        herd.frame,
        herd.vectors,
        index,
        tracklets,
        build_constraints(tracklets, herd.frame, index, None, None, SETTINGS).constraints,
        herd.truth,
        herd.vectors,
        SETTINGS,
        told.append,
    )
    return lessons, herd.vectors


def test_lessons_of_a_herd_answer_its_own_next_visit() -> None:
    herd = synthetic_herd(animals=8, events=60, moment=0.5)
    told: list[Trial] = []
    lessons, space = learned(herd, told)
    assert len(told) == TRIALS
    for trial in told:
        unseen = set(herd.truth[trial.asked]) - set(herd.truth[trial.known])
        assert unseen and not set(trial.asked) & set(trial.known)
        assert np.allclose(np.linalg.norm(trial.vectors[trial.asked], axis=1), 1, atol=1e-4)
    facts = Facts.of(herd.frame)
    shows = tells(lessons.identify, facts.measured)
    last = facts.event == facts.event.max()
    rows, rest = np.flatnonzero(last), np.flatnonzero(~last)
    asked = facts.sightings(
        rows, space, by_visit(herd.truth[rows], facts.event[rows]), herd.truth, shows
    )
    known = facts.sightings(
        rest, space, by_visit(herd.truth[rest], facts.event[rest]), herd.truth, shows
    )
    compared = compare(asked, known, lessons.model.yardstick)
    model = lessons.model.expecting(prior_of_new(lessons.model, asked, compared, known))
    deer, _ = model.chances(asked, compared)
    assert known.deer[deer.argmax(axis=1)].tolist() == asked.who.tolist()


def test_a_deer_that_no_trial_holds_stands_in_the_way_of_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a large herd some events are drawn, and the last of its deer may be in none of them."""
    herd = synthetic_herd(animals=8, events=60, moment=0.5)
    truth = herd.truth.copy()
    truth[np.flatnonzero(truth >= 0)[-1]] = 99  # one picture, of the event that is not drawn
    monkeypatch.setattr("thumper_core.identify.meet.trials.whole_groups", _all_but_the_last)
    told: list[Trial] = []
    learned(replace(herd, truth=truth), told)
    assert len(told) == TRIALS
    assert not any(99 in truth[np.concatenate([one.known, one.asked])] for one in told)


def _all_but_the_last(group: np.ndarray, *_: object) -> np.ndarray:
    return np.asarray(group < group.max())


def test_lessons_come_back_from_their_text_and_nothing_else_does() -> None:
    lessons, _ = learned(synthetic_herd(animals=6, events=40), [])
    text = written(lessons)
    again = read(text)
    assert again is not None and written(again) == text
    assert read("{") is None and read("{}") is None
    other = json.loads(text) | {"measured": ["size"]}
    assert read(json.dumps(other)) is None


def test_a_herd_of_a_few_deer_teaches_nothing_and_hides_nothing() -> None:
    herd = synthetic_herd(animals=2, events=6)
    told: list[Trial] = []
    lessons, _ = learned(herd, told)
    assert not told and lessons.identify is None
    assert tells(lessons.identify, np.zeros((3, 11))).tolist() == [1, 1, 1]


def test_what_is_known_of_detections_without_a_clock_or_a_sex() -> None:
    frame = synthetic_herd(animals=2, events=2).frame.with_columns(
        is_time_evidence=pl.lit(False), sex=pl.lit("unknown"), age_class=pl.lit("fawn")
    )
    facts = Facts.of(frame)
    assert np.isnan(facts.hour).all() and set(facts.kind.tolist()) == {2}
    bare = Facts.of(frame.with_columns(age_class=pl.lit("unknown")).drop("is_infrared"))
    assert set(bare.kind.tolist()) == {-1} and set(bare.light.tolist()) == {-1}
