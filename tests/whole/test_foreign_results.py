"""Results files as people have them: made elsewhere, by other programs, with every weak box."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ledgers import add_decision
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.export.md_json import md_json
from thumper_core.export.md_labels import meaning_of
from thumper_core.export.md_match import KnownFile, match_names, parts_of
from thumper_core.export.md_read import parse, usual_conf
from thumper_core.export.md_run import STATE, import_md_json
from thumper_core.ingest.add import add_paths
from thumper_core.questions import tables, words
from thumper_core.questions.no_deer import why_no_deer
from thumper_core.upkeep.prune import kept_runs
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

DEER, ANIMAL = "white-tailed deer", "animal"
DIALECTS: dict[str, str | None] = {
    # the species of the four animals; None: refused
    "a_posix": ANIMAL, "b_win_relative": ANIMAL, "c_win_relative_folder": ANIMAL,
    "d_win_drive": ANIMAL, "e_unc": ANIMAL, "f_mixed": ANIMAL, "g_dot_win": ANIMAL,
    "h_version_3part": ANIMAL, "i_no_version": ANIMAL, "j_version_number": ANIMAL,
    "k_no_info": ANIMAL, "l_bom": ANIMAL, "m_utf16": ANIMAL, "n_taxonomy_label": DEER,
    "o_underscore_label": DEER, "p_descriptions": DEER, "q_category_int": ANIMAL,
    "r_conf_text": ANIMAL, "s_failures": ANIMAL, "t_video": ANIMAL, "u_speciesnet": DEER,
    "v_missing_category": None, "w_old_api": ANIMAL, "x_extra_above": ANIMAL, "y_case": ANIMAL,
}  # fmt: skip


def photos(shared: Path, folder: Path, case: str) -> Workspace:
    """A workspace with the photos of a case; its other files lie in `folder`."""
    script = shared / "cases" / f"{case}.py"
    subprocess.run([sys.executable, script], cwd=folder, check=True)
    workspace = Workspace.create(folder / "ranch")
    add_paths(workspace, [folder / "photos"])
    return workspace


def test_every_dialect(shared_dir: Path, tmp_path: Path) -> None:
    workspace = photos(shared_dir, tmp_path, "md_json_dialects")
    files = {path.stem: path for path in tmp_path.glob("*.json")}
    assert files.keys() == DIALECTS.keys()
    ids = dict(workspace.sql("select path, photo_id from photos").iter_rows())
    run_of = {}
    for name, species in DIALECTS.items():
        if species is None:
            runs = len(workspace.ledger.runs())
            with pytest.raises(
                UsageError, match=r"IMG_0001\.JPG': category '2' is not in the file"
            ):
                import_md_json(workspace, files[name])
            assert len(workspace.ledger.runs()) == runs  # nothing half imported
            continue
        summary = import_md_json(workspace, files[name])
        assert (summary.n_photos, summary.unmatched, summary.ambiguous) == (4, (), ()), name
        assert summary.videos == (("CamA/VID_0003.MP4",) if name == "t_video" else ()), name
        run_of[name] = summary.run_id
    boxes = workspace.sql("select run_id, photo_id, species from all_detections")
    errors = workspace.sql("select run_id, photo_id from all_outcomes where status = 'error'")
    for name, run_id in run_of.items():
        found = boxes.filter(boxes["run_id"] == run_id)
        failed = errors.filter(errors["run_id"] == run_id)
        missing = {path for path in ids if "CamA" in path} if name == "s_failures" else set()
        assert set(failed["photo_id"]) == {ids[path] for path in missing}, name
        assert sorted(found["photo_id"]) == sorted(ids[p] for p in ids.keys() - missing), name
        assert set(found["species"]) == {DIALECTS[name]}, name
    assert verify(workspace).is_sound


def test_weak_boxes_are_kept_and_do_not_count(shared_dir: Path, tmp_path: Path) -> None:
    workspace = photos(shared_dir, tmp_path, "md_json_low_confidence")
    path = tmp_path / "md.json"
    summary = import_md_json(workspace, path)
    assert (summary.n_detections, summary.n_weaker, summary.conf_min) == (3, 8, 0.2)
    shards = len(workspace.lake.shards(f"runs/{summary.run_id}"))

    def counted() -> list[int]:
        boxes = workspace.sql("select count(*) from detections").item()
        of_photos = workspace.sql("select sum(n_detections) from outcomes").item()
        people = workspace.sql("select count(*) from detections where species = 'human'").item()
        return [boxes, of_photos, people]

    assert counted() == [3, 3, 0]
    blank = workspace.sql("select count(*) from outcomes where n_detections = 0").item()
    assert blank == 1
    lower = import_md_json(workspace, path, conf_min=0.01)
    assert (lower.run_id, lower.n_photos, lower.conf_min) == (summary.run_id, 0, 0.01)
    assert counted() == [7, 7, 4]
    assert import_md_json(workspace, path).conf_min == 0.01  # what was chosen holds
    assert import_md_json(workspace, path, conf_min=0).conf_min == 0
    assert counted() == [11, 11, 4]
    workspace.ledger.set_conf_min(summary.run_id, 0.92)  # a float32 at the limit counts
    assert counted() == [3, 3, 0]
    assert len(workspace.lake.shards(f"runs/{summary.run_id}")) == shards
    assert verify(workspace).is_sound

    written = json.loads(md_json(workspace, tmp_path / "out.json").read_text("utf-8"))
    assert sum(len(image["detections"]) for image in written["images"]) == 3
    again = import_md_json(workspace, tmp_path / "out.json")
    assert (again.n_detections, again.n_weaker) == (3, 0)


def test_what_a_person_said_holds_whatever_the_threshold(shared_dir: Path, tmp_path: Path) -> None:
    workspace = photos(shared_dir, tmp_path, "md_json_low_confidence")
    run_id = import_md_json(workspace, tmp_path / "md.json").run_id
    photo_id = workspace.sql("select photo_id from outcomes where n_detections = 0").item()
    weak = [288.0, 216.0, 304.0, 228.0]  # where the crumb at 0.011 is
    said = {"photo_id": photo_id, "box": weak, "species": DEER, "sex": "female"}
    add_decision(
        workspace.ledger, "missed_animal", photo_id, said | {"age_class": "adult"}, author="me"
    )
    for conf_min in (0.2, 0.0):
        workspace.ledger.set_conf_min(run_id, conf_min)
        found = workspace.sql(
            "select species, sex, source from detections where photo_id = ? and source = 'human'",
            [photo_id],
        )
        assert found.rows() == [(DEER, "female", "human")], conf_min


def test_the_commands_name_a_next_step_that_works(
    shared_dir: Path,
    tmp_path: Path,
    call: Callable[..., tuple[int, str]],
) -> None:
    workspace = photos(shared_dir, tmp_path, "md_json_low_confidence")
    data = json.loads((tmp_path / "md.json").read_text("utf-8"))
    data["images"] += [{"file": "IMG_0001.JPG", "detections": []}, {"file": "x", "detections": []}]
    path = tmp_path / "more.json"
    path.write_text(json.dumps(data), "utf-8")

    def says(*words: object) -> tuple[int, str]:
        code, printed = call("-w", workspace.root, *words)
        return code, " ".join(printed.split())

    code, said = says("add", "--md-json", path)
    assert code == 0
    assert "4 photos and 3 detections" in said
    assert "from a confidence of 0.2 on. 8 weaker ones stored too" in said
    assert "No photo of this workspace: 1 (x)" in said
    assert "Left out because they can be several photos: 1 (IMG_0001.JPG)" in said
    said = says("add", "--md-json", path, "--conf", "0.01")[1]
    assert "They have no embeddings" in said
    assert "`thumper run --detector NAME`" in said
    for code, command in ((0, "status"), (1, "identify")):
        got, said = says(command)
        assert got == code
        assert "have no embeddings" in said
        assert "run --detector whitetail" in said
        assert "identify" not in said
    totals, cards = tables.totals(workspace), tables.herd_cards(workspace)
    summary = words.summary(totals, cards, tables.sightings(workspace), why_no_deer(workspace))
    assert "thumper run --detector" in summary[1]
    assert says("verify")[0] == 0
    assert kept_runs(workspace) == {workspace.ledger.runs()[0].run_id}
    assert workspace.ledger.runs()[0].state == STATE
    assert says("add", tmp_path / "photos", "--conf", "0.5")[0] == 2


def test_nothing_is_kept_where_no_image_fits(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ranch")
    path = tmp_path / "md.json"
    path.write_text(json.dumps({"images": [{"file": "CamA/a.jpg", "detections": []}]}), "utf-8")
    with pytest.raises(ThumperError, match="add the photos from the folder"):
        import_md_json(workspace, path)
    assert workspace.ledger.runs() == []


FILES = [
    KnownFile("/photos", "season/CamA/IMG_0001.JPG", "a1"),
    KnownFile("/photos", "season/CamB/100RECNX/IMG_0001.JPG", "b1"),
    KnownFile("/photos", "season/CamB/100RECNX/IMG_0002.JPG", "b2"),
    KnownFile("/cards/CamC", "IMG_0009.JPG", "c9"),
    KnownFile("/photos", "season/Büchse/IMG_0003.JPG", "u3"),
]


@pytest.mark.parametrize(
    ("names", "found", "ambiguous", "unmatched"),
    [
        ([], {}, [], []),
        (["IMG_0002.JPG"], {"b2": 0}, [], []),
        (["IMG_0001.JPG"], {}, ["IMG_0001.JPG"], []),
        (["img_0001.jpg"], {}, ["img_0001.jpg"], []),
        (["CamA/IMG_0001.JPG", "IMG_0001.JPG"], {"a1": 0}, ["IMG_0001.JPG"], []),
        (["100RECNX\\IMG_0001.JPG"], {"b1": 0}, [], []),
        (["CamX/IMG_0001.JPG", "..", "", "/", "C:\\"], {}, [],
         ["CamX/IMG_0001.JPG", "..", "", "/", "C:\\"]),
        # A file name alone is not enough where the folders contradict it.
        (["CamC/IMG_0009.JPG", "CamD/IMG_0009.JPG"], {"c9": 0}, [], ["CamD/IMG_0009.JPG"]),
        # Two names for one file: the longer fit has it, of equal ones none.
        (["photos/season/CamA/IMG_0001.JPG", "old/season/CamA/IMG_0001.JPG"], {"a1": 0}, [],
         ["old/season/CamA/IMG_0001.JPG"]),
        (["old/season/CamA/IMG_0001.JPG", "new/season/CamA/IMG_0001.JPG"], {},
         ["old/season/CamA/IMG_0001.JPG", "new/season/CamA/IMG_0001.JPG"], []),
        (["CamA/IMG_0001.JPG", "cama/img_0001.jpg"], {"a1": 0}, [], ["cama/img_0001.jpg"]),
        (["CamA/IMG_0001.JPG", ".\\CamA\\IMG_0001.JPG"], {"a1": 0}, [], []),
        (["Bu\u0308chse/IMG_0003.JPG"], {"u3": 0}, [], []),
        (["\\\\?\\D:\\photos\\season\\CamA\\IMG_0001.JPG"], {"a1": 0}, [], []),
    ],
)  # fmt: skip
def test_names(
    names: list[str], found: dict[str, int], ambiguous: list[str], unmatched: list[str]
) -> None:
    matches = match_names(FILES, names)
    assert (matches.photos, matches.ambiguous, matches.unmatched) == (found, ambiguous, unmatched)


def test_two_copies_of_a_photo_are_one_photo() -> None:
    files = [KnownFile("/a", "x/1.jpg", "p"), KnownFile("/b", "x/1.jpg", "p")]
    assert match_names(files, ["x/1.jpg"]).photos == {"p": 0}
    assert parts_of("a/./b/../c.jpg") == ("a", "c.jpg")


@pytest.mark.parametrize(
    ("label", "description", "species"),
    [
        ("White_Tailed-Deer", "", DEER),
        ("odocoileus virginianus", "", DEER),
        ("u;mammalia;cetartiodactyla;cervidae;odocoileus;virginianus;", "", DEER),
        ("1e6bbcba-0000-0000-0000-000000000000;mammalia;;cervidae;;;cervidae family", "",
         "cervidae family"),
        ("1e6bbcba-0000-0000-0000-000000000000;mammalia;;;;;", "", "mammalia"),
        ("wtd", "x;mammalia;c;cervidae;odocoileus;virginianus;white-tailed deer", DEER),
        ("7", "x;mammalia;carnivora;canidae;vulpes;vulpes;red fox", "red fox"),
        ("person", "", "human"),
        ("white-footed mouse", "", "white-footed mouse"),
        ("blank", "", "blank"),
    ],
)  # fmt: skip
def test_labels(label: str, description: str, species: str) -> None:
    assert meaning_of(label, description).species == species


@pytest.mark.parametrize(
    ("info", "conf_min"),
    [
        # `known_models` of megadetector/detection/run_detector.py
        (None, 0.2), ({}, 0.2), ({"detector": "md_v5a.0.0.pt"}, 0.2),
        ({"detector": "megadetector_v2.pb"}, 0.8), ({"detector": "megadetector_v3"}, 0.8),
        ({"detector": "c:/x/md_v4.1.0.pb"}, 0.8), ({"detector": "md_v5b.0.1.pt"}, 0.2),
        ({"detector": "md_v1000.0.0-redwood.pt"}, 0.3),
        ({"detector": "x", "detector_metadata": {"typical_detection_threshold": 0.55}}, 0.55),
    ],
)  # fmt: skip
def test_thresholds_are_those_of_megadetectors_authors(
    info: dict[str, Any] | None, conf_min: float
) -> None:
    assert parse({"info": info, "images": []}).conf_min == conf_min


def test_thresholds_of_others() -> None:
    assert [usual_conf(n) for n in ("MDV6-yolov10-c.pt", "SpeciesNet 4.0.1a", "mine.pt")] == [
        0.2
    ] * 3


def prediction(**changes: Any) -> dict[str, Any]:
    boxes = [
        {"category": "1", "label": "animal", "conf": 0.9, "bbox": [0, 0, 0.5, 0.5]},
        {"category": "2", "label": "human", "conf": 0.8, "bbox": [0.5, 0.5, 0.5, 0.5]},
    ]
    tax = "1e6bbcba-0000-0000-0000-000000000000;mammalia;x;cervidae;odocoileus;virginianus;deer"
    return {"filepath": "a.jpg", "detections": boxes, "prediction": tax} | changes


@pytest.mark.parametrize(
    ("changes", "species"),
    [
        ({}, ["deer", "human"]),
        ({"prediction": "f1856211-cfb7-4a5b-9158-c0f72fd09ee6;;;;;;blank"}, ["animal", "human"]),
        ({"prediction": "990ae9dd-7a59-4344-afcb-1b7b21368000;m;p;h;homo;sapiens;human"},
         ["animal", "human"]),
        ({"prediction": None}, ["animal", "human"]),
        ({"failures": ["CLASSIFIER"]}, ["deer", "human"]),
        ({"failures": ["DETECTOR"], "detections": None}, []),
    ],
)  # fmt: skip
def test_species_net(changes: dict[str, Any], species: list[str]) -> None:
    image = parse({"predictions": [prediction(**changes)]}).images[0]
    assert [meaning_of(d.label).species for d in image.detections] == species
    assert (image.failure is not None) == (species == [])
