"""What a person should know of an identification, in sentences; contradictions also as they are kept.

The identification says what collides as codes (`identify.contradictions`); here is what each means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from thumper_core.counting import counted
from thumper_core.decisions.contradictions import Against, Contradiction
from thumper_core.language import mark, say
from thumper_core.store.herd_summary import HerdSummary

if TYPE_CHECKING:
    from thumper_core.identify.links.constraints import ConstraintReport
    from thumper_core.identify.outcome import Identification


def sentence(found: Contradiction, called: Mapping[str, str] = MappingProxyType({})) -> str:
    """What collides, what holds, and what to do about it, in the reader's language.

    called: what to call tracklets, such as `Creek 3 Nov 2025, 06:41`; others are called by their IDs.
    """
    chain = " = ".join(called.get(name, name) for name in found.chain)
    ends = {"x": called.get(found.chain[0], found.chain[0])}
    ends["y"] = called.get(found.chain[-1], found.chain[-1])
    if found.against is Against.TRACKLET:
        said = say(
            "decision {n} parts two detections of {x}, which were linked as one animal in one burst; link "
            "the burst again with what people said",
            n=found.cannot_decision,
            **ends,
        )
    elif found.against is Against.SEX_SEEN:
        held = say("what people said of its sex holds")
        said = say(
            "{chain}, but the detector takes one end for an adult buck and the other for an adult doe; the "
            "verdicts hold, {outcome}",
            chain=chain,
            outcome=held if found.sex_holds else say("its sex is left open"),
        )
    elif found.against is Against.TRAVEL:
        said = say(
            "{chain}, but no deer gets from one camera to the other in that time; the verdicts hold: check "
            "the cameras' clocks and coordinates",
            chain=chain,
        )
    else:
        reason = {
            Against.SAME_PHOTO: mark("{x} and {y} are in one photo"),
            Against.VERDICT: mark("decision {n} says that {x} and {y} differ"),
            Against.SEX_SAID: mark("people made {x} and {y} an adult buck and an adult doe"),
        }[found.against]
        said = say(
            "{chain}, but {reason}. Decision {n} ({kind}), the latest of the chain, is set aside; undo "
            "whichever is wrong",
            chain=chain,
            reason=say(reason, n=found.cannot_decision, **ends),
            n=found.set_aside[0],
            kind=found.set_aside_kind,
        )
    if found.n_pairs == 1:
        return said
    return say("{said} (and {more})", said=said, more=counted(found.n_pairs - 1, "more such pair"))


def constraint_notes(report: ConstraintReport) -> list[str]:
    """Sentences on contradictions and on decisions that found no deer."""
    return [sentence(found) for found in report.contradictions] + report.warnings


def identification_notes(found: Identification) -> list[str]:
    """All that a reader should know before believing an identification."""
    notes = constraint_notes(found.constraints)
    calibration, cut = found.thresholds.calibration, found.cut
    if calibration.reason:
        notes.append(f"not calibrated: {calibration.reason}")
    notes += calibration.warnings
    notes += [step for step in found.space.steps if step.startswith("local matches")]
    if cut.broken_links:
        notes.append(
            f"method {cut.method} put {counted(cut.broken_links, 'pair')} that cannot be one animal in one "
            "group"
        )
    return notes


def kept(report: ConstraintReport) -> tuple[dict[str, Any], ...]:
    """The contradictions as JSON values, for a herd's summary."""
    return tuple(asdict(found) for found in report.contradictions)


def verdicts_set_aside(
    summary: HerdSummary, called: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Sentences on the contradictions of a recorded herd by which a verdict was left out.

    called: as for `sentence`.
    """
    if summary.contradictions is None:  # recorded when only the sentences were kept
        return [note for note in summary.said if "is set aside; undo" in note]
    told = (_read(entry) for entry in summary.contradictions)
    return [sentence(found, called) for found in told if found.set_aside]


def _read(entry: Mapping[str, Any]) -> Contradiction:
    """A contradiction as `kept` wrote it, back from JSON."""
    lists = {k: tuple(v) for k, v in entry.items() if isinstance(v, list | tuple)}
    return Contradiction(**{**entry, **lists, "against": Against(entry["against"])})
