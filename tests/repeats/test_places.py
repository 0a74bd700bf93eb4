"""Places of one camera: found as comparing everything with everything finds them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.repeats.sights import look, pixels
from thumper_core.boxes.iou import iou_matrix
from thumper_core.repeats.places import Seen, find_places, unit_patches
from thumper_core.repeats.rule import BY_PIXELS, BY_PLACE, Evidence


def test_the_dot_product_of_two_patches_is_their_correlation() -> None:
    a, b = pixels(look(1), 1), pixels(look(1), 2, 60.0)
    flat = bytes([90] * 256)
    rows = unit_patches([a, b, flat])
    both = np.array([list(a), list(b)], float)
    assert rows[0] @ rows[1] == pytest.approx(np.corrcoef(both)[0, 1], abs=1e-5)
    assert rows[0] @ rows[0] == pytest.approx(1)
    assert not rows[2].any()
    assert unit_patches([a]).shape == (1, 256)


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (Evidence(6, 4, 2, 0.01), True),
        (Evidence(5, 4, 2, 1.0), False),  # a few photos
        (Evidence(60, 3, 2, 1.0), False),  # of three visits
        (Evidence(60, 9, 1, 1.0), False),  # of one night: a bedded deer
        (Evidence(60, 9, 9, 0.009), False),  # in one of a hundred photos or fewer: chance
    ],
)
def test_photos_visits_days_and_their_share_must_all_be_enough(
    found: Evidence, holds: bool
) -> None:
    assert BY_PIXELS.holds(found) == holds


def test_a_place_alone_must_come_back_much_more_often_than_one_with_its_pixels() -> None:
    assert not BY_PLACE.holds(Evidence(19, 8, 3, 0.5))
    assert BY_PLACE.holds(Evidence(20, 8, 3, 0.1))


def _scene(rng: np.random.Generator) -> tuple[Seen, np.ndarray]:
    """Four things that stand there, some half covering others, among deer; and which row is which."""
    boxes, patches, what = [], [], []
    hours = np.sort(rng.uniform(0, 24 * 6, 400))
    for row in range(400):
        thing = int(rng.integers(0, 12))
        if thing < 4:
            x, y = (60 + 35 * thing, 80 + 8 * thing)
            box = np.array([x, y, x + 50, y + 60]) + rng.uniform(-3, 3, 4)
            patches.append(pixels(look(thing), row))
        else:
            x, y, w, h = rng.uniform((0, 0, 30, 30), (250, 150, 120, 120))
            box = np.array([x, y, x + w, y + h])
            patches.append(pixels(look(1000 + row), row))
        boxes.append(box)
        what.append(thing if thing < 4 else -1)
    seen = Seen(
        np.array(boxes, np.float32), unit_patches(patches), np.arange(400), (hours // 2).astype(int),
        hours, hours,
    )  # fmt: skip
    return seen, np.array(what)


@pytest.mark.parametrize("seed", range(4))
def test_what_stands_there_is_found_and_nothing_else(seed: int) -> None:
    seen, what = _scene(np.random.default_rng(seed))
    found = find_places(seen, BY_PIXELS)
    assert sorted(int(what[p.members[0]]) for p in found) == [0, 1, 2, 3]
    for place in found:
        thing = what[place.members[0]]
        assert place.members.tolist() == np.flatnonzero(what == thing).tolist()
        assert place.picture in place.members
    # all pairs, written plainly: whoever has enough that is alike is in a place, and nobody else
    alike = iou_matrix(seen.boxes, seen.boxes) >= BY_PIXELS.overlap_min
    alike &= seen.patches @ seen.patches.T >= BY_PIXELS.alike_min
    enough = {r for r in range(400) if BY_PIXELS.holds(seen.evidence(np.flatnonzero(alike[r])))}
    assert enough == {int(row) for place in found for row in place.members}


def test_more_boxes_than_are_compared_at_once_are_found_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, _ = _scene(np.random.default_rng(9))
    whole = [p.members.tolist() for p in find_places(seen, BY_PIXELS)]
    monkeypatch.setattr("thumper_core.repeats.places.GROUP_MAX", 20)
    assert [p.members.tolist() for p in find_places(seen, BY_PIXELS)] == whole


def test_nothing_and_one_box_are_no_place() -> None:
    for n in (0, 1):
        seen = Seen(
            np.array([[0, 0, 9, 9]] * n, np.float32).reshape(-1, 4),
            np.zeros((n, 256), np.float32),
            *(np.zeros(n, int) for _ in range(2)),
            *(np.zeros(n) for _ in range(2)),
        )
        assert find_places(seen, BY_PIXELS) == []
