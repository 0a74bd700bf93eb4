"""Photos of one picture: the largest that is there is used, whatever order they were paired in."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from tests.made_photos import MadePhotos
from thumper_core.store.ledger import Ledger
from thumper_core.store.versions import Used, Version


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    found = Ledger(tmp_path / "ledger.sqlite")
    found.create()
    made = MadePhotos(tmp_path)
    for number in range(5):
        made.photo("Creek", None, f"{number}.jpg")
    found.add_root(str(tmp_path))
    found.upsert_files(made.files)
    return found


def version(number: int, width: int) -> Version:
    return Version(f"{number:032x}", "", width, width // 2, width * 10, parted=False)


THREE = (version(0, 100), version(1, 200), version(2, 400))
IDS = [one.photo_id for one in THREE]


@pytest.mark.parametrize("order", list(permutations([(0, 1), (1, 2), (0, 2)])))
def test_in_whatever_order_they_are_paired(ledger: Ledger, order: list[tuple[int, int]]) -> None:
    found = [ledger.pair_versions([(THREE[a], THREE[b])]) for a, b in order]
    assert sum(found) == 2  # the third pair follows from the others
    assert ledger.used_instead() == {IDS[0]: Used(IDS[2], 4, 4), IDS[1]: Used(IDS[2], 2, 2)}
    assert [one.photo_id for one in ledger.versions()] == IDS[::-1]
    before = ledger.files_version()
    assert ledger.pair_versions([(THREE[0], THREE[2])]) == 0
    assert ledger.files_version() == before


def test_nothing_is_used_instead_of_what_is_alone(ledger: Ledger) -> None:
    assert ledger.used_instead() == {} and ledger.versions() == []
    assert not ledger.part_version(IDS[0])


def test_where_the_largest_is_gone_the_next_is_used(ledger: Ledger, tmp_path: Path) -> None:
    ledger.pair_versions([(THREE[0], THREE[1]), (THREE[1], THREE[2])])
    ledger.mark_missing(str(tmp_path), [b"2.jpg"])
    assert ledger.used_instead() == {IDS[0]: Used(IDS[1], 2, 2), IDS[2]: Used(IDS[1], 0.5, 0.5)}
    ledger.mark_missing(str(tmp_path), [b"0.jpg", b"1.jpg"])
    assert ledger.used_instead() == {}  # none is there


@pytest.mark.parametrize("parted", range(3))
def test_one_that_is_parted_leaves_the_others_together(ledger: Ledger, parted: int) -> None:
    ledger.pair_versions([(THREE[0], THREE[1]), (THREE[1], THREE[2])])
    assert ledger.part_version(IDS[parted])
    rest = [n for n in range(3) if n != parted]
    assert {k: v.photo_id for k, v in ledger.used_instead().items()} == {IDS[rest[0]]: IDS[rest[1]]}
    assert ledger.pair_versions([(THREE[parted], THREE[rest[0]])]) == 0
    assert not ledger.part_version(IDS[parted])
    assert ledger.part_version(IDS[parted], back=True)
    assert ledger.pair_versions([(THREE[parted], THREE[rest[0]])]) == 1
    assert len(ledger.used_instead()) == 2
