"""`identify`: what it says where there are no deer, and that it goes on as it said."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.generated import Size
from tests.generated import build as build_generated
from tests.questions.test_no_deer import NAMES_DEER, NAMES_NONE, found
from tests.workspaces import DETECTOR
from thumper_core.contracts import ClassMeaning
from thumper_core.settings import Settings
from thumper_core.store.meanings import set_meanings
from thumper_core.workspace import Workspace


def test_no_deer_is_said_and_the_named_command_goes_on(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ranch = found(tmp_path, ["animal", "animal", "person"], NAMES_NONE)
    code, printed = call("-w", ranch.root, "identify")
    assert code == 1
    assert 'say only "animal"' in printed
    assert f"Next: thumper -w {ranch.root} identify --species 'white-tailed deer'" in printed
    assert "Next: thumper report" not in printed
    assert not ranch.ledger.herds()
    code, printed = call("-w", ranch.root, "identify", "--json")
    assert (code, json.loads(printed)["no_deer"]) == (1, "not_named")

    code, printed = call("-w", ranch.root, "identify", "--species", "mule deer", "--json")
    assert code == 0
    assert Workspace.open(ranch.root).ledger.promoted("herd") is not None
    settings = Settings.load(ranch.settings_file)
    assert (settings.species, settings.animals_are_deer) == ("mule deer", True)


def test_at_one_camera_only(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ranch = found(tmp_path, ["animal"] * 3, NAMES_NONE)
    assert call("-w", ranch.root, "identify", "--camera", "Creek")[0] == 2
    code, _ = call("-w", ranch.root, "identify", "--species", "elk", "--camera", "Creek", "--json")
    assert code == 0
    herd = Workspace.open(ranch.root).ledger.promoted_herd()
    assert herd is not None
    assert herd.summary.counts.n_detections == 1
    assert herd.summary.about == "elk and every animal at Creek"


def test_deer_below_the_confidence_are_named_and_taken_in(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ranch = found(tmp_path, ["deer", "deer", "animal"])
    code, printed = call("-w", ranch.root, "identify", "--conf", "0.95")
    assert code == 1
    assert "the highest is 0.90" in printed
    assert "identify --conf 0.89" in printed
    assert "(without `--conf` it is 0.4" in printed
    assert printed.rstrip().endswith(f"Next: thumper -w {ranch.root} identify")
    code, printed = call("-w", ranch.root, "identify", "--conf", "0.89")
    assert code == 0
    assert "Left out" not in printed
    assert f"Next: thumper -w {ranch.root} report" in printed


def test_an_empty_herd_does_not_take_the_place_of_one_with_deer(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ranch = found(tmp_path, ["deer", "deer"], NAMES_DEER)
    assert call("-w", ranch.root, "identify")[0] == 0
    shown = ranch.ledger.promoted("herd")
    set_meanings(ranch.ledger, DETECTOR, {"deer": ClassMeaning("cattle")}, replace=True)
    code, printed = call("-w", ranch.root, "identify")
    assert code == 1
    assert "cattle (2)" in printed
    code, _ = call("-w", ranch.root, "reprocess", "--clear-mode", "identities")
    assert code == 3  # the checks refuse it
    assert ranch.ledger.promoted("herd") == shown
    code, printed = call("-w", ranch.root, "reprocess", "--clear-mode", "identities", "--force")
    assert code == 1
    assert "cattle (2)" in printed
    assert ranch.ledger.promoted("herd") != shown


def test_a_report_on_nothing_says_what_to_do(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ranch = Workspace.create(tmp_path)
    for format_name in ("html", "weekly"):
        code, printed = call("-w", ranch.root, "report", "--format", format_name)
        assert code == 1
        assert "There are no photos in this workspace yet." in printed
        assert f"Next: thumper -w {ranch.root} add PATH-TO-PHOTOS" in printed
    assert not list(ranch.reports_dir.glob("*"))


def test_profiles_and_those_seen_again_have_one_figure_each(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    herd = build_generated(tmp_path, Size(photos=60, animals=4, cameras=2, failures=0))
    code, printed = call("-w", herd.root, "identify")
    assert code == 0
    shown = Workspace.open(herd.root).ledger.promoted_herd()
    assert shown is not None
    counts = shown.summary.counts
    assert (
        re.findall(r"(\d+) groups?(?: of pictures)?\b(?! \(|, less)", printed)[:2]
        == [str(counts.n_individuals)] * 2
    )
    assert "profiles" not in printed.split("Next:")[0]
    assert len(re.findall(r"seen on two visits|seen again", printed)) == 1
    assert f"{counts.assignment_rate:.0%} of detections are in a group that was seen" in printed
