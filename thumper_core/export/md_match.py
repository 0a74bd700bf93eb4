"""Which photo of the workspace an image of a results file is, by its name alone.

Results are made on other computers, from other folders: names come with drive letters, shares,
leading folders and either kind of stroke. Nothing is guessed: what fits two photos fits none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

Parts = tuple[str, ...]


class KnownFile(NamedTuple):
    """A file of the workspace: its folder, its path below it, and the photo in it."""

    root: str
    path: str
    photo_id: str


class Matches(NamedTuple):
    """photos: photo -> the place in the list of names; ambiguous, unmatched: names that fit several
    photos (or share one with another name), and none.
    """

    photos: dict[str, int]
    ambiguous: list[str]
    unmatched: list[str]


class _Candidate(NamedTuple):
    full: Parts  # root and path
    n_relative: int  # how many of them are the path
    file: int


class _Fit(NamedTuple):
    shared: float  # parts of the end that agree; half a part less where only without case
    files: tuple[int, ...]


def match_names(files: Sequence[KnownFile], names: Sequence[str]) -> Matches:
    """Find each name's photo.

    A name fits a file where one ends with the whole of the other: the name with the file's path
    below its folder (at least a folder and a file name), or the file's whole path with the name.
    The longest common end wins. Names that fit nothing are tried again without case.
    """
    exact = _fits(files, names, _same)
    loose = _fits(files, [n for n in names if n not in exact], str.casefold)
    fits = exact | {name: fit._replace(shared=fit.shared - 0.5) for name, fit in loose.items()}
    claims: dict[int, set[str]] = {}  # file -> the names that fit it best
    best: dict[int, float] = {}
    for name, fit in fits.items():
        for file in fit.files:
            if fit.shared > best.get(file, 0):
                best[file], claims[file] = fit.shared, set()
            if fit.shared == best[file]:
                claims[file].add("/".join(parts_of(name)))
    photos: dict[str, int] = {}
    ambiguous, unmatched = [], []
    nothing = _Fit(0, ())
    for place, name in enumerate(names):
        fit = fits.get(name, nothing)
        held = [file for file in fit.files if fit.shared == best[file]]
        ids = {files[file].photo_id for file in fit.files}
        if len(ids) > 1:
            ambiguous.append(name)
        elif not held:
            unmatched.append(name)  # it fits nothing, or another name fits its file better
        elif all(len(claims[file]) > 1 for file in held):
            ambiguous.append(name)
        else:
            photos.setdefault(ids.pop(), place)
    return Matches(photos, ambiguous, unmatched)


def parts_of(path: str) -> Parts:
    """A path's folders and file, without drive, share signs, `.` and what `..` takes back."""
    clean = unicodedata.normalize("NFC", path.strip().replace("\\", "/"))
    parts: list[str] = []
    for part in re.sub(r"^(?:file:/*)?[A-Za-z]:", "", clean).split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", ".", "?"):
            parts.append(part)
    return tuple(parts)


def _fits(
    files: Sequence[KnownFile], names: Iterable[str], fold: Callable[[str], str]
) -> dict[str, _Fit]:
    """Each name's files with the longest common end; names that fit none are left out."""
    by_name: dict[str, list[_Candidate]] = {}
    wanted_names = list(names)
    if not wanted_names:
        return {}
    roots = {root: tuple(map(fold, parts_of(root))) for root in {file.root for file in files}}
    for number, file in enumerate(files):
        relative = tuple(map(fold, parts_of(file.path)))
        full = (*roots[file.root], *relative)
        if relative:
            by_name.setdefault(relative[-1], []).append(_Candidate(full, len(relative), number))
    found: dict[str, _Fit] = {}
    for name in wanted_names:
        wanted = tuple(map(fold, parts_of(name)))
        longest = 0
        fitting: list[int] = []
        for candidate in by_name.get(wanted[-1], []) if wanted else []:
            shared = _shared_end(candidate.full, wanted)
            if shared < len(wanted) and shared < max(2, candidate.n_relative):
                continue
            if shared > longest:
                longest, fitting = shared, []
            if shared == longest:
                fitting.append(candidate.file)
        if fitting:
            found[name] = _Fit(longest, tuple(fitting))
    return found


def _shared_end(a: Parts, b: Parts) -> int:
    n = 0
    while n < min(len(a), len(b)) and a[-1 - n] == b[-1 - n]:
        n += 1
    return n


def _same(text: str) -> str:
    return text
