"""The models Thumper knows by name: `models/registry.toml`, and the user's own beside it.

A registry is a TOML file with one `[[model]]` table for each model; `ModelSpec` says what may stand
in it. The user's adds to the shipped one and wins where a name is taken. A workspace's, which
may come from elsewhere, says what classes mean as it likes; other weights under a known name, files
outside the workspace and networks that would be fetched need the user's word (`trust`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from thumper_core.contracts import AgeClass, ClassMeaning, Sex, UsageError
from thumper_core.files import shipped_files, user_dir
from thumper_core.trust import Subject, UntrustedError, hash_of, is_trusted, remember

FILE_NAME = "registry.toml"
Kind = Literal["detector", "embedder", "keypoints"]
Loader = Literal["ultralytics", "timm", "open_clip", "efficientnet_lite", "ensemble", "aliked"]
_WEIGHTS = ("file", "urls", "package", "sha256", "bytes", "architecture", "parts")
"""Keys that say which weights a model has; with the rest it can only be wrong."""


@dataclass(frozen=True)
class Part:
    """One embedder of an ensemble and its weight in the sum of cosines."""

    model: str
    weight: float


@dataclass(frozen=True)
class ModelSpec:
    """One model by name.

    kind: `detector`, `embedder` or `keypoints`; loader: which library opens it; file: its name in the models
    folder or the cache, or an absolute path for the user's own; urls: where `pull` gets it, tried
    in order; package: on the package index, that carries the file; sha256: 64 hex digits, or empty
    where none is stated; bytes: size of the file, 0 unknown; architecture: the library's
    name for the network; input_size: pixels, longest side; rect: whether a detector takes
    rectangles; mean, std: normalisation on the 0..1 scale; scales: an embedder sees its picture at
    these sizes and averages; zooms: and these shares of its middle (`views.Views`); gem_power,
    centre_sigma: pooling (`pooling.GeneralizedMean`), 0: the network's own; parts: of an ensemble;
    class_map: what classes mean; folder: where the registry that names it stands; is_foreign: that
    one is a workspace's, and what it says of the weights is not the shipped or the user's word.
    """

    name: str
    kind: Kind
    loader: Loader
    file: str = ""
    urls: tuple[str, ...] = ()
    package: str = ""
    sha256: str = ""
    bytes: int = 0
    licence: str = ""
    source: str = ""
    citation: str = ""
    architecture: str = ""
    input_size: int = 640
    rect: bool = True
    conf_min: float | None = None
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    scales: tuple[float, ...] = (1.0,)
    zooms: tuple[float, ...] = (1.0,)
    gem_power: float = 0.0
    centre_sigma: float = 0.0
    parts: tuple[Part, ...] = ()
    class_map: Mapping[str, ClassMeaning] = field(default_factory=dict)
    notes: str = ""
    folder: Path | None = None
    is_foreign: bool = False


@dataclass(frozen=True)
class Question:
    """An entry of a workspace that needs the user's word, and the error that says so."""

    spec: ModelSpec
    error: UntrustedError


@dataclass(frozen=True)
class Registry:
    """All models by name, in the order of the files.

    hashes: of weights that the package or the user's own registry states, which are trusted;
    questions: entries of a workspace that need the user's word first, by name.
    """

    models: Mapping[str, ModelSpec]
    hashes: frozenset[str] = frozenset()
    questions: Mapping[str, Question] = field(default_factory=dict)

    def get(self, name: str, kind: Kind | None = None) -> ModelSpec:
        """The model of that name.

        kind: that is looked for, None: any. Raises UsageError that lists the names there are of that
        kind, and UntrustedError where a workspace means something by it that needs the user's word.
        """
        if name in self.questions:
            raise self.questions[name].error
        spec = self.models.get(name)
        if spec is None:
            raise UsageError(
                f"No {kind or 'model'} is called {name!r}, and no file of that name exists. "
                f"{self.known(kind)} `thumper models add FILE --name NAME` makes a detector's weights "
                "file known."
            )
        return spec

    def known(self, kind: Kind | None = None) -> str:
        """A sentence that lists the names there are, of one kind or of all."""
        names = ", ".join(spec.name for spec in self if kind in (None, spec.kind))
        return f"Known: {names or 'none'}."

    def believing(self, name: str) -> Registry:
        """The registry where `name` is what the workspace means by it, which is remembered."""
        question = self.questions.get(name)
        if question is None:
            return self
        remember(question.error.subject)
        left = {key: value for key, value in self.questions.items() if key != name}
        return replace(self, models={**self.models, name: question.spec}, questions=left)

    def by_hash(self, sha256: str) -> ModelSpec | None:
        """The model whose weights have this hash."""
        return next((s for s in self.models.values() if s.sha256 and s.sha256 == sha256), None)

    def __iter__(self) -> Iterator[ModelSpec]:
        return iter(self.models.values())


def models_dir() -> Path:
    """The folder of `registry.toml` and the shipped weights: the wheel's, else the checkout's.

    Raises ThumperError where neither is there.
    """
    return shipped_files("models", FILE_NAME)[0].parent


def load_registry(extra: Path | None = None) -> Registry:
    """The shipped registry, then the user's, then `extra` (a workspace's), where they exist.

    Raises UsageError, naming file and key, where an entry cannot be read.

    >>> from thumper_core import load_registry
    >>> load_registry().get("demo").kind
    'detector'
    """
    models: dict[str, ModelSpec] = {}
    hashes: set[str] = set()
    for path in (models_dir() / FILE_NAME, user_dir() / FILE_NAME):
        if path.is_file():
            found = read_registry(path)
            models.update(found)
            hashes |= {spec.sha256 for spec in found.values() if spec.sha256}
    questions: dict[str, Question] = {}
    if extra is not None and extra.is_file():
        for name, spec in read_registry(extra).items():
            known = models.get(name)
            spec = _merged(spec, known)
            subject = Subject("model", hash_of("model", asdict(spec)), f"{name} of {extra.parent}")
            why = _needs_trust(spec, known)
            if why and not is_trusted(subject.sha256):
                error = UntrustedError(
                    subject,
                    f"The registry of this workspace ({extra}) {why}. Whoever made the workspace "
                    f"wrote that. If you trust them: `thumper -w {extra.parent} trust`.",
                )
                questions[name] = Question(spec, error)
            else:
                models[name] = spec
    return Registry(models, frozenset(hashes), questions)


def _merged(spec: ModelSpec, known: ModelSpec | None) -> ModelSpec:
    """A workspace's entry; one that leaves a known model its weights has those, and where they lie."""
    if known is not None and (spec.kind, spec.loader) == (known.kind, known.loader):
        silent = ModelSpec("", spec.kind, spec.loader)
        if all(
            getattr(spec, key) in (getattr(silent, key), getattr(known, key)) for key in _WEIGHTS
        ):
            weights: dict[str, Any] = {key: getattr(known, key) for key in _WEIGHTS}
            return replace(spec, **weights, folder=known.folder)
    return replace(spec, is_foreign=True)


def _needs_trust(spec: ModelSpec, known: ModelSpec | None) -> str | None:
    """What of a workspace's entry needs the user's word, as a verb phrase; None: nothing."""
    if not spec.is_foreign:
        return None
    if known is not None:
        return f"means other weights by `{spec.name}`, which is the name of a model that is known"
    if spec.file and spec.folder is not None:
        there = (spec.folder / spec.file).resolve()
        # `models add` of earlier versions kept weights there for a workspace.
        allowed = (spec.folder.resolve(), (user_dir() / "models").resolve())
        if not any(there.is_relative_to(folder) for folder in allowed):
            return f"takes the weights of `{spec.name}` from outside of it: {there}"
    if not re.fullmatch(r"[\w.\-]*", spec.architecture):
        return f"has `{spec.name}` built from what is found at {spec.architecture}"
    return None


def read_registry(path: Path) -> dict[str, ModelSpec]:
    """The entries of one file by name. Raises UsageError."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    specs = {}
    for number, entry in enumerate(document.get("model", []), 1):
        try:
            spec = _spec(entry, path.parent)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = entry.get("name", f"number {number}") if isinstance(entry, dict) else number
            raise UsageError(f"{path}: model {name}: {error}") from error
        if spec.name in specs:
            raise UsageError(f"{path}: model {spec.name} stands there twice.")
        specs[spec.name] = spec
    return specs


def _spec(entry: dict[str, Any], folder: Path) -> ModelSpec:
    values = dict(entry)
    if values.get("kind") not in Kind.__args__:  # type: ignore[attr-defined]
        raise ValueError("kind must be detector, embedder or keypoints")
    if values.get("loader") not in Loader.__args__:  # type: ignore[attr-defined]
        raise ValueError(f"loader must be one of {', '.join(Loader.__args__)}")  # type: ignore[attr-defined]
    sha256 = values.get("sha256", "")
    if sha256 and (len(sha256) != 64 or set(sha256) - set("0123456789abcdef")):
        raise ValueError("sha256 must be 64 lower-case hexadecimal digits, or be left out")
    for key in ("urls", "mean", "std", "scales", "zooms"):
        if key in values:
            values[key] = tuple(values[key])
    if 0 < values.get("gem_power", 0) < 1 or values.get("gem_power", 0) < 0:
        raise ValueError("gem_power must be 1 or more, or 0 for the network's own pooling")
    if values.get("centre_sigma", 0) < 0:
        raise ValueError("centre_sigma must be 0 or more")
    if not all(0 < zoom <= 1 for zoom in values.get("zooms", (1.0,))):
        raise ValueError("zooms must lie above 0 and up to 1")
    values["parts"] = tuple(Part(**part) for part in values.pop("parts", []))
    values["class_map"] = {
        name: meaning_from(text) for name, text in values.pop("class_map", {}).items()
    }
    return ModelSpec(**values, folder=folder)


def meaning_from(value: Mapping[str, str] | str) -> ClassMeaning:
    """A class's meaning from a table {species, sex, age_class}, or from just the species.

    Raises ValueError for a sex or age class that the tables do not have.
    """
    if isinstance(value, str):
        return ClassMeaning(value)
    return ClassMeaning(
        value["species"],
        Sex(value.get("sex", "unknown")),
        AgeClass(value.get("age_class", "unknown")),
    )
