from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeEmbedder, tables_of
from tests.imports.test_addaxai_read import box as addax_box
from tests.imports.test_addaxai_read import write as addax_tables
from tests.imports.test_timelapse_read import ddb
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Reclass
from thumper_core.decisions.record import record
from thumper_core.export.md_json import md_json
from thumper_core.herd.build import build_herd
from thumper_core.imports.results import import_results
from thumper_core.imports.undo import undo_import
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.store.came_in import imports
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

Season = Callable[..., Workspace]


def document(names: list[str], boxes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "info": {"format_version": "1.3", "detector": "md_v5a.0.0.pt"},
        "detection_categories": {"1": "deer", "2": "person"},
        "images": [{"file": name, "detections": boxes} for name in names],
    }


STRONG = {"category": "1", "conf": 0.9, "bbox": [0.1, 0.1, 0.5, 0.5]}
WEAK = {"category": "1", "conf": 0.1, "bbox": [0.5, 0.5, 0.4, 0.4]}


def write(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(json.dumps(data), "utf-8")
    return path


def names_of(workspace: Workspace) -> list[str]:
    return list(workspace.sql("select path from photos order by path")["path"])


def vectors_in(workspace: Workspace, run_id: str) -> int:
    return int(
        workspace.sql("select count(*) from all_embeddings where run_id = ?", [run_id]).item()
    )


def test_boxes_of_a_file_are_embedded_and_identified(season: Season, tmp_path: Path) -> None:
    workspace = season("ann", identified=False)
    names = names_of(workspace)
    path = write(tmp_path / "md.json", document(names[:10], [STRONG, WEAK]))
    embedder = FakeEmbedder()
    made = import_results(workspace, path, lambda: embedder, author="Ann")
    assert made.run is not None and made.found is not None
    assert (made.run.n_left, made.run.progress.done, made.found.n_weaker) == (0, 10, 10)
    assert vectors_in(workspace, made.run.run_id) == 10  # weak boxes cost nothing
    assert newest_complete_run(workspace).run_id == made.run.run_id
    herd = build_herd(workspace)
    assert herd.run_id == made.run.run_id
    assert herd.summary.counts.n_detections == 10
    boxes = workspace.sql(
        "select x1, y1, x2, y2, width, height from detections join photos using (photo_id)"
    )
    for x1, y1, x2, y2, width, height in boxes.iter_rows():
        assert (x1, y1, x2, y2) == pytest.approx(
            (0.1 * width, 0.1 * height, 0.6 * width, 0.6 * height)
        )

    seen = len(embedder.batches)
    again = import_results(workspace, path, lambda: embedder, author="Ann")
    assert (again.run.run_id, again.run.progress.done) == (made.run.run_id, 0)
    assert len(embedder.batches) == seen  # nothing is computed twice
    assert len(imports(workspace.ledger)) == 1
    lower = import_results(workspace, path, lambda: embedder, author="Ann", conf_min=0.05)
    assert lower.run.run_id != made.run.run_id
    assert vectors_in(workspace, lower.run.run_id) == 20
    assert verify(workspace).is_sound


@pytest.mark.slow
def test_it_stops_goes_on_and_is_topped_up(season: Season, tmp_path: Path) -> None:
    workspace = season("ann", identified=False)
    others = tmp_path / "more"
    names = [*names_of(workspace), "more/cam9/late.jpg"]
    path = write(tmp_path / "md.json", document(names, [STRONG]))
    stop = threading.Event()
    stop.set()
    stopped = import_results(workspace, path, FakeEmbedder, author="Ann", stop=stop)
    assert (stopped.run.is_stopped, stopped.run.n_left) == (True, 12)
    went_on = import_results(workspace, path, FakeEmbedder, author="Ann")
    assert (went_on.run.run_id, went_on.run.n_left) == (stopped.run.run_id, 0)

    (others / "cam9").mkdir(parents=True)
    picture = tmp_path / "photos" / names[0]
    (others / "cam9" / "late.jpg").write_bytes(picture.read_bytes() + b"\0")
    add_paths(workspace, [others])
    topped = import_results(workspace, path, FakeEmbedder, author="Ann")
    assert (topped.run.run_id, topped.run.progress.done) == (stopped.run.run_id, 1)

    fresh = Workspace.create(tmp_path / "at-once")
    add_paths(fresh, [tmp_path / "photos", others])
    whole = import_results(fresh, path, FakeEmbedder, author="Ann")
    mine, at_once = tables_of(workspace, topped.run.run_id), tables_of(fresh, whole.run.run_id)
    assert mine == at_once  # cut off and topped up, or in one go: the same rows


@pytest.mark.slow
def test_what_another_detector_found_comes_back_the_same(season: Season, tmp_path: Path) -> None:
    first = season("ann")
    path = md_json(first, tmp_path / "md.json")
    second = season("bob", identified=False)
    made = import_results(second, path, FakeEmbedder, author="Bob")
    herd = build_herd(second)
    was = first.ledger.promoted_herd()
    assert was is not None
    assert herd.summary.counts.n_individuals == was.summary.counts.n_individuals
    asked = 'select photo_id, ordinal, "class", sex from detections order by all'
    assert second.sql(asked).rows() == first.sql(asked).rows()
    assert made.run.progress.failures == {}


def test_a_failure_in_the_file_and_a_photo_that_is_gone_are_outcomes(
    season: Season, tmp_path: Path
) -> None:
    workspace = season("ann", identified=False)
    names = names_of(workspace)
    data = document(names, [STRONG])
    data["images"][0] = {"file": names[0], "failure": "Failure image access", "detections": None}
    gone = tmp_path / "photos" / names[1]
    kept = gone.read_bytes()
    gone.unlink()
    path = write(tmp_path / "md.json", data)
    made = import_results(workspace, path, FakeEmbedder, author="Ann")
    told = dict(
        workspace.sql(
            "select path, error_message from all_outcomes join photos using (photo_id) "
            "where run_id = ? and status = 'error'",
            [made.run.run_id],
        ).iter_rows()
    )
    assert told[names[0]] == "Failure image access"
    assert "no longer there" in told[names[1]]
    gone.write_bytes(kept)
    import_results(workspace, path, FakeEmbedder, author="Ann")
    assert vectors_in(workspace, made.run.run_id) == 11  # tried again once it is back


@pytest.mark.slow
def test_it_is_taken_back_whole_and_comes_in_again(season: Season, tmp_path: Path) -> None:
    workspace = season("ann")
    shown = (workspace.ledger.promoted("run"), workspace.ledger.promoted("herd"))
    path = write(tmp_path / "md.json", document(names_of(workspace), [STRONG]))
    made = import_results(workspace, path, FakeEmbedder, author="Ann")
    build_herd(workspace, run_id=made.run.run_id)
    undone = undo_import(workspace, made.import_id, "Ann")
    assert set(undone.runs) == {made.found.run_id, made.run.run_id}
    assert (workspace.ledger.promoted("run"), workspace.ledger.promoted("herd")) == shown
    assert newest_complete_run(workspace).run_id == shown[0]
    again = import_results(workspace, path, FakeEmbedder, author="Ann")
    assert again.import_id != made.import_id
    assert again.run.n_left == 0
    assert verify(workspace).is_sound


@pytest.mark.slow
def test_taken_back_where_nothing_was_before_nothing_is_shown(
    season: Season, tmp_path: Path
) -> None:
    workspace = season("ann", identified=False)
    path = write(tmp_path / "md.json", document(names_of(workspace), [STRONG]))
    made = import_results(workspace, path, FakeEmbedder, author="Ann")
    build_herd(workspace)
    undo_import(workspace, made.import_id, "Ann")
    assert workspace.ledger.promoted("run") is None
    assert workspace.ledger.promoted("herd") is None
    assert workspace.sql("select * from detections").is_empty()
    assert verify(workspace).is_sound


BOX = "0.1, 0.1, 0.5, 0.5"


def image_set(path: Path, names: list[str], **said: str) -> Path:
    """A database of Timelapse with a deer in each photo; said: what the first photo's fields hold."""
    files = [
        {"File": Path(name).name, "RelativePath": str(Path(name).parent).replace("/", "\\")}
        | dict.fromkeys(said, "")
        for name in names
    ]
    files[0] |= said
    found = [(n, "1", 0.9, BOX, "7", 0.9) for n in range(1, len(names) + 1)]
    found.append((2, "1", 0.8, "0.6, 0.6, 0.3, 0.3", "7", 0.9))  # two deer in the second photo
    return ddb(path, files, found)


def classes(workspace: Workspace) -> list[tuple[str, str, str]]:
    return workspace.sql(
        "select path, sex, author from detections d join photos using (photo_id) "
        "join decisions on kind = 'class' and not undone and starts_with(subject, d.photo_id) order by path"
    ).rows()


def test_an_image_set_of_timelapse_is_embedded_and_its_words_are_decisions(
    season: Season, tmp_path: Path
) -> None:
    workspace = season("ann", n=3, identified=False)
    names = names_of(workspace)
    path = image_set(tmp_path / "a.ddb", names, Species="deer", Sex="Male", Count="1")
    embedder = FakeEmbedder()
    made = import_results(workspace, path, lambda: embedder, author="Ann")
    assert made.run is not None and made.words is not None
    assert (made.run.progress.done, vectors_in(workspace, made.run.run_id)) == (3, 4)
    assert (made.words.n_photos, made.words.n_said, made.words.n_unclear) == (1, 1, 0)
    build_herd(workspace)
    assert classes(workspace) == [(names[0], "male", "Ann")]

    # Somebody went on in Timelapse: only the words are new, and nothing is embedded again.
    seen = len(embedder.batches)
    later = image_set(tmp_path / "b.ddb", names, Species="deer", Sex="Female", Count="1")
    second = import_results(workspace, later, lambda: embedder, author="Ann")
    assert second.import_id != made.import_id
    assert second.run is not None and second.run.run_id == made.run.run_id
    assert len(embedder.batches) == seen
    assert [row[:2] for row in classes(workspace)][-1] == (names[0], "female")
    again = import_results(workspace, later, lambda: embedder, author="Ann")
    assert again.words is not None and again.words.n_said == 0
    undone = undo_import(workspace, second.import_id, "Ann")
    assert (undone.n_decisions, undone.runs) == (1, ())  # the run is the first import's too
    assert verify(workspace).is_sound


def test_what_is_not_clear_or_was_said_here_since_stays(season: Season, tmp_path: Path) -> None:
    workspace = season("ann", n=4, identified=False)
    names = names_of(workspace)
    names[0], names[1] = names[1], names[0]
    files = [
        {"File": Path(n).name, "RelativePath": str(Path(n).parent), "Bucks": b, "Does": d}
        for n, b, d in zip(names, ("1", "1", "1", "0"), ("0", "0", "1", "1"), strict=True)
    ]
    found = [(n, "1", 0.9, BOX, "7", 0.9) for n in (1, 2, 3, 4)]
    found.append((2, "1", 0.8, "0.6, 0.6, 0.3, 0.3", "7", 0.9))
    path = ddb(tmp_path / "a.ddb", files, found)
    made = import_results(workspace, path, FakeEmbedder, author="Ann")
    assert made.words is not None  # the second photo has two boxes, the third two animals
    assert (made.words.n_photos, made.words.n_said, made.words.n_unclear) == (4, 2, 2)
    photo_id, *box = workspace.sql(
        "select photo_id, x1, y1, x2, y2 from all_detections d join photos p using (photo_id) "
        "where p.path = ? and run_id = ?",
        [names[0], made.run.run_id if made.run else ""],
    ).row(0)
    record(workspace.ledger, Reclass(BoxKey(photo_id, tuple(box)), "elk"), "Bob")
    files[0] |= {"Bucks": "0", "Does": "1"}
    later = import_results(
        workspace, ddb(tmp_path / "b.ddb", files, found), FakeEmbedder, author="Ann"
    )
    assert later.words is not None and later.words.n_said == 0  # Bob's word is younger


def test_words_without_boxes_are_about_what_was_found_here(season: Season, tmp_path: Path) -> None:
    workspace = season("ann", identified=False)
    csv = tmp_path / "ImageData.csv"
    names = names_of(workspace)
    rows = [f"{Path(n).name},{Path(n).parent},Deer,1" for n in names]
    csv.write_text("\n".join(["File,RelativePath,Species,Count", *rows, "x.jpg,far,Deer,1"]))
    with pytest.raises(ThumperError, match="not where"):
        import_results(workspace, csv, FakeEmbedder, author="Ann")
    looked = season("bob")
    made = import_results(looked, csv, FakeEmbedder, author="Bob")
    assert (made.found, made.run) == (None, None)
    assert made.words is not None
    n_alone = looked.sql("select count(*) from outcomes where n_detections = 1").item()
    assert (made.words.n_said, made.words.n_unclear) == (n_alone, 12 - n_alone)
    assert made.words.unmatched == ("far/x.jpg",)
    assert len(made.words.sentences) == 3
    undo_import(looked, made.import_id, "Bob")
    assert looked.sql("select * from decisions where not undone and kind = 'class'").is_empty()
    csv.write_text("File,RelativePath,Notes\nIMG_0000.jpg,cam0,a buck\n")
    with pytest.raises(ThumperError, match="no field in it says plainly"):
        import_results(looked, csv, FakeEmbedder, author="Bob")
    csv.write_text("File,RelativePath,Species\nx.jpg,far,Deer\n")
    with pytest.raises(ThumperError, match="Add them first"):
        import_results(looked, csv, FakeEmbedder, author="Bob")


def test_a_root_that_has_another_name_here_is_found_all_the_same(
    season: Season, tmp_path: Path
) -> None:
    workspace = season("ann", n=2, identified=False)
    files = [{"File": Path(n).name, "RelativePath": ""} for n in names_of(workspace)]
    path = ddb(tmp_path / "a.ddb", files, [(1, "1", 0.9, BOX, "7", 0.9)])
    made = import_results(workspace, path, FakeEmbedder, author="Ann")
    assert made.found is not None and made.found.n_photos == 1


def test_tables_of_addaxai_come_in(season: Season, tmp_path: Path) -> None:
    workspace = season("ann", n=3, identified=False)
    names = names_of(workspace)
    rows = [
        addax_box(names[0]),
        addax_box(names[1], label="doe", confidence="NA", human_verified=True),
    ]
    addax_tables(tmp_path, detections=rows)
    path = tmp_path / "results_detections.csv"
    made = import_results(workspace, path, FakeEmbedder, author="Ann")
    assert made.run is not None and made.words is not None
    assert vectors_in(workspace, made.run.run_id) == 2
    assert (made.words.n_said, made.words.n_unclear) == (1, 0)
    (word,) = workspace.ledger.decisions()
    assert (word.kind, word.payload["sex"], word.author) == ("class", "female", "Ann")
    width, height = workspace.sql(
        "select width, height from photos where path = ?", [names[1]]
    ).row(0)
    assert word.payload["box"] == pytest.approx(
        [0.05 * width, 0.2 * height, 0.3 * width, 0.7 * height], abs=0.01
    )


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "one,two\n1,2\n", "no table that is known here"),
        ("a.xlsx", "PK\x03\x04", "Export it as CSV"),
        ("a.csv", "", "no table that is known here"),
        ("absent.csv", None, "Cannot read"),
    ],
)
def test_a_table_that_is_none_leaves_nothing(
    season: Season, tmp_path: Path, name: str, content: str | None, says: str
) -> None:
    workspace = season("ann", n=1, identified=False)
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=says):
        import_results(workspace, tmp_path / name, FakeEmbedder, author="Ann")
    assert imports(workspace.ledger) == []


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"images": 3}', "no json"])
def test_a_file_that_is_none_leaves_nothing(season: Season, tmp_path: Path, text: str) -> None:
    workspace = season("ann", identified=False)
    path = tmp_path / "md.json"
    path.write_text(text)
    with pytest.raises(UsageError):
        import_results(workspace, path, FakeEmbedder, author="Ann")
    assert imports(workspace.ledger) == []
    assert workspace.ledger.runs() == []
