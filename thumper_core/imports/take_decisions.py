"""What people said in another workspace, with who said it and when, in the words of this one.

IDs of individuals are those of this workspace; numbers of decisions that an undo names follow theirs. What
was said here before stands: where both say something of one individual, theirs comes in and is taken back at
once, so that it is in the record, and it is listed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from thumper_core.decisions.kinds import (
    CORRECTIONS,
    Different,
    Merge,
    Move,
    Name,
    Note,
    Same,
    Status,
    Undo,
)
from thumper_core.decisions.names import NAME_CHARS_MAX, name_key
from thumper_core.decisions.record import Said
from thumper_core.decisions.table import undone_ids
from thumper_core.store.records import DecisionRow

_ONE_VALUE: Final = {Name.kind: "name", Note.kind: "note", Status.kind: "status"}
"""Kinds of which the last that stands holds, and the field that they set."""


@dataclass(frozen=True)
class Here:
    """What this workspace says.

    decisions: all but those that came with an import which was taken back; names: name key ->
    individual that has or had it; ids: all that were given.
    """

    decisions: Sequence[DecisionRow]
    names: Mapping[str, str]
    ids: Iterable[str]


@dataclass
class TakenWords:
    """said: what is to be recorded, each with what it is there; n_there: already said here, by the
    same person at the same time; conflicts: sentences.
    """

    said: list[tuple[str, Said]] = field(default_factory=list)
    n_there: int = 0
    conflicts: list[str] = field(default_factory=list)


def individuals_in(kind: str, payload: Mapping[str, Any]) -> list[str]:
    """The individuals that a decision speaks of."""
    if kind == Merge.kind:
        return [payload["into"], *payload["from"]]
    if kind == Move.kind:
        return [payload["to"]] if payload.get("to") else []
    return [payload["individual_id"]] if "individual_id" in payload else []


def photos_in(payload: Any) -> set[str]:
    """The photos that a decision names."""
    if isinstance(payload, dict):
        own = {payload["photo_id"]} if isinstance(payload.get("photo_id"), str) else set()
        return own.union(*(photos_in(value) for value in payload.values()))
    if isinstance(payload, list):
        return set().union(*(photos_in(value) for value in payload))
    return set()


def take_words(
    theirs: Sequence[DecisionRow],
    here: Here,
    ids: Mapping[str, str],
    matched: Iterable[str],
    label: str,
    author: str,
) -> TakenWords:
    """Their decisions as they are to be recorded here.

    ids: individual there -> here; matched: individuals here that are also theirs by photos that both
    have; label: what the other workspace is called; author: who brings it, and takes back.
    """
    taken = TakenWords()
    places = _places(here.decisions)
    undone = undone_ids(theirs)
    standing = _standing_values(here.decisions)
    names = dict(here.names)
    reserved = {name_key(who) for who in here.ids} | {name_key(who) for who in ids.values()}
    ours = {*matched}
    last_here = _last_words(here.decisions, CORRECTIONS)
    turn: dict[int, int] = {}  # their number -> place in `said`
    known: dict[int, int] = {}  # their number -> number here
    for row in theirs:
        payload = _mapped(row, ids.__getitem__)
        undoes = None
        if row.kind == Undo.kind:
            target = int(row.payload["decision_id"])
            if target in known:
                payload = {"decision_id": known[target]}
            elif target in turn:
                undoes = turn[target]
            else:
                continue  # of a decision that is not taken along
        subject = str(payload["decision_id"]) if row.kind == Undo.kind else _subject(row, payload)
        stands = row.decision_id not in undone
        if row.kind == Name.kind and stands:
            payload = _free_name(payload, names, reserved, label, taken)
        made_at = row.made_at.isoformat(" ", "microseconds")
        same = places.get(_key(row.kind, payload, row.author, made_at)) if undoes is None else None
        if same is not None:
            known[row.decision_id] = same
            taken.n_there += 1
            continue
        turn[row.decision_id] = len(taken.said)
        said = Said(row.kind, subject, payload, row.author, made_at, undoes)
        taken.said.append((str(row.decision_id), said))
        if stands and row.kind in _ONE_VALUE and payload["individual_id"] in ours:
            _yield_to_ours(taken, row, payload, standing, author)
        elif stands and row.kind in CORRECTIONS:
            _yield_of_box(taken, row, last_here.get(row.subject), author)
    taken.conflicts += _contradictions(theirs, here.decisions)
    return taken


def _yield_to_ours(
    taken: TakenWords,
    row: DecisionRow,
    payload: Mapping[str, Any],
    standing: Mapping[tuple[str, str], Any],
    author: str,
) -> None:
    """Take their word on a shared individual back where ours says something else."""
    who, field_name = payload["individual_id"], _ONE_VALUE[row.kind]
    mine = standing.get((row.kind, who))
    if mine is None or mine == payload[field_name]:
        return
    _take_back(taken, row, author)
    what = {"name": "is called", "note": "has the note", "status": "is"}[field_name]
    taken.conflicts.append(
        f"{who} {what} {mine!r} here and {payload[field_name]!r} by {row.author}: ours stays."
    )


def _yield_of_box(
    taken: TakenWords, row: DecisionRow, mine: DecisionRow | None, author: str
) -> None:
    """Take their word on a box back where somebody here said something else of the very same box."""
    if mine is None or (mine.kind, mine.payload) == (row.kind, row.payload):
        return
    _take_back(taken, row, author)
    taken.conflicts.append(
        f"{mine.author} said {_word(mine)} of {row.subject} here, and {row.author} said {_word(row)}: "
        "ours stays."
    )


def _take_back(taken: TakenWords, row: DecisionRow, author: str) -> None:
    """Undo what was just put last: it is in the record, and does not stand."""
    back = Said(Undo.kind, "", {}, author, None, len(taken.said) - 1)
    taken.said.append((f"back {row.decision_id}", back))


def _free_name(
    payload: dict[str, Any],
    names: dict[str, str],
    reserved: set[str],
    label: str,
    taken: TakenWords,
) -> dict[str, Any]:
    """The payload with a name that no other individual has."""
    name, who = payload["name"], payload["individual_id"]
    if name is None:
        return payload
    holder = names.get(name_key(name))
    if holder in (None, who) and name_key(name) not in reserved:
        names.setdefault(name_key(name), who)
        return payload
    for number in range(1, 100):
        tail = f" ({label[:12]}{'' if number == 1 else f' {number}'})"
        other = name[: NAME_CHARS_MAX - len(tail)] + tail
        if names.setdefault(name_key(other), who) == who:
            break
    taken.conflicts.append(
        f"{name!r} is or was the name of {holder or 'an ID'} here, and of another deer there, which is "
        f"called {other!r} now."
    )
    return payload | {"name": other}


def _mapped(row: DecisionRow, of: Callable[[str], str]) -> dict[str, Any]:
    payload = dict(row.payload)
    if row.kind == Merge.kind:
        payload |= {"into": of(payload["into"]), "from": [of(who) for who in payload["from"]]}
    elif row.kind == Move.kind and payload.get("to"):
        payload["to"] = of(payload["to"])
    elif "individual_id" in payload:
        payload["individual_id"] = of(payload["individual_id"])
    return payload


def _subject(row: DecisionRow, payload: Mapping[str, Any]) -> str:
    if row.kind == Merge.kind:
        return str(payload["into"])
    return str(payload["individual_id"]) if "individual_id" in payload else row.subject


def _key(kind: str, payload: Mapping[str, Any], author: str, made_at: str) -> str:
    return json.dumps([kind, payload, author, made_at], sort_keys=True)


def _places(rows: Sequence[DecisionRow]) -> dict[str, int]:
    """Number of each decision here by all that it says."""
    return {
        _key(r.kind, r.payload, r.author, r.made_at.isoformat(" ", "microseconds")): r.decision_id
        for r in rows
    }


def _standing_values(rows: Sequence[DecisionRow]) -> dict[tuple[str, str], Any]:
    undone = undone_ids(rows)
    return {
        (r.kind, r.payload["individual_id"]): r.payload[_ONE_VALUE[r.kind]]
        for r in rows
        if r.kind in _ONE_VALUE and r.decision_id not in undone
    }


def _contradictions(theirs: Sequence[DecisionRow], ours: Sequence[DecisionRow]) -> list[str]:
    """Pairs of pictures that one person called the same deer, and another two."""
    compared = (Same.kind, Different.kind)
    mine, other = _last_words(ours, compared), _last_words(theirs, compared)
    return sorted(
        f"{mine[pair].author} said {mine[pair].kind!r} of {pair} here, and {other[pair].author} said "
        f"{other[pair].kind!r}: 'different' holds until one of them is undone."
        for pair in mine.keys() & other.keys()
        if mine[pair].kind != other[pair].kind
    )


def _last_words(rows: Sequence[DecisionRow], kinds: Sequence[str]) -> dict[str, DecisionRow]:
    """The last standing decision of some kinds by what it is about."""
    undone = undone_ids(rows)
    return {r.subject: r for r in rows if r.kind in kinds and r.decision_id not in undone}


def _word(row: DecisionRow) -> str:
    words = [row.payload[k] for k in ("species", "sex", "age_class") if row.payload.get(k)]
    return repr(", ".join(words) if words else row.kind)


def about(
    rows: Sequence[DecisionRow], photos: Iterable[str], individuals: Iterable[str]
) -> list[DecisionRow]:
    """The decisions that are about some photos or individuals, and the undos of these."""
    wanted, who = {*photos}, {*individuals}
    kept: dict[int, DecisionRow] = {}
    for row in rows:
        if row.kind == Undo.kind:
            is_kept = int(row.payload["decision_id"]) in kept
        else:
            named = photos_in(row.payload)
            animals = {*individuals_in(row.kind, row.payload)}
            is_kept = bool(named & wanted if named else animals & who)
        if is_kept:
            kept[row.decision_id] = row
    return list(kept.values())
