"""Results of MegaDetector and its kin become a run whose boxes are embedded and identified.

The file is read into a run of its own first, every box of it (`export.md_run`). Then a run of the usual
pipeline follows, with a detector whose answer is that file (`pipeline.told`): what it can identify is cut
out of the photos and embedded, and nothing is looked for a second time. What people said in the file becomes
decisions, where it is clear which box they meant.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.counting import counted
from thumper_core.decisions.kinds import CORRECTIONS
from thumper_core.decisions.record import Said
from thumper_core.decisions.table import undone_ids
from thumper_core.export.md_match import match_names
from thumper_core.export.md_read import read_results
from thumper_core.export.md_run import ImportSummary, keep_results, known_files
from thumper_core.files import content_hash_of
from thumper_core.imports.addaxai_read import BOXES, FILES, read_addaxai
from thumper_core.imports.known import Record
from thumper_core.imports.package_words import where_shown, words_of
from thumper_core.imports.timelapse_read import CSV_COLUMNS, read_timelapse, read_timelapse_csv
from thumper_core.imports.told_files import SQLITE, ToldFile, table_of
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.pipeline.progress import Progress
from thumper_core.pipeline.run import RunSummary, Selection, Target, run
from thumper_core.pipeline.told import answers_of, told_detector
from thumper_core.settings import Settings
from thumper_core.store.came_in import DECISION, RUN, begin_import, imports, note_parts, parts_of
from thumper_core.store.meanings import meanings_of
from thumper_core.vision.embedders import Embedder
from thumper_core.workspace import Workspace

KIND = "results"
_NAMED = 5  # of the photos that were left out


@dataclass(frozen=True)
class WordsSummary:
    """What people said in a file. n_photos: photos here of which it says something; n_said: decisions;
    n_unclear: photos in which it is not clear which box is meant; unmatched: names that are no photo here.
    """

    n_photos: int
    n_said: int
    n_unclear: int
    unmatched: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        """What became of it, for people."""
        said = [
            f"What people said of {counted(self.n_photos, 'photo')}: "
            f"{counted(self.n_said, 'new decision')}."
        ]
        if self.n_unclear:
            some = counted(self.n_unclear, "photo is", "photos are")
            said.append(f"{some} left out: it is not clear which animal is meant.")
        if self.unmatched:
            more = ", ..." if len(self.unmatched) > _NAMED else ""
            names = ", ".join(self.unmatched[:_NAMED])
            said.append(
                f"Said of no photo of this workspace: {len(self.unmatched):,} ({names}{more})."
            )
        return said


@dataclass(frozen=True)
class ResultsSummary:
    """What became of a file of results. found: its boxes against the photos; run: these embedded; both
    None where the file has no boxes; words: what people said in it, None where they said nothing.
    """

    import_id: int
    found: ImportSummary | None
    run: RunSummary | None
    words: WordsSummary | None


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
    embedded in another run. Photos that could not be read are tried again. author: of what people said
    in the file, which does not say who. Raises like `keep_results` and `pipeline.run`, UsageError where
    the file is none, ThumperError where it has no boxes and no run here has any.
    """
    told = read_told(path)
    known = known_files(workspace)
    if told.root and not match_names(known, told.names).photos:
        told = read_told(path, rooted=False)  # the folder has another name here
    digest = content_hash_of(path)
    if told.results is None:
        return _words_alone(workspace, path, told, digest, author)
    found = keep_results(workspace, told.results, path, told.digest or digest, conf_min=conf_min)
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
    words = None
    if told.said and not ran.is_stopped:
        words = _take_words(Record(workspace, row, author), told, ran.run_id)
    return ResultsSummary(row.import_id, found, ran, words)


def read_told(path: Path, *, rooted: bool = True) -> ToldFile:
    """A file of results of any program that is known here.

    rooted: see `read_timelapse`. Raises UsageError, naming the row, where it is none or is damaged.
    """
    if path.suffix.lower() in (".csv", ".xlsx", ".zip"):
        columns = set(table_of(path).columns)
        if columns >= {*BOXES} or columns >= {*FILES}:
            return read_addaxai(path)
        if columns >= {*CSV_COLUMNS}:
            return read_timelapse_csv(path, rooted=rooted)
        raise UsageError(
            f"{path} is no table that is known here: AddaxAI's results_detections.csv has {BOXES[0]} and "
            f"{BOXES[3]}, one of Timelapse {' and '.join(CSV_COLUMNS)}."
        )
    if _is_database(path):
        return read_timelapse(path, rooted=rooted)
    results = read_results(path)
    return ToldFile(results.detector, "", results)


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False  # whoever reads it says why


def _words_alone(
    workspace: Workspace, path: Path, told: ToldFile, digest: str, author: str
) -> ResultsSummary:
    """Take what people said of photos that something here looked at."""
    if not told.said:
        raise ThumperError(
            f"{path} has no boxes, and no field in it says plainly which animal a photo shows (species, "
            "count, sex, or a counter such as Bucks)."
        )
    if not any(row.state == "complete" for row in workspace.ledger.runs()):
        raise ThumperError(
            f"{path} has no boxes: it says what photos show, not where. Let a detector look at them "
            "first, `thumper run`, then bring it in."
        )
    if not match_names(known_files(workspace), told.names).photos:
        raise ThumperError(
            f"None of the {len(told.said):,} photos of {path} is a photo of this workspace (the first is "
            f"{told.names[0]!r}). Add them first: `thumper add PATH`."
        )
    row = begin_import(workspace.ledger, KIND, str(path), digest, author)
    shown = newest_complete_run(workspace).run_id
    words = _take_words(Record(workspace, row, author), told, shown)
    return ResultsSummary(row.import_id, None, None, words)


def _take_words(record: Record, told: ToldFile, run_id: str) -> WordsSummary:
    """Record what people said of the boxes of a run; what was said here since of a box stays."""
    names = [*told.said]
    matches = match_names(known_files(record.workspace), names)
    photos = {names[place]: photo_id for photo_id, place in matches.photos.items()}
    shown, _ = where_shown(record.workspace, run_id, told.package, photos)
    said = _unsaid(record.workspace, words_of(shown, record.author))
    clear = {where.photo_id for where, _ in shown}
    return WordsSummary(
        len(photos),
        record.say(said),
        len({*photos.values()} - clear),
        tuple(matches.unmatched + matches.ambiguous),
    )


def _unsaid(workspace: Workspace, said: list[tuple[str, Said]]) -> list[tuple[str, Said]]:
    """Words on boxes of which nothing was said here, or something else by an earlier file."""
    rows = workspace.ledger.decisions()
    undone = undone_ids(rows)
    last = {r.subject: r for r in rows if r.kind in CORRECTIONS and r.decision_id not in undone}
    brought = {
        int(number)
        for one in imports(workspace.ledger)
        if one.kind == KIND
        for number in parts_of(workspace.ledger, one.import_id, DECISION).values()
    }
    return [
        (origin, one)
        for origin, one in said
        if (there := last.get(one.subject)) is None
        or (there.decision_id in brought and there.payload != one.payload)
    ]


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
