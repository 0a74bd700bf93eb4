"""How fast a piece of work is: photos a second, what its stages take, the load of the machine."""

from __future__ import annotations

import helps
import streamlit as st
import ui

from thumper_core import Ledger, Load, jobs, limit_of, load_of, mark, say
from thumper_core.questions import words

_WAIT_WORDS = {
    "photos": mark("models for photos"),
    "disk": mark("models for the disk"),
    "room": mark("decoding for the models"),
    "held": mark("for *Go on*"),
}


def figures(numbers: dict[str, object], pid: int | None) -> None:
    """Rate, failures, what the stages take, and the load of the process, while it works."""
    elapsed = _number(numbers, "elapsed_s")
    tiles = [
        (say("Photos a second"), _shown(numbers, "rate", ".1f"), helps.of("rate")),
        (say("Detections"), _shown(numbers, "detections", ",.0f"), helps.of("detections")),
        (say("Not readable"), _shown(numbers, "failed", ",.0f"), helps.of("not_readable")),
        *_load_tiles(load_of(pid)),
    ]
    with st.container(key="figures-pace"):
        for column, (label, value, more) in zip(st.columns(len(tiles)), tiles, strict=True):
            column.metric(label, value, help=more)
    lines = [_shares(say("Busy"), numbers.get("busy_s") or {}, elapsed) or say("Busy: –")]
    if limit := limit_of(numbers):
        lines.append(limit.sentence)
    st.caption("  \n".join(lines))


def of_run(ledger: Ledger, run_id: str) -> None:
    """What the stages of a run's last pass took, and what limited it."""
    done = [job for job in jobs.jobs(ledger, run_id) if job.progress.get("done")]
    if not done:
        st.caption(say("Nothing is known of how fast it was."))
        return
    numbers = done[-1].progress
    elapsed = _number(numbers, "elapsed_s")
    photos = int(_number(numbers, "done"))
    rate = say(", {photos:.1f} a second", photos=photos / elapsed) if elapsed else ""
    lines = [
        say(
            "{run_id}, last pass: {photos} in {duration}{rate}.",
            run_id=run_id,
            photos=words.counted(photos, "photo"),
            duration=ui.duration(elapsed),
            rate=rate,
        ),
        _shares(say("Busy"), numbers.get("busy_s"), elapsed),
        _shares(say("Waiting"), _in_words(numbers.get("waiting_s")), elapsed),
    ]
    limit = limit_of(numbers)
    if limit:
        lines.append(f"**{limit.sentence}**")
    st.caption("  \n".join(line for line in lines if line))


def _shares(title: str, seconds: object, elapsed: float) -> str:
    """Shares of the time that passed; several threads together can be above the whole."""
    if not isinstance(seconds, dict) or not seconds or not elapsed:
        return ""
    parts = [f"{stage} {spent / elapsed:.0%}" for stage, spent in sorted(seconds.items())]
    return f"{title}: " + " · ".join(parts)


def _in_words(waiting: object) -> object:
    if not isinstance(waiting, dict):
        return None
    return {say(told): waiting[wait] for wait, told in _WAIT_WORDS.items() if waiting.get(wait)}


def _shown(numbers: dict[str, object], name: str, form: str) -> str:
    return format(_number(numbers, name), form) if name in numbers else "–"


def _number(numbers: dict[str, object], name: str) -> float:
    value = numbers.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _load_tiles(load: Load) -> list[tuple[str, str, str]]:
    """Label, value and explanation of what the machine does; the card only where there is one."""
    memory = "–" if load.memory is None else _gigabytes(load.memory)
    used, total = _gigabytes(load.memory_used), _gigabytes(load.memory_total)
    machine = say("{used} of {total}", used=used, total=total)
    tiles = [
        (say("Processor"), f"{load.processor:.0%}", say("Share of all cores that are busy.")),
        (
            say("Memory"),
            memory,
            say("Held by this work. In use on the whole machine: {machine}.", machine=machine),
        ),
    ]
    card = load.busiest
    if card is not None:
        each = "; ".join(ui.plain(one.summary) for one in load.cards)
        tiles += [
            (
                "GPU",
                f"{card.utilisation:.0%}",
                say("Share of time that it computes. {each}.", each=each),
            ),
            (
                say("GPU memory"),
                _gigabytes(card.memory_used),
                say("In use on the card. {each}.", each=each),
            ),
        ]
    return tiles


def _gigabytes(n_bytes: int) -> str:
    return say("{n_bytes:.1f} GB", n_bytes=n_bytes / 2**30)
