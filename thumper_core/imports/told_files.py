"""A file of results in one form, whichever program wrote it: boxes, and what people said of its photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from thumper_core.contracts import ANIMAL, ClassMeaning, UsageError
from thumper_core.export.md_read import MdResults
from thumper_core.imports.packages import Medium, Observation, Package, Tables

SQLITE: Final = b"SQLite format 3\0"


@dataclass(frozen=True)
class ToldFile:
    """results: its boxes, None where it has none; digest: of these; said: what people
    said, by the photo's name in the file; root: the folder that its names begin with, where it names one.
    """

    title: str
    digest: str
    results: MdResults | None
    said: Mapping[str, tuple[Observation, ...]] = field(default_factory=dict)
    root: str = ""

    @property
    def names(self) -> list[str]:
        """The photos that it is about."""
        return [image.file for image in self.results.images] if self.results else [*self.said]

    @property
    def package(self) -> Package:
        """What people said, as a package says it."""
        observations = tuple(one for said in self.said.values() for one in said)
        return Package(self.title, {}, {name: Medium(name) for name in self.said}, observations)


def observation(
    name: str,
    meaning: ClassMeaning,
    box_xywh: tuple[float, float, float, float] | None = None,
) -> Observation | None:
    """What a person said of a photo, or of a box in it; None of a word that says no species."""
    if meaning.species in ("", ANIMAL):
        return None
    kind = meaning.species if meaning.species in ("human", "vehicle") else "animal"
    return Observation(
        (name,),
        kind,
        meaning.species,
        meaning.sex,
        meaning.age_class,
        box_xywh=box_xywh,
        is_human=True,
    )


def columns_of(path: Path) -> list[str]:
    """The columns of a CSV file. Raises UsageError where it is none, or another kind of file."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    if start[:2] == b"PK":
        raise UsageError(
            f"{path} is a spreadsheet or a ZIP file. Export it as CSV; packages come in with `thumper "
            "import package`."
        )
    return Tables(path).columns(path.name)
