"""Pairs of pictures with the keyboard: the browser has the next ones, the server records behind it."""

from __future__ import annotations

import math
from typing import Any, Final

import components
import follow
import helps
import polars as pl
import streamlit as st
import ui
from ahead import Ahead, Made
from cached import Pages
from pairs_ahead import Prepared, prepare
from sitting import Said, Sitting

from thumper_core import ThumperError, following, mark, say
from thumper_core.decisions import kinds
from thumper_core.questions import pair_questions, words
from thumper_core.questions.herd_size import HerdSize
from thumper_core.questions.pair_questions import Question, Review
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.steps import last_step
from views import evidence

_PART: Final = "pairs"
_VERDICTS: Final[dict[str, type[kinds.Verdict]]] = {
    "same": kinds.Same,
    "different": kinds.Different,
    "unknowable": kinds.Unknowable,
}
PATIENCE_S: Final = 10.0


def show(source: Pages) -> None:
    """Show the pairs."""
    ready = source.identification(as_shown=True)
    if not ready.done():
        ui.wait_for("pairs", ready, say("Looking for the pairs that change most …"))
        return
    try:
        found = ready.result()
    except ThumperError as error:
        st.info(str(error))
        return
    # Numbers of decisions begin at 1 in every workspace: what was said in one is not taken back in another.
    kept = f"sitting-{source.workspace.root}"
    sitting: Sitting[Question] = st.session_state.setdefault(kept, new_sitting())
    herd = source.workspace.ledger.herd(source.versions.herd_id or "")
    threshold = herd.threshold if herd else None
    passed = frozenset(_pair_of(sitting.sent[name]) for name in sitting.passed)
    ahead: Ahead[Review, Prepared] = st.session_state.setdefault("ahead", Ahead(prepare))
    # Not of the herd, which follows every answer: what is known of pairs is the same before and after.
    seen = source.versions
    now = following(source.workspace)

    def find() -> Review | None:
        now.wait(PATIENCE_S)  # the herd first: other pages wait for it, and the browser has enough
        return pair_questions.review(source.workspace, found, threshold, passed)

    made, is_pending = ahead.look(
        (seen.run_id, seen.n_shards, seen.n_decisions, seen.files, threshold, passed),
        find,
        source.workspace,
    )
    ui.flash()
    if made is not None and made.is_whole and not made.prepared:
        _nothing_to_ask(made)
    follows = now.state().is_busy
    _ask(source, sitting, made, is_pending or follows)
    if told := follow.what_changed(source):
        st.caption(f":material/groups: {ui.plain(told)}" + (" …" if follows else ""))
    if made is not None and made.found is not None:
        for told in made.found.set_aside:
            st.warning(ui.plain(told), icon=":material/error:")
        _how_sure(source, made.found)


def new_sitting() -> Sitting[Question]:
    """What one browser was asked of pairs: nothing yet."""
    return Sitting(key_of, _allows, frozenset(("odd",)))


def key_of(question: Question) -> str:
    """A question's name between server and browser: the two pictures that are compared, and how often they
    were before.
    """
    return f"{question.left[0]}|{question.right[0]}|{question.looks}"


def _allows(word: str, question: Question, which: str | None) -> bool:
    """An odd one is one of those beside the two pictures; a verdict is about the pair."""
    if word == "odd":
        return which in (*question.left[1:], *question.right[1:])
    return word in _VERDICTS and which is None


def _nothing_to_ask(made: Made[Review, Prepared]) -> None:
    if made.trouble:
        st.error(ui.plain(made.trouble), icon=":material/error:")
    elif made.found is None:
        st.info(say("Too few photos to say how sure a pair is: there is nothing to ask yet."))
    else:
        st.success(say("Every pair that could be asked about has an answer."))


def _ask(
    source: Pages,
    sitting: Sitting[Question],
    made: Made[Review, Prepared] | None,
    is_pending: bool,
) -> None:
    """The part of the page that asks: what it shows now and next, and what was heard of it."""
    prepared = [p for p in made.prepared if not sitting.is_closed(p.question)] if made else []
    sitting.send([p.question for p in prepared])
    last = last_step(source.workspace, ui.author())
    data = {
        "questions": [_shown(place, one) for place, one in enumerate(prepared)],
        "pending": is_pending,
        "heard": sitting.heard,
        "editable": ui.may_edit(),
        "last": last.told if last else None,
        "nothing": "",
        "visits": evidence.visits(source, *_asked_for(sitting, "visits")),
        "matches": evidence.matched(source, *_asked_for(sitting, "matches")),
    }

    def said() -> None:
        _hear(source, sitting)

    components.mount("pairs", _PART, data, "look", "visits", on_said_change=said, shared="asking")


def _how_sure(source: Pages, now: Review) -> None:
    """What the answers so far come to."""
    size: HerdSize = source.ask("totals").size
    st.caption(how_sure_told(size, now), help=helps.of("deer"))


def how_sure_told(size: HerdSize, now: Review) -> str:
    """Groups and deer as every page has them, and how far answers bring it; Markdown.

    Where it is not known how many deer there are, nothing that follows from the number is said.
    """
    stays = say("An answer holds for good, until it is taken back.")
    groups = f"**{words.counted(size.n_groups, 'group')}**"
    if not size.is_known:
        told = say("how many deer they come to is {figure}", figure=size.figure)
        return f"{groups}; {told} · {stays}"
    about = mark("about {interval} deer") if size.interval else mark("{figure} deer")
    deer = say(about, interval=size.interval, figure=size.figure)
    sure = now.sureness
    if sure.answers_left:
        answers = words.counted(sure.answers_left, "answer")
        until = say("about {answers} until the number is known to within 5%", answers=answers)
    elif sure.animals.is_close:
        until = say("the number is known to within 5%, by the herd's own estimate")
    else:
        until = say("more answers would hardly narrow the number")
    return say(
        "{groups}, {deer} · {until} · of 100 pairs joined at most {n} are two deer, as it "
        "estimates. {stays}",
        groups=groups,
        deer=deer,
        until=until,
        n=math.ceil(100 * sure.wrong.high),
        stays=stays,
    )


# --- what is said --------------------------------------------------------------------------------


def _hear(source: Pages, sitting: Sitting[Question]) -> None:
    """Record what the browser said and was not taken yet."""
    taken, trouble = sitting.hear(st.session_state[_PART].said)
    for said in taken:
        if said.word == "undo":
            _take_back(source, sitting, said)
        elif said.question is not None:
            _record(source, sitting, said, said.question)
    if trouble:
        st.session_state["flash"] = ("error", trouble)


def _record(
    source: Pages, sitting: Sitting[Question], said: Said[Question], question: Question
) -> None:
    if said.word == "next":
        sitting.passed.add(key_of(question))
        return
    rows = source.ask("detections", (*question.left, *question.right))
    key_of_box = {row["detection_id"]: verdict_key(row) for row in rows.iter_rows(named=True)}

    def decision() -> kinds.Decision:
        if said.which is not None:
            side = question.left if said.which in question.left else question.right
            return kinds.Different(key_of_box[side[0]], key_of_box[said.which])
        a, b = key_of_box[question.left[0]], key_of_box[question.right[0]]
        kind = _VERDICTS[said.word]
        if kind is kinds.Unknowable:
            return kind(a, b)
        return kind(a, b, question.asked, pair_questions.kept_of(question, key_of_box))

    numbers = ui.decide(source, decision)
    if numbers:
        sitting.decided[said.key] = numbers


def _take_back(source: Pages, sitting: Sitting[Question], said: Said[Question]) -> None:
    """Undo what was said of a question, or else what this person decided last."""
    numbers = sitting.undoes(said, lambda: last_step(source.workspace, ui.author()))
    back = [kinds.Undo(number) for number in reversed(numbers)]
    if back and ui.decide(source, lambda: back, say("Taken back"), as_one=True):
        sitting.forget(numbers)


def _pair_of(question: Question) -> tuple[str, str]:
    return question.left[0], question.right[0]


# --- what is shown -------------------------------------------------------------------------------


def _shown(place: int, prepared: Prepared) -> dict[str, Any]:
    """A question as the browser gets it; place: in the queue, by which its pictures are kept."""
    question = prepared.question
    left, right = (side.row(0, named=True) for side in prepared.sides)
    return {
        "id": key_of(question),
        "what": _what(question),
        "more": say(
            "Likely one deer: {percent} · decides over {left:,} and {right:,} pictures{apart}",
            percent=words.percent(question.p),
            left=question.sizes[0],
            right=question.sizes[1],
            apart=_apart(left, right),
        ),
        "sides": [
            _side(f"{place}-{which}", side, prepared.jpegs)
            for which, side in enumerate(prepared.sides)
        ],
    }


def _what(question: Question) -> str:
    if question.before is not None:
        if question.before:
            return say(
                "One deer was the answer, and the rest of the herd speaks against it: look again."
            )
        return say(
            "Two deer was the answer, and the rest of the herd speaks against it: look again."
        )
    if question.is_inside:
        return say("One deer now: do both sides show it?")
    return say("Two deer now: are they one?")


def _side(place: str, rows: pl.DataFrame, jpegs: dict[str, bytes]) -> dict[str, Any]:
    first, *others = rows.to_dicts()
    return {
        "picture": evidence.address(jpegs[first["detection_id"]], f"{place}-0"),
        "title": first["label"] or say("in no group"),
        "text": evidence.moment(first),
        "beside": [
            {
                "id": row["detection_id"],
                "picture": evidence.address(jpegs[row["detection_id"]], f"{place}-{number}"),
                "text": evidence.moment(row),
            }
            for number, row in enumerate(others, 1)
        ],
    }


def _apart(left: dict[str, Any], right: dict[str, Any]) -> str:
    """How long lies between the two pictures, where both times are known: coats and antlers change."""
    if "unknown" in (left["taken_at_precision"], right["taken_at_precision"]):
        return ""
    days = abs((left["taken_at"] - right["taken_at"]).days)
    apart = mark(" · {days} apart") if days else mark(" · taken within a day")
    return say(apart, days=words.counted(days, "day"))


def _asked_for(sitting: Sitting[Question], what: str) -> tuple[str, tuple[str, str] | None]:
    """The name of the pair that the browser wants to see more of, and its two pictures; None: of none, or
    it has an answer by now.
    """
    state = st.session_state.get(_PART)
    name = getattr(state, what) or "" if state is not None else ""
    question = sitting.sent.get(name)
    is_open = question is not None and not sitting.is_closed(question)
    return name, _pair_of(question) if is_open and question is not None else None
