"""The whole identification: tables, options, edges; the learned space; the two old rules."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from tests.identify.synthetic_herd import pair_rates, synthetic_herd
from thumper_core.contracts import ASSIGNMENTS, PROFILES, TRACKLETS, UsageError
from thumper_core.herd.notes import identification_notes
from thumper_core.identify.chain import cut_again, identify_frame
from thumper_core.identify.links.columns import event_names
from thumper_core.identify.space.learn import learn_space
from thumper_core.identify.space.whitening import choose_whitening, fit_whitening
from thumper_core.identify.tree.density import density_profiles
from thumper_core.identify.tree.greedy import broken_links, greedy_profiles
from thumper_core.settings import IdentifySettings


def columns_of(schema, *dropped: str) -> list[str]:  # type: ignore[no-untyped-def]
    return [name for name in schema.names if name not in dropped]


@pytest.fixture(scope="module")
def herd():  # type: ignore[no-untyped-def]
    return synthetic_herd(animals=9, events=90, light=1.0, seed=5)


@pytest.fixture(scope="module")
def found(herd):  # type: ignore[no-untyped-def]
    return identify_frame(herd.frame, herd.vectors, IdentifySettings())


def test_tables_have_the_contracts_columns(herd, found) -> None:  # type: ignore[no-untyped-def]
    assert found.tables.tracklets.columns == columns_of(TRACKLETS, "herd_id")
    assert found.tables.assignments.columns == columns_of(ASSIGNMENTS, "herd_id", "individual_id")
    assert found.tables.profiles.columns == columns_of(PROFILES, "herd_id", "individual_id")
    assert found.tables.assignments["detection_id"].equals(herd.frame["detection_id"])
    assert set(found.tables.assignments["profile_id"]) == set(found.tables.profiles["profile_id"])
    assert found.tables.profiles["n_detections"].sum() == herd.frame.height
    counted = found.tables.assignments.group_by("profile_id").len().sort("profile_id")
    stated = found.tables.profiles.select("profile_id", "n_detections").sort("profile_id")
    assert counted["len"].to_list() == stated["n_detections"].to_list()


def test_animals_are_found_and_counted(herd, found) -> None:  # type: ignore[no-untyped-def]
    assert pair_rates(found.cut.labels[found.clustering.index], herd.truth)[2] > 0.95
    assert found.cut.census is not None
    assert found.cut.census.animals == pytest.approx(9, abs=1.4)
    assert found.cut.broken_links == 0
    p_same = found.tables.assignments["p_same"].drop_nulls()
    assert p_same.is_between(0, 1).all() and p_same.mean() > 0.5  # type: ignore[operator]
    assert found.tables.profiles["sex"].is_in(["male", "female"]).all()


def test_in_any_order_the_same(herd, found) -> None:  # type: ignore[no-untyped-def]
    order = np.random.default_rng(0).permutation(herd.frame.height)
    mixed = identify_frame(herd.frame[order.tolist()], herd.vectors[order], IdentifySettings())
    columns = ["detection_id", "tracklet_id", "profile_id"]
    one, other = (x.tables.assignments.select(columns).sort("detection_id") for x in (found, mixed))
    assert one.equals(other)


def test_another_threshold_without_another_clustering(herd, found) -> None:  # type: ignore[no-untyped-def]
    asked = float(found.thresholds.judgement.scale.probability(0.8))
    strict = cut_again(found, herd.frame, asked)
    whole = identify_frame(herd.frame, herd.vectors, IdentifySettings(threshold=asked))  # once more
    assert strict.tables.profiles.height > found.tables.profiles.height
    assert strict.tables.assignments.equals(whole.tables.assignments)
    assert whole.cut.threshold == asked


@pytest.mark.parametrize(("method", "breaks"), [("greedy", True), ("hdbscan", False)])
def test_the_old_rules_run_and_confess(herd, method: str, breaks: bool) -> None:  # type: ignore[no-untyped-def]
    settings = IdentifySettings(method=method, threshold=0.0)  # type: ignore[arg-type]
    result = identify_frame(herd.frame, herd.vectors, settings)
    links, labels = result.constraints.constraints, result.cut.labels
    joined = [(a, b) for a, b in combinations(range(links.n), 2) if labels[a] == labels[b]]
    barred = {tuple(pair) for pair in links.cannot.tolist()}
    wrong = sum(pair in barred for pair in joined)
    wrong += sum(links.group[a] + links.group[b] == 3 for a, b in joined)
    assert result.cut.broken_links == wrong
    assert wrong > 0 or not breaks
    told = any(f"method {method} put {wrong:,} pairs" in w for w in identification_notes(result))
    assert told == (wrong > 0)


def test_progress_is_told_in_order(herd) -> None:  # type: ignore[no-untyped-def]
    seen: list[tuple[str, float]] = []
    identify_frame(
        herd.frame[:60],
        herd.vectors[:60],
        IdentifySettings(),
        on_progress=lambda *x: seen.append(x),
    )
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert seen[0][0] == "tracklets"
    assert seen[-1] == ("done", 1.0)


@pytest.mark.parametrize("rows", [0, 1, 2, 9])
def test_few_detections_give_a_clear_result(herd, rows: int) -> None:  # type: ignore[no-untyped-def]
    vectors = herd.vectors[:rows] if rows else np.zeros((0, 0), np.float32)
    result = identify_frame(herd.frame[:rows], vectors, IdentifySettings())
    assert result.cut.similarity is None
    assert result.thresholds.sweep.is_empty()
    assert result.tables.profiles.height == result.tables.tracklets.height
    assert "too few photos" in result.thresholds.recommendation.reason
    assert any(w.startswith("not calibrated") for w in identification_notes(result))


def test_all_in_one_photo_are_as_many_animals(herd) -> None:  # type: ignore[no-untyped-def]
    rows = 12
    frame = herd.frame[:rows].with_columns(
        photo_id=pl.lit("p"),
        burst_id=pl.lit("b"),
        event_id=pl.lit("e"),
        taken_at=pl.lit(datetime(2025, 9, 1)).cast(pl.Datetime("us")),
        detection_id=pl.Series([f"p-{k}" for k in range(rows)]),
    )
    result = identify_frame(frame, herd.vectors[:rows], IdentifySettings())
    assert result.tables.profiles.height == rows
    assert result.cut.broken_links == 0


def test_a_threshold_without_a_calibration_is_a_similarity(herd) -> None:  # type: ignore[no-untyped-def]
    result = identify_frame(herd.frame[:9], herd.vectors[:9], IdentifySettings(threshold=-1.0))
    assert result.cut.similarity == -1.0
    assert result.tables.profiles.height < result.tables.tracklets.height


@pytest.mark.parametrize("bad", [np.zeros((3, 4)), np.full((270, 4), np.nan)])
def test_vectors_that_do_not_fit_are_refused(herd, bad: np.ndarray) -> None:  # type: ignore[no-untyped-def]
    frame = herd.frame[: max(len(bad), 5)]
    with pytest.raises(UsageError):
        identify_frame(frame, bad.astype(np.float32), IdentifySettings())


@pytest.mark.parametrize("kind", ["same", "different"])
def test_people_are_obeyed(herd, found, kind: str) -> None:  # type: ignore[no-untyped-def]
    animal = 0 if kind == "different" else 2  # both bucks
    mine = np.flatnonzero(herd.truth == 0)[0]
    other = np.flatnonzero(
        (herd.truth == animal)
        & (herd.frame["event_id"] != herd.frame["event_id"][int(mine)]).to_numpy()
    )[-1]
    assert (
        found.cut.labels[found.clustering.index[mine]]
        == found.cut.labels[found.clustering.index[other]]
    ) == (animal == 0)

    def subject(row: int) -> dict[str, object]:
        at = herd.frame.row(int(row), named=True)
        return {"photo_id": at["photo_id"], "box": [at[c] for c in ("x1", "y1", "x2", "y2")]}

    decisions = pl.DataFrame(
        {
            "decision_id": [1],
            "kind": [kind],
            "payload": [json.dumps({"a": subject(mine), "b": subject(other)})],
            "author": ["me"],
            "made_at": [datetime(2025, 10, 1)],
            "undone": [False],
        }
    )
    result = identify_frame(herd.frame, herd.vectors, IdentifySettings(whitening="off"), decisions)
    joined = (
        result.cut.labels[result.clustering.index[mine]]
        == result.cut.labels[result.clustering.index[other]]
    )
    assert joined == (kind == "same")
    assert result.cut.broken_links == 0


def test_whitening_makes_the_within_class_covariance_round() -> None:
    rng = np.random.default_rng(2)
    spread = np.linspace(0.1, 2.0, 8)
    classes = np.repeat(np.arange(200), 4).astype(np.int32)
    x = rng.normal(size=(200, 8))[classes] + rng.normal(size=(800, 8)) * spread
    found = fit_whitening(x.astype(np.float32), classes, shrinkage=0.0)
    assert found is not None
    mapped = (x - found.mean) @ found.projection
    residual = mapped - np.array([mapped[classes == c].mean(axis=0) for c in range(200)])[classes]
    np.testing.assert_allclose(residual.T @ residual / 600, np.eye(8), atol=0.02)
    np.testing.assert_allclose(
        np.linalg.norm(found.apply(x.astype(np.float32)), axis=1), 1, rtol=1e-5
    )
    assert fit_whitening(x[:30].astype(np.float32), classes[:30]) is None


@pytest.mark.parametrize(("scale", "kept"), [(3.0, True), (0.0, False)])
def test_whitening_is_kept_only_where_it_helps_on_unseen_events(scale: float, kept: bool) -> None:
    rng = np.random.default_rng(3)
    event = np.repeat(np.arange(120), 6).astype(np.int32)
    classes = np.repeat(np.arange(240), 3).astype(np.int32)
    photo = (event * 3 + np.tile(np.arange(3), 240)).astype(np.int32)
    nuisance = rng.normal(size=(2, 12))
    x = rng.normal(size=(240, 12))[classes] * 0.8 + 0.1 * rng.normal(size=(720, 12))
    x += scale * rng.normal(size=(720, 2)) @ nuisance
    if not kept:  # what differs between frames is all that differs between animals
        x = rng.normal(size=(720, 12))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    choice = choose_whitening(x.astype(np.float32), classes, photo, event)
    assert (choice.eer_whitened < choice.eer_plain - 0.05) == kept
    used = choice.whitening is not None
    assert used or not kept  # where both are as good, the spread of the scores decides
    assert choice.reason.startswith("whitening kept" if used else "whitening left out")


def test_a_learned_space_beats_the_plain_one(herd, found) -> None:  # type: ignore[no-untyped-def]
    plain = identify_frame(herd.frame, herd.vectors, IdentifySettings(whitening="off"))
    ours = pair_rates(found.cut.labels[found.clustering.index], herd.truth)[2]
    assert ours >= pair_rates(plain.cut.labels[plain.clustering.index], herd.truth)[2]
    assert plain.space.steps == ("whitening off",)
    assert "centred apart" in found.space.steps[0]
    links = found.constraints.constraints
    same = np.zeros(herd.frame.height, np.int32)
    space = learn_space(
        herd.vectors,
        found.clustering.index,
        same,
        np.arange(links.n, dtype=np.int32),
        event_names(found.tables.tracklets),
        None,
        links,
        IdentifySettings(whitening="on"),
    )
    assert "as set" in space.steps[0]
    np.testing.assert_allclose(np.linalg.norm(space.vectors, axis=1), 1, rtol=1e-4)


def test_greedy_by_hand() -> None:
    x = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9], [0.7, 0.72]], np.float32)
    assert greedy_profiles(x, 0.7).tolist() == [0, 0, 1, 1, 1]
    assert greedy_profiles(x, 0.999).tolist() == [0, 1, 2, 3, 4]
    assert greedy_profiles(x, 0.7, np.array([2, 3, 0, 1, 4])).tolist() == [1, 1, 0, 0, 0]
    assert greedy_profiles(x[:0], 0.5).tolist() == []
    moved = greedy_profiles(x[[0, 1, 4]], 0.72, momentum=0.0)
    assert moved.tolist() == [0, 0, 0]
    labels = np.array([0, 0, 1, 1], np.int32)
    cannot = np.array([[0, 1], [0, 2]], np.int32)
    assert broken_links(labels, cannot) == 1
    assert broken_links(labels, cannot, np.array([1, 2, 2, 2], np.int8)) == 2


def test_hdbscan_groups_what_is_dense() -> None:
    rng = np.random.default_rng(4)
    centres = np.eye(60)[:4]
    x = (np.repeat(centres, 15, axis=0) + 0.02 * rng.normal(size=(60, 60))).astype(np.float32)
    labels = density_profiles(x, min_size=3)
    assert pair_rates(labels, np.repeat(np.arange(4), 15))[2] > 0.95
    assert density_profiles(x[:2]).tolist() == [0, 1]
