"""Everything the pages keep between two looks: the only place with `st.cache_*`.

Answers are kept under the workspace's root and `ops.overview.versions`: the shown run and herd, its
shards, the decisions, the files. A new version is a new key, so nothing stale is ever shown, and
a run that works in the background makes nothing stale.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from thumper_core.ops import browse, overview, review_queue
from thumper_core.ops.advise import advise
from thumper_core.ops.doctor import Finding, examine
from thumper_core.ops.health import health
from thumper_core.ops.overview import Versions
from thumper_core.report import crops, pictures, tables
from thumper_core.report.crops import Crop
from thumper_core.vision.registry import ModelSpec, load_registry
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.herd.abundance import Abundance
    from thumper_core.ops.tuning import Tuning


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
        self.versions: Versions = overview.versions(workspace)

    def ask(self, question: str, *arguments: Any) -> Any:
        """One of `_QUESTIONS`, kept until what is shown changes."""
        return _ask(self.workspace, str(self.workspace.root), self.versions, question, arguments)

    def jpegs(self, rows: pl.DataFrame, size: int) -> list[bytes]:
        """Crops of rows as `Crop.from_row` reads them, `size` pixels wide, in order."""
        keys = tuple(rows.select("detection_id", "x1", "y1", "x2", "y2").iter_rows())
        return _jpegs(self.workspace, str(self.workspace.root), keys, size, rows)

    def photo(
        self, photo_id: str, width: int, boxes: tuple[pictures.DrawnBox, ...]
    ) -> pictures.Picture:
        """A whole photo with boxes."""
        return _photo(self.workspace, str(self.workspace.root), photo_id, width, boxes)

    def identification(self, *, as_shown: bool = False) -> Future[Tuning]:
        """The dendrogram with its sweep, computed in the background.

        It follows every decision at once; as_shown: only with the next herd, which is enough to
        ask questions by, and spares a computation after every answer.
        """
        settings = self.workspace.settings.identify
        key = settings.model_copy(update={"threshold": "auto", "method": "average"})
        state = self.versions.herd_id if as_shown else self.versions.n_decisions
        return _identification(
            self.workspace,
            str(self.workspace.root),
            self.versions.run_id or "",
            self.versions.n_shards,
            state,
            self.versions.files[1],
            key.fingerprint(),
        )

    def layout(self) -> Future[pl.DataFrame]:
        """The map of all detections, computed in the background once for each run."""
        return _layout(
            self.workspace,
            str(self.workspace.root),
            self.versions.run_id or "",
            self.versions.n_shards,
            self.versions.herd_id,
        )


@st.cache_data(show_spinner=False, max_entries=400)
def _ask(
    _workspace: Workspace, root: str, versions: Versions, question: str, arguments: tuple[Any, ...]
) -> Any:
    return _QUESTIONS[question](_workspace, *arguments)


@st.cache_data(show_spinner=False, max_entries=200)
def _jpegs(
    _workspace: Workspace, root: str, keys: tuple[Any, ...], size: int, _rows: pl.DataFrame
) -> list[bytes]:
    return list(crops.crops(_workspace, [(Crop.from_row(r), size) for r in _rows.to_dicts()]))


@st.cache_data(show_spinner=False, max_entries=60)
def _photo(
    _workspace: Workspace,
    root: str,
    photo_id: str,
    width: int,
    boxes: tuple[pictures.DrawnBox, ...],
) -> pictures.Picture:
    return pictures.photo_jpeg(_workspace, photo_id, width, boxes)


def _in_background(work: Callable[[], Any]) -> Future[Any]:
    """Do it in a thread that does not keep the server from ending."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="pages", daemon=True).start()
    return future


@st.cache_resource(show_spinner=False, max_entries=2)
def _identification(_workspace: Workspace, *key: Any) -> Future[Tuning]:
    def work() -> Tuning:
        from thumper_core.ops.tuning import prepare

        return prepare(_workspace, key[1] or None)

    return _in_background(work)


@st.cache_resource(show_spinner=False, max_entries=2)
def _layout(_workspace: Workspace, *key: Any) -> Future[pl.DataFrame]:
    return _in_background(lambda: browse.layout_of_run(_workspace, key[1] or None))


@st.cache_data(show_spinner=False, ttl=60)
def models(extra: str) -> list[ModelSpec]:
    """Every known model; extra: a workspace's own registry file."""
    return list(load_registry(Path(extra)))


@st.cache_data(show_spinner=False, ttl=300)
def machine(root: str) -> list[Finding]:
    """What this machine has, for five minutes."""
    return examine(Path(root))


def _abundance(workspace: Workspace) -> Abundance:
    from thumper_core.herd.abundance import abundance
    from thumper_core.herd.ratios import event_counts

    sightings = workspace.sql("select individual_id, started_at from sightings")
    individuals = workspace.sql("select * from individuals where n_events > 0")
    deer = workspace.sql(
        "select d.photo_id, p.event_id, p.camera, d.sex, d.age_class from detections d "
        "join photos p using (photo_id) where d.species = 'white-tailed deer'"
    )
    return abundance(sightings, individuals, event_counts(deer))


_QUESTIONS = {
    "totals": tables.totals,
    "cards": tables.herd_cards,
    "sightings": tables.sightings,
    "effort": tables.camera_effort,
    "best": tables.best_detections,
    "reasons": tables.failures_by_reason,
    "abundance": _abundance,
    "newest_visits": overview.newest_visits,
    "places": overview.camera_places,
    "photos": browse.photos,
    "photo": browse.photo,
    "photo_boxes": browse.boxes,
    "choices": browse.choices,
    "members": browse.members,
    "detections": browse.detections,
    "failures": browse.failures,
    "labels": browse.labels,
    "companions": browse.companions,
    "runs": browse.runs,
    "advice": advise,
    "health": health,
    "asked": review_queue.asked_pairs,
    "doubts": review_queue.doubts,
    "moved": review_queue.moved,
}
