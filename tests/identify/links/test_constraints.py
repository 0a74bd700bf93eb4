"""Constraints, contradictions and where they come from."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identify.links.frames import decisions, frame, subject
from thumper_core.decisions.contradictions import Against, Contradiction
from thumper_core.herd.notes import sentence
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.constraints import ConstraintReport, build_constraints, parted_rows
from thumper_core.identify.links.tracklets import tracklet_table
from thumper_core.settings import IdentifySettings

BOX = (100, 100, 300, 250)
CAMERAS = pl.DataFrame(
    {"name": ["north", "south"], "latitude": [30.0, 30.1], "longitude": [-98.0, -98.0]}
)  # 11.1 km apart: 927 s at 12 m/s


def singles(n: int, **columns: list) -> pl.DataFrame:
    """`n` deer alone in their photos, a day apart, each a tracklet of its own."""
    rows = [
        {"photo": f"p{k}", "box": BOX, "burst": f"b{k}", "s": 86_400.0 * k}
        | {name: values[k] for name, values in columns.items()}
        for k in range(n)
    ]
    return frame(rows)


def beside(k: int) -> tuple[int, int, int, int]:
    """The `k`-th of several boxes of one photo, each over half of the one before."""
    return (100 * k, 100, 100 * k + 200, 250)


def build(
    table: pl.DataFrame,
    said: pl.DataFrame | None = None,
    cameras: pl.DataFrame | None = None,
    index: np.ndarray | None = None,
) -> ConstraintReport:
    index = np.arange(table.height, dtype=np.int32) if index is None else index
    made = tracklet_table(table, index)
    return build_constraints(made, table, index, said, cameras, IdentifySettings())


def pair(table: pl.DataFrame, a: int, b: int) -> dict:
    return {"a": subject(table, a), "b": subject(table, b)}


def tracklets(*rows: int) -> tuple[str, ...]:
    """The ids of the tracklets of `singles`."""
    return tuple(f"tp{row}-{row}" for row in rows)


def test_empty_one_and_all_in_one_photo() -> None:
    assert build(frame([])).constraints.n == 0
    one = build(singles(1)).constraints
    assert (one.n, len(one.cannot), len(one.must)) == (1, 0, 0)
    crowd = frame([{"photo": "p", "box": beside(k)} for k in range(5)])
    found = build(crowd).constraints
    assert len(found.cannot) == 10
    over_half = found.cannot[:, 1] - found.cannot[:, 0] == 1
    assert found.cannot_kind.tolist() == np.where(over_half, "mingled", "same_photo").tolist()
    assert (found.cannot[:, 0] < found.cannot[:, 1]).all()


def test_photos_shared_by_tracklets_of_several_frames_make_one_pair() -> None:
    rows = [{"photo": p, "box": beside(k), "id": f"{p}-{k}"} for p in ("p1", "p2") for k in (0, 1)]
    found = build(frame(rows), index=np.array([0, 1, 0, 1], np.int32)).constraints
    assert found.cannot.tolist() == [[0, 1]]
    assert found.cannot_kind.tolist() == ["mingled"]
    rows[3]["box"] = beside(5)  # in the second photo they stand apart
    found = build(frame(rows), index=np.array([0, 1, 0, 1], np.int32)).constraints
    assert found.cannot_kind.tolist() == ["same_photo"]


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ((102, 102, 298, 248), "nested"),
        ((110, 110, 200, 200), "nested"),
        ((90, 90, 200, 200), "mingled"),
        ((200, 100, 400, 250), "mingled"),
        ((201, 100, 401, 250), "same_photo"),
        ((250, 100, 400, 250), "same_photo"),
    ],
    ids=["twice", "the head", "sticks out", "half over it", "less than half", "beside"],
)
def test_a_box_inside_another_may_be_the_same_animal(
    inner: tuple[int, int, int, int], kind: str
) -> None:
    table = frame([{"photo": "p", "box": BOX}, {"photo": "p", "box": inner}])
    assert build(table).constraints.cannot_kind.tolist() == [kind]
    said = build(table, decisions([("same", pair(table, 0, 1))]))
    assert said.constraints.must.tolist() == ([[0, 1]] if kind == "nested" else [])
    assert len(said.contradictions) == (kind != "nested")


def test_people_are_found_again_by_overlap() -> None:
    table = singles(4)
    said = decisions(
        [
            ("same", {"a": subject(table, 0, shift=20), "b": subject(table, 1)}),
            ("different", pair(table, 2, 1)),
            ("name", {"name": "Bambi"}),
        ]
    )
    found = build(table, said)
    assert found.constraints.must.tolist() == [[0, 1]]
    assert found.constraints.cannot.tolist() == [[1, 2]]
    assert found.constraints.cannot_kind.tolist() == ["human"]
    assert not found.contradictions
    assert not found.warnings


LOST = {
    "photo gone": ({"photo_id": "gone", "box": [1, 2, 3, 4]}, "photo gone"),
    "box elsewhere": ({"photo_id": "p1", "box": [700, 700, 710, 710]}, "photo p1"),
    "box malformed": ({"photo_id": "p1", "box": [1, 2]}, "photo p1"),
    "no subject": (None, "photo ?"),
}


@pytest.mark.parametrize("name", LOST)
def test_a_decision_that_finds_nothing_is_a_warning(name: str) -> None:
    lost, words = LOST[name]
    table = singles(2)
    found = build(table, decisions([("same", {"a": subject(table, 0), "b": lost})]))
    assert len(found.constraints.must) == 0
    assert len(found.warnings) == 1
    assert words in found.warnings[0]


@pytest.mark.parametrize("payload", ["{", "[]", '{"a": {}}', "null"])
def test_a_decision_that_cannot_be_read_is_a_warning(payload: str) -> None:
    assert "cannot be read" in build(singles(2), decisions([("same", payload)])).warnings[0]


def test_undone_decisions_do_not_count() -> None:
    table = singles(2)
    said = decisions([("same", pair(table, 0, 1))]).with_columns(undone=pl.lit(True))
    assert len(build(table, said).constraints.must) == 0


def test_lists_in_a_payload() -> None:
    table = singles(3)
    said = decisions([("move", {"must": [pair(table, 0, 1)], "cannot": [pair(table, 0, 2)]})])
    found = build(table, said).constraints
    assert found.must.tolist() == [[0, 1]]
    assert found.cannot.tolist() == [[0, 2], [1, 2]]
    assert found.cannot_kind.tolist() == ["human", "gathered"]
    assert parted_rows(said, table).tolist() == [[0, 2], [1, 2]]


def test_a_decision_outlives_the_photo_that_it_was_made_on() -> None:
    table = singles(5)
    gone = {"photo_id": "gone", "box": [1, 2, 3, 4]}
    star = [{"a": gone, "b": subject(table, k)} for k in (0, 1)]
    kept = [{"a": subject(table, 2), "b": subject(table, 3)}]
    parted = [{"a": gone, "b": subject(table, 2)}]
    said = decisions([("split", {"must": star, "kept": kept, "cannot": parted})])
    found = build(table, said)
    assert found.constraints.must.tolist() == [[0, 1], [2, 3]]
    assert found.constraints.must_kind.tolist() == ["gathered", "gathered"]
    assert found.constraints.cannot.tolist() == [[0, 2], [0, 3], [1, 2], [1, 3]]
    assert len(found.warnings) == 1 and "1 of its boxes in photo gone" in found.warnings[0]


def test_decisions_that_collide_in_many_pairs_are_listed_once() -> None:
    table = singles(5)
    star = [{"a": subject(table, 0), "b": subject(table, k)} for k in (1, 2, 3, 4)]
    leaving = [{"a": subject(table, 1), "b": subject(table, 2)}]
    parted = [{"a": subject(table, 1), "b": subject(table, k)} for k in (0, 3, 4)]
    said = decisions([("merge", {"must": star}), ("split", {"must": leaving, "cannot": parted})])
    found = build(table, said)
    assert found.constraints.must.tolist() == [[0, 3], [0, 4], [1, 2]]
    (listed,) = found.contradictions
    assert (listed.against, listed.set_aside, listed.set_aside_kind) == ("different", (1,), "merge")
    assert listed.n_pairs == 2
    assert "Decision 1 (merge)" in sentence(listed) and "1 more such pair)" in sentence(listed)


def test_a_contradiction_names_its_chain() -> None:
    table = singles(4)
    said = decisions(
        [
            ("same", pair(table, 0, 1)),
            ("different", pair(table, 0, 3)),
            ("same", pair(table, 1, 2)),
            ("same", pair(table, 2, 3)),
        ]
    )
    found = build(table, said)
    (conflict,) = found.contradictions
    assert conflict.against is Against.VERDICT
    assert conflict.chain == tracklets(0, 1, 2, 3)
    assert conflict.chain_decisions == (1, 3, 4)
    assert conflict.cannot_decision == 2
    assert conflict.set_aside == (4,)
    assert found.constraints.must.tolist() == [[0, 1], [1, 2]]
    assert found.constraints.cannot.tolist() == [[0, 3]]


def test_the_chain_is_the_shortest() -> None:
    table = singles(5)
    links = [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4)]
    verdicts = [("same", pair(table, a, b)) for a, b in links]
    said = decisions([*verdicts, ("different", pair(table, 0, 4))])
    (conflict,) = build(table, said).contradictions
    assert conflict.chain == tracklets(0, 3, 4)


def test_photo_facts_win_over_people() -> None:
    table = frame([{"photo": "p1", "box": BOX}, {"photo": "p1", "box": (500, 100, 700, 250)}])
    found = build(table, decisions([("same", pair(table, 0, 1))]))
    assert found.contradictions[0].against is Against.SAME_PHOTO
    assert found.contradictions[0].set_aside == (1,)
    assert len(found.constraints.must) == 0
    assert found.constraints.cannot_kind.tolist() == ["same_photo"]


def test_a_tracklet_that_a_person_parts() -> None:
    table = frame([{"photo": "p1", "box": BOX}, {"photo": "p2", "box": BOX}])
    said = decisions([("different", pair(table, 0, 1))])
    (conflict,) = build(table, said, index=np.zeros(2, np.int32)).contradictions
    assert conflict == Contradiction(
        Against.TRACKLET, ("tp1-0",), (), 1, set_aside=(1,), set_aside_kind="different"
    )


SEXED = {
    "sure models": (["male", "female"], ["model"] * 2, [0.9] * 2, [1, 2]),
    "unsure models": (["male", "female"], ["model"] * 2, [0.4] * 2, [0, 0]),
    "people at any confidence": (["male", "female"], ["human"] * 2, [0.1] * 2, [1, 2]),
    "unknown": (["unknown", "male"], ["model"] * 2, [0.9] * 2, [0, 1]),
}


@pytest.mark.parametrize("name", SEXED)
def test_adult_sex_makes_groups(name: str) -> None:
    sex, source, confidence, groups = SEXED[name]
    found = build(singles(2, sex=sex, source=source, confidence=confidence)).constraints
    assert found.group.tolist() == groups
    human = [s == "human" for s in source]
    assert ((found.group_trust == 1) == human).all()


def test_fawns_have_no_group() -> None:
    assert build(singles(1, sex=["male"], age=["fawn"])).constraints.group.tolist() == [0]


def test_people_join_what_the_model_parts_and_it_is_listed() -> None:
    table = singles(2, sex=["male", "female"])
    found = build(table, decisions([("same", pair(table, 0, 1))]))
    assert found.constraints.must.tolist() == [[0, 1]]
    assert found.constraints.group.tolist() == [0, 0]
    (conflict,) = found.contradictions
    assert (conflict.against, conflict.set_aside) == (Against.SEX_SEEN, ())
    assert not conflict.sex_holds


def test_a_heads_sex_parts_nobody_however_sure_it_is() -> None:
    table = singles(3, sex=["male", "female", "female"]).with_columns(
        pl.Series("p_male", [0.9999, 0.0001, None], pl.Float32), pl.lit(0.8).alias("sex_chance_min")
    )
    assert build(table).constraints.group.tolist() == [0, 0, 2]


def test_a_persons_sex_goes_to_all_that_people_joined() -> None:
    table = singles(2, sex=["male", "female"], source=["human", "model"])
    found = build(table, decisions([("same", pair(table, 0, 1))]))
    assert found.constraints.group.tolist() == [1, 1]
    assert found.constraints.group_trust.tolist() == [1, 1]
    assert found.contradictions[0].sex_holds


def test_confirmed_bucks_and_does_cannot_be_joined() -> None:
    table = singles(3, sex=["male", "unknown", "female"], source=["human", "model", "human"])
    said = decisions([("same", pair(table, 0, 1)), ("same", pair(table, 1, 2))])
    found = build(table, said)
    assert found.constraints.must.tolist() == [[0, 1]]
    (conflict,) = found.contradictions
    assert (conflict.against, conflict.set_aside) == (Against.SEX_SAID, (2,))
    assert conflict.chain == tracklets(0, 1, 2)


TRAVEL = {
    "in time": (2000.0, []),
    "too fast": (300.0, [[0, 1]]),
    "at once": (0.0, [[0, 1]]),
    "within the clocks' uncertainty": (700.0, []),
}


@pytest.mark.parametrize("name", TRAVEL)
def test_impossible_travel(name: str) -> None:
    gap, pairs = TRAVEL[name]
    table = singles(2, s=[0.0, gap], camera=["north", "south"])
    found = build(table, cameras=CAMERAS).constraints
    assert found.cannot.tolist() == pairs
    assert len(build(table).constraints.cannot) == 0  # no coordinates, no constraint
    here = singles(2, s=[0.0, gap], camera=["north", "north"])
    assert len(build(here, cameras=CAMERAS).constraints.cannot) == 0


def test_people_win_over_travel_and_it_is_listed() -> None:
    table = singles(2, s=[0.0, 60.0], camera=["north", "south"])
    found = build(table, decisions([("same", pair(table, 0, 1))]), CAMERAS)
    assert found.constraints.must.tolist() == [[0, 1]]
    assert len(found.constraints.cannot) == 0
    assert found.contradictions[0].against is Against.TRAVEL


def test_a_time_that_is_no_evidence_keeps_nobody_apart() -> None:
    table = singles(2, s=[0.0, 60.0], camera=["north", "south"])
    dated = table.with_columns(is_time_evidence=pl.Series([True, False]))
    assert len(build(dated, cameras=CAMERAS).constraints.cannot) == 0


def test_a_moved_camera_follows_the_frames_own_coordinates() -> None:
    table = singles(2, s=[0.0, 60.0], camera=["north", "south"]).with_columns(
        latitude=pl.lit(30.0), longitude=pl.lit(-98.0)
    )
    assert len(build(table, cameras=CAMERAS).constraints.cannot) == 0


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_constraints_are_always_consistent(data: st.DataObject) -> None:
    """Whatever is said, what is accepted can be satisfied, and what is not is listed."""
    n = data.draw(st.integers(2, 8))
    sexes = data.draw(
        st.lists(st.sampled_from(["male", "female", "unknown"]), min_size=n, max_size=n)
    )
    sources = data.draw(st.lists(st.sampled_from(["model", "human"]), min_size=n, max_size=n))
    photos = data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    table = frame(
        [
            {"photo": f"p{p}", "box": (100 * k, 0, 100 * k + 90, 90), "sex": sex, "source": source}
            for k, (p, sex, source) in enumerate(zip(photos, sexes, sources, strict=True))
        ]
    )
    node = st.integers(0, n - 1)
    said = data.draw(
        st.lists(st.tuples(st.sampled_from(["same", "different"]), node, node), max_size=14)
    )
    verdicts = decisions([(kind, pair(table, a, b)) for kind, a, b in said]) if said else None
    last = {frozenset((a, b)): number for number, (_, a, b) in enumerate(said, 1)}
    found = build(table, verdicts)
    c = found.constraints
    root = list(range(n))
    for a, b in c.must.tolist():
        old, new = root[b], root[a]
        root = [new if r == old else r for r in root]
    assert all(root[a] != root[b] for a, b in c.cannot.tolist())
    for r in set(root):
        assert len({int(c.group[k]) for k in range(n) if root[k] == r}) == 1
    wanted = {
        tuple(sorted((a, b))): number
        for number, (kind, a, b) in enumerate(said, 1)
        if kind == "same" and a != b and last[frozenset((a, b))] == number
    }
    kept = {tuple(p) for p in c.must.tolist()}
    listed = {i for x in found.contradictions for i in x.set_aside}
    assert all(p in kept or number in listed for p, number in wanted.items())
    apart = {
        tuple(sorted((a, b)))
        for number, (kind, a, b) in enumerate(said, 1)
        if kind == "different" and a != b and last[frozenset((a, b))] == number
    }
    assert apart <= {tuple(p) for p in c.cannot.tolist()}


def test_thousands_of_tracklets_stay_quick() -> None:
    n = 20_000
    rng = np.random.default_rng(0)
    table = singles(
        n,
        s=rng.uniform(0, 21 * 86_400, n).tolist(),
        camera=rng.choice(["north", "south"], n).tolist(),
        sex=rng.choice(["male", "female"], n).tolist(),
    )
    begun = datetime.now()
    found = build(table, cameras=CAMERAS).constraints
    assert (datetime.now() - begun).total_seconds() < 20
    assert 0 < len(found.cannot) < 40 * n
    assert set(found.group.tolist()) == {1, 2}


@pytest.mark.parametrize("rows", [[], [3], [0, 2, 3], [1, 2, 4], [0, 1, 2, 3, 4]])
def test_constraints_among_some_tracklets(rows: list[int]) -> None:
    table = singles(5, sex=["male", "unknown", "female", "unknown", "unknown"])
    links = [("same", 0, 3), ("different", 1, 2), ("different", 2, 4), ("same", 1, 4)]
    whole = build(table, decisions([(kind, pair(table, a, b)) for kind, a, b in links])).constraints
    part = whole.among(np.array(rows, np.int64))
    assert part.n == len(rows)
    for name in ("cannot", "must"):
        pairs, kinds, trust = (getattr(whole, name + end) for end in ("", "_kind", "_trust"))
        kept = [k for k, ends in enumerate(pairs.tolist()) if set(ends) <= set(rows)]
        want = [[rows.index(end) for end in pairs[k].tolist()] for k in kept]
        assert getattr(part, name).tolist() == want
        assert getattr(part, name + "_kind").tolist() == kinds[kept].tolist()
        assert getattr(part, name + "_trust").tolist() == trust[kept].tolist()
    assert part.group.tolist() == whole.group[rows].tolist()
    assert part.group_trust.tolist() == whole.group_trust[rows].tolist()


def test_none() -> None:
    free = Constraints.none(3)
    assert (free.n, len(free.cannot), len(free.must)) == (3, 0, 0)
    assert free.group.tolist() == [0, 0, 0]
