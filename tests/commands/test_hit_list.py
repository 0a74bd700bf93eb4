"""`herd watch`, `taken`, `missing`, `found`, `show --watched` and `card`."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from tests.workspaces import Deer, build
from thumper_core.workspace import Workspace


def of(ranch: Workspace, *columns: str) -> tuple[object, ...]:
    asked = f"select {', '.join(columns)} from individuals where name = 'Spider'"
    return tuple(map(str, ranch.sql(asked).row(0)))


def test_a_deer_is_watched_missing_found_and_taken(
    tmp_path: Path,
    call,  # type: ignore[no-untyped-def]
) -> None:
    ranch = build(tmp_path, [Deer("buck", 3, "Spider"), Deer("doe", 2), Deer("doe", 0, "Elsa")])
    herd = ranch.ledger.promoted("herd")

    def said(*words: str) -> tuple[int, str]:
        return call("-w", ranch.root, "herd", *words)

    assert "hit list is empty" in said("show", "--watched")[1]
    code, printed = said("watch", "Spider", "--by", "Ann")
    assert code == 0 and "on the hit list" in printed and "ops.notify_command" in printed
    assert said("watch", "Elsa")[0] == 0  # not in these photos, and watched for all the same
    rows = json.loads(said("show", "--watched", "--json")[1])
    assert [row["name"] for row in rows] == ["Spider", "Elsa"]
    for words, status in (
        (("missing", "Spider", "--on", "2026-10-03"), ("missing", "2026-10-03", "None")),
        (("found", "Spider"), ("alive", "None", "None")),
        (
            ("taken", "Spider", "--on", "2026-11-12", "--hunter", "Ann"),
            ("harvested", "2026-11-12", "Ann"),
        ),
    ):
        code, printed = said(*words)
        assert code == 0 and "herd undo" in printed
        assert of(ranch, "status", "status_on", "status_by") == status
    assert "taken on 12 Nov 2026 by Ann" in printed
    last = ranch.ledger.decisions()[-1].decision_id
    assert said("undo", str(last), "--later")[0] == 0
    assert of(ranch, "status", "status_on", "status_by") == ("alive", "None", "None")
    assert said("taken", "Spider", "--on", "the 12th")[0] == 2
    assert said("watch", "Spider", "--off")[0] == 0
    assert of(ranch, "watched") == ("False",)
    assert ranch.ledger.promoted("herd") == herd  # who is who stays as it is


def test_a_card_is_written(
    tmp_path: Path,
    call,  # type: ignore[no-untyped-def]
) -> None:
    ranch = build(tmp_path, [Deer("buck", 3, "Spider")])
    out = tmp_path / "spider.png"
    code, printed = call("-w", ranch.root, "herd", "card", "Spider", "--out", out)
    assert code == 0 and str(out) in printed.replace("\n", "")
    with Image.open(out) as card:
        assert card.size == (1080, 1350)
