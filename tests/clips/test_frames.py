"""Which frames of a clip are looked at, and what becomes of clips that are broken, odd or turned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.made_clips import HEIGHT, WIDTH, walking, write_clip
from thumper_core.clips import container
from thumper_core.clips.container import ClipError
from thumper_core.clips.frames import Frame, FrameReader, Sampling, every_frame, frame_at
from thumper_core.contracts import ErrorCode

LARGE = 10**9
STILL = [np.full((HEIGHT, WIDTH, 3), 60, np.uint8)] * 40
KINDS = {
    "mp4": ("a.mp4", "libx264", None),
    "mov": ("a.mov", "libx264", None),
    "avi": ("a.avi", "mjpeg", None),
    "mts": ("a.mts", "libx264", "mpegts"),
    "hevc": ("h.mp4", "libx265", None),
}


def looked_at(
    path: Path | bytes, sampling: Sampling | None = None
) -> tuple[list[Frame], FrameReader]:
    reader = FrameReader(path, sampling or Sampling(), min_width=WIDTH, max_pixels=LARGE)
    return list(reader), reader


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_every_container_have_their_own_time_and_are_found_again_by_it(
    kind: str, tmp_path: Path
) -> None:
    name, codec, form = KINDS[kind]
    path = write_clip(tmp_path / name, walking(30, (4, 30)), codec=codec, form=form)
    frames, reader = looked_at(path)
    assert [frame.ms for frame in frames] == [0, 500, 1000, 1500, 2000, 2500]
    assert reader.trouble is None
    for frame in frames:
        again = frame_at(path.read_bytes(), frame.ms, min_width=WIDTH, max_pixels=LARGE)
        assert again.ms == frame.ms
        assert np.array_equal(again.image, frame.image)
        left = 4 + 2 * frame.ms / 100
        bright = np.flatnonzero(frame.image[40, :, 0] > 110)
        assert abs(bright.min() - left) <= 2, "the frame is the one of its time"


def test_time_alone_samples_a_still_clip_and_motion_more_of_one_that_moves(tmp_path: Path) -> None:
    still, _ = looked_at(write_clip(tmp_path / "still.mp4", STILL))
    assert [frame.ms for frame in still] == [0, 1000, 2000, 3000]
    frames = list(STILL)
    frames[13:17] = walking(4, (60, 30), step=8)  # something runs by between two steps
    moved, _ = looked_at(write_clip(tmp_path / "moved.mp4", frames))
    assert 1500 in {frame.ms for frame in moved}, "the first that may be looked at again"
    most, _ = looked_at(
        tmp_path / "moved.mp4", Sampling(step_s=0.1, motion_gap_s=0.1, frames_max=5)
    )
    assert len(most) <= 5
    assert most[-1].ms >= 2000, "the steps are wide enough to reach the end"


def test_a_variable_rate_shifts_no_frame(tmp_path: Path) -> None:
    at_ms = [0, 100, 200, 1500, 1600, 4000, 4100]
    path = write_clip(tmp_path / "v.mp4", walking(7, (4, 30), step=10), at_ms=at_ms)
    frames, _ = looked_at(path)
    assert [frame.ms for frame in frames] == [0, 1500, 4000]
    assert np.flatnonzero(frames[1].image[40, :, 0] > 110).min() == pytest.approx(34, abs=2)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_clip_that_was_held_sideways_is_upright(turned: int, tmp_path: Path) -> None:
    plain = write_clip(tmp_path / "p.mp4", walking(3, (4, 10)))
    path = write_clip(tmp_path / "r.mp4", walking(3, (4, 10)), turned=turned)
    frame, [first, *_] = frame_at(path, 0, min_width=WIDTH, max_pixels=LARGE), looked_at(plain)[0]
    wanted = np.rot90(first.image, turned // 90)  # counter-clockwise, as the header says
    assert (frame.height, frame.width) == wanted.shape[:2]
    small = frame_at(path, 0, min_width=40, max_pixels=LARGE)
    assert small.image.shape[1] == 40
    assert (small.width, small.height) == (frame.width, frame.height)
    assert (
        np.abs(frame.image.astype(int) - wanted).mean() < 6 or turned % 180
    )  # the width decides the scale
    assert frame.image[:10].mean() == pytest.approx(
        wanted[: max(1, round(10 * wanted.shape[0] / frame.image.shape[0]))].mean(), abs=6
    )


def cut(path: Path, share: float) -> bytes:
    data = path.read_bytes()
    return data[: int(len(data) * share)]


def test_a_clip_that_breaks_off_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    avi = write_clip(tmp_path / "a.avi", walking(60, (4, 30), step=1, noise=60), codec="mjpeg")
    frames, reader = looked_at(cut(avi, 0.5))
    assert 1000 <= frames[-1].ms <= 3000
    assert reader.trouble is not None
    assert reader.trouble[0] is ErrorCode.TRUNCATED
    assert "breaks off after" in reader.trouble[1]


def test_clips_that_give_nothing_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mp4 = write_clip(tmp_path / "a.mp4", walking(10, (4, 30)))
    hevc = write_clip(tmp_path / "h.mp4", walking(10, (4, 30)), codec="libx265").read_bytes()
    sound = tmp_path / "sound.mp4"
    _only_sound(sound)
    cases = {
        "breaks off before its index": (cut(mp4, 0.3), ErrorCode.VIDEO, "cannot be opened"),
        "no bytes": (b"", ErrorCode.VIDEO, "cannot be opened"),
        "zero length": (_without_packets(tmp_path), ErrorCode.VIDEO, "No frame"),
        "sound alone": (sound.read_bytes(), ErrorCode.VIDEO, "no picture"),
        "a codec nobody knows": (
            hevc.replace(b"hev1", b"zz9z"),
            ErrorCode.UNSUPPORTED_FORMAT,
            "no decoder",
        ),
    }
    for name, (data, code, words) in cases.items():
        with pytest.raises(ClipError) as caught:
            looked_at(data)
        assert caught.value.code is code, name
        assert words in caught.value.message, name
    with pytest.raises(ClipError, match="more than the 100 allowed"):
        list(FrameReader(mp4, Sampling(), min_width=9, max_pixels=100))
    monkeypatch.setattr(container, "_has_decoder", lambda context: context.name != "hevc")
    with pytest.raises(ClipError, match="packed as hevc"):
        looked_at(hevc)
    assert len(list(every_frame(mp4, WIDTH))) == 10


def _only_sound(path: Path) -> None:
    import av

    with av.open(str(path), "w") as made:
        stream = made.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        for packet in [*stream.encode(frame), *stream.encode()]:
            made.mux(packet)


def _without_packets(folder: Path) -> bytes:
    """An AVI whose pictures were never written: its header, and nothing behind it."""
    data = write_clip(folder / "z.avi", walking(4, (4, 30)), codec="mjpeg").read_bytes()
    return data[: data.find(b"movi") + 4]
