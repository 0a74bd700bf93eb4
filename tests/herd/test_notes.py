"""Contradictions as sentences, and as they are kept with a herd."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from thumper_core.decisions.contradictions import Against, Contradiction
from thumper_core.herd.notes import constraint_notes, kept, sentence, verdicts_set_aside
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.constraints import ConstraintReport
from thumper_core.store.herd_summary import HerdSummary

ASIDE = Contradiction(
    Against.SAME_PHOTO,
    chain=("t1", "t2", "t3"),
    chain_decisions=(4, 7),
    set_aside=(7,),
    set_aside_kind="merge",
)
LEFT_OUT = ". Decision 7 (merge), the latest of the chain, is set aside; undo whichever is wrong"
CASES = {
    Against.SAME_PHOTO: (ASIDE, f"t1 = t2 = t3, but t1 and t3 are in one photo{LEFT_OUT}"),
    Against.VERDICT: (
        replace(ASIDE, against=Against.VERDICT, cannot_decision=5),
        f"t1 = t2 = t3, but decision 5 says that t1 and t3 differ{LEFT_OUT}",
    ),
    Against.SEX_SAID: (
        replace(ASIDE, against=Against.SEX_SAID),
        f"t1 = t2 = t3, but people made t1 and t3 an adult buck and an adult doe{LEFT_OUT}",
    ),
    Against.SEX_SEEN: (
        Contradiction(Against.SEX_SEEN, ("t1", "t2"), (4,)),
        "t1 = t2, but the detector takes one end for an adult buck and the other for an adult doe; "
        "the verdicts hold, its sex is left open",
    ),
    Against.TRAVEL: (
        Contradiction(Against.TRAVEL, ("t1", "t2"), (4,)),
        "t1 = t2, but no deer gets from one camera to the other in that time; the verdicts hold: "
        "check the cameras' clocks and coordinates",
    ),
    Against.TRACKLET: (
        Contradiction(Against.TRACKLET, ("t1",), (), 5, (5,), "different"),
        "decision 5 parts two detections of t1, which were linked as one animal in one burst; link "
        "the burst again with what people said",
    ),
}


@pytest.mark.parametrize("against", Against)
def test_each_code_has_its_sentence(against: Against) -> None:
    found, said = CASES[against]
    assert sentence(found) == said
    assert sentence(replace(found, n_pairs=3)) == f"{said} (and 2 more such pairs)"


def test_a_sex_that_people_said_holds() -> None:
    held = replace(CASES[Against.SEX_SEEN][0], sex_holds=True)
    assert sentence(held).endswith("the verdicts hold, what people said of its sex holds")


def report(*found: Contradiction) -> ConstraintReport:
    return ConstraintReport(Constraints.none(3), list(found), [], ["decision 9 cannot be read"])


def test_what_is_kept_with_a_herd_says_which_verdicts_were_left_out() -> None:
    every = report(*(found for found, _ in CASES.values()))
    summary = json.loads(json.dumps({"contradictions": kept(every), "said": []}))
    left_out = [said for found, said in CASES.values() if found.set_aside]
    assert verdicts_set_aside(HerdSummary.from_json(summary)) == left_out
    assert len(left_out) == 4
    assert verdicts_set_aside(HerdSummary(contradictions=())) == []


def test_a_herd_of_an_earlier_version_has_its_sentences_alone() -> None:
    every = report(*(found for found, _ in CASES.values()))
    told = [CASES[a][1] for a in (Against.SAME_PHOTO, Against.VERDICT, Against.SEX_SAID)]
    summary = HerdSummary(said=tuple(constraint_notes(every)), warnings=("set aside",))
    assert verdicts_set_aside(summary) == told
    assert verdicts_set_aside(HerdSummary()) == []
