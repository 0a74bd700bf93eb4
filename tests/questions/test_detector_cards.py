"""Detectors as they are offered: what is here, what each can say, and its card's first words."""

from __future__ import annotations

from pathlib import Path

from thumper_core.questions import detector_cards
from thumper_core.vision.registry import load_registry


def test_what_is_here_comes_first_and_is_told_honestly(tmp_path: Path) -> None:
    cards = detector_cards.detector_cards(load_registry())
    here = [card.is_here for card in cards]
    assert here == sorted(here, reverse=True)
    by_name = {card.name: card for card in cards}
    real, demo, any_animal = (
        by_name[n] for n in ("whitetail", "demo", "megadetector-v6-yolov10-c")
    )
    assert (real.knows_deer, real.knows_sex) == (True, False)
    assert (demo.knows_deer, demo.knows_sex) == (True, True)
    assert (any_animal.knows_deer, any_animal.honestly) == (False, "")
    assert "rendered scenes only" in demo.honestly
    assert "four deer of five" in real.honestly
    assert all(bool(card.how) != card.is_here for card in cards)
