"""Photos made on the spot, good and bad."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from thumper_core.workspace import Workspace

MakePhoto = Callable[..., bytes]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def make_photo() -> MakePhoto:
    """`make_photo(seed, size=(w, h), kind="JPEG", mode="RGB", exif=None)` -> a file's bytes."""

    def make(
        seed: int = 0,
        size: tuple[int, int] = (64, 48),
        kind: str = "JPEG",
        mode: str = "RGB",
        exif: Image.Exif | None = None,
    ) -> bytes:
        rng = np.random.default_rng(seed)
        small = rng.integers(0, 256, (6, 8, 3), np.uint8)
        picture = Image.fromarray(small).resize(size, Image.Resampling.BILINEAR)
        if mode == "I;16":
            deep = np.asarray(picture.convert("L"), np.uint16) * 257
            picture = Image.fromarray(deep)
        elif mode != "RGB":
            picture = picture.convert(mode)
        out = io.BytesIO()
        if kind == "HEIF":
            import pillow_heif

            heif = pillow_heif.from_pillow(picture)
            heif.save(out, **({} if exif is None else {"exif": exif.tobytes()}))
        else:
            picture.save(out, kind, **({} if exif is None else {"exif": exif}))
        return out.getvalue()

    return make
