"""One identification: read a run from the lake, group, match to the last herd, record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl
import pyarrow as pa

from thumper_core.contracts import SHARD_TABLES, FloatArray
from thumper_core.decisions.table import ALL_DECISIONS
from thumper_core.herd.carry_ids import carry_ids
from thumper_core.herd.decisions_heard import decisions_heard, decisions_set_aside
from thumper_core.herd.kept_space import save_known
from thumper_core.herd.lessons import learn_of_herd, load_lessons, save_lessons
from thumper_core.herd.load import load_deer
from thumper_core.herd.made_of import made_of
from thumper_core.herd.summary import summary_of
from thumper_core.herd.untold import untold_profiles
from thumper_core.identify.chain import Progress, identify_frame
from thumper_core.identify.links.tracklets import contrast_of
from thumper_core.identify.meet.learn import Lessons
from thumper_core.identify.outcome import Identification
from thumper_core.identify.results import Tables
from thumper_core.identify.tree.recut import Known
from thumper_core.match.witness import LocalWitness
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.reid.shelf import Learned, learned_for, name_of
from thumper_core.settings import Settings
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.ledger import HerdRow
from thumper_core.workspace import Workspace

_HELD = (
    "select detection_id, individual_id from assignments join herds using (herd_id) "
    "where run_id = ?"
)


@dataclass(frozen=True)
class HerdResult:
    """A recorded herd."""

    herd_id: str
    run_id: str
    identification: Identification
    summary: HerdSummary
    is_promoted: bool


def build_herd(
    workspace: Workspace,
    *,
    run_id: str | None = None,
    settings: Settings | None = None,
    promote: bool = True,
    carry_over: bool = True,
    accept: Callable[[HerdSummary], bool] | None = None,
    allow_empty: bool = False,
    on_progress: Progress | None = None,
) -> HerdResult:
    """Identify the deer of a run and record the herd; the last herd stays where it is.

    run_id: default the newest complete run. Individuals of the promoted herd keep their IDs, and
    with them names, notes and status; without `carry_over` every profile is a new individual.
    accept: asked with the herd's summary; False: nothing is recorded or promoted. A herd without a
    deer takes the place of one that has some only with `allow_empty`; otherwise neither is it
    recorded. Raises ThumperError where no run is complete.

    >>> from thumper_core import Workspace, identify_herd
    >>> ranch = Workspace.open("ranch")
    >>> herd = identify_herd(ranch, settings=ranch.settings.replace("identify", threshold=0.5))
    >>> herd.summary.counts.n_individuals, herd.is_promoted
    (4, True)
    """
    settings = settings or workspace.settings
    run_id = run_id or newest_complete_run(workspace).run_id
    decisions = workspace.sql(ALL_DECISIONS)
    frame, vectors = load_deer(workspace, run_id, settings.identify.class_conf_min)
    learned = learned_for(workspace, run_id, settings)
    identification = _identify(
        workspace, frame, vectors, settings, decisions, on_progress, run_id, learned
    )
    found = identification.tables
    held = workspace.sql(_HELD, [run_id])
    taught = None
    if not held.is_empty():
        taught = _lessons(workspace, identification, frame, vectors)
    carried = carry_ids(
        workspace,
        run_id,
        found.assignments,
        decisions_set_aside(identification.constraints),
        carry_over=carry_over,
        untold=untold_profiles(
            taught[1] if taught else None,
            frame,
            found.assignments,
            decisions,
            held if carry_over else held.clear(),
        ),
    )
    herd_id = workspace.ledger.reserve_herd_id()
    assignments, profiles = (carried.named(table) for table in (found.assignments, found.profiles))
    counted_in = name_of(learned)
    summary = summary_of(identification, profiles, assignments, settings.seasons)
    summary = replace(
        summary,
        cut=replace(summary.cut, metric=counted_in),
        herd_id=herd_id,
        changes=carried.changes(),
        base=herd_id,
        about=settings.deer.sentence,
        heard=decisions_heard(decisions),
        made_of=made_of(
            run_id, frame, vectors, settings, decisions, *_rest(workspace), learned=counted_in
        ),
    )
    is_loss = promote and not allow_empty and frame.is_empty() and _shows_deer(workspace)
    if (accept is not None and not accept(summary)) or is_loss:
        return HerdResult(herd_id, run_id, identification, summary, is_promoted=False)
    save_known(workspace, herd_id, _known(identification, frame, vectors))
    if taught is not None:
        save_lessons(workspace, herd_id, taught[1], taught_by=taught[0])
    tables = Tables(found.tracklets, assignments, profiles)
    record_herd(workspace, run_id, summary, tables, promote=promote)
    return HerdResult(herd_id, run_id, identification, summary, promote)


def unchanged_herd(workspace: Workspace) -> HerdRow | None:
    """The herd that is shown, where identifying anew would make it again; else None.

    The run that is meant, its deer, the files, what people decided, the cameras and the settings are
    those that it was made of. Raises ThumperError where no run is complete.
    """
    run_id = newest_complete_run(workspace).run_id
    herd = workspace.ledger.promoted_herd()
    if herd is None or herd.run_id != run_id or not herd.summary.made_of:
        return None
    if not workspace.lake.shards(f"herds/{herd.herd_id}") or workspace.lake.lacks(
        f"herds/{herd.herd_id}"
    ):
        return None
    settings = workspace.settings
    frame, vectors = load_deer(workspace, run_id, settings.identify.class_conf_min)
    decisions = workspace.sql(ALL_DECISIONS)
    learned = learned_for(workspace, run_id, settings)
    counted_in = name_of(learned)
    rest = _rest(workspace)
    now = made_of(run_id, frame, vectors, settings, decisions, *rest, learned=counted_in)
    return herd if herd.summary.made_of == now and not frame.is_empty() else None


def _rest(workspace: Workspace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What else a herd is made of: the files that are there, and where cameras stand."""
    names = ["root", "path", "photo_id"]
    files = pl.DataFrame(
        workspace.ledger.files_there(), dict.fromkeys(names, pl.String), orient="row"
    )
    return files, workspace.sql("from cameras order by all")


def _shows_deer(workspace: Workspace) -> bool:
    """Whether the herd that is shown has deer in it."""
    herd = workspace.ledger.promoted_herd()
    return herd is not None and bool(herd.summary.counts.n_individuals)


def record_herd(
    workspace: Workspace,
    run_id: str,
    summary: HerdSummary,
    tables: Tables,
    *,
    promote: bool,
    instead_of: str | None = None,
) -> bool:
    """Write a herd's tables and its row; summary: with its `herd_id`.

    instead_of: the herd that has to be the shown one still; where another is by now, nothing is
    recorded, and False is returned.
    """
    herd_id = summary.herd_id
    written = {
        name: _arrow(getattr(tables, name), schema, herd_id)
        for name, schema in SHARD_TABLES["herds"].items()
    }
    workspace.lake.write_shard(f"herds/{herd_id}", "000000", written)
    is_recorded = workspace.ledger.add_herd(
        herd_id,
        run_id,
        summary.cut.method,
        summary.cut.threshold,
        summary,
        tables.profiles.select("individual_id", "sex", "age_class")
        .drop_nulls("individual_id")
        .to_dicts(),
        promote=promote,
        instead_of=instead_of,
    )
    if not is_recorded:
        workspace.lake.remove(f"herds/{herd_id}")
    return is_recorded


def sweep_run(
    workspace: Workspace, *, run_id: str | None = None, settings: Settings | None = None
) -> Identification:
    """Identify without recording anything: for the sweep, its curves and its recommendation.

    >>> from thumper_core import Workspace, sweep
    >>> found = sweep(Workspace.open("ranch"))
    >>> found.thresholds.sweep.columns[:3]
    ['threshold', 'similarity', 'profiles']
    >>> found.tables.profiles.height
    4
    """
    run_id = run_id or newest_complete_run(workspace).run_id
    settings = settings or workspace.settings
    frame, vectors = load_deer(workspace, run_id, settings.identify.class_conf_min)
    decisions = workspace.sql(ALL_DECISIONS)
    learned = learned_for(workspace, run_id, settings)
    return _identify(workspace, frame, vectors, settings, decisions, None, run_id, learned)


def _identify(
    workspace: Workspace,
    frame: pl.DataFrame,
    vectors: FloatArray,
    settings: Settings,
    decisions: pl.DataFrame,
    on_progress: Progress | None,
    run_id: str,
    learned: Learned | None,
) -> Identification:
    return identify_frame(
        frame,
        vectors,
        settings.identify,
        decisions=decisions,
        cameras=workspace.sql("from cameras"),
        on_progress=on_progress,
        run_id=run_id,
        witness=_witness(workspace, frame, settings, on_progress),
        spread=learned.spread if learned else None,
    )


def _witness(
    workspace: Workspace, frame: pl.DataFrame, settings: Settings, on_progress: Progress | None
) -> LocalWitness | None:
    """What compares crops place by place, where the settings want it."""
    if settings.identify.matching == "off":
        return None
    tell = on_progress or (lambda stage, done: None)
    return LocalWitness(workspace, frame, lambda done, n: tell("keypoints", 0.15 + 0.15 * done / n))


def _lessons(
    workspace: Workspace, found: Identification, frame: pl.DataFrame, vectors: FloatArray
) -> tuple[str | None, Lessons]:
    """The herd that taught it, None: this one, each profile taken for a deer; and what the shown herd
    taught, or what this one does.
    """
    shown = workspace.ledger.promoted_herd()
    kept = load_lessons(workspace, shown.summary.base) if shown else None
    if shown is not None and kept is not None:
        return shown.summary.base, kept
    return None, learn_of_herd(
        frame,
        found.space.vectors,
        found.cut.labels[found.clustering.index],
        lambda rows: vectors[rows],
        contrast_of(frame, vectors) if len(vectors) else (0.0, 1.0),
        workspace.sql("from cameras"),
        workspace.settings.identify,
    )


def _known(found: Identification, frame: pl.DataFrame, vectors: FloatArray) -> Known:
    return Known(
        frame["detection_id"].to_list(),
        found.space.vectors,
        contrast_of(frame, vectors) if len(vectors) else (0.0, 1.0),
        found.cut.similarity,
        found.thresholds.scale,
        found.space.mapping,
    )


def _arrow(frame: pl.DataFrame, schema: pa.Schema, herd_id: str) -> pa.Table:
    """The frame as a table of `schema`; a column that it lacks is null."""
    full = frame.with_columns(pl.lit(herd_id).alias("herd_id"))
    missing = [pl.lit(None).alias(name) for name in schema.names if name not in full.columns]
    return full.with_columns(missing).select(schema.names).to_arrow().cast(schema)
