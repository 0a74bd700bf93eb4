"""What was learned, kept: as it was, of whose vectors, the newest first, and never overwritten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.identify.space.visit_spread import VisitSpread
from thumper_core.reid.shelf import FOLDER, SUFFIX, keep_learned, learned_of, load_learned

AXES = np.arange(6, dtype=np.float32).reshape(2, 3)


def card(made_at: str, embedder: str = "net") -> dict[str, str]:
    sha256 = "a" * 64
    return {
        "embedder": embedder, "weights_sha256": sha256, "made_at": made_at, "tried_on": "herd"
    }  # fmt: skip


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    kept = keep_learned(tmp_path, VisitSpread(AXES, 7), card("2026-01-01"))
    found = load_learned(kept.path)
    np.testing.assert_array_equal(found.spread.axes, AXES)
    assert found.spread.freedom == 7 and found.digits in found.spread.source
    assert found.card["embedder"] == "net" and found.path.parent == tmp_path / FOLDER


def test_the_newest_of_these_weights_is_in_use(tmp_path: Path) -> None:
    assert learned_of(tmp_path, "net", "a" * 64) is None
    old = keep_learned(tmp_path, VisitSpread(AXES, 7), card("2026-01-01"))
    new = keep_learned(tmp_path, VisitSpread(AXES * 2, 7), card("2026-01-02"))
    keep_learned(tmp_path, VisitSpread(AXES, 7), card("2026-01-03", "other"))
    elsewhere = card("2026-01-04") | {"tried_on": "album"}
    untried = keep_learned(tmp_path, VisitSpread(AXES, 8), elsewhere)

    def used(wanted: str = "auto", sha256: str | None = "a" * 64) -> str | None:
        found = learned_of(tmp_path, "net", sha256, wanted)
        return found.digits if found else None

    assert used() == new.digits != old.digits
    assert used(old.digits) == old.digits and used(untried.digits) == untried.digits
    assert used("off") is None and used(sha256="b" * 64) is None and used(sha256=None) is None
    with pytest.raises(UsageError, match=old.digits):
        used("nothing")


@pytest.mark.parametrize("broken", ["cut", "text", "no card", "other"])
def test_what_is_none_is_said(tmp_path: Path, broken: str) -> None:
    from safetensors.numpy import save

    path = keep_learned(tmp_path, VisitSpread(AXES, 7), card("2026-01-01")).path
    data = {
        "cut": path.read_bytes()[:40],
        "text": b"no file of this kind",
        "no card": save({"axes": AXES}),
        "other": save({"axes": AXES}, {"card": '{"format": "x"}'}),
    }[broken]
    path.write_bytes(data)
    with pytest.raises(ThumperError, match=f"{SUFFIX}.*thumper train reid"):
        learned_of(tmp_path, "net", "a" * 64)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file in the way")
    with pytest.raises(ThumperError, match="Nothing was changed"):
        keep_learned(tmp_path, VisitSpread(AXES, 7), card("2026-01-01"))
