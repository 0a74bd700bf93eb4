"""Everything the pages keep between two looks: the only place with `st.cache_*`.

Answers are kept under the workspace's root and `ops.overview.versions`: the shown run and herd, its
shards, the decisions, the files. A new version is a new key, so nothing stale is ever shown, and
a run that works in the background makes nothing stale. Only what a run adds to the shown run itself
is shown up to `RENEW_S` late, so that pages answer at once while it works.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st
from asked import QUESTIONS
from background import in_background

from thumper_core import (
    ModelSpec,
    ThumperError,
    Workspace,
    annotated,
    crops,
    doctor,
    language,
    load_registry,
)
from thumper_core.questions import overview
from thumper_core.questions.overview import Versions
from thumper_core.work import own_process

if TYPE_CHECKING:
    from thumper_core.questions.tuning import Tuning

RENEW_S: Final = 30.0
ANSWERS_MAX: Final = 400
RENEWED_MAX: Final = 40


@st.cache_resource(show_spinner=False, max_entries=4)
def _workspace(root: str, settings_mtime_ns: int) -> Workspace:
    return Workspace.open(root)


def workspace(root: Path) -> Workspace:
    """The open workspace; opened anew when its settings change."""
    file = root / "thumper.toml"
    return _workspace(str(root), file.stat().st_mtime_ns if file.exists() else 0)


class Pages:
    """The questions of the pages to one workspace at one moment, each answered once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._shown = _shown(str(workspace.root))
        self.versions: Versions = self._shown.versions(workspace)

    def ask(self, question: str, *arguments: Any) -> Any:
        """One of `QUESTIONS`, kept until what is shown changes.

        The answer is every browser's: it is not to be changed in place.
        """
        answers = _answers(str(self.workspace.root), self.versions, language.current())
        return answers.get(self.workspace, question, arguments)

    def keep(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """What a page makes of answers, made once for as long as they are kept.

        key: what it depends on besides the answers. As with `ask`, it is not to be changed.
        """
        answers = _answers(str(self.workspace.root), self.versions, language.current())
        return answers.keep(("made", *key), make)

    def jpegs(self, rows: pl.DataFrame, size: int) -> list[bytes]:
        """Crops of rows as `Crop.from_row` reads them, `size` pixels wide, in order."""
        keys = tuple(rows.select("detection_id", "x1", "y1", "x2", "y2").iter_rows())
        return _jpegs(self.workspace, str(self.workspace.root), keys, size, rows)

    def photo(
        self,
        photo_id: str,
        width: int,
        boxes: tuple[annotated.DrawnBox, ...],
        frame_ms: int | None = None,
    ) -> annotated.Picture:
        """A whole photo with boxes; frame_ms: a frame of a clip."""
        return _photo(self.workspace, str(self.workspace.root), photo_id, width, boxes, frame_ms)

    def identification(self, *, as_shown: bool = False) -> Future[Tuning]:
        """The dendrogram with its sweep, computed in the background.

        It follows every decision at once; as_shown: only with the next herd, which is enough to
        ask questions by, and spares a computation after every answer.
        """
        settings = self.workspace.settings.identify
        key = settings.model_copy(update={"threshold": "auto", "method": "average"})
        return _identification(
            self.workspace,
            str(self.workspace.root),
            self.versions.run_id or "",
            self._shown.settled_shards,
            self._shown.settled_decisions if as_shown else self.versions.n_decisions,
            self.versions.files[1],
            key.fingerprint(),
        )

    def layout(self, **shape: float) -> Future[pl.DataFrame]:
        """The map of all detections, computed in the background once for each run.

        shape: values of `Shape` that are other than the usual ones.
        """
        return _layout(
            self.workspace,
            str(self.workspace.root),
            self.versions.run_id or "",
            self._shown.settled_shards,
            self.versions.herd_id,
            tuple(sorted(shape.items())),
        )


class _Answers:
    """Answers under one version; each is computed once, however many browsers ask at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[Any, ...], Future[Any]] = {}

    def get(self, workspace: Workspace, question: str, arguments: tuple[Any, ...]) -> Any:
        """The answer to a question. Raises what asking it raised; then it is asked again."""
        return self.keep((question, arguments), lambda: QUESTIONS[question](workspace, *arguments))

    def keep(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """What `make` gives, made once. Raises what it raised; then it is made again."""
        with self._lock:
            future = self._found.get(key)
            is_new = future is None
            if future is None:
                future = self._found[key] = Future()
                if len(self._found) > ANSWERS_MAX:
                    del self._found[next(iter(self._found))]
        if is_new:
            try:
                future.set_result(make())
            except BaseException as error:
                with self._lock:
                    self._found.pop(key, None)
                future.set_exception(error)
        return future.result()

    def asked(self) -> list[tuple[str, tuple[Any, ...]]]:
        """The questions that were asked."""
        with self._lock:
            return [(key[0], key[1]) for key in self._found if key[0] in QUESTIONS]


class _Shown:
    """The versions that pages of one workspace answer under.

    They are the newest, but while a run adds to what is shown its shards count every `RENEW_S`
    only, and not before what was asked of the ones before has been answered anew in the background.
    """

    def __init__(self, root: str) -> None:
        self.settled_shards = 0
        """Shards when no run worked: what takes minutes is not computed anew while one does."""
        self.settled_decisions = 0
        """Decisions when the shown herd, or what it was cut again from, was first seen here."""
        self._root = root
        self._base: str | None = None
        self._lock = threading.Lock()
        self._versions: Versions | None = None
        self._renewed_at = 0.0
        self._is_renewing = False

    def versions(self, workspace: Workspace) -> Versions:
        """The versions to answer under now."""
        latest, is_working = overview.versions(workspace), overview.is_working(workspace)
        with self._lock:
            old = self._versions
            if old is None or old.herd_id != latest.herd_id:
                self._settle(workspace, latest)
            if old is None or (old.run_id, is_working) != (latest.run_id, True):
                self.settled_shards = latest.n_shards
            if not is_working or old is None or replace(old, n_shards=latest.n_shards) != latest:
                self._versions = latest
                return latest
            is_due = time.monotonic() - self._renewed_at >= RENEW_S
            if old != latest and is_due and not self._is_renewing:
                self._is_renewing = True
                in_background(lambda: self._renew(workspace, old, latest))
            return old

    def _settle(self, workspace: Workspace, latest: Versions) -> None:
        """Note what a whole identification has heard; a herd that follows answers is none."""
        herd = workspace.ledger.herd(latest.herd_id or "")
        base = herd.summary.base or herd.herd_id if herd else None
        if base != self._base:
            self.settled_decisions, self._base = latest.n_decisions, base

    def _renew(self, workspace: Workspace, old: Versions, latest: Versions) -> None:
        answers = _answers(self._root, latest, language.current())
        try:
            for question, arguments in _answers(self._root, old, language.current()).asked()[
                -RENEWED_MAX:
            ]:
                with contextlib.suppress(ThumperError):
                    answers.get(workspace, question, arguments)
        finally:
            with self._lock:
                if self._versions == old:
                    self._versions = latest
                self._renewed_at, self._is_renewing = time.monotonic(), False


@st.cache_resource(show_spinner=False, max_entries=4)
def _shown(root: str) -> _Shown:
    return _Shown(root)


@st.cache_resource(show_spinner=False, max_entries=6)
def _answers(root: str, versions: Versions, locale: str) -> _Answers:
    """Answers hold sentences: those of one reader's language."""
    return _Answers()


@st.cache_data(show_spinner=False, max_entries=200)
def _jpegs(
    _workspace: Workspace, root: str, keys: tuple[Any, ...], size: int, _rows: pl.DataFrame
) -> list[bytes]:
    return list(crops.crops(_workspace, [(crops.Crop.from_row(r), size) for r in _rows.to_dicts()]))


@st.cache_data(show_spinner=False, max_entries=60)
def _photo(
    _workspace: Workspace,
    root: str,
    photo_id: str,
    width: int,
    boxes: tuple[annotated.DrawnBox, ...],
    frame_ms: int | None,
) -> annotated.Picture:
    return annotated.photo_jpeg(_workspace, photo_id, width, boxes, frame_ms)


@st.cache_resource(show_spinner=False, max_entries=2)
def _identification(_workspace: Workspace, *key: Any) -> Future[Tuning]:
    return in_background(lambda: own_process.compute("tuning", _workspace.root, key[1] or None))


@st.cache_resource(show_spinner=False, max_entries=4)
def _layout(_workspace: Workspace, *key: Any) -> Future[pl.DataFrame]:
    shape = dict(key[-1])
    return in_background(
        lambda: own_process.compute("layout", _workspace.root, key[1] or None, **shape)
    )


@st.cache_data(show_spinner=False, ttl=60)
def models(extra: str) -> list[ModelSpec]:
    """Every known model; extra: a workspace's own registry file."""
    return list(load_registry(Path(extra)))


@st.cache_data(show_spinner=False, ttl=300)
def machine() -> list[doctor.Finding]:
    """What this machine has, for five minutes: the same for every workspace."""
    return doctor.examine_machine()
