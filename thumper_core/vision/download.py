"""One file over HTTP: resumed where it stopped, checked, and only then given its name."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from thumper_core.contracts import ThumperError

Progress = Callable[[int, int], None]
"""Called with the bytes so far and the bytes in all (0: unknown)."""

TIMEOUT_S = 30.0
_CHUNK_BYTES = 1 << 20
_ATTEMPTS = 3


def download(
    url: str,
    target: Path,
    *,
    sha256: str = "",
    size: int = 0,
    on_progress: Progress | None = None,
) -> str:
    """Fetch `url` to `target` and return the sha256 of what came.

    A `.part` file of an earlier attempt is continued where the server allows ranges; a line that
    drops is picked up again, twice. sha256, size: what must come, where known. Raises ThumperError;
    then `target` is not written, and a `.part` is kept only where it may be continued.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ThumperError(f"{url} is no address on the web: it must begin with https://.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    for attempt in range(1, _ATTEMPTS + 1):
        before = part.stat().st_size if part.exists() else 0
        try:
            _fetch(url, part, on_progress)
            break
        except (OSError, http.client.HTTPException) as error:
            came = (part.stat().st_size if part.exists() else 0) - before
            # Without a single new byte another attempt at once would be no better.
            if isinstance(error, urllib.error.HTTPError) or came <= 0 or attempt == _ATTEMPTS:
                raise ThumperError(_reason(url, error, part)) from error
    digest = _hash(part)
    actual = part.stat().st_size
    if sha256 and digest != sha256:
        part.unlink()
        raise ThumperError(
            f"What came from {url} is not the right file: its sha256 is {digest}, not {sha256} "
            f"({actual} bytes); it was thrown away."
        )
    if size and actual != size:
        part.unlink()
        raise ThumperError(f"{url} gave {actual} bytes, not {size}; they were thrown away.")
    part.replace(target)
    return digest


def _fetch(url: str, part: Path, on_progress: Progress | None) -> None:
    """Append to `part` what is missing of it; OSError where the body ends early."""
    offset = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "thumper"})
    if offset:
        request.add_header("Range", f"bytes={offset}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            if offset and error.code == 416:  # nothing is left to send: whole, or stale
                total = _total(error.headers.get("Content-Range", ""))
                if total == offset:
                    return
                part.unlink()
                return _fetch(url, part, on_progress)
            raise
    with response:
        if offset and response.status != 206:  # the server sends all of it again
            offset = 0
        length = response.headers.get("Content-Length")
        total = offset + int(length) if length else 0
        done = offset
        with part.open("ab" if offset else "wb") as file:
            while chunk := response.read(_CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                if on_progress is not None:
                    on_progress(done, total)
    if total and done < total:
        raise OSError(f"the connection ended after {done} of {total} bytes")


def _total(content_range: str) -> int:
    """The size in `bytes */SIZE`; -1 where there is none."""
    _, _, total = content_range.rpartition("/")
    return int(total) if total.isdigit() else -1


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(url: str, error: Exception, part: Path) -> str:
    if isinstance(error, urllib.error.HTTPError):
        if error.code == 404:
            return f"{url} no longer exists (404)."
        return f"{url} answered {error.code} {error.reason}."
    if part.exists() and part.stat().st_size:
        return (
            f"The connection to {url} broke ({error}); {part.stat().st_size} bytes are kept, and "
            "the same command goes on from there."
        )
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return f"{url} could not be reached ({reason}): is there a network?"
