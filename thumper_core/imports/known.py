"""Individuals that were known elsewhere get an ID here, and decisions that say what is known of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import NOTE_CHARS_MAX, Known, Name, Note, Status
from thumper_core.decisions.names import NAME_CHARS_MAX, clean_name, name_key
from thumper_core.decisions.names_given import holders
from thumper_core.decisions.record import Said, record_all
from thumper_core.store.came_in import DECISION, INDIVIDUAL, ImportRow, note_parts, parts_of
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class KnownAnimal:
    """One individual as it comes.

    key: what it is called there, unique in its source; boxes: that show it; origin: for its note;
    name, note, status: None where nothing is said; individual_id: the ID that it should get, if it can;
    notes_origin: its note says where it is from; is_listed: it comes in though no box shows it.
    """

    key: str
    boxes: tuple[BoxKey, ...]
    origin: str
    name: str | None = None
    note: str | None = None
    status: str | None = None
    individual_id: str | None = None
    notes_origin: bool = True
    is_listed: bool = False

    @property
    def says_something(self) -> bool:
        """Whether there is anything to bring."""
        return bool(self.boxes) or self.is_listed


@dataclass(frozen=True)
class Brought:
    """Labels of individuals that are new, and that the workspace had; and their IDs by their keys."""

    new: tuple[str, ...]
    known: tuple[str, ...]
    ids: dict[str, str]
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """Where what comes is written down: the workspace, the import, and who brings it."""

    workspace: Workspace
    row: ImportRow
    author: str

    def say(self, decisions: Sequence[tuple[str, Said]]) -> int:
        """Append decisions with what each is there, all or none, but for those that came before."""
        ledger, import_id = self.workspace.ledger, self.row.import_id
        there = parts_of(ledger, import_id, DECISION)
        new = [(origin, said) for origin, said in decisions if origin not in there]
        if not new:
            return 0
        numbers = record_all(ledger, [said for _, said in new])
        keys = [(origin, str(n)) for (origin, _), n in zip(new, numbers, strict=True)]
        note_parts(ledger, import_id, DECISION, keys)
        return len(new)


def bring_known(record: Record, animals: Sequence[KnownAnimal], source: str) -> Brought:
    """Give animals an ID and say what is known of them; those without a box that is new stay as they are.

    An animal of this import has the ID that it got before; one whose name an individual has here is
    that one. source: see `kinds.Known`.
    """
    ledger = record.workspace.ledger
    ids = parts_of(ledger, record.row.import_id, INDIVIDUAL)
    called, notes = _called(record.workspace)
    boxed = _boxed(record.workspace)
    mine = [a for a in animals if a.says_something]
    new: list[KnownAnimal] = []
    known: list[KnownAnimal] = []
    for animal in mine:
        here = called.get(name_key(animal.name)) if animal.name else None
        if animal.key not in ids and here is not None:
            ids[animal.key] = here
        (known if animal.key in ids else new).append(animal)
    given = ledger.add_individuals([a.individual_id for a in new])
    ids |= {a.key: who for a, who in zip(new, given, strict=True)}
    note_parts(ledger, record.row.import_id, INDIVIDUAL, [(a.key, ids[a.key]) for a in mine])
    said: list[tuple[str, Said]] = []
    with ledger.reading() as connection:
        taken = holders(connection) | {name_key(who): "" for who in ledger.individual_ids()}
    for animal in mine:
        who = ids[animal.key]
        boxes = tuple(b for b in animal.boxes if str(b) not in boxed.get(who, ()))
        if boxes:
            what = Known(who, boxes, animal.origin, source)
            said.append((f"known {animal.key} {boxes[0]}", Said.of(what, record.author)))
        said += _about(animal, who, record, called, notes, taken)
    record.say(said)
    return Brought(
        tuple(a.name or a.key for a in new),
        tuple(a.name or a.key for a in known),
        {a.key: ids[a.key] for a in mine},
    )


def _about(
    animal: KnownAnimal,
    who: str,
    record: Record,
    called: dict[str, str],
    notes: dict[str, str],
    taken: dict[str, str],
) -> list[tuple[str, Said]]:
    """Name, note and status of an animal, where it has none yet.

    called: name key -> individual that is called so; taken: also former names, and IDs as nobody's.
    """
    said = []
    if animal.name and who not in called.values():
        name = animal.name
        if name_key(name) in called or taken.get(name_key(name), who) != who:
            name = f"{name[: NAME_CHARS_MAX - len(who) - 3]} ({who})"
        called[name_key(name)] = who
        said.append((f"name {animal.key}", Said.of(Name(who, name), record.author)))
    note = animal.note or ""
    if animal.notes_origin:
        n = counted(len(animal.boxes), "photo")
        origin = f"Known from {animal.origin} ({n}, brought by {record.author})."
        note = f"{note}\n{origin}".strip()
    if note and not notes.get(who):
        note = note[:NOTE_CHARS_MAX]
        said.append((f"note {animal.key}", Said.of(Note(who, note), record.author)))
    if animal.status and animal.status != "alive":
        said.append((f"status {animal.key}", Said.of(Status(who, animal.status), record.author)))
    return said


def _called(workspace: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    """Name key -> individual that is called so; and the notes that there are."""
    with workspace.ledger.reading() as c:
        rows = c.execute("select individual_id, name, notes from individuals").fetchall()
    called = {name_key(name): who for who, name, _ in rows if name}
    return called, {who: notes for who, _, notes in rows if notes}


def _boxed(workspace: Workspace) -> dict[str, set[str]]:
    """The boxes that are said of each individual already."""
    rows = workspace.sql(
        "select payload from decisions where kind = ? and not undone", [Known.kind]
    )
    found: dict[str, set[str]] = {}
    for payload in map(json.loads, rows["payload"]):
        boxes = {str(BoxKey.of(box)) for box in payload["boxes"]}
        found.setdefault(payload["individual_id"], set()).update(boxes)
    return found


def name_or_none(text: str | None) -> str | None:
    """The text as a name; None where it cannot be one."""
    try:
        return clean_name(text[:NAME_CHARS_MAX]) if text else None
    except UsageError:
        return None
