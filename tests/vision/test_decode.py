"""Every kind of bad, odd and good file: pixels, or an error that says what to do."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import simplejpeg
from PIL import Image

from thumper_core.contracts import ErrorCode, Status
from thumper_core.vision.decode import DecodedPhoto, DecodeError, decode_photo, turn_upright


def scene(width: int = 320, height: int = 240) -> np.ndarray:
    """A smooth picture whose corners differ: red grows to the right, green downwards."""
    x = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    y = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return np.stack([x, y, np.full_like(x, 60)], axis=2).astype(np.uint8)


def encoded(picture: Image.Image | np.ndarray, format: str, **options: object) -> bytes:
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def decoded(data: bytes, min_width: int = 10_000, max_pixels: int = 10**8) -> DecodedPhoto:
    return decode_photo(data, min_width=min_width, max_pixels=max_pixels)


def difference(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.abs(left.astype(float) - right.astype(float)).mean())


GOOD = {
    "jpeg": encoded(scene(), "JPEG", quality=95),
    "progressive jpeg": encoded(scene(), "JPEG", quality=95, progressive=True),
    "png": encoded(scene(), "PNG"),
    "tiff": encoded(scene(), "TIFF"),
    "webp": encoded(scene(), "WEBP", quality=95),
    "bmp": encoded(scene(), "BMP"),
    "two-page tiff": encoded(
        Image.fromarray(scene()), "TIFF", save_all=True, append_images=[Image.new("RGB", (9, 9))]
    ),
    "opaque rgba png": encoded(Image.fromarray(scene()).convert("RGBA"), "PNG"),
    "cmyk tiff": encoded(Image.fromarray(scene()).convert("CMYK"), "TIFF"),
    "cmyk jpeg": encoded(Image.fromarray(scene()).convert("CMYK"), "JPEG", quality=95),
}


@pytest.mark.parametrize("kind", GOOD)
def test_good_files_show_the_scene(kind: str) -> None:
    photo = decoded(GOOD[kind])
    assert (photo.status, photo.error_code) == (Status.OK, None)
    assert (photo.width, photo.height) == (320, 240)
    assert photo.image.dtype == np.uint8 and photo.image.flags.c_contiguous
    assert difference(photo.image, scene()) < 4


def test_heic_shows_the_scene() -> None:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(scene())).save(buffer, quality=95)
    photo = decoded(buffer.getvalue())
    assert photo.format == "HEIF"
    assert difference(photo.image, scene()) < 4


def test_sixteen_bits_grey_is_scaled_not_cut() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, 0)
    for format in ("PNG", "TIFF"):
        photo = decoded(encoded(Image.fromarray(ramp), format))
        assert photo.image[0, :, 0].tolist() == list(range(256))


def test_palette_grey_and_single_bit() -> None:
    palette = Image.fromarray(scene()).quantize(256)
    assert difference(decoded(encoded(palette, "PNG")).image, scene()) < 12
    grey = Image.fromarray(scene()).convert("L")
    assert np.ptp(decoded(encoded(grey, "JPEG")).image.astype(int), axis=2).max() == 0
    bits = Image.new("1", (8, 8), 1)
    assert decoded(encoded(bits, "PNG")).image.min() == 255


def test_transparent_pixels_show_neutral_grey() -> None:
    layer = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert (decoded(encoded(layer, "PNG")).image == 114).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation_agrees_with_pillow(orientation: int, format: str) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(scene(), format, exif=exif, **({"quality": 95} if format == "JPEG" else {}))
    with Image.open(io.BytesIO(data)) as opened:
        wanted = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    photo = decoded(data)
    assert (photo.height, photo.width) == wanted.shape[:2]
    assert difference(photo.image, wanted) < 2


def test_turn_upright_leaves_unknown_orientations() -> None:
    assert (turn_upright(scene(), 99) == scene()).all()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("min_width", [100, 640, 641, 1500, 5000])
def test_reduced_scale_never_goes_below_the_need(orientation: int, min_width: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    photo = decoded(encoded(scene(2000, 1400), "JPEG", exif=exif), min_width=min_width)
    full_width = 2000 if orientation == 1 else 1400
    assert photo.width == full_width
    assert photo.image.shape[1] >= min(min_width, full_width)
    assert photo.image.shape[1] * photo.scale_x == pytest.approx(photo.width)
    assert photo.image.shape[0] * photo.scale_y == pytest.approx(photo.height)
    if min_width == 100:
        assert photo.scale_x > 7


JPEG = GOOD["jpeg"]
NOISE = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(200)

BAD = {
    "empty": (b"", ErrorCode.EMPTY_FILE, "0 bytes"),
    "mp4": (MP4, ErrorCode.VIDEO, "video"),
    "avi": (b"RIFF\x10\x00\x00\x00AVI LIST" + bytes(99), ErrorCode.VIDEO, "AVI"),
    "text": (b"camera 4, north gate\n" * 9, ErrorCode.NOT_AN_IMAGE, "text"),
    "utf-16 text": ("north gate".encode("utf-16"), ErrorCode.NOT_AN_IMAGE, "text"),
    "cut character": ("é".encode() * 3000, ErrorCode.NOT_AN_IMAGE, "text"),
    "zeros": (bytes(5000), ErrorCode.NOT_AN_IMAGE, "no picture"),
    "photoshop": (b"8BPS\x00\x01" + bytes(99), ErrorCode.UNSUPPORTED_FORMAT, "Photoshop"),
    "jpeg header only": (JPEG[:200], ErrorCode.TRUNCATED, "breaks off"),
    "png header only": (GOOD["png"][:20], ErrorCode.TRUNCATED, "breaks off"),
    "webp cut": (encoded(NOISE, "WEBP")[:5000], ErrorCode.TRUNCATED, "breaks off"),
    "png header, then rubbish": (
        GOOD["png"][:40] + bytes(range(256)) * 9,
        ErrorCode.TRUNCATED,
        "damaged",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_get_a_code_and_a_message(kind: str) -> None:
    data, code, words = BAD[kind]
    with pytest.raises(DecodeError) as caught:
        decoded(data)
    assert caught.value.code is code
    assert words in caught.value.message


def test_jpeg_cut_before_its_first_pixel_is_an_error() -> None:
    scan = JPEG.index(b"\xff\xda")
    length = int.from_bytes(JPEG[scan + 2 : scan + 4])
    with pytest.raises(DecodeError) as caught:
        decoded(JPEG[: scan + 2 + length])
    assert caught.value.code is ErrorCode.TRUNCATED


@pytest.mark.parametrize(
    "data",
    [
        encoded(NOISE, "JPEG", quality=90),
        encoded(NOISE, "JPEG", quality=90, progressive=True),
        encoded(Image.fromarray(NOISE).convert("CMYK"), "JPEG", quality=90),
        encoded(NOISE, "PNG"),
        encoded(NOISE, "TIFF"),
    ],
    ids=["jpeg", "progressive", "cmyk", "png", "tiff"],
)
def test_truncated_files_keep_the_pixels_there_are(data: bytes) -> None:
    whole, part = decoded(data), decoded(data[: len(data) // 2])
    assert part.status is Status.PARTIAL
    assert part.error_code is ErrorCode.TRUNCATED
    assert "part of the picture is missing" in str(part.error_message)
    assert (part.width, part.height) == (300, 200)
    top = slice(0, 60)
    assert difference(part.image[top], whole.image[top]) < 30 < difference(part.image, NOISE[::-1])


def test_jpeg_with_damaged_data_is_partial() -> None:
    data = bytearray(encoded(NOISE, "JPEG", quality=90))
    middle = len(data) // 2
    data[middle : middle + 400] = b"\xff\x17" * 200
    photo = decoded(bytes(data))
    assert (photo.status, photo.error_code) == (Status.PARTIAL, ErrorCode.DECODE_FAILED)
    assert "damaged" in str(photo.error_message)


def test_too_many_pixels_is_refused_from_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(simplejpeg, "decode_jpeg", never)
    monkeypatch.setattr(Image.Image, "load", never)
    for data in (JPEG, GOOD["png"]):
        with pytest.raises(DecodeError) as caught:
            decoded(data, max_pixels=320 * 240 - 1)
        assert caught.value.code is ErrorCode.TOO_MANY_PIXELS
        assert "320 x 240" in caught.value.message


def test_pillows_own_limit_does_not_interfere() -> None:
    bomb = encoded(Image.new("1", (14_000, 14_000)), "PNG")
    with pytest.raises(DecodeError) as caught:
        decoded(bomb, max_pixels=10**8)
    assert caught.value.code is ErrorCode.TOO_MANY_PIXELS


def test_many_threads_decode_as_one_does() -> None:
    files = [*GOOD.values(), encoded(NOISE, "PNG")[:60_000], encoded(NOISE, "JPEG")[:9000]] * 3
    alone = [decoded(data) for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(decoded, files))
    for one, other in zip(alone, together, strict=True):
        assert one.status is other.status
        assert (one.image == other.image).all()


def test_real_odd_files_agree_with_the_plain_one(shared_dir: Path) -> None:
    folder = shared_dir / "photos" / "speciesnet"
    plain = decoded((folder / "african_elephants.jpg").read_bytes())
    cmyk = decoded((folder / "african_elephants_cmyk.jpg").read_bytes())
    turned = decoded((folder / "african_elephants_with_exif_orientation.jpg").read_bytes())
    cut = decoded((folder / "african_elephants_truncated_file.jpg").read_bytes())
    assert difference(cmyk.image, plain.image) < 4  # not the negative
    assert difference(turned.image, plain.image) < 4
    assert cut.status is Status.PARTIAL
    assert difference(cut.image[:1000], plain.image[:1000]) < 1


@pytest.mark.parametrize("name", ["error_img.JPG", "error_vid.mp4"])
def test_real_empty_files(shared_dir: Path, name: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decoded((shared_dir / "photos" / "southwest" / name).read_bytes())
    assert caught.value.code is ErrorCode.EMPTY_FILE
