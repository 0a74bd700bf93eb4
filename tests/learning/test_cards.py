"""Cards of attempts: numbered, read back, and a broken one is none."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from thumper_core.contracts import ThumperError
from thumper_core.learning import cards as shelf
from thumper_core.learning.cards import cards, keep_card, last_learned, n_cards, next_number


def test_cards_are_kept_in_order_and_by_kind(tmp_path: Path) -> None:
    assert (cards(tmp_path, "detector"), last_learned(tmp_path, "detector"), n_cards(tmp_path)) == (
        [],
        0,
        0,
    )
    first = keep_card(tmp_path, "detector", {"last_correction": 7})
    keep_card(tmp_path, "detector", {"last_correction": 31})
    keep_card(tmp_path, "heads", {"last_correction": 12})
    assert [card["last_correction"] for card in cards(tmp_path, "detector")] == [7, 31]
    assert (last_learned(tmp_path, "detector"), last_learned(tmp_path, "heads")) == (31, 12)
    assert n_cards(tmp_path) == 3
    keep_card(tmp_path, "heads", {"last_correction": None})
    assert last_learned(tmp_path, "heads") == 12
    first.unlink()
    assert next_number(tmp_path, "detector") == 3
    first.write_text("{ half")
    assert [card["last_correction"] for card in cards(tmp_path, "detector")] == [31]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(shelf, "write_whole", full)
    with pytest.raises(ThumperError, match="is full"):
        keep_card(tmp_path, "detector", {})
