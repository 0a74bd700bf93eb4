from __future__ import annotations

import os
from pathlib import Path

import pytest

from thumper_core.contracts import UsageError
from thumper_core.ingest.roots import plan_targets
from thumper_core.ingest.scan import scan_tree

ODD_NAMES = [
    b"with space.jpg",
    b"quote'\".JPG",
    b"new\nline.jpeg",
    b"caf\xe9 latin.jpg",
    "größe 鹿.png".encode(),
    b"-rf.jpg",
    b"%s{}$(x).tif",
    b"..jpg",
    b"a.b.c.HEIC",
]


def touch(folder: Path, *names: str | bytes) -> None:
    for name in names:
        path = os.fsencode(folder) + b"/" + os.fsencode(name)
        Path(os.fsdecode(path)).parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"x")


def found(root: Path, scope: bytes = b"", closed: tuple[bytes, ...] = ()) -> list[bytes]:
    return [file.path_bytes for file in scan_tree(os.fsencode(root), scope, closed).files]


def test_nothing(tmp_path: Path) -> None:
    assert scan_tree(os.fsencode(tmp_path)) == ([], 0, [])


def test_odd_names(tmp_path: Path) -> None:
    wanted = [name for name in ODD_NAMES if not name.startswith(b".")]
    touch(tmp_path, *ODD_NAMES)
    assert found(tmp_path) == sorted(wanted)


def test_what_is_wanted_and_what_not(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b/c.MP4", "b/d.avi", "b/e.webp", "b/deep/er/f.tiff")
    touch(tmp_path, "notes.txt", "no_suffix", ".hidden.jpg", "._a.jpg", ".DS_Store", "Thumbs.db")
    touch(tmp_path, ".git/x.jpg", "@eaDir/x.jpg", "b/.thumbnails/x.jpg", "thumbs/x.jpg")
    scan = scan_tree(os.fsencode(tmp_path))
    names = [file.path_bytes for file in scan.files]
    assert names == [b"a.jpg", b"b/c.MP4", b"b/d.avi", b"b/deep/er/f.tiff", b"b/e.webp"]
    assert scan.n_ignored == 6
    assert {file.size for file in scan.files} == {1}
    assert scan.files[0].mtime_ns == (tmp_path / "a.jpg").stat().st_mtime_ns


def test_scope(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg", "ab/2.jpg", "3.jpg")
    assert found(tmp_path, b"a") == [b"a/1.jpg"]
    assert found(tmp_path, b"3.jpg") == [b"3.jpg"]


def test_links(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    touch(root, "z/1.jpg")
    touch(outside, "2.jpg", "sub/3.jpg")
    (root / "a_link_to_z").symlink_to(root / "z")
    (root / "z" / "loop").symlink_to(root)
    (root / "z" / "up").symlink_to(tmp_path)
    (root / "elsewhere").symlink_to(outside)
    (outside / "sub" / "back").symlink_to(outside)
    (root / "twice.jpg").symlink_to(root / "z" / "1.jpg")
    (root / "far.jpg").symlink_to(outside / "2.jpg")
    (root / "dangling.jpg").symlink_to(tmp_path / "gone.jpg")
    (root / "self.jpg").symlink_to(root / "self.jpg")
    assert found(root) == [
        b"dangling.jpg",
        b"elsewhere/2.jpg",
        b"elsewhere/sub/3.jpg",
        b"far.jpg",
        b"z/1.jpg",
    ]


def test_closed_folders_are_not_entered_by_any_path(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg", "lake/2.jpg", "lake/sub/3.jpg")
    (tmp_path / "a" / "link").symlink_to(tmp_path / "lake" / "sub")
    assert found(tmp_path, closed=(os.fsencode(tmp_path / "lake"),)) == [b"a/1.jpg"]


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    scan = scan_tree(os.fsencode(tmp_path))
    assert scan.files == [] and scan.n_ignored == 1


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a/1.jpg", "secret/2.jpg")
    real = os.scandir

    def scandir(path: bytes) -> object:
        if path.endswith(b"secret"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    scan = scan_tree(os.fsencode(tmp_path))
    assert [file.path_bytes for file in scan.files] == [b"a/1.jpg"]
    assert scan.unreadable_folders == [b"secret"]


# --- roots ---------------------------------------------------------------------------------------


def targets(tmp_path: Path, *names: str, known: tuple[str, ...] = ()) -> list[tuple[str, bytes]]:
    planned = plan_targets(
        [tmp_path / name for name in names],
        [str(tmp_path / name) for name in known],
        tmp_path / "workspace",
    )
    return [(os.path.relpath(target.root, tmp_path), target.scope) for target in planned]


@pytest.mark.parametrize(
    ("names", "known", "expected"),
    [
        ([], (), []),
        (["a"], (), [("a", b"")]),
        (["a", "a/../a", "link_to_a", "a/b"], (), [("a", b"")]),
        (["a/b", "a"], (), [("a", b"")]),
        (["a/b"], ("a",), [("a", b"b")]),
        (["a/b/1.jpg"], ("a",), [("a", b"b/1.jpg")]),
        (["a/b/1.jpg"], (), [("a/b", b"1.jpg")]),
        (["a/b/1.jpg", "a/b"], (), [("a/b", b"")]),
        (["a"], ("a/b",), [("a", b""), ("a/b", b"")]),
        (["a/b"], ("a", "a/b"), [("a/b", b"")]),
        (["ab"], ("a",), [("ab", b"")]),
        (["a", "ab"], (), [("a", b""), ("ab", b"")]),
    ],
)
def test_each_file_has_one_root(
    tmp_path: Path, names: list[str], known: tuple[str, ...], expected: list[tuple[str, bytes]]
) -> None:
    touch(tmp_path, "a/b/1.jpg", "ab/2.jpg")
    (tmp_path / "link_to_a").symlink_to(tmp_path / "a")
    assert targets(tmp_path, *names, known=known) == expected


def test_a_root_without_a_text_name_belongs_to_the_folder_above(tmp_path: Path) -> None:
    touch(tmp_path, b"caf\xe9/1.jpg")
    assert targets(tmp_path, os.fsdecode(b"caf\xe9")) == [(".", b"caf\xe9")]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", "No such file"),
        ("workspace", "is the workspace itself"),
        ("workspace/lake", "is the workspace itself"),
        ("workspace/cache/x", "is the workspace itself"),
        ("link_to_workspace", "is the workspace itself"),
        ("notes.txt", "neither a folder nor"),
    ],
)
def test_refused(tmp_path: Path, name: str, says: str) -> None:
    touch(tmp_path, "workspace/lake/x", "workspace/cache/x/y", "notes.txt")
    (tmp_path / "link_to_workspace").symlink_to(tmp_path / "workspace")
    with pytest.raises(UsageError, match=says) as caught:
        targets(tmp_path, name)
    assert str(tmp_path / name) in str(caught.value)
