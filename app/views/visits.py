"""New visits one at a time: the picture, the known deer that it could be, one key for each answer."""

from __future__ import annotations

from typing import Any, Final

import components
import follow
import helps
import streamlit as st
import ui
from ahead import Ahead, Made
from cached import Pages
from sitting import Said, Sitting
from visits_ahead import Asked, Looked, Prepared, look, prepare

from thumper_core import following, language, mark, say, who
from thumper_core.questions import hit_list, words
from thumper_core.questions.met import Candidate, Visit
from thumper_core.questions.steps import last_step
from views import evidence

_PART: Final = "visit"
_SAID: Final = {"new": "new", "unknowable": "unknown", "other": "not_deer", "nothing": "nothing"}
"""What the browser says -> what is recorded."""
PATIENCE_S: Final = 10.0
_ANTLERS: Final = {True: mark("antlers seen"), False: mark("no antlers where they would show")}


def name_of(asked: Asked) -> str:
    """A visit's name between server and browser."""
    return asked.visit.visit_id


def new_sitting() -> Sitting[Asked]:
    """What one browser was asked of visits: nothing yet."""
    return Sitting(name_of, _allows)


def _allows(word: str, asked: Asked, which: str | None) -> bool:
    """A known deer is one of those that were offered."""
    if word == "known":
        return which in {one.individual_id for one in asked.candidates}
    return word in _SAID and which is None


@st.fragment
def show(_: Pages) -> None:
    """Show the visits; only this part of the page runs for an answer, so it asks for what is shown by now."""
    source = ui.pages()
    # Numbers of decisions begin at 1 in every workspace: what was said in one is not taken back in another.
    kept = f"visit-sitting-{source.workspace.root}"
    sitting: Sitting[Asked] = st.session_state.setdefault(kept, new_sitting())
    ahead: Ahead[Looked, Prepared] = st.session_state.setdefault("visits-ahead", Ahead(prepare))
    doubted = frozenset(st.session_state.setdefault("doubted", set()))
    passed = frozenset(sitting.passed)
    seen = source.versions
    now = following(source.workspace)

    def find() -> Looked:
        now.wait(PATIENCE_S)  # the herd first: other pages wait for it, and the browser has enough
        return look(source.workspace, doubted, passed)

    made, is_pending = ahead.look(
        (seen.run_id, seen.n_shards, seen.n_decisions, seen.files, doubted, passed),
        find,
        source.workspace,
    )
    ui.flash()
    follows = now.state().is_busy
    _ask(source, sitting, made, is_pending or follows)
    if told := follow.what_changed(source):
        st.caption(f":material/groups: {ui.plain(told)}" + (" …" if follows else ""))
    if made is not None and made.trouble:
        st.info(ui.plain(made.trouble))
    elif made is not None and made.found is not None:
        _rest(source, made.found, bool(passed), done=made.is_whole and not made.prepared)


def _rest(source: Pages, found: Looked, some_passed: bool, *, done: bool) -> None:
    """What there is beside, and the word that all of it was looked at."""
    if done:
        st.success(
            say("No visit is left to ask about here.")
            + (say(" Some were left for later.") if some_passed else ""),
            icon=":material/check_circle:",
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(ui.plain(found.meeting.sentence), width="stretch", help=helps.of("chance"))
        if st.button(
            say("I have looked at everything"),
            key="looked",
            icon=":material/done_all:",
            type="primary" if done else "secondary",
            disabled=not ui.may_edit(),
            help=say(
                "The next look begins here. A visit without an answer stays as the herd holds it; it can be "
                "undone on the Review page."
            ),
        ):
            ui.act(lambda: who.looked(source.workspace, ui.author()), say("Looked at"))
            st.rerun(scope="app")


def _ask(
    source: Pages, sitting: Sitting[Asked], made: Made[Looked, Prepared] | None, is_pending: bool
) -> None:
    """The part of the page that asks: what it shows now and next, and what was heard of it."""
    prepared = [p for p in made.prepared if not sitting.is_closed(p.asked)] if made else []
    sitting.send(p.asked for p in prepared)
    last = last_step(source.workspace, ui.author())
    n_left = len(made.found.visits) if made and made.found else len(prepared)
    data = {
        "questions": [_shown(place, one, n_left - place) for place, one in enumerate(prepared)],
        "pending": is_pending,
        "heard": sitting.heard,
        "editable": ui.may_edit(),
        "last": last.told if last else None,
        "nothing": "",
        "visits": _evidence(source, sitting, "visits"),
        "matches": _evidence(source, sitting, "matches"),
    }

    def said() -> None:
        _hear(source, sitting)

    components.mount("visit", _PART, data, "look", on_said_change=said, shared="asking")


# --- what is said --------------------------------------------------------------------------------


def _hear(source: Pages, sitting: Sitting[Asked]) -> None:
    """Record what the browser said and was not taken yet."""
    taken, trouble = sitting.hear(st.session_state[_PART].said)
    for said in taken:
        if said.word == "undo":
            _take_back(source, sitting, said)
        elif said.word == "next" and said.question is not None:
            sitting.passed.add(name_of(said.question))
        elif said.question is not None:
            _record(source, sitting, said, said.question)
    if trouble:
        st.session_state["flash"] = ("error", trouble)


def _record(source: Pages, sitting: Sitting[Asked], said: Said[Asked], asked: Asked) -> None:
    numbers: list[int] = []

    def write() -> None:
        word = _SAID.get(said.word, said.word)
        numbers.extend(
            who.answer(source.workspace, asked.visit, asked.meeting, word, ui.author(), said.which)
        )

    ui.act(write)
    if numbers:
        sitting.decided[said.key] = tuple(numbers)


def _take_back(source: Pages, sitting: Sitting[Asked], said: Said[Asked]) -> None:
    """Undo what was said of a visit, or else what this person decided last."""
    numbers = sitting.undoes(said, lambda: last_step(source.workspace, ui.author()))
    if numbers and ui.act(
        lambda: who.take_back(source.workspace, numbers, ui.author()), say("Taken back")
    ):
        sitting.forget(numbers)


# --- what is shown -------------------------------------------------------------------------------


def _shown(place: int, prepared: Prepared, n_left: int) -> dict[str, Any]:
    """A visit as the browser gets it; place: in the queue, by which its pictures are kept."""
    visit, row = prepared.asked.visit, prepared.row.row(0, named=True)
    known = zip(prepared.asked.candidates, prepared.known.to_dicts(), strict=True)
    candidates = [
        _candidate(f"{place}-{number}", prepared, one, of) for number, (one, of) in enumerate(known)
    ]
    on_list = [
        one.label
        for one in prepared.asked.candidates
        if one.individual_id in prepared.watched and one.chance >= hit_list.HINT
    ]
    return {
        "id": visit.visit_id,
        "what": say("Is it {parts}, on the hit list?", parts=say(" or ").join(on_list))
        if on_list
        else say("Who is this?"),
        "more": say("{visits} to look at", visits=words.counted(n_left, "visit")),
        "side": {
            "picture": evidence.address(prepared.jpegs[visit.detection_id], f"visit-{place}"),
            "title": row["camera"],
            "text": evidence.when(row),
        },
        "notes": [_note(visit)],
        "candidates": candidates,
        "chances": {
            "new": words.percent(visit.p_new),
            "unknowable": words.percent(visit.p_unknown),
        },
    }


def _note(visit: Visit) -> str:
    """What is known of the visit besides its picture."""
    parts = [words.counted(visit.n_photos, "photo")]
    if visit.has_antlers is not None:
        parts.append(say(_ANTLERS[visit.has_antlers]))
    elif visit.may_be_buck:
        parts.append(say("may be a buck"))
    return language.capital(" · ".join(parts))


def _candidate(
    place: str, prepared: Prepared, one: Candidate, row: dict[str, Any]
) -> dict[str, Any]:
    chance = words.percent(one.chance)
    fate = prepared.fates.get(one.individual_id)
    return {
        "id": one.individual_id,
        "label": one.label,
        "chance": chance,
        "share": round(one.chance, 3),
        "picture": evidence.address(prepared.jpegs[one.detection_id], f"known-{place}"),
        "title": f"{one.label}, {chance}",
        "text": evidence.moment(row),
        "reasons": [*([say("It is said to be {fate}.", fate=fate)] if fate else []), *one.reasons],
        "hit": one.individual_id in prepared.watched,
    }


def _evidence(source: Pages, sitting: Sitting[Asked], what: str) -> dict[str, Any] | None:
    """What the browser wants to see more of: a visit and a candidate, by "VISIT INDIVIDUAL"."""
    state = st.session_state.get(_PART)
    name = getattr(state, what, None) or "" if state is not None else ""
    visit_id, _, individual_id = name.partition(" ")
    asked = sitting.sent.get(visit_id)
    if asked is None or sitting.is_closed(asked):
        return None
    one = next((c for c in asked.candidates if c.individual_id == individual_id), None)
    if one is None:
        return None
    if what == "matches":
        return evidence.matched(source, name, (asked.visit.detection_id, one.detection_id))
    return evidence.beside(source, name, asked.visit.detection_ids, individual_id, one.label)
