"""All that corrections are enough for: in turn, said, stopped; what is missing is said and not tried."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.learning.reviewed import BOXES, key_of, move_all, name_all, ranch_of
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions.kinds import Different, Same
from thumper_core.decisions.record import record
from thumper_core.flows import learn as flow
from thumper_core.flows.learn import Learnt, learn
from thumper_core.flows.train_reid import Evidence, ReidTraining
from thumper_core.flows.trial import Trial
from thumper_core.learning.cards import keep_card
from thumper_core.learning.ready import READY
from thumper_core.vision.centernet.fit import Stopped
from thumper_core.workspace import Workspace

BETTER = Trial("detector", "average precision of deer", 0.4, 0.7, 40, "2 cameras")
HEAD = Trial("sex head", "AUC", 0.5, 0.4, 72, "3 cameras")
REID = Trial("reid", "mean average precision", 0.93, 0.94, 60, "visits of 9 deer")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which learners were asked; here they cost nothing."""
    found: list[str] = []

    def learner(what: str, trial: Trial) -> flow.Learner:
        def work(workspace: Workspace, *_: object) -> list[Trial]:
            found.append(what)
            keep_card(workspace.root, what, {"last_correction": 10_000})
            return [trial]

        return work

    fakes = {"heads": learner("heads", HEAD), "reid": learner("reid", REID)}
    fakes |= {"detector": learner("detector", BETTER)}
    monkeypatch.setattr(flow, "LEARNERS", fakes)
    return found


def test_each_kind_that_can_be_learned_can_be_asked_for() -> None:
    assert set(flow.LEARNERS) == set(READY)


def test_nothing_was_corrected(tmp_path: Path, asked: list[str]) -> None:
    learnt = learn(Workspace.create(tmp_path))
    assert (learnt.trials, asked) == ((), [])
    assert learnt.as_dict()["waiting"].keys() == {"detector", "heads", "reid"}
    assert any("30 males" in sentence for sentence in learnt.sentences)


def test_all_that_there_is_enough_for_is_learned_once(tmp_path: Path, asked: list[str]) -> None:
    ranch = name_all(ranch_of(tmp_path, 24))
    learnt = learn(ranch)
    assert learnt.sentences[0].startswith("Sex head. Not better: AUC 0.500 before, 0.400 after")
    assert asked == ["heads", "detector"]
    assert [trial.what for trial in learnt.trials] == ["sex head", "detector"]
    assert learnt.is_new_detector
    assert (
        "Detector. Better: average precision of deer 0.400 before, 0.700 after"
        in learnt.sentences[1]
    )
    assert "thumper reprocess --clear-mode all" in learnt.sentences[-1]
    asked.clear()
    later = learn(ranch, only="heads")
    assert (later.trials, asked) == ((), [])
    assert "0 corrections since the heads were last tuned" in later.sentences[0]


def test_few_are_enough_where_somebody_asks(tmp_path: Path, asked: list[str]) -> None:
    ranch = ranch_of(tmp_path, 14)
    n = move_all(ranch)
    assert n < 48
    assert learn(ranch).trials == ()
    assert learn(ranch, even_few=True).trials == (BETTER,)
    assert asked == ["detector"]


def test_a_training_that_is_stopped_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranch = name_all(ranch_of(tmp_path, 24))

    def stopped(*_: object) -> list[Trial]:
        raise Stopped("so far")

    monkeypatch.setattr(flow, "LEARNERS", {"detector": stopped})
    learnt = learn(ranch)
    assert learnt.is_stopped and learnt.sentences == ["Stopped. The same command goes on."]
    stop = threading.Event()
    stop.set()
    monkeypatch.setattr(flow, "LEARNERS", {"detector": lambda *_: [BETTER]})
    assert learn(ranch, stop=stop) == Learnt((BETTER,), (), is_stopped=True)


def test_one_that_fails_does_not_take_the_others_with_it(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Trial]:
        raise ThumperError("The weights of the detector in use are not here.")

    monkeypatch.setitem(flow.LEARNERS, "heads", broken)  # type: ignore[misc]
    learnt = learn(name_all(ranch_of(tmp_path, 24)))
    assert (learnt.trials, asked) == ((BETTER,), ["detector"])
    assert "Heads: The weights of the detector in use are not here." in learnt.sentences


def test_what_there_is_not_cannot_be_learned(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'antlers'; one of heads, reid, detector"):
        learn(Workspace.create(tmp_path), only="antlers")


def test_answers_of_who_is_who_teach_the_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranch = ranch_of(tmp_path)
    evidence = Evidence(verdicts=60, bursts=80, visits=70, again=51, animals=19)
    result = ReidTraining(REID, evidence, 1.0, None)
    monkeypatch.setattr(flow, "train_reid", lambda *_, **__: result)
    few = learn(ranch, only="reid")
    assert few.sentences == [
        "Re-identification, not tried: 0 answers. How one deer differs from visit to visit is learned from "
        "answers that two visits show one: it needs 12, and there are 0."
    ]
    boxes = [key_of(row) for row in ranch.sql(BOXES).to_dicts()]
    for k in range(48):
        verdict = Different if k > 12 else Same
        record(ranch.ledger, verdict(boxes[k], boxes[k + 1]), "ann")
    done = learn(ranch, only="reid")
    assert done.trials == (REID,)
    assert done.sentences[0].startswith("Re-identification. Better: mean average precision 0.930")
    again = learn(ranch, only="reid")
    assert (
        again.trials == ()
        and "0 answers since the re-identification was last tuned" in again.sentences[0]
    )
