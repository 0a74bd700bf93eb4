"""Individuals keep their IDs."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.herd.match_ids import match_individuals


def herd(groups: dict[str, str], column: str, shift: float = 0.0) -> pl.DataFrame:
    """Group name -> photos, one letter each; the box is the same in each photo but for `shift`."""
    rows = [
        {"photo_id": photo, "x1": 10.0 + shift, "y1": 10.0, "x2": 110.0 + shift, "y2": 110.0,
         column: name}
        for name, photos in groups.items()
        for photo in photos
    ]  # fmt: skip
    schema = {"photo_id": pl.String, **dict.fromkeys(("x1", "y1", "x2", "y2"), pl.Float32)}
    return pl.DataFrame(rows, schema={**schema, column: pl.String})


def match(new: dict[str, str], old: dict[str, str], shift: float = 0.0, **options):
    return match_individuals(herd(new, "profile_id", shift), herd(old, "individual_id"), **options)


CASES = {
    "unchanged": ({"p": "abc"}, {"deer-001": "abc"}, {"p": "deer-001"}),
    "first herd": ({"p": "ab", "q": "cde"}, {}, {"q": "deer-001", "p": "deer-002"}),
    "more photos": ({"p": "abcxyz"}, {"deer-001": "abc"}, {"p": "deer-001"}),
    "nothing shared": ({"p": "xyz"}, {"deer-001": "abc"}, {"p": "deer-002"}),
    "split: the larger part keeps it": (
        {"p": "abc", "q": "de"}, {"deer-001": "abcde"}, {"p": "deer-001", "q": "deer-002"},
    ),
    "merge: the larger one gives it": (
        {"p": "abcde"}, {"deer-001": "ab", "deer-002": "cde"}, {"p": "deer-002"},
    ),
    "the total counts, not each one's best": (
        # p shares most with 1, but q has nothing else, and p has 2: four kept, not three
        {"p": "abcuv", "q": "de"}, {"deer-001": "abcde", "deer-002": "uv"},
        {"p": "deer-002", "q": "deer-001"},
    ),
    "a stray detection gives no ID": (
        {"p": "aqrstuvwxyz"}, {"deer-001": "abcdefgh", "deer-002": "qrstuvwxyz"},
        {"p": "deer-002"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_matching(name: str) -> None:
    new, old, expected = CASES[name]
    assert match(new, old).individual_of == expected


def test_empty_herds() -> None:
    nothing = match({}, {})
    assert (nothing.individual_of, nothing.next_number, nothing.n_shared) == ({}, 1, 0)
    assert match_individuals(herd({"p": "a"}, "profile_id"), None).fresh == ("deer-001",)
    gone = match({}, {"deer-001": "abc"})
    assert gone.absent == ("deer-001",)
    assert gone.next_number == 2


def test_ids_are_never_given_twice() -> None:
    got = match({"p": "x"}, {"deer-002": "a"}, next_number=2, taken={"deer-007", "Old Buck"})
    assert got.individual_of == {"p": "deer-008"}
    assert got.next_number == 9
    assert match({"p": "x"}, {}, next_number=1000).individual_of == {"p": "deer-1000"}


def test_who_shows_nobody_gets_no_other_id_than_a_name() -> None:
    new, old = {"p": "abc", "q": "def", "r": "ghi"}, {"deer-001": "abc", "deer-002": "def"}
    found = match(new, old, untold={"p", "q", "r"}, anchored={"deer-002"})
    assert found.individual_of == {"q": "deer-002"}
    assert (found.fresh, found.absent, found.absorbed) == ((), ("deer-001",), {})
    two = match({"p": "abcdef"}, old, untold={"p"})
    assert (two.individual_of, two.merges) == ({}, ())


def test_other_boxes_of_another_detector() -> None:
    old = {"deer-001": "abc"}
    assert match({"p": "abc"}, old, shift=30).kept == ("deer-001",)  # IoU 0.54
    assert match({"p": "abc"}, old, shift=40).kept == ()  # IoU 0.43


def test_two_animals_in_one_photo_are_told_apart() -> None:
    old = pl.concat([herd({"deer-001": "a"}, "individual_id"),
                     herd({"deer-002": "a"}, "individual_id", 20)])  # fmt: skip
    new = pl.concat([herd({"p": "a"}, "profile_id", 19), herd({"q": "a"}, "profile_id", 1)])
    assert match_individuals(new, old).individual_of == {"p": "deer-002", "q": "deer-001"}


def test_a_name_outweighs_some_detections() -> None:
    new, old = {"p": "abcde"}, {"deer-001": "ab", "deer-002": "cde"}
    assert match(new, old, anchored={"deer-001"}).individual_of == {"p": "deer-001"}


def test_a_lost_individual_comes_back() -> None:
    """It was merged away in the last herd; rows of an older herd still know it."""
    older = {"deer-001": "abcdef", "deer-002": "ef"}
    got = match({"p": "abcd", "q": "ef"}, older)
    assert got.individual_of == {"p": "deer-001", "q": "deer-002"}


def test_splits_and_merges_carry_their_evidence() -> None:
    got = match({"p": "abcdefxy", "q": "gh"}, {"deer-001": "abcdefgh", "deer-002": "xy"})
    (split,) = got.splits
    assert split.individual_id == "deer-001"
    assert [(p.profile_id, p.n, p.share) for p in split.parts] == [("p", 6, 0.75), ("q", 2, 0.25)]
    (merge,) = got.merges
    assert (merge.profile_id, merge.individual_id) == ("p", "deer-001")
    assert [(p.individual_id, p.n, p.share) for p in merge.parts] == [
        ("deer-001", 6, 0.75), ("deer-002", 2, 0.25),
    ]  # fmt: skip
    assert not match({"p": "abc"}, {"deer-001": "abc"}).splits


def test_detections_in_no_profile_do_not_count() -> None:
    new = herd({"p": "ab"}, "profile_id").with_columns(
        profile_id=pl.Series(["p", None], dtype=pl.String)
    )
    got = match_individuals(new, herd({"deer-001": "ab"}, "individual_id"))
    assert got.n_shared == 1
    with pytest.raises(ValueError, match="overlap_min"):
        match_individuals(new, None, overlap_min=2)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_total_overlap_is_the_largest_possible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    photos = "abcdefghijklmnopqrst"
    p, o = rng.integers(0, 4, 20), rng.integers(0, 4, 20)
    new = {f"p{k}": "".join(x for x, g in zip(photos, p, strict=True) if g == k) for k in range(4)}
    old = {
        f"deer-{k + 1:03d}": "".join(x for x, g in zip(photos, o, strict=True) if g == k)
        for k in range(4)
    }
    got = match(new, old, overlap_min=0.0).individual_of
    shared = {(a, b): len(set(new[a]) & set(old[b])) for a in new for b in old}
    best = max(
        sum(shared[a, b] for a, b in zip(new, order, strict=True))
        for order in itertools.permutations(old)
    )
    assert sum(shared.get((a, b), 0) for a, b in got.items()) == best
    assert len(set(got.values())) == len(got)
