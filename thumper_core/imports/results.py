"""Results of MegaDetector and its kin become a run whose boxes are embedded and identified.

The file is read into a run of its own first, every box of it (`export.md_run`). Then a run of the usual
pipeline follows, with a detector whose answer is that file (`pipeline.told`): what it can identify is cut
out of the photos and embedded, and nothing is looked for a second time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from thumper_core.export.md_run import ImportSummary, import_md_json
from thumper_core.files import content_hash_of
from thumper_core.pipeline.progress import Progress
from thumper_core.pipeline.run import RunSummary, Selection, Target, run
from thumper_core.pipeline.told import answers_of, told_detector
from thumper_core.settings import Settings
from thumper_core.store.came_in import RUN, begin_import, note_parts
from thumper_core.store.meanings import meanings_of
from thumper_core.vision.embedders import Embedder
from thumper_core.workspace import Workspace

KIND = "results"


@dataclass(frozen=True)
class ResultsSummary:
    """What became of a file of results. found: the file against the photos; run: its boxes embedded."""

    import_id: int
    found: ImportSummary
    run: RunSummary


def import_results(
    workspace: Workspace,
    path: Path,
    open_embedder: Callable[[], Embedder],
    *,
    author: str,
    conf_min: float | None = None,
    settings: Settings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> ResultsSummary:
    """Keep a results file, and embed the boxes that count: those at least `conf_min` sure.

    open_embedder: asked once the file was read. Called again it goes on where it was stopped, tops up
    with photos that were added meanwhile, and does nothing twice; with another `conf_min` the boxes are
    embedded in another run. Photos that could not be read are tried again. Raises like
    `import_md_json` and `pipeline.run`.
    """
    found = import_md_json(workspace, path, conf_min=conf_min)
    digest = content_hash_of(path)
    row = begin_import(workspace.ledger, KIND, str(path), digest, author)
    note_parts(workspace.ledger, row.import_id, RUN, [(found.run_id, found.run_id)])
    ran = embed_told(
        workspace,
        found.run_id,
        open_embedder(),
        settings=settings,
        on_progress=on_progress,
        stop=stop,
    )
    note_parts(workspace.ledger, row.import_id, RUN, [(ran.run_id, ran.run_id)])
    return ResultsSummary(row.import_id, found, ran)


def embed_told(
    workspace: Workspace,
    source_id: str,
    embedder: Embedder,
    *,
    settings: Settings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> RunSummary:
    """Embed the boxes of a run that was imported, in a run of its own."""
    source = workspace.ledger.run(source_id)
    detector = told_detector(workspace, source)
    return run(
        workspace,
        detector,
        embedder,
        settings=settings,
        meanings=meanings_of(workspace.ledger, detector.name),
        selection=Selection(retry_failed=True),
        target=Target(answers=answers_of(workspace, source, detector)),
        on_progress=on_progress,
        stop=stop,
    )
