"""A head's file and its answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.heads.heads import head
from thumper_core.contracts import ThumperError
from thumper_core.heads.head import EDGE, load_head


def test_answers_are_a_logistic_of_the_dot_product_and_never_certain() -> None:
    made = head("sex", [2.0, -1.0], 0.5)
    found = made.read([[1, 0], [0, 1], [0, 0], [400, 0], [-400, 0]])
    by_hand = [1 / (1 + np.exp(-x)) for x in (2.5, -0.5, 0.5)]
    np.testing.assert_allclose(found, [*by_hand, 1 - EDGE, EDGE], rtol=1e-5)
    assert found.dtype == np.float32
    assert made.read(np.zeros((0, 2))).shape == (0,)
    with pytest.raises(ValueError, match="reads 2 numbers"):
        made.read(np.zeros((3, 5)))


def test_a_file_gives_the_same_head_and_its_name_follows_what_it_says(tmp_path: Path) -> None:
    made = head("species", [0.123456789, -3e-7], 1 / 3)
    (tmp_path / "a.head.json").write_text(made.to_json())
    read = load_head(tmp_path / "a.head.json")
    assert read.to_json() == made.to_json() and read.source == made.source
    np.testing.assert_allclose(read.coefficients, made.coefficients, rtol=1e-5)
    assert made.source.startswith("head test-species@")
    assert head("species", [0.2, -3e-7], 1 / 3).source != made.source


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": "another"}', head("sex", [1.0]).to_json().replace("sex", "age"),
     head("sex", [1.0]).to_json().replace("[1.0]", "[NaN]"),
     head("sex", [1.0]).to_json().replace("[1.0]", "1.0")],
)  # fmt: skip
def test_what_is_no_head_is_said_with_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.head.json").write_text(text)
    with pytest.raises(ThumperError, match=r"x\.head\.json is not a head.*thumper train head"):
        load_head(tmp_path / "x.head.json")
