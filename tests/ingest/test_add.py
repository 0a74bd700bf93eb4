from __future__ import annotations

import builtins
import os
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from thumper_core.contracts import PHOTO_FACTS, ThumperError, UsageError
from thumper_core.ingest import record
from thumper_core.ingest.add import AddSummary, add_paths
from thumper_core.ingest.read import contentless_id, read_facts
from thumper_core.store.ledger import FileRow
from thumper_core.workspace import Workspace


def add(workspace: Workspace, *paths: Path, **options: Any) -> dict[str, int]:
    """The counts of one `add` that are not zero."""
    summary = add_paths(workspace, paths, **options)
    assert isinstance(summary, AddSummary) and summary.seconds >= 0
    assert summary.n_files == summary.n_new + summary.n_changed + summary.n_unchanged
    counts = vars(summary) | {"seconds": 0}
    return {name.removeprefix("n_"): count for name, count in counts.items() if count}


def rows(workspace: Workspace) -> dict[bytes, FileRow]:
    """Path relative to the parent of the root -> row; fails where a file has two."""
    found: dict[bytes, FileRow] = {}
    for root in workspace.ledger.roots():
        for row in workspace.ledger.files_under(root):
            path = os.fsencode(root) + b"/" + row.path_bytes
            assert path not in found
            found[path] = row
    return found


def facts(workspace: Workspace) -> pl.DataFrame:
    frame = pl.from_arrow(workspace.lake.read("photos", "photos"))
    assert isinstance(frame, pl.DataFrame)
    assert frame["photo_id"].is_unique().all()
    return frame


@pytest.fixture
def opened(photos: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Paths below `photos` that are opened from now on."""
    seen: list[bytes] = []
    real = builtins.open

    def spy(file: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(file, bytes | str | Path) and os.fsencode(file).startswith(bytes(photos)):
            seen.append(os.path.relpath(os.fsencode(file), bytes(photos)))
        return real(file, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", spy)
    return seen


def test_an_empty_folder(workspace: Workspace, photos: Path) -> None:
    assert add(workspace, photos) == {}
    assert workspace.ledger.roots() == [str(photos)]
    assert workspace.lake.shards("photos") == []


def test_facts_and_row_of_one_photo(workspace: Workspace, photos: Path, make_photo: Any) -> None:
    exif = Image.Exif()
    exif.update({271: "RECONYX", 272: "HC600", 274: 6})
    exif.get_ifd(0x8769).update({36867: "2024:01:05 06:15:30", 37521: "25"})
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 15.0, 36.0), 3: "W", 4: (97.0, 45.0, 0.0)})
    data = make_photo(size=(64, 48), exif=exif)
    path = photos / "ridge" / "2024-01-06 07-00-00.jpg"
    path.parent.mkdir()
    path.write_bytes(data)
    assert add(workspace, photos) == {"files": 1, "new": 1}
    [row] = rows(workspace).values()
    assert row == FileRow(
        root=str(photos),
        path="ridge/2024-01-06 07-00-00.jpg",
        path_bytes=b"ridge/2024-01-06 07-00-00.jpg",
        size=len(data),
        mtime_ns=path.stat().st_mtime_ns,
        photo_id=row.photo_id,
        camera="ridge",
        name_taken_at=datetime(2024, 1, 6, 7),
        content=True,
        missing=False,
        name_precision="second",
        file_number=None,
    )
    [found] = facts(workspace).rows(named=True)
    read_at = found.pop("read_at").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - read_at) < timedelta(minutes=5)
    assert [found] == [
        {
            "photo_id": row.photo_id,
            "width": 48,
            "height": 64,
            "bytes": len(data),
            "format": "JPEG",
            "exif_taken_at": datetime(2024, 1, 5, 6, 15, 30, 250_000),
            "make": "RECONYX",
            "model": "HC600",
            "is_infrared": False,
            "latitude": pytest.approx(30.26),
            "longitude": pytest.approx(-97.75),
            "exif_source": "exif",
            "exif_precision": "subsecond",
            "sequence": None,
            # of clips, and of cameras that tell more of themselves
            **dict.fromkeys(PHOTO_FACTS.names[PHOTO_FACTS.get_field_index("read_at") + 1 :]),
        }
    ]
    assert path.read_bytes() == data


BOMB = b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack(
    "<IiiHHIIiiII", 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0
)  # fmt: skip

BAD_FILES: dict[str, tuple[Callable[[Any], bytes], bool, str | None, int | None]] = {
    # name -> bytes, whether there is content, format, width
    "zero.jpg": (lambda make: b"", False, None, None),
    "zero.mp4": (lambda make: b"", False, None, None),
    "truncated.jpg": (lambda make: make(size=(640, 480))[:3000], True, "JPEG", 640),
    "header_only.jpg": (lambda make: make()[:12], True, "JPEG", None),
    "cmyk.jpg": (lambda make: make(mode="CMYK"), True, "JPEG", 64),
    "deep.png": (lambda make: make(kind="PNG", mode="I;16"), True, "PNG", 64),
    "deep.tif": (lambda make: make(kind="TIFF", mode="I;16"), True, "TIFF", 64),
    "palette.png": (lambda make: make(kind="PNG", mode="P"), True, "PNG", 64),
    "really_a_png.jpg": (lambda make: make(kind="PNG"), True, "PNG", 64),
    "really_a_jpeg.heic": (lambda make: make(), True, "JPEG", 64),
    "iphone.HEIC": (lambda make: make(kind="HEIF"), True, "HEIF", 64),
    "web.webp": (lambda make: make(kind="WEBP"), True, "WEBP", 64),
    "video.mp4": (lambda make: b"\0\0\0\x18ftypisom" + bytes(500), True, None, None),
    "video.jpg": (lambda make: b"\0\0\0\x18ftypisom" + bytes(500), True, None, None),
    "text.jpg": (lambda make: b"not a photo\n", True, None, None),
    "bomb.png": (lambda make: BOMB, True, "BMP", 60_000),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_rows(workspace: Workspace, photos: Path, make_photo: Any, name: str) -> None:
    make, content, kind, width = BAD_FILES[name]
    (photos / name).write_bytes(make(make_photo))
    unreadable = {} if content else {"unreadable": 1}
    assert add(workspace, photos) == {"files": 1, "new": 1} | unreadable
    [row] = rows(workspace).values()
    assert row.content is content
    if content:
        assert facts(workspace).select("photo_id", "format", "width").rows() == [
            (row.photo_id, kind, width)
        ]
    else:
        assert row.photo_id == contentless_id(str(photos), name.encode())
        assert facts(workspace).is_empty()
    assert add(workspace, photos) == {"files": 1, "unchanged": 1} | unreadable


@pytest.mark.parametrize(
    "name",
    [b"with space.jpg", b"quote'\".jpg", b"new\nline.jpg", b"caf\xe9.jpg", "größe 鹿.jpg".encode()],
)
def test_odd_names(workspace: Workspace, photos: Path, make_photo: Any, name: bytes) -> None:
    path = os.fsencode(photos) + b"/" + name
    with open(path, "wb") as file:
        file.write(make_photo())
    assert add(workspace, photos) == {"files": 1, "new": 1}
    [row] = rows(workspace).values()
    assert row.path_bytes == name
    assert row.path == name.decode("utf-8", "backslashreplace")
    assert workspace.ledger.paths_of([row.photo_id]) == {row.photo_id: [path]}
    assert add(workspace, photos) == {"files": 1, "unchanged": 1}


def fail_to_open(monkeypatch: pytest.MonkeyPatch, name: bytes, error: OSError) -> None:
    real = builtins.open

    def failing(file: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(file, bytes) and file.endswith(name):
            raise error
        return real(file, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", failing)


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(13, "Permission denied"),
        FileNotFoundError(2, "No such file"),
        OSError(5, "Input/output error"),
    ],
)
def test_a_new_file_that_cannot_be_read_is_tried_again(
    workspace: Workspace,
    photos: Path,
    make_photo: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: OSError,
) -> None:
    (photos / "good.jpg").write_bytes(make_photo(1))
    (photos / "bad.jpg").write_bytes(make_photo(2))
    with monkeypatch.context() as patch:
        fail_to_open(patch, b"bad.jpg", error)
        assert add(workspace, photos) == {"files": 2, "new": 2, "unreadable": 1}
        assert len(facts(workspace)) == 1
        [bad] = (r for r in rows(workspace).values() if r.path == "bad.jpg")
        assert (bad.content, bad.missing) == (False, False)
        assert bad.photo_id == contentless_id(str(photos), b"bad.jpg")
    assert add(workspace, photos) == {"files": 2, "changed": 1, "unchanged": 1}
    assert len(facts(workspace)) == 2


def test_a_known_file_that_vanishes_while_being_looked_at_is_missing(
    workspace: Workspace, photos: Path, make_photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "a.jpg").write_bytes(make_photo(1))
    add(workspace, photos)
    [before] = rows(workspace).values()
    (photos / "a.jpg").write_bytes(make_photo(2) + b"longer")
    fail_to_open(monkeypatch, b"a.jpg", FileNotFoundError(2, "No such file"))
    assert add(workspace, photos) == {"missing": 1}
    assert list(rows(workspace).values()) == [before._replace(missing=True)]


def test_the_same_bytes_are_one_photo(workspace: Workspace, photos: Path, make_photo: Any) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (photos / name).write_bytes(make_photo(1))
    (photos / "d.jpg").write_bytes(make_photo(2))
    assert add(workspace, photos) == {"files": 4, "new": 4, "duplicate_paths": 2}
    assert len({row.photo_id for row in rows(workspace).values()}) == len(facts(workspace)) == 2
    assert add(workspace, photos) == {"files": 4, "unchanged": 4, "duplicate_paths": 2}
    other = photos.parent / "other"
    other.mkdir()
    (other / "e.jpg").write_bytes(make_photo(2))
    assert add(workspace, other) == {"files": 1, "new": 1, "duplicate_paths": 1}
    assert len(facts(workspace)) == 2


def test_unchanged_files_are_not_opened(
    workspace: Workspace, photos: Path, make_photo: Any, opened: list[bytes]
) -> None:
    for seed in range(3):
        (photos / f"{seed}.jpg").write_bytes(make_photo(seed))
    (photos / "empty.jpg").touch()
    opened.clear()
    add(workspace, photos)
    assert sorted(opened) == [b"0.jpg", b"1.jpg", b"2.jpg", b"empty.jpg"]
    opened.clear()
    assert add(workspace, photos) == {"files": 4, "unchanged": 4, "unreadable": 1}
    assert opened == []
    assert len(workspace.lake.shards("photos")) == 1


@pytest.mark.parametrize("how", ["size", "mtime"])
def test_a_changed_file(
    workspace: Workspace, photos: Path, make_photo: Any, opened: list[bytes], how: str
) -> None:
    path = photos / "a.jpg"
    path.write_bytes(make_photo(1))
    (photos / "b.jpg").write_bytes(make_photo(2))
    add(workspace, photos)
    [old] = (row for row in rows(workspace).values() if row.path == "a.jpg")
    path.write_bytes(make_photo(1) + b"more" if how == "size" else make_photo(1))
    time_ns = old.mtime_ns if how == "size" else old.mtime_ns + 1_000_000
    os.utime(path, ns=(time_ns, time_ns))
    opened.clear()
    assert add(workspace, photos) == {"files": 2, "changed": 1, "unchanged": 1}
    assert opened == [b"a.jpg"]
    [new] = (row for row in rows(workspace).values() if row.path == "a.jpg")
    assert (new.photo_id == old.photo_id) is (how == "mtime")
    assert len(facts(workspace)) == (3 if how == "size" else 2)


def test_missing_and_back(
    workspace: Workspace, photos: Path, make_photo: Any, opened: list[bytes]
) -> None:
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_bytes(make_photo(len(name)))
    add(workspace, photos)
    before = rows(workspace)
    (photos / "a.jpg").rename(photos.parent / "aside.jpg")
    expected = {"files": 1, "unchanged": 1, "missing": 1}
    assert add(workspace, photos) == expected
    assert add(workspace, photos) == expected
    assert {row.path: row.missing for row in rows(workspace).values()} == {
        "a.jpg": True,
        "b.jpg": False,
    }
    (photos.parent / "aside.jpg").rename(photos / "a.jpg")
    opened.clear()
    assert add(workspace, photos)["unchanged"] == 2
    assert opened == []
    assert rows(workspace) == before


def test_what_lies_below_an_unlisted_folder_is_not_missing(
    workspace: Workspace, photos: Path, make_photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open/a.jpg", "shut/b.jpg"):
        (photos / name).parent.mkdir()
        (photos / name).write_bytes(make_photo(len(name)))
    add(workspace, photos)
    before, real = rows(workspace), os.scandir

    def scandir(path: Any) -> Any:
        if path.endswith(b"shut"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert add(workspace, photos) == {"files": 1, "unchanged": 1, "unreadable_folders": 1}
    assert rows(workspace) == before


def test_a_root_that_cannot_be_listed(
    workspace: Workspace, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scandir(path: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(ThumperError, match=f"Cannot list {photos}: Permission denied"):
        add_paths(workspace, [photos])


def test_camera_level(
    workspace: Workspace, photos: Path, make_photo: Any, opened: list[bytes]
) -> None:
    path = photos / "ridge" / "week1" / "a.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(make_photo())

    def camera(**options: Any) -> str:
        add(workspace, photos, **options)
        [row] = rows(workspace).values()
        return row.camera

    assert camera() == "ridge"
    opened.clear()
    assert camera(camera_level=-1) == "week1"
    assert camera(camera_level=0) == "photos"
    assert opened == []


def test_nested_roots(workspace: Workspace, photos: Path, make_photo: Any) -> None:
    for seed, name in enumerate(("a/1.jpg", "a/b/2.jpg", "c/3.jpg")):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).write_bytes(make_photo(seed))
    assert add(workspace, photos / "a") == {"files": 2, "new": 2}
    assert add(workspace, photos / "a" / "b") == {"files": 1, "unchanged": 1}
    assert add(workspace, photos / "a" / "1.jpg") == {"files": 1, "unchanged": 1}
    assert workspace.ledger.roots() == [str(photos / "a")]
    assert add(workspace, photos) == {"files": 3, "new": 1, "unchanged": 2}
    assert {row.path: row.camera for row in rows(workspace).values()} == {
        "1.jpg": "a",
        "b/2.jpg": "b",
        "c/3.jpg": "c",
    }
    (photos / "a" / "1.jpg").unlink()
    assert add(workspace, photos / "c") == {"files": 1, "unchanged": 1}
    assert add(workspace, photos) == {"files": 2, "unchanged": 2, "missing": 1}


def test_a_nested_root_that_was_removed(
    workspace: Workspace, photos: Path, make_photo: Any
) -> None:
    (photos / "a").mkdir()
    (photos / "a" / "1.jpg").write_bytes(make_photo())
    add(workspace, photos / "a")
    (photos / "a" / "1.jpg").unlink()
    (photos / "a").rmdir()
    assert add(workspace, photos) == {"missing": 1}


def test_one_root_by_several_names(
    workspace: Workspace, photos: Path, make_photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "a.jpg").write_bytes(make_photo())
    link = photos.parent / "link"
    link.symlink_to(photos)
    monkeypatch.chdir(photos.parent)
    add(workspace, photos, link, Path("photos"), photos / ".." / "photos")
    assert add(workspace, Path("link")) == {"files": 1, "unchanged": 1}
    assert workspace.ledger.roots() == [str(photos)]
    assert len(rows(workspace)) == 1


def test_a_single_file(workspace: Workspace, photos: Path, make_photo: Any) -> None:
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_bytes(make_photo(len(name)))
    assert add(workspace, photos / "a.jpg") == {"files": 1, "new": 1}
    assert [row.path for row in rows(workspace).values()] == ["a.jpg"]
    assert workspace.ledger.roots() == [str(photos)]


def test_a_parent_of_the_workspace(workspace: Workspace, make_photo: Any) -> None:
    for name in ("lake/a.jpg", "cache/b.jpg", "reports/c.png", "photos/d.jpg"):
        (workspace.root / name).parent.mkdir(exist_ok=True)
        (workspace.root / name).write_bytes(make_photo(len(name)))
    assert add(workspace, workspace.root.parent)["new"] == 1
    assert [row.path for row in rows(workspace).values()] == ["workspace/photos/d.jpg"]


@pytest.mark.parametrize("name", ["", "lake", "nowhere"])
def test_refused_before_anything_is_written(
    workspace: Workspace, photos: Path, make_photo: Any, name: str
) -> None:
    (photos / "a.jpg").write_bytes(make_photo())
    with pytest.raises(UsageError, match=str(workspace.root / name)):
        add_paths(workspace, [photos, workspace.root / name])
    assert workspace.ledger.roots() == []


def test_progress(workspace: Workspace, photos: Path, make_photo: Any) -> None:
    for seed in range(70):
        (photos / f"{seed}.jpg").write_bytes(make_photo(seed, size=(16, 16)))
    seen: list[tuple[int, int]] = []
    add(workspace, photos, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(32, 70), (64, 70), (70, 70)]
    seen.clear()
    add(workspace, photos, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == []


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


@pytest.mark.parametrize("where", ["facts", "rows"])
def test_a_kill_at_any_commit_is_completed_by_the_next_add(
    workspace: Workspace,
    photos: Path,
    make_photo: Any,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    monkeypatch.setattr(record, "_CHUNK_FILES", 10)
    for seed in range(35):
        (photos / f"{seed}.jpg").write_bytes(make_photo(seed, size=(16, 16)))
    undisturbed = Workspace.create(workspace.root.parent / "undisturbed")
    add(undisturbed, photos)
    assert len(undisturbed.lake.shards("photos")) == 4
    owner, method = (
        (type(workspace.lake), "write_shard")
        if where == "facts"
        else (type(workspace.ledger), "upsert_files")
    )
    real = getattr(owner, method)
    for survives in range(3):
        calls = 0

        def dying(self: Any, *args: Any, survives: int = survives, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > survives:
                raise Killed
            return real(self, *args, **kwargs)

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(owner, method, dying)
            add_paths(workspace, [photos])
        known = {row.photo_id for row in rows(workspace).values()}
        assert known <= set(facts(workspace)["photo_id"])
    add(workspace, photos)
    assert rows(workspace) == rows(undisturbed)
    found, wanted = (facts(w).drop("read_at").sort("photo_id") for w in (workspace, undisturbed))
    assert found.equals(wanted)


def test_an_interrupt_keeps_what_was_read(
    workspace: Workspace, photos: Path, make_photo: Any
) -> None:
    for seed in range(70):
        (photos / f"{seed}.jpg").write_bytes(make_photo(seed, size=(16, 16)))

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_paths(workspace, [photos], on_progress=interrupt)
    assert len(rows(workspace)) == 32
    assert add(workspace, photos) == {"files": 70, "new": 38, "unchanged": 32}


def test_two_processes_may_add_at_once(
    workspace: Workspace, photos: Path, make_photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "a.jpg").write_bytes(make_photo(1))
    add(workspace, photos)
    (photos / "b.jpg").write_bytes(make_photo(2))
    names = iter(["000000", "000001"])  # the first was taken after it was proposed
    monkeypatch.setattr(workspace.lake, "next_shard_name", lambda kind: next(names))
    assert add(workspace, photos)["new"] == 1
    assert len(facts(workspace)) == 2


def test_a_full_disk_is_reported(
    workspace: Workspace, photos: Path, make_photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "a.jpg").write_bytes(make_photo(1))

    def full(*args: Any, **kwargs: Any) -> None:
        raise ThumperError("Cannot write: No space left on device.")

    monkeypatch.setattr(workspace.lake, "write_shard", full)
    with pytest.raises(ThumperError, match="No space left"):
        add_paths(workspace, [photos])
    assert rows(workspace) == {}


@pytest.mark.parametrize("size", [1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_the_id_is_the_hash_of_all_bytes(tmp_path: Path, size: int) -> None:
    import hashlib

    data = bytes(range(256)) * (size // 256 + 1)
    for name in ("a.jpg", "a.mp4"):
        (tmp_path / name).write_bytes(data[:size])
        found = read_facts(os.fsencode(tmp_path / name))
        assert found is not None and found.bytes == size
        assert found.photo_id == hashlib.blake2b(data[:size], digest_size=16).hexdigest()


def test_real_photos(workspace: Workspace, shared_dir: Path) -> None:
    folder = shared_dir / "photos"
    files = [path for path in folder.rglob("*") if path.is_file()]
    counts = {"files": len(files), "unreadable": 2}
    assert add(workspace, folder) == counts | {"new": len(files)}
    assert {row.path for row in rows(workspace).values()} == {
        path.relative_to(folder).as_posix() for path in files
    }
    folders = {path.name for path in folder.iterdir()}
    assert {row.camera for row in rows(workspace).values()} == folders
    frame = facts(workspace)
    assert frame["width"].null_count() == 0
    # The jaguars (their names have it), an empty frame, and two elephants that a program rewrote.
    n_jaguars = len(list((folder / "jaguar").iterdir()))
    assert frame["exif_taken_at"].null_count() == n_jaguars + 3
    assert set(frame["make"].drop_nulls()) >= {"RECONYX", "BolyMedia", "SY"}
    assert frame["latitude"].null_count() == len(frame)  # the SY camera writes no real place
    assert add(workspace, folder) == counts | {"unchanged": len(files)}
