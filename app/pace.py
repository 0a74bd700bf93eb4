"""How fast a piece of work is: photos a second, what its stages take, the load of the machine."""

from __future__ import annotations

import helps
import streamlit as st
import ui

from thumper_core import Ledger, Load, jobs, limit_of, load_of
from thumper_core.questions import words

_WAIT_WORDS = {
    "photos": "models for photos",
    "disk": "models for the disk",
    "room": "decoding for the models",
    "held": "for *Go on*",
}


def figures(numbers: dict[str, object], pid: int | None) -> None:
    """Rate, failures, what the stages take, and the load of the process, while it works."""
    elapsed = _number(numbers, "elapsed_s")
    tiles = [
        ("Photos a second", _shown(numbers, "rate", ".1f"), helps.of("rate")),
        ("Detections", _shown(numbers, "detections", ",.0f"), helps.of("detections")),
        ("Not readable", _shown(numbers, "failed", ",.0f"), helps.of("not_readable")),
        *_load_tiles(load_of(pid)),
    ]
    with st.container(key="figures-pace"):
        for column, (label, value, more) in zip(st.columns(len(tiles)), tiles, strict=True):
            column.metric(label, value, help=more)
    lines = [_shares("Busy", numbers.get("busy_s") or {}, elapsed) or "Busy: –"]
    if limit := limit_of(numbers):
        lines.append(limit.sentence)
    st.caption("  \n".join(lines))


def of_run(ledger: Ledger, run_id: str) -> None:
    """What the stages of a run's last pass took, and what limited it."""
    done = [job for job in jobs.jobs(ledger, run_id) if job.progress.get("done")]
    if not done:
        st.caption("Nothing is known of how fast it was.")
        return
    numbers = done[-1].progress
    elapsed = _number(numbers, "elapsed_s")
    photos = int(_number(numbers, "done"))
    rate = f", {photos / elapsed:.1f} a second" if elapsed else ""
    lines = [
        f"{run_id}, last pass: {words.counted(photos, 'photo')} in {ui.duration(elapsed)}{rate}.",
        _shares("Busy", numbers.get("busy_s"), elapsed),
        _shares("Waiting", _in_words(numbers.get("waiting_s")), elapsed),
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
    return {words: waiting[wait] for wait, words in _WAIT_WORDS.items() if waiting.get(wait)}


def _shown(numbers: dict[str, object], name: str, form: str) -> str:
    return format(_number(numbers, name), form) if name in numbers else "–"


def _number(numbers: dict[str, object], name: str) -> float:
    value = numbers.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _load_tiles(load: Load) -> list[tuple[str, str, str]]:
    """Label, value and explanation of what the machine does; the card only where there is one."""
    memory = "–" if load.memory is None else _gigabytes(load.memory)
    machine = f"{_gigabytes(load.memory_used)} of {_gigabytes(load.memory_total)}"
    tiles = [
        ("Processor", f"{load.processor:.0%}", "Share of all cores that are busy."),
        ("Memory", memory, f"Held by this work. In use on the whole machine: {machine}."),
    ]
    card = load.busiest
    if card is not None:
        each = "; ".join(ui.plain(one.summary) for one in load.cards)
        tiles += [
            ("GPU", f"{card.utilisation:.0%}", f"Share of time that it computes. {each}."),
            ("GPU memory", _gigabytes(card.memory_used), f"In use on the card. {each}."),
        ]
    return tiles


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.1f} GB"
