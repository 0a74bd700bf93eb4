"""Every photo counts once, whatever dies and whatever is answered twice."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from thumper_core.contracts import ErrorCode, Status
from thumper_core.pipeline.records import PhotoResult, PhotoTask
from thumper_core.pipeline.shares import SUSPECT_DEATHS, Shares


def tasks(n: int) -> list[PhotoTask]:
    return [PhotoTask(f"p{i:03d}", ()) for i in range(n)]


def results(handed: list[PhotoTask]) -> list[PhotoResult]:
    return [PhotoResult(task.photo_id, Status.OK) for task in handed]


def ids(items: list[PhotoTask] | list[PhotoResult]) -> list[str]:
    return [item.photo_id for item in items]


def test_no_photos_are_done_at_once() -> None:
    shares = Shares([])
    assert shares.is_done
    assert shares.hand_out(1, 5) == []


def test_photos_go_out_in_order_and_count_when_they_come_back() -> None:
    shares = Shares(tasks(5))
    first, second = shares.hand_out(1, 2), shares.hand_out(2, 9)
    assert ids(first) == ["p000", "p001"] and ids(second) == ["p002", "p003", "p004"]
    assert (shares.n_waiting, shares.n_with(1), shares.n_with(2)) == (0, 2, 3)
    assert ids(shares.accept(1, results(first))) == ids(first)
    assert not shares.is_done
    shares.accept(2, results(second))
    assert shares.is_done


def test_an_answer_that_comes_twice_or_from_a_lost_worker_does_not_count() -> None:
    shares = Shares(tasks(2))
    mine = shares.hand_out(1, 1)
    assert ids(shares.accept(1, results(mine))) == ids(mine)
    assert shares.accept(1, results(mine)) == []
    lost = shares.hand_out(2, 1)
    assert shares.take_back(2) == []
    assert shares.accept(2, results(lost)) == []
    assert ids(shares.hand_out(3, 1)) == ids(lost)
    assert shares.accept(2, results(lost)) == []
    assert ids(shares.accept(3, results(lost))) == ids(lost)
    assert shares.is_done


def test_a_worker_that_refuses_raises_no_suspicion() -> None:
    shares = Shares(tasks(4))
    for worker in range(SUSPECT_DEATHS + 2):
        assert len(shares.hand_out(worker, 4)) == 4
        assert shares.give_back(worker) == 4


def test_a_photo_that_kills_is_found_alone_and_left_out_the_others_are_kept() -> None:
    """The worker dies whenever the deadly photo is among those it has."""
    shares = Shares(tasks(20))
    done: list[PhotoResult] = []
    deaths = 0
    for worker in range(100):
        handed = shares.hand_out(worker, 8)
        if "p011" in ids(handed):
            deaths += 1
            done += shares.take_back(worker)
        else:
            done += shares.accept(worker, results(handed))
        if shares.is_done:
            break
    assert sorted(ids(done)) == ids(tasks(20))
    failed = [result for result in done if result.status is Status.ERROR]
    assert ids(failed) == ["p011"]
    assert failed[0].error_code is ErrorCode.DECODE_FAILED
    assert deaths == SUSPECT_DEATHS + 1


def test_a_suspect_waits_for_a_worker_with_nothing_else_and_stays_alone() -> None:
    shares = Shares(tasks(4))
    shares.hand_out(0, 1)
    for worker in range(SUSPECT_DEATHS):
        shares.take_back(worker)
        if worker + 1 < SUSPECT_DEATHS:
            shares.hand_out(worker + 1, 1)
    free, busy = 10, 11
    shares.hand_out(free, 1)  # the suspect
    assert shares.n_with(free) == 1
    assert shares.hand_out(free, 5) == []
    assert len(shares.hand_out(busy, 2)) == 2
    shares.take_back(free)
    assert shares.is_done is False


@given(st.integers(0, 60), st.integers(1, 5), st.randoms(use_true_random=False))
def test_whatever_happens_every_photo_is_answered_once(
    n: int, n_workers: int, chance: random.Random
) -> None:
    shares = Shares(tasks(n))
    number = n_workers
    workers: dict[int, list[PhotoTask]] = {i: [] for i in range(n_workers)}
    late: list[tuple[int, list[PhotoTask]]] = []
    counted: list[str] = []
    for _ in range(10_000):
        if shares.is_done:
            break
        worker = chance.choice(list(workers))
        event = chance.random()
        if event < 0.1:
            late.append((worker, workers.pop(worker)))
            counted += ids(shares.take_back(worker))
            workers[number] = []
            number += 1
        elif event < 0.15:
            workers.pop(worker)
            shares.give_back(worker)
            workers[number] = []
            number += 1
        elif event < 0.2 and late:
            assert shares.accept(late[-1][0], results(late[-1][1])) == []
        elif event < 0.6:
            workers[worker] += shares.hand_out(worker, chance.randint(0, 10))
        else:
            finished = [task for task in workers[worker] if chance.random() < 0.7]
            workers[worker] = [task for task in workers[worker] if task not in finished]
            counted += ids(shares.accept(worker, results(finished)))
    assert shares.is_done
    assert sorted(counted) == ids(tasks(n))
