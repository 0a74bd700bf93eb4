"""The load of the machine: real figures of this process, and none of one that has gone."""

from __future__ import annotations

import os

import pytest

from thumper_core.upkeep import load
from thumper_core.upkeep.gpu import Gpu


def test_this_process_has_memory_and_the_machine_has_more() -> None:
    found = load.load_of(os.getpid())
    assert found.memory is not None
    assert 10 * 2**20 < found.memory < found.memory_total
    assert 0 < found.memory_used <= found.memory_total
    assert 0 <= found.processor <= 1


@pytest.mark.parametrize("pid", [None, 2**22 + 1, -3])
def test_a_process_that_is_not_there_holds_nothing(pid: int | None) -> None:
    assert load.load_of(pid).memory is None


def test_the_busiest_card_is_shown_and_of_idle_ones_the_fullest() -> None:
    idle, full, busy = Gpu("a", 0.0, 1, 9), Gpu("b", 0.0, 5, 9), Gpu("c", 0.4, 0, 9)
    assert load.Load(0.5, 1, 1, 2).busiest is None
    assert load.Load(0.5, 1, 1, 2, [idle, full]).busiest is full
    assert load.Load(0.5, 1, 1, 2, [idle, busy, full]).busiest is busy


def test_a_card_in_a_few_words() -> None:
    card = Gpu("NVIDIA L4", 0.3, 5 * 2**30, 45 * 2**29)
    assert card.summary == "NVIDIA L4: 30% busy, 5.0 of 22.5 GB"
