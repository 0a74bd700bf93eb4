"""Pages that Typst sets with the fonts it brings: the report as a PDF, the card of one deer as a picture.

Text goes to a page as JSON strings, which Typst never reads as markup; pictures as JPEG files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

from thumper_core.contracts import ThumperError

_CONTROLS: Final = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))
Picture = Callable[[str], str]
"""Turns a `data:` URI of a JPEG into the name of a file beside the page."""


def typeset(
    template: str,
    values: Callable[[Picture], dict[str, Any]],
    kind: Literal["pdf", "png"] = "pdf",
    *,
    ppi: float = 144.0,
) -> bytes:
    """A page's bytes. template: its name in `templates/`; it reads `values` as `page.json`.

    ppi: pixels for 72 points, of a picture. Raises ThumperError where Typst is not installed or refuses
    the page.
    """
    try:
        import typst
    except ImportError as error:
        raise ThumperError(f"{kind.upper()} needs Typst: `pip install typst`.") from error
    with tempfile.TemporaryDirectory(prefix="thumper-") as folder:
        root = Path(folder)
        cleaned = _cleaned(values(_picture_writer(root)))
        (root / "page.json").write_text(json.dumps(cleaned), "utf-8")
        page = resources.files("thumper_core.report").joinpath("templates", template)
        (root / template).write_text(page.read_text("utf-8"), "utf-8")
        try:
            made: bytes = typst.compile(root / template, root=root, format=kind, ppi=ppi)
        except typst.TypstError as error:
            raise ThumperError(f"The {kind.upper()} could not be set: {error}.") from error
    return made


def _picture_writer(root: Path) -> Picture:
    """A function that keeps each picture once as a file in `root` and returns its name."""

    def write(uri: str) -> str:
        jpeg = base64.b64decode(uri.split(",", 1)[1])
        name = f"{hashlib.blake2b(jpeg, digest_size=10).hexdigest()}.jpg"
        path = root / name
        if not path.exists():
            path.write_bytes(jpeg)
        return name

    return write


def _cleaned(value: Any) -> Any:
    """The same values without control characters, which no font has."""
    if isinstance(value, str):
        return value.translate(_CONTROLS)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value
