"""Names, renames and paths as Windows has them, as far as can be tried elsewhere."""

from __future__ import annotations

import ntpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thumper_core import portable
from thumper_core.portable import (
    PART_BYTES_MAX,
    PATH_CHARS_MAX,
    posix_bytes,
    rename,
    safe_part,
    safe_paths,
)

LONG = "a" * 300
REFUSED = '<>:"/\\|?*'


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("IMG_0041.JPG", "IMG_0041.JPG"),
        ("Old Crooked", "Old Crooked"),
        ("Bär & Søn (2)", "Bär & Søn (2)"),
        ("CON", "CON_"),
        ("con.jpg", "con_.jpg"),
        ("Nul.tar.gz", "Nul_.tar.gz"),
        ("COM1", "COM1_"),
        ("lpt¹.txt", "lpt¹_.txt"),
        ("AUX .jpg", "AUX _.jpg"),
        ("CONIN$", "CONIN$_"),
        ("COM0", "COM0_"),
        ("COM10", "COM10"),
        ("console", "console"),
        ("a:b.jpg", "a_b.jpg"),
        (r"cam\1", "cam_1"),
        ("cam/1", "cam_1"),
        ('what?"*<>|', "what______"),
        ("tab\tline\n", "tab_line_"),
        ("Deer.", "Deer_"),
        ("Deer. .", "Deer___"),
        (" blank", " blank"),
        (".hidden", ".hidden"),
        ("", "_"),
        (".", "_"),
        ("..", "_"),
        ("   ", "_"),
    ],
)
def test_a_name_that_every_system_takes(text: str, safe: str) -> None:
    assert safe_part(text) == safe
    assert safe_part(safe) == safe


def test_long_names_stay_apart_and_keep_their_endings() -> None:
    one, two = safe_part(f"{LONG}1.jpg"), safe_part(f"{LONG}2.jpg")
    assert one != two
    assert one.endswith(".jpg")
    assert len(safe_part("ü" * 300).encode()) <= PART_BYTES_MAX


@given(st.text(max_size=300))
def test_whatever_it_is_windows_takes_it(text: str) -> None:
    name = safe_part(text)
    assert not any(sign in name for sign in REFUSED)
    assert not any(ord(sign) < 32 for sign in name)
    assert name.rstrip(". ") == name != ""
    assert not ntpath.isreserved(name) if hasattr(ntpath, "isreserved") else True
    assert len(name.encode("utf-8", "surrogatepass")) <= PART_BYTES_MAX
    assert safe_part(name) == name


@pytest.mark.parametrize(
    ("paths", "safe"),
    [
        (["cam0/a.jpg", "cam1/a.jpg"], ["cam0/a.jpg", "cam1/a.jpg"]),
        (["Cam/a.jpg", "cam/A.JPG"], ["Cam/a.jpg", "cam/A-2.JPG"]),
        (["a:b.jpg", "a_b.jpg", "a?b.jpg"], ["a_b.jpg", "a_b-2.jpg", "a_b-3.jpg"]),
        (["../../etc/x", "./y", "//z"], ["_/_/etc/x", "y", "z"]),
        (["CON/nul.jpg", ""], ["CON_/nul_.jpg", "_"]),
        (["straße/a.jpg", "STRASSE/a.jpg"], ["straße/a.jpg", "STRASSE/a-2.jpg"]),
    ],
)
def test_paths_stay_inside_and_apart(paths: list[str], safe: list[str]) -> None:
    assert [*safe_paths(paths).items()] == [*zip(paths, safe, strict=True)]


def test_a_path_beyond_what_windows_takes_is_shortened() -> None:
    deep = "/".join(["folder with a name"] * 20)
    one, two = safe_paths([f"cam/{deep}/a.jpg", f"cam/{deep}/x/a.jpg"]).values()
    assert one != two
    for path in (one, two):
        assert len(path) <= PATH_CHARS_MAX
        assert (path.split("/")[0], path.split("/")[-1]) == ("cam", "a.jpg")


@pytest.mark.parametrize(
    ("path", "separator", "posix"),
    [
        (rb"C:\cards\cam 1", "\\", b"C:/cards/cam 1"),
        (rb"\\nas\photos", "\\", b"//nas/photos"),
        (rb"/cards/back\slash", "/", rb"/cards/back\slash"),
    ],
)
def test_strokes_of_windows(path: bytes, separator: str, posix: bytes) -> None:
    assert posix_bytes(path, separator) == posix


@pytest.mark.parametrize(
    ("is_windows", "refusals", "works"),
    [(True, 0, True), (True, 3, True), (True, 99, False), (False, 1, False)],
)
def test_what_somebody_holds_open_is_renamed_when_it_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_windows: bool, refusals: int, works: bool
) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    real, left, slept = Path.replace, [refusals], []

    def replace(self: Path, target: Path) -> Path:
        if left[0]:
            left[0] -= 1
            raise PermissionError(13, "The process cannot access the file")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(portable, "IS_WINDOWS", is_windows)
    monkeypatch.setattr(portable.time, "sleep", slept.append)
    if works:
        rename(tmp_path / "new", tmp_path / "old")
        assert [path.name for path in tmp_path.iterdir()] == ["old"]
        assert len(slept) == refusals
    else:
        with pytest.raises(PermissionError):
            rename(tmp_path / "new", tmp_path / "old")
        assert (tmp_path / "old").read_text() == "old"
        assert len(slept) == (5 if is_windows else 0)
