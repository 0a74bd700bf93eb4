"""The figures of a head, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from thumper_core.evaluate.head_scores import said, scores
from thumper_core.identify.links.pairs import weighted_auc


def test_against_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    positive = rng.random(300) < 0.3
    p = np.round(np.clip(rng.normal(0.4 + 0.2 * positive, 0.2), 0, 1), 2)
    found = scores(p, positive)
    assert found.auc == pytest.approx(roc_auc_score(positive, p))
    assert found.balanced == pytest.approx(balanced_accuracy_score(positive, p >= 0.5))
    assert sum(b.n for b in found.bins) == 300


def test_true_chances_have_no_calibration_error_and_false_ones_their_distance() -> None:
    positive = np.array([True, False] * 50)
    assert scores(np.full(100, 0.5), positive).ece == pytest.approx(0)
    assert scores(np.full(100, 0.9), positive).ece == pytest.approx(0.4)


def test_one_kind_or_none() -> None:
    assert np.isnan(weighted_auc(np.array([0.2]), np.array([True])))
    empty = scores(np.zeros(0), np.zeros(0, bool))
    assert np.isnan(empty.auc) and np.isnan(empty.balanced) and empty.bins == ()


def test_what_is_said_from_a_chance_on() -> None:
    found = said(np.array([0.95, 0.9, 0.5, 0.05]), np.array([True, False, True, True]), 0.9)
    assert found.share == 0.75
    assert found.wrong == pytest.approx(2 / 3)
    assert (found.wrong_positive, found.wrong_negative) == (0.5, 1.0)
