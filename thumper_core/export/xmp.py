"""XMP sidecars with species and individual as hierarchical tags (digiKam, Lightroom, darktable).

They go into a folder of their own, a tree like the photos': nothing is ever written beside a photo.
Copy the tree over the photos, or point the program at it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.export.files import building
from thumper_core.questions import source

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

Tag = tuple[str, ...]
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xmp(workspace: Workspace, out: Path) -> Path:
    """Write `<photo's path>.xmp` below `out` for each photo with a detection.

    Raises UsageError where `out` lies in a folder of photos.
    """
    here = out.resolve()
    for root in workspace.ledger.roots():
        if here == Path(root).resolve() or Path(root).resolve() in here.parents:
            raise UsageError(
                f"{out} lies among the photos of {root}. Sidecars go into a folder of their own: "
                "name one outside."
            )
    photos, animals = (
        source.media(workspace),
        source.without_fixtures(source.animals(workspace)),
    )
    with building(out, "xmp") as folder:
        for name, text in sidecars(photos, animals):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return out


def sidecars(photos: pl.DataFrame, animals: pl.DataFrame) -> Iterable[tuple[str, str]]:
    """(path, text) of each photo with a detection; paths are relative and never lead upwards."""
    labels = source.root_labels(photos["root"].unique().sort().to_list())
    grouped = {
        str(photo_id): part.iter_rows(named=True)
        for (photo_id,), part in animals.sort("photo_id", "ordinal").group_by(
            "photo_id", maintain_order=True
        )
    }
    for row in photos.iter_rows(named=True):
        if row["photo_id"] not in grouped:
            continue
        found = list(grouped[row["photo_id"]])
        tags = list(dict.fromkeys(tag for animal in found for tag in tags_of(animal)))
        name = "/".join(filter(None, (labels[row["root"]], os.fsdecode(row["path_bytes"]))))
        yield f"{inside(name)}.xmp", sidecar(tags)


def tags_of(animal: dict[str, str | None]) -> list[Tag]:
    """Tags of one detection: species, what kind of deer, and who it is."""
    species = animal["species"] or "unknown"
    tags: list[Tag] = [("Species", species)]
    if animal["is_deer"]:
        kind = {"male": "buck", "female": "doe"}.get(animal["sex"] or "")
        kind = "fawn" if animal["age_class"] == "fawn" else kind
        if kind:
            tags = [("Species", species, kind)]
    if animal["individual_id"]:
        tags.append(("Individual", animal["name"] or animal["individual_id"]))
    return tags


def sidecar(tags: Iterable[Tag]) -> str:
    """An XMP packet with the tags as `digiKam:TagsList`, `lr:hierarchicalSubject`, `dc:subject`."""
    clean = [tuple(_clean(part) for part in tag) for tag in tags]
    flat = list(dict.fromkeys(part for tag in clean for part in tag[1:]))
    listed = {
        "digiKam:TagsList": (
            "rdf:Seq",
            ["/".join(p.replace("/", "\u2215") for p in t) for t in clean],
        ),
        "lr:hierarchicalSubject": (
            "rdf:Bag",
            ["|".join(p.replace("|", "\u00a6") for p in t) for t in clean],
        ),
        "dc:subject": ("rdf:Bag", flat),
    }
    body = "".join(
        f"   <{name}>\n    <{kind}>\n"
        + "".join(f"     <rdf:li>{escape(text)}</rdf:li>\n" for text in texts)
        + f"    </{kind}>\n   </{name}>\n"
        for name, (kind, texts) in listed.items()
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Thumper">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about=""\n'
        '    xmlns:dc="http://purl.org/dc/elements/1.1/"\n'
        '    xmlns:digiKam="http://www.digikam.org/ns/1.0/"\n'
        '    xmlns:lr="http://ns.adobe.com/lightroom/1.0/">\n'
        f"{body}  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>\n'
    )


def inside(name: str) -> str:
    """A relative path none of whose parts leads out of the folder it is written in."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "/".join("__" if part == ".." else part for part in parts) or "_"


def _clean(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("", text).strip() or "_"
