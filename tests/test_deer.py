"""Which detections are deer of ours: a view over what was stored, by the settings and by people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.older import as_schema_1
from tests.workspaces import DETECTOR, SETTINGS, Deer, build, copied
from thumper_core.contracts import DEER, AgeClass, ClassMeaning, Sex, UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal, Reclass
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.herd.load import load_deer
from thumper_core.settings import Settings
from thumper_core.store.cameras.names import set_rename
from thumper_core.store.meanings import meanings_of, set_meanings
from thumper_core.workspace import Workspace

MEANINGS = {
    "deer": ClassMeaning(DEER),
    "whitetail": ClassMeaning("white-tailed deer"),
    "animal": ClassMeaning("animal"),
    "bird": ClassMeaning("bird"),
}
SEEN = ("deer", "whitetail", "animal", "animal", "bird")
WHITE, MULE = "white-tailed deer", "mule deer"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One box of each class in `SEEN`, and one person; the animals at Creek and at Old oak."""
    folder = tmp_path_factory.mktemp("mixed")
    cameras = ("North feeder", "Gate", "Creek", "Old oak")
    animals = [Deer(cls, 1) for cls in SEEN]
    workspace = build(
        folder, animals, cameras=cameras, n_blank=0, people=1, identified=False, drawn=False
    )
    set_meanings(workspace.ledger, DETECTOR, MEANINGS, replace=True)
    return workspace


@pytest.fixture
def ranch(mixed: Workspace, tmp_path: Path) -> Workspace:
    mixed.settings = SETTINGS
    return copied(mixed, tmp_path)


def about(workspace: Workspace, settings: Settings) -> list[tuple[str, str, bool]]:
    """class, species, is_deer of every detection, under these settings."""
    workspace.settings = settings
    query = 'select "class", species, is_deer from detections order by detection_id'
    return workspace.sql(query).rows()


PERSON = ("person", "person", False)


@pytest.mark.parametrize(
    ("species", "places", "wanted"),
    [
        (WHITE, False, [WHITE, WHITE, "animal", "animal", "bird"]),
        (MULE, False, [MULE, WHITE, "animal", "animal", "bird"]),
        (MULE, True, [MULE, WHITE, MULE, MULE, "bird"]),
        (MULE, ["creek"], [MULE, WHITE, MULE, "animal", "bird"]),
        (MULE, ["Creek", "Old oak"], [MULE, WHITE, MULE, MULE, "bird"]),
        (MULE, ["Gate"], [MULE, WHITE, "animal", "animal", "bird"]),
        ("muntjac", [], ["muntjac", WHITE, "animal", "animal", "bird"]),
    ],
)
def test_species_is_read_by_the_settings(
    mixed: Workspace, species: str, places: bool | list[str], wanted: list[str]
) -> None:
    found = about(mixed, Settings().about(species, places))
    told = zip(SEEN, wanted, strict=True)
    assert found == [*((cls, word, word == species) for cls, word in told), PERSON]
    assert mixed.query().sql("select count(*) from detections where is_deer").fetchall() == [
        (wanted.count(species),)
    ]


def test_a_run_is_read_again_without_a_new_one(ranch: Workspace) -> None:
    (run,) = ranch.ledger.runs()

    def grouped() -> set[str]:
        frame, vectors = load_deer(ranch, run.run_id, 0.4)
        assert len(frame) == len(vectors)
        return set(frame["class"])

    assert grouped() == {"deer", "whitetail"}
    ranch.settings = ranch.settings.about(MULE)
    assert grouped() == {"deer"}
    ranch.settings = ranch.settings.about(MULE, True)
    assert grouped() == {"deer", "animal"}
    assert build_herd(ranch).summary.counts.n_detections == 3
    assert [row.run_id for row in ranch.ledger.runs()] == [run.run_id]


def box(workspace: Workspace, cls: str) -> BoxKey:
    query = 'select photo_id, x1, y1, x2, y2 from detections where "class" = ? limit 1'
    photo_id, *corners = workspace.sql(query, [cls]).row(0)
    return BoxKey(photo_id, tuple(corners))


def test_people_say_it_better(ranch: Workspace) -> None:
    """A word on one box wins over the settings, and a deer that a person names is one of ours."""
    record(ranch.ledger, Reclass(box(ranch, "animal"), "coyote"), "Kim")
    record(ranch.ledger, Reclass(box(ranch, "bird"), DEER), "Kim")
    photo_id = box(ranch, "person").photo_id
    record(ranch.ledger, MissedAnimal(BoxKey(photo_id, (200, 100, 300, 200)), DEER), "Kim")
    record(ranch.ledger, MissedAnimal(BoxKey(photo_id, (400, 100, 500, 200)), "animal"), "Kim")
    found = about(ranch, Settings().about(MULE, True))
    spoken = {("animal", "coyote", False), ("bird", MULE, True), ("human", MULE, True)}
    assert spoken | {("human", "animal", False)} <= set(found)
    assert found.count(("animal", MULE, True)) == 1  # the other one is the settings' still
    assert PERSON in found


def test_a_camera_keeps_its_word_when_it_is_renamed(ranch: Workspace) -> None:
    settings = Settings().about(MULE, ["Creek"])
    before = about(ranch, settings)
    set_rename(ranch.ledger, "Creek", "Lower creek")
    assert about(ranch, settings) == before
    assert about(ranch, Settings().about(MULE, ["Lower creek"])) == before


def test_what_older_versions_called_every_deer_is_read_as_a_deer(ranch: Workspace) -> None:
    ledger = ranch.ledger
    old = {"deer": ClassMeaning(WHITE), "animal": ClassMeaning("animal")}
    set_meanings(ledger, DETECTOR, old, replace=True)
    set_meanings(ledger, "demo", old)
    record(ledger, Reclass(box(ranch, "bird"), WHITE, Sex.MALE, AgeClass.ADULT), "Kim")
    opened = as_schema_1(ranch)
    assert meanings_of(opened.ledger, DETECTOR)["deer"] == ClassMeaning(DEER)
    assert meanings_of(opened.ledger, "demo")["deer"] == ClassMeaning(WHITE)
    record(opened.ledger, Reclass(box(opened, "person"), WHITE), "Kim")
    assert about(opened, Settings()).count(("bird", WHITE, True)) == 1
    found = about(opened, Settings().about(MULE))
    assert ("bird", MULE, True) in found
    assert ("deer", MULE, True) in found
    assert ("person", WHITE, False) in found  # said since, of that species


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Mule  Deer ", MULE), ("Elk", "elk"), ("Père David's deer", "père david's deer")],
)
def test_a_species_is_kept_as_tables_write_it(given: str, kept: str, tmp_path: Path) -> None:
    settings = Settings().replace("detect", conf_min=0.3).about(given, ["Gate"])
    settings.save(tmp_path / "thumper.toml")
    found = Settings.load(tmp_path / "thumper.toml")
    assert (found.species, found.animals_are_deer, found.detect.conf_min) == (kept, ("Gate",), 0.3)
    Settings().save(tmp_path / "thumper.toml")
    assert (tmp_path / "thumper.toml").read_text() == ""


@pytest.mark.parametrize("given", ["", "  ", "animal", "Human", "vehicle"])
def test_what_is_no_species_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="species: name a species, such as white-tailed deer"):
        Settings().about(given)
