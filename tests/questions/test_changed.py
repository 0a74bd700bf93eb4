from __future__ import annotations

import pytest

from thumper_core.herd.recut import Applied
from thumper_core.questions.changed import change_told
from thumper_core.store.herd_summary import DecisionsHeard, HerdCounts, HerdSummary


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("a b", "a", "2 groups became 1 (a and b); 41 now."),
        ("a", "a c", "1 group became 2 (a and c); 41 now."),
        ("a b", "a b", "Pictures moved between a and b; 41 groups now."),
        ("a", "a", "a changed; 41 groups now."),
        ("a b c d e f", "a b", "6 groups became 2 (a, b, c and 3 others); 41 now."),
        ("a b c d e", "a b c d e", "Pictures moved between a, b, c and 2 others; 41 groups now."),
    ],
)
def test_what_decisions_did_is_told(before: str, after: str, told: str) -> None:
    summary = HerdSummary(counts=HerdCounts(n_individuals=41))
    who = tuple(before.split()), tuple(after.split())
    applied = Applied("h2", True, False, *who, summary, (), DecisionsHeard())
    assert change_told(applied) == told
