"""The card of one deer: what it says, and that it keeps places to itself unless asked."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import thumper_core.report.deer_card as module
from tests.workspaces import CAMERAS, Deer, build
from thumper_core.contracts import ThumperError
from thumper_core.report.deer_card import deer_card
from thumper_core.workspace import Workspace


@pytest.fixture(scope="module")
def ranch(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ranch = build(
        tmp_path_factory.mktemp("ranch"),
        [Deer("buck", 5, 'Old "#Crab" \\claw'), Deer("doe", 1, lefts=(3,)), Deer("doe", 0, "Elsa")],
    )
    ranch.cameras_csv.write_text(CAMERAS)
    return ranch


@pytest.mark.parametrize("places", [False, True])
def test_it_says_who_when_and_where_only_if_asked(
    ranch: Workspace, places: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {}

    def typeset(template: str, values: Any, kind: str) -> bytes:
        told.update(values(lambda uri: uri[:15]), template=template, kind=kind)
        return b""

    monkeypatch.setattr(module, "typeset", typeset)
    deer_card(ranch, "deer-001", places=places)
    assert (told["label"], told["kind"], told["status"]) == ('Old "#Crab" \\claw', "png", "")
    assert told["lines"][1].startswith("5 visits")
    assert sum(told["hours"]) == 5
    assert set(told["pictures"]) == {"data:image/jpeg"}
    assert ("Creek" in str(told)) == places
    assert ("30.1" in str(told)) == places


def test_any_name_and_one_picture_are_drawn(ranch: Workspace) -> None:
    for who in ("deer-001", "deer-002"):
        with Image.open(io.BytesIO(deer_card(ranch, who))) as card:
            assert (card.format, card.size) == ("PNG", (1080, 1350))


@pytest.mark.parametrize("who", ["deer-099", "deer-003"])
def test_a_deer_that_is_not_in_the_herd_has_no_card(ranch: Workspace, who: str) -> None:
    with pytest.raises(ThumperError, match="not in this herd"):
        deer_card(ranch, who)


@pytest.mark.parametrize(
    ("box", "rows"),
    [
        ((100, 40, 500, 340), "upper"),
        ((100, 330, 500, 470), "lower"),
        ((300, 220, 330, 240), "as it was"),
        ((0, 470, 640, 478), "nothing but the strip"),
    ],
)
def test_what_cameras_print_at_the_edges_is_cut_off(
    box: tuple[float, ...], rows: str, tmp_path: Path
) -> None:
    from thumper_core.report.pictures.crops import crop_jpeg

    photo = Image.new("RGB", (640, 480), "green")
    for top in (0, 446):  # 7% of the height
        photo.paste("red", (0, top, 640, top + 34))
    path = tmp_path / "photo.png"
    photo.save(path)
    row = {**dict(zip(("x1", "y1", "x2", "y2"), box, strict=True)), "width": 640, "height": 480}
    before = crop_jpeg(path, box, 640)
    after = module.without_strip(before, row)
    assert (after == before) == rows.endswith("as it was")
    if after != before:
        with Image.open(io.BytesIO(after)) as picture:
            r, g, _ = picture.convert("RGB").resize((1, picture.height)).split()
            assert max(r.tobytes()) < 60 and min(g.tobytes()) > 100
