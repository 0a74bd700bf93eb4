"""Commands that bring in what was done elsewhere say what came, and how it goes again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workspaces import Deer, copied
from thumper_core.decisions.kinds import Name
from thumper_core.decisions.record import record
from thumper_core.workspace import Workspace

Call = Callable[..., tuple[int, str]]


def test_a_merge_is_told_listed_and_taken_back(
    build: Callable[..., Workspace], call: Call, tmp_path: Path
) -> None:
    ours = build([Deer("buck", 2, "Old Crooked"), Deer("doe", 1)], drawn=False)
    theirs = copied(ours, tmp_path / "theirs")
    who = ours.sql("select individual_id from individuals where name is not null").item()
    record(theirs.ledger, Name(who, "Big Boy"), "Bob")

    def says(*words: object) -> tuple[int, str]:
        code, printed = call("-w", ours.root, *words)
        return code, " ".join(printed.split())

    assert says("import", "list") == (0, "Nothing was brought in from elsewhere.")
    code, said = says("merge", theirs.root, "--by", "Ann")
    assert code == 0
    assert "2 individuals that both know by the same photos, 0 new here" in said
    assert f"Conflict: {who} is called 'Old Crooked' here and 'Big Boy' by Bob: ours stays." in said
    assert "thumper import undo 1" in said
    assert "merge" in says("import", "list")[1]
    code, said = says("import", "undo", "1", "--by", "Ann")
    assert (code, "was taken back" in said) == (0, True)
    code, said = says("import", "undo", "1")
    assert (code, "was taken back already" in said) == (3, True)
    code, said = says("import", "undo", "7")
    assert (code, "thumper import list" in said) == (3, True)


def test_what_is_none_is_wrong_use(call: Call, tmp_path: Path) -> None:
    call("init", tmp_path / "ranch")
    for words in (
        ("import", "individuals", tmp_path / "absent"),
        ("import", "package", tmp_path / "absent"),
        ("merge", tmp_path / "absent"),
        ("merge", tmp_path / "ranch" / "cache"),
    ):
        code, printed = call("-w", tmp_path / "ranch", *words)
        assert code == 2, printed


@pytest.mark.slow
def test_a_bundle_says_where_it_is_opened(
    build: Callable[..., Workspace], call: Call, tmp_path: Path
) -> None:
    ours = build([Deer("buck", 2), Deer("doe", 1)], drawn=False)
    code, printed = call("-w", ours.root, "export", "bundle", tmp_path / "season.zip")
    assert code == 0
    assert "Elsewhere: thumper merge season.zip" in " ".join(printed.split())
    call("init", tmp_path / "new")
    code, printed = call("-w", tmp_path / "new", "merge", tmp_path / "season.zip")
    assert (code, "2 new here" in " ".join(printed.split())) == (0, True)
