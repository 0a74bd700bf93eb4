"""Weights files: where they lie, whether they are the right ones, how to get them.

Downloads go to `<file>.part`, go on where they stopped, and take their name only when size and hash
are right. (pooch verifies and renames too, but starts again from zero after a dropped line; these
files have hundreds of megabytes.)
"""

from __future__ import annotations

import functools
import hashlib
import shutil
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from thumper_core.contracts import ClassMeaning, ThumperError, UsageError
from thumper_core.files import user_dir, write_whole
from thumper_core.trust import Subject, UntrustedError, hash_of, is_trusted, remember
from thumper_core.vision.download import Progress, download
from thumper_core.vision.registry import (
    FILE_NAME,
    ModelSpec,
    load_registry,
    models_dir,
    read_registry,
)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files in order of their names: 64 hex digits."""
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:
    if path.is_dir():
        parts = [
            f"{file.name} {sha256_of(file)}\n" for file in sorted(path.iterdir()) if file.is_file()
        ]
        return hashlib.sha256("".join(parts).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def target_path(spec: ModelSpec) -> Path:
    """Where `pull` puts a model's file, and where a file got in another way can be put.

    What a workspace names gets a name from its hash, so that it takes no other model's place.
    """
    if spec.is_foreign:
        return user_dir() / "models" / f"{spec.sha256[:12]}-{Path(spec.file).name}"
    return user_dir() / "models" / spec.file


def find_file(spec: ModelSpec) -> Path | None:
    """The model's weights file where it is at hand, whether right or not; else None.

    Looked for beside the registry that names it, among the shipped ones, in the cache, and in the
    installed package that carries it.
    """
    if not spec.file:
        return None
    own = None if spec.is_foreign else models_dir()
    folders = [folder for folder in (spec.folder, own) if folder is not None]
    candidates = [*(folder / spec.file for folder in folders), target_path(spec)]
    if spec.package:
        packaged = _file_in_package(spec.package, spec.file)
        candidates += [packaged] if packaged is not None else []
    return next((path for path in candidates if path.exists()), None)


def _file_in_package(package: str, name: str) -> Path | None:
    """A file of an installed distribution, found by its records: no code of it is run."""
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name == name), None)


def require_file(spec: ModelSpec) -> Path:
    """The verified weights file. Raises ThumperError that says how to get it."""
    path = find_file(spec)
    if path is None:
        raise ThumperError(f"The weights of {spec.name} are not here. {how_to_get(spec)}")
    if spec.sha256 and sha256_of(path) != spec.sha256:
        raise ThumperError(
            f"{path} is not the file that the registry names for {spec.name}: its sha256 is "
            f"{sha256_of(path)}, not {spec.sha256}. Delete it. {how_to_get(spec)}"
        )
    return path


def how_to_get(spec: ModelSpec) -> str:
    """The next step for a person who lacks a model's file."""
    if spec.is_foreign and not (spec.urls and spec.sha256):
        return (
            f"Put {spec.file} back into {spec.folder}, or ask whoever made this workspace for it. What was "
            "learned here can be learned again: `thumper learn --even-few`, with another detector in the "
            "settings."
        )
    if spec.package:
        return f"`pip install {spec.package}`, or put {spec.file} at {target_path(spec)}."
    if spec.urls:
        return (
            f"`thumper models pull {spec.name}`, or download {spec.urls[0]} elsewhere and put it "
            f"at {target_path(spec)}."
        )
    return f"`thumper models add FILE --name {spec.name}` with a weights file of your own."


def verify(spec: ModelSpec) -> str:
    """One word on a model's file: `ok`, `unverified` (no hash is known), `wrong` or `absent`.

    An ensemble is as good as the worst of its parts; that is for the caller to put together.
    """
    path = find_file(spec)
    if path is None:
        return "absent"
    if not spec.sha256:
        return "unverified"
    return "ok" if sha256_of(path) == spec.sha256 else "wrong"


def pull(
    spec: ModelSpec,
    *,
    dest: Path | None = None,
    on_progress: Progress | None = None,
    trust: bool = False,
) -> tuple[Path, str]:
    """Get a model's file, unless it is here and right; the path and its sha256.

    dest: file to write, default `target_path(spec)`; on_progress(bytes so far, bytes in all or 0);
    trust: ask an address that only a workspace names, which is remembered. Raises ThumperError, naming
    the next step, and never leaves a wrong file under the final name.
    """
    here = find_file(spec) if dest is None else (dest if dest.exists() else None)
    if here is not None and (not spec.sha256 or sha256_of(here) == spec.sha256):
        return here, sha256_of(here)
    if not spec.urls:
        raise ThumperError(f"{spec.name} cannot be downloaded. {how_to_get(spec)}")
    if spec.is_foreign:
        _require_trusted_source(spec, trust)
    target = dest if dest is not None else target_path(spec)
    problems = []
    for url in spec.urls:
        try:
            digest = download(
                url, target, sha256=spec.sha256, size=spec.bytes, on_progress=on_progress
            )
            return target, digest
        except ThumperError as error:
            problems.append(str(error))
    raise ThumperError(
        f"{spec.name} could not be downloaded: {' '.join(problems)} Try again later, or download "
        f"{spec.urls[0]} elsewhere and put it at {target} (or `thumper models add FILE --name "
        f"{spec.name}`)."
    )


def _require_trusted_source(spec: ModelSpec, trust: bool) -> None:
    """Raise where a workspace's entry states no hash, or addresses that the user does not trust."""
    if not spec.sha256:
        raise ThumperError(
            f"{spec.name} is named by this workspace alone, and it states no sha256 to compare a "
            f"download with. {how_to_get(spec)}"
        )
    subject = Subject("address", hash_of("address", *spec.urls), ", ".join(spec.urls))
    if is_trusted(subject.sha256):
        return
    if not trust:
        raise UntrustedError(
            subject,
            f"{spec.name} would be downloaded from {subject.name}, which only this workspace names. "
            f"If you trust whoever made it: `thumper models pull {spec.name} --trust`.",
        )
    remember(subject)


def require_addable(file: Path) -> None:
    """Raise UsageError where a path is not what the weights of a detector are."""
    if not file.exists():
        raise UsageError(f"{file} does not exist.")
    if file.is_file() and file.suffix not in (".pt", ".onnx"):
        raise UsageError(f"{file.name}: a detector is a .pt or .onnx file or an OpenVINO folder.")


def add_model(
    file: Path,
    name: str,
    *,
    registry_file: Path | None = None,
    stays: bool = False,
    class_map: Mapping[str, ClassMeaning] | None = None,
    input_size: int | None = None,
    licence: str = "yours",
) -> ModelSpec:
    """Make a weights file known by name: copy it into the cache, state its hash in a registry.

    registry_file: a workspace's `registry.toml`, default the user's own; stays: the file lies below that
    registry's folder and is used where it is, not copied. A name that is known keeps
    its class map, input size and the like, and gets this file. Its hash is trusted from now on, which
    lets a pickled file be loaded later, so add only files whose maker you trust.
    Raises UsageError where the file cannot be used.
    """
    import tomli_w

    require_addable(file)
    target_file = registry_file if registry_file is not None else user_dir() / FILE_NAME
    digest = sha256_of(file)
    kept = file if stays else user_dir() / "models" / f"{digest[:12]}-{file.name}"
    if not kept.exists() or sha256_of(kept) != digest:
        kept.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if file.is_dir() else shutil.copyfile
        write_whole(kept, lambda draft: copy(file, draft))
    base = load_registry(target_file).models.get(name)
    entry: dict[str, Any] = {
        "name": name,
        "kind": "detector",
        "loader": "ultralytics",
        "file": file.relative_to(target_file.parent).as_posix() if stays else str(kept.resolve()),
        "sha256": digest,
        "licence": licence,
        "source": f"added from {file.name}",
    }
    if base is not None and base.kind == "detector":
        entry |= {"input_size": base.input_size, "rect": base.rect}
        entry |= {"conf_min": base.conf_min} if base.conf_min is not None else {}
    if input_size is not None:
        entry["input_size"] = input_size
    meanings = class_map if class_map is not None else (base.class_map if base else {})
    if meanings:
        entry["class_map"] = {
            key: {"species": m.species, "sex": str(m.sex), "age_class": str(m.age_class)}
            for key, m in meanings.items()
        }
    document: dict[str, Any] = {"model": []}
    if target_file.exists():
        import tomllib

        read_registry(target_file)  # a file that cannot be read must not be written over
        document = tomllib.loads(target_file.read_text("utf-8"))
    document["model"] = [m for m in document.get("model", []) if m.get("name") != name] + [entry]
    target_file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target_file, tomli_w.dumps(document))
    remember(Subject("weights", digest, name))
    return read_registry(target_file)[name]
