"""A few files that every real card has: empty, cut off, not a photo at all, a copy, a video."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .noise import rng_for
from .plan import Script
from .truth import FaultyFile, Taken


def write_faulty_files(photos_dir: Path, script: Script, taken: list[Taken]) -> list[FaultyFile]:
    """Add the broken files under ``photos_dir``; returns what was written.

    The cut-off photo comes from a blank where there is one, as whatever survives in it has no
    truth.
    """
    rng = rng_for(script.plan.seed, "faults")
    blanks = [t.photo for t in taken if not t.seen]
    chosen = int(rng.choice(blanks)) if blanks else int(rng.integers(len(taken)))
    copied = int(rng.integers(len(taken)))
    source = (photos_dir / script.photos[chosen].path).read_bytes()
    original = (photos_dir / script.photos[copied].path).read_bytes()
    cut = source[: int(len(source) * 0.55)]
    cameras = [
        script.sites[script.photos[k].site].name
        for k in (0, chosen, len(taken) // 2, copied, len(taken) - 1)
    ]
    video = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + rng.bytes(2048)
    note = b"Battery changed, card formatted. Not a photo.\n"
    files = (
        (f"{cameras[0]}/IMG_9001.jpg", cameras[0], "zero_bytes", b""),
        (f"{cameras[1]}/IMG_9002.jpg", cameras[1], "truncated", cut),
        (f"{cameras[2]}/IMG_9003.jpg", cameras[2], "text_file", note),
        (
            f"{cameras[3]}/copies/{Path(script.photos[copied].path).name}",
            cameras[3],
            "duplicate",
            original,
        ),
        (f"{cameras[4]}/VID_9004.mp4", cameras[4], "video", video),
    )
    written = []
    for path, camera, fault, content in files:
        target = photos_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        written.append(FaultyFile(path, camera, fault, hashlib.sha256(content).hexdigest()))
    return written
