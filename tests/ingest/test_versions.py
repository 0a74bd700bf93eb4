"""Versions of one picture are found, and nothing else is: frames of one second stay what they are."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.cellular import LARGE, SMALL, frame, jpeg, later
from thumper_core.files import content_hash
from thumper_core.ingest.add import add_paths
from thumper_core.ingest.versions import pair_versions
from thumper_core.workspace import Workspace

Files = dict[str, bytes]
AT = later(0)
HD = (1280, 960)


def taken(seed: int, size: tuple[int, int], at: datetime | None = AT, **more: Any) -> bytes:
    """Exposure number `seed` in a size."""
    moved = more.pop("moved", True)
    return jpeg(frame("Creek", seed, moved=moved), at, size, **more)


def burst(seeds: Sequence[int], size: tuple[int, int], **more: Any) -> list[bytes]:
    return [taken(seed, size, **more) for seed in seeds]


def added(folder: Path, sent: Files, card: Files | None = None) -> Workspace:
    """A workspace with what was sent and what lies on the card, each `camera/name`."""
    for root, files in (("sent", sent), ("card", card or {})):
        (folder / root).mkdir()
        for name, data in files.items():
            (folder / root / name).parent.mkdir(exist_ok=True)
            (folder / root / name).write_bytes(data)
    workspace = Workspace.create(folder / "ranch")
    add_paths(workspace, [folder / "sent"], sent=True)
    if card:
        add_paths(workspace, [folder / "card"])
    return workspace


def shown(workspace: Workspace) -> list[str]:
    return sorted(workspace.sql("select path from photos")["path"].to_list())


THUMBS, LARGES = burst((1, 2, 3), SMALL, quality=45), burst((1, 2, 3), LARGE)
COPY = jpeg(Image.open(io.BytesIO(LARGES[0])), AT, quality=80)
STILL = burst((1, 2, 3), SMALL, quality=45, moved=False)
STILL_LARGE = burst((1, 2, 3), LARGE, moved=False)


CASES: list[tuple[Files, Files, list[str]]] = [
    ({"Creek/t.jpg": THUMBS[0], "Creek/h.jpg": LARGES[0]}, {}, ["Creek/h.jpg"]),
    ({"Creek/t.jpg": THUMBS[0]}, {"Creek/o.jpg": LARGES[0]}, ["Creek/o.jpg"]),
    (
        {"Creek/t.jpg": THUMBS[0], "Creek/h.jpg": LARGES[0]},
        {"Creek/o.jpg": taken(1, HD)},
        ["Creek/o.jpg"],
    ),
    # a burst of one second: each frame once, each thumbnail with its own
    (
        {f"Creek/{k}{n}.jpg": f[n] for k, f in (("t", THUMBS), ("h", LARGES)) for n in range(3)},
        {},
        [f"Creek/h{n}.jpg" for n in range(3)],
    ),
    (
        {f"Creek/t{n}.jpg": THUMBS[n] for n in range(3)} | {"Creek/h.jpg": LARGES[1]},
        {},
        ["Creek/h.jpg", "Creek/t0.jpg", "Creek/t2.jpg"],
    ),
    (
        {f"Creek/t{n}.jpg": STILL[n] for n in range(3)} | {"Creek/h.jpg": STILL_LARGE[1]},
        {},
        ["Creek/h.jpg", "Creek/t0.jpg", "Creek/t2.jpg"],
    ),
    # frames that look alike, all of one size
    (
        {f"Creek/t{n}.jpg": STILL_LARGE[n] for n in range(3)},
        {},
        [f"Creek/t{n}.jpg" for n in range(3)],
    ),
    # the HD file of a frame whose own thumbnail never came
    (
        {"Creek/t.jpg": THUMBS[0], "Creek/h.jpg": LARGES[1]},
        {},
        ["Creek/h.jpg", "Creek/t.jpg"],
    ),
    # downloaded again: the same bytes, and saved anew by an app
    ({"Creek/a.jpg": LARGES[0], "Creek/b.jpg": LARGES[0]}, {}, ["Creek/a.jpg"]),
    (
        {"Creek/a.jpg": LARGES[0], "Creek/b.jpg": COPY},
        {},
        ["Creek/a.jpg"],
    ),
    # by the camera's own numbers they are frames
    (
        {"Creek/IMG_0001.jpg": LARGES[0], "Creek/IMG_0002.jpg": COPY},
        {},
        ["Creek/IMG_0001.jpg", "Creek/IMG_0002.jpg"],
    ),
    (
        {"Creek/t.jpg": taken(1, SMALL, sequence=1), "Creek/h.jpg": taken(1, LARGE, sequence=2)},
        {},
        ["Creek/h.jpg", "Creek/t.jpg"],
    ),
    ({"Creek/t.jpg": THUMBS[0], "Oak/h.jpg": LARGES[0]}, {}, ["Creek/t.jpg", "Oak/h.jpg"]),
    (
        {"Creek/t.jpg": THUMBS[0], "Creek/h.jpg": taken(1, LARGE, AT + timedelta(seconds=2))},
        {},
        ["Creek/h.jpg"],
    ),
    (
        {"Creek/t.jpg": THUMBS[0], "Creek/h.jpg": taken(1, LARGE, AT + timedelta(seconds=4))},
        {},
        ["Creek/h.jpg", "Creek/t.jpg"],
    ),
    # another shape, and a size that is hardly another one
    (
        {"Creek/t.jpg": taken(1, (320, 180)), "Creek/h.jpg": LARGES[0]},
        {},
        ["Creek/h.jpg", "Creek/t.jpg"],
    ),
    (
        {"Creek/t.jpg": taken(1, (576, 432)), "Creek/h.jpg": LARGES[0]},
        {},
        ["Creek/h.jpg", "Creek/t.jpg"],
    ),
    (
        {"Creek/t.jpg": THUMBS[0][:3000], "Creek/h.jpg": LARGES[0]},
        {},
        ["Creek/h.jpg", "Creek/t.jpg"],
    ),
    # the thumbnail's time is in its name, to the minute
    (
        {"Creek/20261001_0600.jpg": taken(1, SMALL, None), "Creek/h.jpg": LARGES[0]},
        {},
        ["Creek/h.jpg"],
    ),
]
IDS = [
        "HD", "original", "three sizes", "burst", "one HD of a burst", "one HD of a still burst",
        "still burst", "HD of another", "same bytes", "saved anew", "frames by number",
        "frames by sequence", "other camera", "two seconds", "four seconds", "other shape",
        "nearly one size", "cut off", "to the minute",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def every_case(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is shown of all cases, each with cameras of its own: `7 Creek/t.jpg`."""
    both: tuple[Files, Files] = ({}, {})
    for number, case in enumerate(CASES):
        for files, own in zip(both, case, strict=False):
            mark = f" {number}".encode()  # behind the picture: each case has photos of its own
            files |= {f"{number} {name}": data + mark for name, data in own.items()}
    return shown(added(tmp_path_factory.mktemp("cases"), *both))


@pytest.mark.parametrize("number", range(len(CASES)), ids=IDS)
def test_what_is_one_picture(number: int, every_case: list[str]) -> None:
    own = [path for path in every_case if path.startswith(f"{number} ")]
    assert own == [f"{number} {name}" for name in CASES[number][2]]


def test_each_thumbnail_of_a_still_burst_has_its_own_file(tmp_path: Path) -> None:
    files = {f"Creek/t{n}.jpg": STILL[n] for n in range(3)}
    workspace = added(tmp_path, files | {f"Creek/h{n}.jpg": STILL_LARGE[n] for n in range(3)})
    used = workspace.ledger.used_instead()
    pairs = {content_hash(STILL[n]): content_hash(STILL_LARGE[n]) for n in range(3)}
    assert {photo: place.photo_id for photo, place in used.items()} == pairs


def test_files_that_come_one_by_one_end_as_those_that_come_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "sent" / "Creek"
    folder.mkdir(parents=True)
    workspace = Workspace.create(tmp_path / "ranch")
    order = [("t0", STILL[0]), ("t1", STILL[1]), ("t2", STILL[2]), ("h1", STILL_LARGE[1])]
    for name, data in [*order, ("h0", STILL_LARGE[0])]:
        (folder / f"{name}.jpg").write_bytes(data)
        add_paths(workspace, [tmp_path / "sent"], sent=True)
    # h1 has a thumbnail already when h0 comes: no second one joins it
    assert shown(workspace) == ["Creek/h0.jpg", "Creek/h1.jpg", "Creek/t2.jpg"]
    assert pair_versions(workspace, again=True) == 0


def test_where_the_largest_goes_the_next_stands_in_and_comes_back(tmp_path: Path) -> None:
    sent = {"Creek/t.jpg": THUMBS[0], "Creek/h.jpg": LARGES[0]}
    workspace = added(tmp_path, sent, {"Creek/o.jpg": taken(1, HD)})
    seen = [shown(workspace)]
    shutil.move(tmp_path / "card", tmp_path / "away")
    (tmp_path / "card").mkdir()
    add_paths(workspace, [tmp_path / "card"])
    seen.append(shown(workspace))
    (tmp_path / "sent" / "Creek" / "h.jpg").unlink()
    add_paths(workspace, [tmp_path / "sent"])
    seen.append(shown(workspace))
    shutil.copytree(tmp_path / "away", tmp_path / "card", dirs_exist_ok=True)
    add_paths(workspace, [tmp_path / "card"])
    assert seen == [["Creek/o.jpg"], ["Creek/h.jpg"], ["Creek/t.jpg"]]
    assert shown(workspace) == ["Creek/o.jpg"]


def test_what_a_person_parted_stays_apart(tmp_path: Path) -> None:
    workspace = added(tmp_path, {"Creek/t.jpg": THUMBS[0], "Creek/h.jpg": LARGES[0]})
    small = content_hash(THUMBS[0])
    assert workspace.ledger.part_version(small)
    assert shown(workspace) == ["Creek/h.jpg", "Creek/t.jpg"]
    assert pair_versions(workspace, again=True) == 0
    assert workspace.ledger.part_version(small, back=True)
    assert pair_versions(workspace, again=True, of={"another"}) == 0
    assert pair_versions(workspace, again=True, of={small}) == 1
    assert shown(workspace) == ["Creek/h.jpg"]


def test_a_card_of_one_size_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thumper_core.ingest import versions

    def looked(*_: object) -> None:
        raise AssertionError("a picture was opened for nothing")

    monkeypatch.setattr(versions, "look_at", looked)
    monkeypatch.setattr(versions, "is_copy", looked)
    (tmp_path / "card" / "Creek").mkdir(parents=True)
    for n, data in enumerate(STILL_LARGE):
        (tmp_path / "card" / "Creek" / f"{n}.jpg").write_bytes(data)
    workspace = Workspace.create(tmp_path / "ranch")
    assert add_paths(workspace, [tmp_path / "card"]).n_versions == 0
