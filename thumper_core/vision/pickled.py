"""Weights that run code when they are loaded: which they are, who may load them, and from what bytes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from thumper_core.contracts import ThumperError
from thumper_core.trust import Subject, UntrustedError, is_trusted, remember
from thumper_core.vision.registry import ModelSpec, Registry
from thumper_core.vision.weights import find_file, sha256_of

_COPY_BYTES = 1 << 20
_PICKLE_STARTS = (b"\x80", b"PK\x03\x04", b"PK\x05\x06")  # a pickle; one in an archive, as torch's
_TAR_MARK = b"ustar"  # the oldest checkpoints of torch are such archives


def is_pickled(path: Path) -> bool:
    """Whether loading the file can run code of its maker's choice; its bytes decide, not its name.

    Any archive counts, and so does everything called .pt that is not plainly ONNX: only what no
    unpickler ever gets to see is harmless.
    """
    if path.is_dir():
        return False
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(_PICKLE_STARTS) or head[257:262] == _TAR_MARK:
        return True
    return path.suffix.lower() == ".pt" and not is_onnx(head)


def is_onnx(head: bytes) -> bool:
    """Whether a file that begins so is a protobuf with ONNX's version first, which no pickle is."""
    return len(head) > 2 and head[0] == 0x08 and 0 < head[1] < 0x20 and head[2] in b"\x12\x1a\x3a"


def require_trusted(
    path: Path,
    sha256: str,
    registry: Registry,
    *,
    trust: bool = False,
    trusted: Collection[str] = (),
) -> None:
    """Raise UntrustedError unless this user trusts weights that run code when they are loaded.

    trust: the user says so now, which is remembered; trusted: hashes that the caller vouches for.
    What a workspace's registry says of a hash counts for nothing.
    """
    if sha256 in trusted or is_trusted(sha256, registry.hashes):
        return
    subject = Subject("weights", sha256, path.name)
    if trust:
        remember(subject)
        return
    raise UntrustedError(
        subject,
        f"{path} is a pickle: loading it runs whatever code its maker put in, with your "
        f"rights, and you have not said that you trust it (sha256 {sha256}). If you trust its "
        f"maker, give `--trust` once, or make it known with `thumper models add {path} --name NAME`.",
    )


def trust_of(spec: ModelSpec, registry: Registry) -> str:
    """One word on a model's trust: `yes`, `no`, `not needed` (it runs no code), or `` (not here)."""
    path = find_file(spec)
    if path is None or spec.parts:
        return ""
    if spec.loader != "ultralytics" or not is_pickled(path):  # others are read as numbers alone
        return "not needed"
    return "yes" if is_trusted(sha256_of(path), registry.hashes) else "no"


@contextmanager
def checked_copy(path: Path, sha256: str) -> Iterator[Path]:
    """A copy that no other user can write to and whose bytes have this hash, for as long as it is read.

    A user who can write to the file could otherwise change it between the look and the loading. Raises
    ThumperError where it has changed.
    """
    with tempfile.TemporaryDirectory(prefix="thumper-") as folder:
        copy = Path(folder) / "weights.pt"  # the only ending that ultralytics takes
        digest = hashlib.sha256()
        with path.open("rb") as source, copy.open("xb") as target:
            while chunk := source.read(_COPY_BYTES):
                digest.update(chunk)
                target.write(chunk)
        if digest.hexdigest() != sha256:
            raise ThumperError(
                f"{path} is not what it was a moment ago: its sha256 is {digest.hexdigest()} and was "
                f"{sha256}. Nothing of it was loaded; give the same command again."
            )
        yield copy
