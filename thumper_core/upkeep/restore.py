"""A backup comes back: only what a workspace's results are, never what runs or trusts something.

A backup may come from elsewhere. Of what it lists, the kinds below are restored, and the rest is
named: commands, addresses, users and trusted weights are given on each machine by its person.
"""

from __future__ import annotations

import sqlite3
import tempfile
import tomllib
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.deer import OurDeer
from thumper_core.disk import refusal
from thumper_core.settings import Settings
from thumper_core.store.adopt import reconcile
from thumper_core.store.jobs import jobs
from thumper_core.store.ledger import Ledger
from thumper_core.store.ledger_file import LedgerFile
from thumper_core.store.safekeeping import FOLDER, LEDGER
from thumper_core.upkeep.archive import Archive, is_learned_file, is_shard_file, open_archive
from thumper_core.upkeep.ledger_rows import PLAIN_ID
from thumper_core.workspace import Workspace

_SETTINGS: Final = "thumper.toml"
_TABLES: Final = ("cameras.csv", "weather.csv")
_TEXT_BYTES_MAX: Final = 4 << 20
GIVEN_HERE: Final = (("ops", "notify_command"), ("ops", "notify_webhook"))
"""Settings that run a command or send something out: given on this machine, or not at all."""
MODEL_NAMES: Final = {
    ("detect", "detector"): "`thumper run --detector NAME|FILE` chooses one",
    ("embed", "embedder"): "`thumper run --embedder NAME|FILE` chooses one",
    ("identify", "metric"): "`thumper train reid` learns one, and `auto` takes it",
}
"""Settings that name a model, or a file that would be loaded: only a plain name is restored."""
_HOW: Final = {
    "access.toml": "who may log in is said on each machine: `python -m thumper_core.upkeep.access`",
    "registry.toml": "which weights are trusted is said on each machine: `thumper models add FILE "
    "--name NAME`",
    "mailboxes.toml": "which mailboxes are asked is said on each machine: `thumper mail add`",
    "schedule.json": "a schedule is installed on each machine: `thumper schedule install`",
}
_UNKNOWN: Final = "no part of a backup"


@dataclass(frozen=True)
class LeftOut:
    """Something that a backup holds and that was not restored, and why or how it is given again."""

    what: str
    why: str


@dataclass(frozen=True)
class Restored:
    """What was restored from `file`. made_at: ISO, UTC; aside: where what was there is kept."""

    file: Path
    n_files: int
    made_at: str
    left_out: tuple[LeftOut, ...]
    aside: Path | None


def restore(file: Path, root: Path, *, replace: bool = False) -> Restored:
    """Put a backup into workspace folder `root`; every file is checked before the first is moved.

    replace: needed where a workspace is there; its ledger, settings, herds and automatic backups
    are kept in `replaced-<time>/`, its runs stay, and so do what it trusts, its users and its
    commands. Raises UsageError (no backup, workspace there), ThumperError (damaged backup, a job
    works there).
    """
    archive = open_archive(file)
    names, left_out = chosen(archive)
    if LEDGER not in names:
        raise UsageError(f"{file} is not a Thumper backup: it holds no ledger.")
    if (root / LEDGER).exists() and not replace:
        raise UsageError(
            f"There is a workspace in {root}. Restore into another folder, or add --replace: what "
            "it holds is then kept beside, in a folder `replaced-...`."
        )
    require_idle(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".restoring-") as name:
            scratch = Path(name)
            for member in names:
                archive.extract(member, scratch / member)
            _require_plain_ledger(scratch / LEDGER, file)
            left_out += _clean_settings(scratch / _SETTINGS, root / _SETTINGS)
            aside = _put_aside(root, archive)
            _move_in(scratch, root, sorted({*names, _SETTINGS}))
    except OSError as error:
        raise refusal(
            error, root, f"Cannot restore into {root}: {error.strerror or error}."
        ) from error
    reconcile(Workspace.create(root).lake)
    return Restored(file, len(names), archive.made_at, tuple(left_out), aside)


def chosen(archive: Archive) -> tuple[list[str], list[LeftOut]]:
    """Names of an archive that are restored, and what is left out, each by name."""
    names, left_out = [], []
    for name in archive.files:
        if name == LEDGER or is_shard_file(name):
            names.append(name)
        elif name in (_SETTINGS, *_TABLES) or is_learned_file(name):
            if archive.sizes[name] > _TEXT_BYTES_MAX:
                left_out.append(LeftOut(name, "it is too large for what it says it is"))
            else:
                names.append(name)
        else:
            left_out.append(LeftOut(_shown(name), _HOW.get(name, _UNKNOWN)))
    left_out += [LeftOut(_shown(name), _HOW.get(name, _UNKNOWN)) for name in archive.others]
    return sorted(names), left_out


def clean_settings(
    values: dict[str, Any], here: dict[str, Any]
) -> tuple[dict[str, Any], list[LeftOut]]:
    """A backup's settings without what is given on each machine; of that, what `here` says.

    values, here: as `thumper.toml` holds them, stage -> field -> value and what stands beside.
    """
    kept = {stage: dict(fields) for stage, fields in values.items() if isinstance(fields, dict)}
    left_out = []
    for stage, field in GIVEN_HERE:
        given = kept.get(stage, {}).pop(field, "")
        mine = _field(here, stage, field)
        if mine:
            kept.setdefault(stage, {})[field] = mine
        if given and given != mine:
            how = f"it runs or sends something: look at it ({given!a}), then give it in {_SETTINGS}"
            left_out.append(LeftOut(f"{stage}.{field}", how))
    for (stage, field), choose in MODEL_NAMES.items():
        given = kept.get(stage, {}).get(field, "")
        if given and not (isinstance(given, str) and PLAIN_ID.fullmatch(given)):
            del kept[stage][field]
            how = f"it names a file ({given!a}): {choose}"
            left_out.append(LeftOut(f"{stage}.{field}", how))
    deer = {key: values[key] for key in OurDeer.model_fields if key in values}
    return deer | {stage: fields for stage, fields in kept.items() if fields}, left_out


def require_idle(root: Path) -> None:
    """Raise ThumperError where a job works in a workspace's folder."""
    if not (root / LEDGER).exists():
        return
    try:
        alive = [job for job in jobs(Ledger(root / LEDGER)) if job.is_alive()]
    except (ThumperError, TypeError, ValueError):  # a damaged ledger is why one restores
        return
    if alive:
        raise ThumperError(
            f"Job {alive[0].job_id} (process {alive[0].pid}) works in {root}. Stop it first."
        )


def _clean_settings(path: Path, here: Path) -> list[LeftOut]:
    """Write a backup's settings anew without what is left out; a broken file goes."""
    import tomli_w

    mine: dict[str, Any] = {}
    with suppress(OSError, ValueError):  # absent or broken: nothing was given here
        mine = _toml(here)
    try:
        values, left_out = clean_settings(_toml(path) if path.exists() else {}, mine)
        path.write_text(tomli_w.dumps(values), "utf-8")
        Settings.load(path)
    except (UsageError, ValueError, TypeError, RecursionError) as error:
        path.unlink()
        return [LeftOut(_SETTINGS, f"it cannot be read ({str(error).splitlines()[0]!a})")]
    return left_out


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _field(values: dict[str, Any], stage: str, field: str) -> Any:
    fields = values.get(stage)
    return fields.get(field) if isinstance(fields, dict) else None


def _require_plain_ledger(path: Path, file: Path) -> None:
    """Raise ThumperError where a ledger does more than hold rows, or names folders elsewhere."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("pragma trusted_schema = off")
            query = "select name from sqlite_master where type not in ('table', 'index')"
            acting = connection.execute(query).fetchone()
            ids = [
                row[0]
                for query in ("select run_id from runs", "select herd_id from herds")
                for row in connection.execute(query)
            ]
        LedgerFile(path).check()
    except (sqlite3.Error, ThumperError) as error:
        raise ThumperError(f"{file} holds a ledger that cannot be used: {error}.") from error
    strange = [one for one in ids if not isinstance(one, str) or not PLAIN_ID.fullmatch(one)]
    if acting or strange:
        found = acting[0] if acting else strange[0]
        raise ThumperError(f"{file} holds a ledger that Thumper never wrote: {found!a} is in it.")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _put_aside(root: Path, archive: Archive) -> Path | None:
    """Move what is replaced into a folder of its own; None where there was nothing."""
    aside = root / f"replaced-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    names = [LEDGER, f"{LEDGER}-wal", f"{LEDGER}-shm", _SETTINGS, *_TABLES]
    if archive.has_lake:
        names += ["lake/herds", "lake/photos"]
    # The backups of another past would call the decisions lost that are not in this one.
    names.append(FOLDER)
    names += [name for name in archive.files if is_learned_file(name)]
    for name in names:
        if (root / name).exists():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).rename(aside / name)
    return aside if aside.exists() else None


def _move_in(scratch: Path, root: Path, names: list[str]) -> None:
    """The ledger last: without it there is no workspace, so a cut-off restore shows nothing."""
    for name in sorted(names, key=lambda n: (n == LEDGER, n)):
        target = root / name
        if not (scratch / name).exists():  # settings that could not be read
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).replace(target)


def _shown(name: str) -> str:
    return name if name.isascii() else ascii(name)
