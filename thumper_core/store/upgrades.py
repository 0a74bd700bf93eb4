"""How a ledger of an older version becomes one of this version: steps, each run once, in order.

`ledger_schema.sql` is schema 1. Every later schema is the one before and one step of `STEPS`; a new
ledger runs them all, so there is one way to every schema.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from thumper_core.store.chain import begin as seal_decisions
from thumper_core.store.deer_words import note_deer_words

Step = Callable[[sqlite3.Connection], None]


def _register_of_shards(connection: sqlite3.Connection) -> None:
    """Which shards exist (`store.register`), and where the process of a job runs."""
    connection.execute(
        "create table shards (kind text not null, name text not null, job_id integer, "
        "tables text not null, registered_at text not null, primary key (kind, name)) without rowid"
    )
    connection.execute("alter table jobs add column home text")


def _thresholds_of_imports(connection: sqlite3.Connection) -> None:
    """Runs that store more boxes than they show: below `conf_min` a box is kept, and not counted."""
    connection.execute(
        "create table run_conf_min (run_id text primary key, conf_min real not null, "
        "set_at text not null)"
    )


def _lost_herds(connection: sqlite3.Connection) -> None:
    """Herds whose tables are known to be gone from the lake: `verify` names each once."""
    connection.execute(
        "create table if not exists lost_herds (herd_id text primary key, noted_at text not null)"
    )


def _names_say_how_exact(connection: sqlite3.Connection) -> None:
    """Files get how exact their name's time is, and their number; the next `add` fills in the rest.

    Until now a name had to carry an hour and a minute; one without seconds was stored as `:00`.
    """
    connection.execute("alter table files add column name_precision text")
    connection.execute("alter table files add column file_number integer")
    connection.execute(
        "update files set name_precision = case when name_taken_at like '%.%' then 'subsecond' "
        "when name_taken_at like '%:00' then 'minute' else 'second' end "
        "where name_taken_at is not null"
    )


def _first_paths(connection: sqlite3.Connection) -> None:
    """Which path a photo was known by first, and how people renamed cameras."""
    connection.execute("alter table files add column known integer not null default 0")
    connection.execute(
        "create table camera_renames (camera_key text primary key, name text not null, "
        "made_at text not null)"
    )


def _imports(connection: sqlite3.Connection) -> None:
    """What came in from elsewhere as a whole, so that it can be taken back as one (`store.came_in`);
    and which folder level names the cameras of a root, where it is not the workspace's.
    """
    connection.execute(
        "create table imports (import_id integer primary key autoincrement, kind text not null, "
        "source text not null, digest text not null, author text not null, made_at text not null, "
        "undone_at text)"
    )
    connection.execute(
        "create table import_parts (import_id integer not null, what text not null, "
        "origin text not null, key text not null, primary key (import_id, what, origin)) "
        "without rowid"
    )
    connection.execute("alter table roots add column camera_level integer")


def _hit_list(connection: sqlite3.Connection) -> None:
    """Which individuals are watched; since when a status holds, and who took the animal."""
    for column in ("watched integer", "status_on text", "status_by text"):
        connection.execute(f"alter table individuals add column {column}")


def _strips(connection: sqlite3.Connection) -> None:
    """Where camera models print their strips (`store.strips`)."""
    connection.execute(
        "create table strips (make text not null, model text not null, camera text not null, "
        "is_clip integer not null, width integer not null, height integer not null, "
        "n_photos integer not null, places text not null, learned_at text not null, "
        "primary key (make, model, camera, is_clip, width, height)) without rowid"
    )


def _cellular(connection: sqlite3.Connection) -> None:
    """Pictures that cameras send: which photos are versions of one picture (`store.versions`), which
    folders hold what was sent, and how far mailboxes were read (`store.mail_rows`).
    """
    connection.execute(
        "create table photo_versions (photo_id text primary key, picture_id text not null, "
        "width integer not null, height integer not null, bytes integer not null, "
        "parted integer not null, paired_at text not null) without rowid"
    )
    connection.execute("create index photo_versions_of on photo_versions (picture_id)")
    connection.execute("alter table roots add column is_sent integer")
    connection.execute(
        "create table mail_read (mailbox text not null, folder text not null, "
        "uidvalidity integer not null, uid integer not null, read_at text not null, "
        "primary key (mailbox, folder)) without rowid"
    )
    connection.execute(
        "create table mail_parts (mailbox text not null, folder text not null, "
        "uidvalidity integer not null, uid integer not null, part integer not null, "
        "sent_at text, subject text not null, name text not null, path text, reason text, "
        "primary key (mailbox, folder, uidvalidity, uid, part)) without rowid"
    )


def _experiments(connection: sqlite3.Connection) -> None:
    """Settings that were tried, with what they came to (`store.experiment_rows`)."""
    connection.execute(
        "create table experiments (experiment_id integer primary key autoincrement, "
        "made_at text not null, author text not null, note text not null, run_id text not null, "
        "fingerprint text not null, settings text not null, figures text not null)"
    )


STEPS: Final[tuple[Step, ...]] = (
    _thresholds_of_imports,
    _names_say_how_exact,
    _first_paths,
    seal_decisions,
    _lost_herds,
    _register_of_shards,
    note_deer_words,
    _imports,
    _hit_list,
    _strips,
    _cellular,
    _experiments,
)
"""Step `i` makes schema `i + 2`. Never reordered, never changed once released."""
SCHEMA_VERSION: Final = 1 + len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """The schema of an open ledger; 0: a file without tables."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def upgrade(connection: sqlite3.Connection) -> None:
    """Run the steps that a ledger lacks. To be called inside a transaction: all of them, or none.

    A step uses `execute` alone: `executescript` would commit what stands open.
    """
    for number, step in enumerate(STEPS, 2):
        if version_of(connection) < number:
            step(connection)
            connection.execute(f"pragma user_version={number}")
