"""Decoding JPEGs on a GPU with nvJPEG, through torchcodec, for many threads at once.

nvJPEG is fast for lists of files only, and the engine's threads bring one file each. So the thread that
comes first decodes for all that wait.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from thumper_core.contracts import FloatArray, ImageArray, ThumperError

if TYPE_CHECKING:
    import torch

FILES_MAX: Final = 32
PIXELS_MAX: Final = 256_000_000
"""Of one list: its full pictures are in the GPU's memory together, 3 bytes a pixel."""
LISTS: Final = 2
"""Under way: while one is decoded, the other is copied."""
THREADS: Final = LISTS * FILES_MAX
"""Threads that bring a file each, so that lists are full. They wait and take no cores."""
_END: Final = b"\xd9"
_ZEROS: Final = bytes(64)


@dataclass(eq=False)
class _Asked:
    data: bytes
    n_pixels: int  # of the full picture
    eighths: int  # the scale to decode it at
    is_done: bool = False
    picture: ImageArray | None = None


class GpuJpegs:
    """Decodes JPEGs of many threads together; each call waits for its own.

    device: `cuda`, or `cpu` for torchcodec's decoder there, which is for tests. Raises ThumperError
    without torchcodec.
    """

    def __init__(self, device: str = "cuda") -> None:
        import torch

        try:
            import torchcodec.decoders  # noqa: F401
        except (ImportError, RuntimeError, OSError) as error:  # or one for another PyTorch
            raise ThumperError(
                "Decoding on the GPU (engine.gpu_decode) needs torchcodec, made for the PyTorch "
                f"that is installed: `pip install 'thumper[gpu]'`. ({error})"
            ) from None
        self._device = device
        self._changed = threading.Condition()  # of what stands below
        self._asked: deque[_Asked] = deque()
        # PyTorch keeps memory for each stream: so there are no more than these.
        self._free = [
            nullcontext() if device == "cpu" else torch.cuda.stream(torch.cuda.Stream(device))  # type: ignore[no-untyped-call]
            for _ in range(LISTS)
        ]

    def __call__(
        self, picture: Image.Image, data: bytes, *, min_width: int, sideways: bool
    ) -> ImageArray | None:
        """A JPEG's picture, (h, w, 3) uint8 RGB, not turned; None: to be decoded in the usual way.

        picture: the file as Pillow opened it; min_width: pixels, of the upright picture, which lies
        sideways in the file or does not. None where the file is not plain and whole as far as
        `plain_jpeg` can see, where nvJPEG refuses it or another one of its list, and where memory
        runs out.
        """
        is_usual = picture.mode == "RGB" and picture.info.get("adobe_transform", 1) == 1
        plain = plain_jpeg(data) if is_usual else None
        if plain is None:
            return None
        eighths = scale_of(picture.size, min_width, sideways)
        mine = _Asked(plain, picture.size[0] * picture.size[1], eighths)
        with self._changed:
            self._asked.append(mine)
            while True:
                self._changed.wait_for(lambda: mine.is_done or self._has_turn())
                if mine.is_done:
                    return mine.picture
                batch, stream = self._take(), self._free.pop()
                self._changed.release()
                try:
                    self._decode(batch, stream)
                finally:
                    self._changed.acquire()
                    self._free.append(stream)
                    for each in batch:
                        each.is_done = True
                    self._changed.notify_all()

    def _has_turn(self) -> bool:
        return bool(self._asked and self._free)

    def _take(self) -> list[_Asked]:
        """The files that wait, as many as go together. The lock is held."""
        batch: list[_Asked] = []
        n_pixels = 0
        while self._asked and len(batch) < FILES_MAX:
            n_pixels += self._asked[0].n_pixels
            if batch and n_pixels > PIXELS_MAX:
                break
            batch.append(self._asked.popleft())
        return batch

    def _decode(self, batch: list[_Asked], stream: AbstractContextManager) -> None:
        """Give every one its picture; None stays where something went wrong."""
        import torch
        from torchcodec.decoders import decode_jpeg  # type: ignore[attr-defined]

        on_gpu = self._device != "cpu"
        try:
            with torch.inference_mode(), stream:
                pictures = decode_jpeg([each.data for each in batch], device=self._device)
                reduced = [
                    _reduced(p, each.eighths) for p, each in zip(pictures, batch, strict=True)
                ]
                # Page-locked memory, so that the copies overlap; it goes back when the photo does.
                held = [torch.empty_like(p, device="cpu", pin_memory=on_gpu) for p in reduced]
                for here, there in zip(held, reduced, strict=True):
                    here.copy_(there, non_blocking=True)
                if on_gpu:
                    done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
                    done.record()
                    done.synchronize()
        except RuntimeError:  # nvJPEG refuses one of them, or memory ran out
            return
        for each, picture in zip(batch, held, strict=True):
            each.picture = picture.numpy()


def scale_of(size: tuple[int, int], min_width: int, sideways: bool) -> int:
    """The eighths at which a JPEG of this (w, h) is decoded: the fewest that are wide enough upright."""
    side = size[1] if sideways else size[0]
    return next((n for n in range(1, 8) if _share(side, n) >= min_width), 8)


def plain_jpeg(data: bytes) -> bytes | None:
    """The first picture of a JPEG as cameras write them (baseline, one scan), and nothing else:
    without the camera's remarks, so that no decoder turns it, and without what follows.

    None for others, and where there is a sign of damage, which libjpeg tells apart and nvJPEG is not
    known to: the scan ends with another marker than the picture's end (ITU T.81, B.1.1.5: in it, a
    byte 255 is followed by 0 or by a restart marker), or it holds a row of 64 zeros. A block of a
    disk that was wiped or holds noise shows one of them; a bit that fell over, or a block of
    another photo, need not.
    """
    header = _header_of(data)
    if header is None:
        return None
    kept, start = header
    scan = np.frombuffer(data, np.uint8, offset=start)
    marks = np.flatnonzero(scan[:-1] == 0xFF)
    after = scan[marks + 1]
    ends = np.flatnonzero((after != 0) & ((after < 0xD0) | (after > 0xD7)))
    if len(ends) == 0:
        return None
    end = start + int(marks[ends[0]]) + 1
    while data[end : end + 1] == b"\xff":  # as many as one likes may stand before a marker
        end += 1
    if data[end : end + 1] != _END or data.find(_ZEROS, start, end) >= 0:
        return None
    return kept + data[start : end + 1]


def _header_of(data: bytes) -> tuple[bytes, int] | None:
    """What a decoder needs of a baseline JPEG's header, and where its scan begins.

    None for other kinds, and where a scan does not hold all three channels.
    """
    kept, place, is_baseline = [data[:2]], 2, False
    while place + 4 < len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4])
        after = place + 2 + length
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame's header
            is_baseline = marker in (0xC0, 0xC1) and data[place + 4] == 8
        is_remark = (0xE1 <= marker <= 0xEF and marker != 0xEE) or marker == 0xFE
        if not is_remark:
            kept.append(data[place:after])
        if marker == 0xDA:
            is_whole = is_baseline and data[place + 4] == 3 and after < len(data)
            return (b"".join(kept), after) if is_whole else None
        place = after
    return None


def _reduced(picture: torch.Tensor, eighths: int) -> torch.Tensor:
    """(3, H, W) uint8 to (h, w, 3) uint8, as libjpeg-turbo decodes it at this scale.

    Brightness is the same but for rounding: the reduction is linear in each block of 8 x 8 pixels.
    """
    import torch

    if eighths < 8:
        channels, height, width = picture.shape
        matrix = torch.from_numpy(_block_matrix(eighths)).to(picture.device)
        padded = torch.nn.functional.pad(
            picture[None].float(), (0, -width % 8, 0, -height % 8), mode="replicate"
        )[0]
        rows, columns = padded.shape[1] // 8, padded.shape[2] // 8
        blocks = padded.reshape(channels, rows, 8, columns, 8)
        small = torch.einsum("cyixj,ni,mj->cynxm", blocks, matrix, matrix)
        small = small.reshape(channels, rows * eighths, columns * eighths)
        small = small[:, : _share(height, eighths), : _share(width, eighths)]
        picture = small.round_().clamp_(0, 255).to(torch.uint8)
    return picture.permute(1, 2, 0).contiguous()


@cache
def _block_matrix(eighths: int) -> FloatArray:
    """(n, 8) float32: 8 samples in a row of a block to n.

    libjpeg-turbo averages for 1, 2 and 4 (jidctred.c); for others it leaves out the high frequencies
    of the block's cosine transform (jidctint.c).
    """
    if 8 % eighths == 0:
        return np.repeat(np.eye(eighths, dtype=np.float32), 8 // eighths, axis=1) * (eighths / 8)
    forth, back = _cosines(8)[:eighths], _cosines(eighths).T
    matrix: FloatArray = (back @ forth * math.sqrt(eighths / 8)).astype(np.float32)
    return matrix


def _cosines(n: int) -> np.ndarray:
    """(n, n) float64: the orthonormal cosine transform (DCT-II)."""
    frequency, place = np.arange(n)[:, None], np.arange(n)[None]
    matrix: np.ndarray = np.sqrt(2 / n) * np.cos(np.pi * (2 * place + 1) * frequency / (2 * n))
    matrix[0] /= math.sqrt(2)
    return matrix


def _share(side: int, eighths: int) -> int:
    """A side at a scale, rounded up."""
    return -(-side * eighths // 8)
