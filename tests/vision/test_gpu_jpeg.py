"""JPEGs of many threads decoded together: each gets its own, and what is refused goes the usual way.

Without a GPU, torchcodec's decoder on the processor stands in for nvJPEG.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image

from thumper_core.contracts import Status, ThumperError
from thumper_core.pipeline import local
from thumper_core.pipeline.progress import Meter
from thumper_core.settings import Settings
from thumper_core.vision import gpu_jpeg
from thumper_core.vision.decode import DecodedPhoto, decode_photo
from thumper_core.vision.gpu_jpeg import GpuJpegs, plain_jpeg, scale_of


@pytest.fixture
def jpegs() -> GpuJpegs:
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchcodec")
    return GpuJpegs("cuda" if torch.cuda.is_available() else "cpu")


def pixels(seed: int, width: int = 320, height: int = 200) -> np.ndarray:
    rough = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC))


def jpeg(picture: np.ndarray, form: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, quality=92, **options)
    return file.getvalue()


class Counting:
    """Hands on to a decoder and counts what it took."""

    def __init__(self, jpegs: GpuJpegs) -> None:
        self.jpegs = jpegs
        self.taken: list[bool] = []

    def __call__(self, picture: Image.Image, data: bytes, **options: object) -> np.ndarray | None:
        found = self.jpegs(picture, data, **options)  # type: ignore[arg-type]
        self.taken.append(found is not None)
        return found


def decoded(data: bytes, jpegs: GpuJpegs | None, min_width: int = 320) -> tuple[DecodedPhoto, bool]:
    """The photo, and whether it was decoded elsewhere."""
    counting = Counting(jpegs) if jpegs else None
    photo = decode_photo(data, min_width=min_width, max_pixels=10**8, jpegs=counting)
    return photo, bool(counting and any(counting.taken))


def brightness(photo: DecodedPhoto) -> np.ndarray:
    return photo.image @ np.array([0.299, 0.587, 0.114])


def ask(jpegs: GpuJpegs, data: bytes, min_width: int) -> np.ndarray | None:
    return jpegs(Image.open(io.BytesIO(data)), data, min_width=min_width, sideways=False)


@pytest.mark.parametrize("min_width", [40 * eighths for eighths in range(1, 9)])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_picture_is_that_of_libjpeg(jpegs: GpuJpegs, min_width: int, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = jpeg(pixels(1), exif=exif)
    usual, _ = decoded(data, None, min_width)
    ours, is_taken = decoded(data, jpegs, min_width)
    assert is_taken
    assert ours.image.shape == usual.image.shape
    assert (ours.width, ours.height, ours.scale_x) == (usual.width, usual.height, usual.scale_x)
    assert np.abs(brightness(ours) - brightness(usual)).mean() < 0.5


def test_photos_of_real_cameras_are_taken(jpegs: GpuJpegs, shared_dir: Path) -> None:
    """They hold second pictures and the makers' notes after the first."""
    files = sorted((shared_dir / "photos" / "southwest").glob("*.[jJ][pP][gG]"))
    whole = [file.read_bytes() for file in files if file.stat().st_size]
    assert len(whole) >= 10
    for data in whole:
        usual, _ = decoded(data, None, 1280)
        ours, is_taken = decoded(data, jpegs, 1280)
        assert is_taken
        assert np.abs(brightness(ours) - brightness(usual)).mean() < 0.5


@pytest.mark.parametrize("seed", range(40))
def test_sizes_are_those_that_libjpeg_chooses(seed: int) -> None:
    rng = np.random.default_rng(seed)
    width, height, least = (int(value) for value in rng.integers(9, 900, 3))
    data = simplejpeg.encode_jpeg(np.zeros((height, width, 3), np.uint8))
    for sideways in (False, True):
        limit = {"min_height": least} if sideways else {"min_width": least}
        shape = simplejpeg.decode_jpeg(data, "RGB", **limit).shape
        eighths = scale_of((width, height), least, sideways)
        assert (-(-height * eighths // 8), -(-width * eighths // 8)) == shape[:2]


def test_every_thread_gets_its_own(jpegs: GpuJpegs, monkeypatch: pytest.MonkeyPatch) -> None:
    lists: list[int] = []
    decode = GpuJpegs._decode

    def slow(self: GpuJpegs, batch: list, stream: Any) -> None:
        lists.append(len(batch))
        time.sleep(0.01)
        decode(self, batch, stream)

    monkeypatch.setattr(GpuJpegs, "_decode", slow)
    monkeypatch.setattr(gpu_jpeg, "FILES_MAX", 5)
    shades = [np.full((40, 60, 3), value, np.uint8) for value in range(0, 240, 3)]
    files = [jpeg(cv2.add(shade, pixels(2, 60, 40) // 8)) for shade in shades]
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda data: ask(jpegs, data, 30), files))
    for data, got in zip(files, found, strict=True):
        wanted, _ = decoded(data, None, 30)
        assert got is not None
        assert got.shape == (20, 30, 3)
        assert abs(float(wanted.image.mean()) - float(got.mean())) < 1
    assert sum(lists) == len(shades)
    assert 2 <= max(lists) <= 5


def test_a_list_holds_only_so_many_pixels(jpegs: GpuJpegs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_jpeg, "PIXELS_MAX", 5000)
    for n_pixels in (2400, 2400, 2400, 9000):
        jpegs._asked.append(gpu_jpeg._Asked(b"", n_pixels, 8))
    assert [len(jpegs._take()) for _ in range(4)] == [2, 1, 1, 0]


WHOLE = jpeg(pixels(3, 900, 600))
START = WHOLE.index(b"\xff\xda") + 14
NOISE = np.random.default_rng(1).integers(0, 256, 512, dtype=np.uint8).tobytes()


def in_scan(block: bytes) -> bytes:
    """The file with a block of its scan replaced."""
    place = START + 3000
    return WHOLE[:place] + block + WHOLE[place + len(block) :]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(WHOLE[:-300], id="broken off"),
        pytest.param(WHOLE[: START + 2], id="no scan"),
        pytest.param(WHOLE[: START - 6], id="half a header"),
        pytest.param(in_scan(bytes(512)), id="zeros"),
        pytest.param(in_scan(b"\xff" * 512), id="ones"),
        pytest.param(in_scan(NOISE), id="noise"),
        pytest.param(jpeg(pixels(3), progressive=True), id="progressive"),
        pytest.param(jpeg(pixels(3)[..., 0]), id="grey"),
        pytest.param(jpeg(np.zeros((200, 320, 4), np.uint8)[..., :3], "PNG"), id="no JPEG"),
        pytest.param(
            b"".join([jpeg(pixels(3))[:2], jpeg(pixels(3), progressive=True)[2:]]), id="spliced"
        ),
    ],
)
def test_what_is_not_plain_and_whole_goes_the_usual_way(jpegs: GpuJpegs, data: bytes) -> None:
    try:
        usual, _ = decoded(data, None)
    except ThumperError as error:
        with pytest.raises(ThumperError, match=str(error)[:20]):
            decoded(data, jpegs)
        return
    ours, is_taken = decoded(data, jpegs)
    assert not is_taken
    assert ours.status is usual.status
    np.testing.assert_array_equal(ours.image, usual.image)


def test_what_does_not_make_the_picture_is_left_out() -> None:
    thumbnail = jpeg(pixels(4, 64, 48))
    exif = Image.Exif()
    exif[274] = 6
    full = jpeg(pixels(3, 900, 600), exif=exif, comment=b"TRAILCAM", icc_profile=thumbnail)
    assert len(full) > len(WHOLE)
    assert plain_jpeg(full) == WHOLE


@pytest.mark.parametrize("more", [b"", b"notes", WHOLE, b"\xff\xd9", bytes(100)])
def test_what_follows_the_picture_is_cut_off(jpegs: GpuJpegs, more: bytes) -> None:
    assert plain_jpeg(WHOLE + more) == WHOLE
    padded = WHOLE[:-2] + b"\xff\xff\xff\xd9"
    assert plain_jpeg(padded + more) == padded
    _, is_taken = decoded(padded + more, jpegs)
    assert is_taken


def starts_of(data: bytes) -> Iterator[bytes]:
    for end in [*range(700), *range(700, len(data) - 2, 499)]:
        yield data[:end]


def test_no_beginning_of_a_file_is_taken_for_a_whole() -> None:
    assert [len(part) for part in starts_of(WHOLE) if plain_jpeg(part) is not None] == []


def test_a_file_that_is_refused_is_decoded_in_the_usual_way(jpegs: GpuJpegs) -> None:
    lawless = WHOLE.replace(b"\xff\xdb", b"\xff\xfe")  # its tables of steps become remarks
    assert plain_jpeg(lawless) is not None
    assert ask(jpegs, lawless, 320) is None
    with pytest.raises(ThumperError):
        decoded(lawless, jpegs)

    usual, _ = decoded(WHOLE, None)
    jpegs._decode = lambda batch, stream: None  # type: ignore[method-assign]
    ours, is_taken = decoded(WHOLE, jpegs)
    assert not is_taken
    assert ours.status is Status.OK
    np.testing.assert_array_equal(ours.image, usual.image)


def test_an_error_reaches_its_caller_and_the_next_goes_on(
    jpegs: GpuJpegs, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode, calls = jpegs._decode, []

    def failing(batch: list, stream: Any) -> None:
        calls.append(len(batch))
        if len(calls) == 1:
            raise OSError("the driver is gone")
        decode(batch, stream)

    monkeypatch.setattr(jpegs, "_decode", failing)
    with pytest.raises(OSError, match="driver"):
        ask(jpegs, WHOLE, 320)
    assert ask(jpegs, WHOLE, 320) is not None


def test_without_torchcodec_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchcodec.decoders", None)
    with pytest.raises(ThumperError, match=r"thumper\[gpu\]"):
        GpuJpegs()


@pytest.mark.parametrize(
    ("on_gpu", "is_wanted", "threads"), [(True, True, 64), (True, False, 3), (False, True, 3)]
)
def test_the_engine_decodes_on_a_gpu_where_it_is_wanted_and_there(
    monkeypatch: pytest.MonkeyPatch, jpegs: GpuJpegs, on_gpu: bool, is_wanted: bool, threads: int
) -> None:
    monkeypatch.setattr(local, "uses_gpu", lambda device: on_gpu)
    monkeypatch.setattr(local, "GpuJpegs", lambda: jpegs)
    seen: dict = {}
    monkeypatch.setattr(
        local, "Engine", lambda *parts, **options: seen.update(options, parts=parts)
    )
    settings = Settings().replace("engine", gpu_decode=is_wanted, decode_threads=3)
    local.local_engine(None, None, settings, Meter(1), {}, lambda: False)  # type: ignore[arg-type]
    assert seen["decode_threads"] == threads
    assert (seen["parts"][2].decode.jpegs is not None) == (on_gpu and is_wanted)
