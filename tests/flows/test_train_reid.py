"""From verdicts to a herd made with what they taught: used where it is better, and nowhere else."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.made_photos import MadePhotos, write_run
from tests.workspaces import DETECTOR, EMBEDDER, START
from thumper_core.contracts import FloatArray, ImageArray, ThumperError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Same
from thumper_core.decisions.record import record
from thumper_core.flows import train_reid as flow
from thumper_core.flows.train_reid import train_reid
from thumper_core.herd.build import build_herd, unchanged_herd
from thumper_core.herd.grow import grow_herd
from thumper_core.reid.shelf import FOLDER
from thumper_core.workspace import Workspace

ANIMALS, VISITS, DIM = 16, 6, 40
SHA256 = "a" * 64


def ranch_of(folder: Path, seed: int = 0) -> tuple[Workspace, list[list[BoxKey]]]:
    """A run of animals that visits change much in few directions, and by animal a box of each visit."""
    rng = np.random.default_rng(seed)
    identity, directions = rng.normal(size=(ANIMALS, DIM)), rng.normal(size=(4, DIM))
    made = MadePhotos(folder / "photos")
    keys: list[list[BoxKey]] = [[] for _ in range(ANIMALS)]
    for visit in range(VISITS):
        for animal in range(ANIMALS):
            moved = identity[animal] + rng.normal(size=4) @ directions
            left, top = rng.integers(10, 390), rng.integers(10, 160)  # not a fixture of the place
            place = (float(left), float(top), left + 240.0, top + 190.0)
            for frame in range(2):
                at = START + timedelta(hours=20 * visit + animal, seconds=2 * frame)
                photo = made.photo(f"camera {animal % 3}", at, is_infrared=False)
                made.outcome(photo, 1)
                box = made.detection(photo, place, "doe", confidence=0.9, sharpness=50.0)
                made.vector(box, moved + 0.5 * rng.normal(size=DIM))
            keys[animal].append(BoxKey(photo, place))
    workspace = Workspace.create(folder / "ranch")
    run_id = write_run(workspace, [made], DETECTOR, EMBEDDER)
    workspace.ledger.promote({"run": run_id})
    config = json.dumps({"embedder": {"weights_sha256": SHA256}})
    with workspace.ledger.transaction() as c:
        c.execute("update runs set config = ?", (config,))
    return workspace, keys


def say(workspace: Workspace, animals: list[list[BoxKey]]) -> None:
    for visits in animals:
        for a, b in pairwise(visits):
            record(workspace.ledger, Same(a, b), "Kim")


def test_what_is_better_is_used_and_can_be_switched_off(tmp_path: Path) -> None:
    ranch, keys = ranch_of(tmp_path)
    say(ranch, [visits[:5] for visits in keys[:12]])
    plain = build_herd(ranch)
    assert plain.summary.cut.metric == "" and unchanged_herd(ranch) is not None
    done = train_reid(ranch)
    assert done.trial.is_better and done.learned is not None
    assert done.evidence == flow.Evidence(48, 60, 60, 48, 12)
    assert done.evidence.said == "48 verdicts, which join 60 bursts on 60 visits of 12 deer"
    card = done.learned.card
    assert (card["embedder"], card["weights_sha256"]) == (EMBEDDER, SHA256)
    assert card["trial"] == done.trial.as_dict() and card["learned_from"]["verdicts"] == 48
    assert unchanged_herd(ranch) is None
    assert "learned" in grow_herd(ranch, plain.run_id, ranch.settings).reason
    herd, again = build_herd(ranch), build_herd(ranch)
    assert herd.summary.cut.metric == done.learned.digits
    assert done.learned.digits in herd.summary.cut.whitening
    same = [one.identification.cut.labels.tolist() for one in (herd, again)]
    assert same[0] == same[1] and herd.summary.made_of == again.summary.made_of
    off = build_herd(ranch, settings=ranch.settings.replace("identify", metric="off"))
    assert off.summary.made_of == plain.summary.made_of and off.summary.cut.metric == ""


def test_from_the_same_verdicts_nothing_more_is_learned(tmp_path: Path) -> None:
    ranch, keys = ranch_of(tmp_path)
    say(ranch, [visits[:4] for visits in keys[:8]])
    first = train_reid(ranch)
    assert first.learned is not None
    again = train_reid(ranch)
    assert again.trial.before == again.trial.after and again.learned is None
    assert [path.name for path in (ranch.root / FOLDER).iterdir()] == [first.learned.path.name]
    say(ranch, [visits[3:] for visits in keys[:8]] + keys[8:])
    more = train_reid(ranch)
    # Before is what the first verdicts alone teach, without the visits that are kept back.
    assert more.trial.before != first.trial.after
    assert more.evidence.animals == 16


def test_verdicts_at_random_teach_nothing_that_is_used(tmp_path: Path) -> None:
    ranch, keys = ranch_of(tmp_path)
    flat = [key for visits in keys for key in visits]
    order = np.random.default_rng(5).permutation(len(flat))
    mixed = [[flat[k] for k in part] for part in np.array_split(order, ANIMALS)]
    say(ranch, mixed)
    done = train_reid(ranch)
    assert not done.trial.is_better and done.learned is None
    assert not (ranch.root / FOLDER).exists()
    assert build_herd(ranch).summary.cut.metric == ""


@pytest.mark.parametrize(("animals", "visits"), [(0, 0), (3, 6), (8, 2)])
def test_too_little_says_how_much_there_is(tmp_path: Path, animals: int, visits: int) -> None:
    ranch, keys = ranch_of(tmp_path)
    say(ranch, [own[:visits] for own in keys[:animals]])
    again = animals * max(visits - 1, 0)
    with pytest.raises(ThumperError, match=f"there are {again}, of {animals} deer .* Same on the"):
        train_reid(ranch)


def test_vectors_of_unknown_weights_are_refused(tmp_path: Path) -> None:
    ranch, keys = ranch_of(tmp_path)
    say(ranch, keys)
    with ranch.ledger.transaction() as c:
        c.execute("update runs set config = '{}'")
    with pytest.raises(ThumperError, match="weights are not known"):
        train_reid(ranch)


class Painted:
    """An embedder for whom a photo's shades are its vector: 40 stripes of the crop."""

    name, size = EMBEDDER, DIM

    def __init__(self, sha256: str = SHA256) -> None:
        self.sha256 = sha256

    def embed(self, crops: ImageArray) -> FloatArray:
        rows = crops.mean(axis=(2, 3)) - 128.0
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def fingerprint_fields(self) -> dict[str, str]:
        return {"weights_sha256": self.sha256}


def paint(folder: Path, animals: int, seed: int = 1) -> Path:
    """An album: each photo's stripes are an animal's, moved by the visit as in `ranch_of`."""
    import cv2

    rng = np.random.default_rng(0)
    directions = (rng.normal(size=(ANIMALS, DIM)), rng.normal(size=(4, DIM)))[1]
    lot = np.random.default_rng(seed)
    for animal in range(animals):
        (folder / f"deer{animal}").mkdir(parents=True)
        own = lot.normal(size=DIM)
        for visit in range(5):
            moved = own + lot.normal(size=4) @ directions
            for frame in range(2):
                shades = 128 + 14 * (moved + 0.5 * lot.normal(size=DIM))
                picture = np.repeat(np.clip(shades, 0, 255)[:, None], DIM, axis=1)
                path = folder / f"deer{animal}" / f"{visit}_{frame}.png"
                cv2.imwrite(str(path), np.repeat(picture[..., None], 3, axis=2).astype(np.uint8))
    return folder


def test_an_album_of_other_animals_teaches_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "open_embedder", lambda *_, **__: Painted())
    ranch, keys = ranch_of(tmp_path)
    album = paint(tmp_path / "album", 14)
    alone = train_reid(ranch, album, sighting=r"^(\d+)_")
    assert alone.trial.is_better and alone.trial.held_out == "14 deer"
    assert alone.evidence == flow.Evidence(0, 70, 70, 56, 14)
    assert alone.learned is not None and "last_decision" not in alone.learned.card
    assert not alone.is_used and alone.learned.digits in alone.said
    assert build_herd(ranch).summary.cut.metric == ""  # it was never tried on these deer
    say(ranch, keys)
    here = train_reid(ranch, album, sighting=r"^(\d+)_")
    assert here.trial.held_out.startswith("visits of 16 deer")
    assert here.is_used == here.trial.is_better and here.said == here.trial.said
    few = paint(tmp_path / "few", 3)
    with pytest.raises(ThumperError, match="of 3 deer in the album"):
        train_reid(ranch, few, sighting=r"^(\d+)_")
    monkeypatch.setattr(flow, "open_embedder", lambda *_, **__: Painted("b" * 64))
    with pytest.raises(ThumperError, match="other weights"):
        train_reid(ranch, album)
