"""Work that goes on beside the pages: how far it is, and how to stop it."""

from __future__ import annotations

from pathlib import Path

import pace
import streamlit as st
import ui

from thumper_core import Ledger, jobs, language, mark, pause, say
from thumper_core.questions import words
from thumper_core.work import launches as jobs_launch
from thumper_core.work.launches import Launch

LOOK_S = 2.0  # as often as a run says how far it is
_ETA_PHOTOS_MIN = 40
_STATE_WORDS = {
    "done": mark("Done"),
    "stopped": mark("Stopped"),
    "failed": mark("Failed"),
    "died": mark("Interrupted"),
    "running": mark("Working"),
    "starting": mark("Starting"),
}
_KIND_WORDS = {
    "demo": mark("Demo herd"),
    "start": mark("A season of photos"),
    "add": mark("Adding photos"),
    "process": mark("Processing"),
    "identify": mark("Identifying"),
    "learn": mark("Learning"),
    "command": mark("Command"),
}


def ledger_job(root: Path, base: Path) -> jobs.Job | None:
    """The newest live job of the shown workspace, or of a demo that is being made."""
    for folder in dict.fromkeys((root, base / "demo")):
        if (folder / "ledger.sqlite").is_file():
            alive = [job for job in jobs.jobs(Ledger(folder / "ledger.sqlite")) if job.is_alive()]
            if alive:
                return alive[-1]
    return None


def working() -> bool:
    """Whether anything works on this workspace now."""
    base, root = st.session_state["base"], ui.root()
    return (
        any(jobs_launch.working(folder) for folder in {base, root})
        or ledger_job(root, base) is not None
    )


def show(*, compact: bool = False) -> None:
    """The panel of work: live while something works, else how the last piece ended."""
    base, root = st.session_state["base"], ui.root()
    found = [
        (folder, one)
        for folder in dict.fromkeys((base, root))
        for one in jobs_launch.launches(folder)
    ]
    found.sort(key=lambda pair: pair[1].started_at)
    newest = found[-1] if found else None
    job = ledger_job(root, base)
    live = (newest is not None and newest[1].is_alive) or job is not None
    if live:
        _live(str(root), str(base), compact)
    elif newest is not None and not compact:
        _ended(*newest)


@st.fragment(run_every=LOOK_S)
def _live(root_text: str, base_text: str, compact: bool) -> None:
    root, base = Path(root_text), Path(base_text)
    folder, launch = _current(root, base)
    job = ledger_job(root, base)
    if (launch is None or not launch.is_alive) and job is None:
        # It has ended: the whole page shows other numbers now.
        st.rerun()
    with st.container(border=True, key="work", height=150 if compact else 260):
        title, rest, button = st.columns([4, 1, 1], vertical_alignment="center")
        words = (
            say(_KIND_WORDS.get(launch.kind, launch.kind)) if launch else say("Run from a terminal")
        )
        step = launch.step if launch and launch.step else say("Getting ready")
        paused = pause.is_paused(root)
        at_work = launch if launch is not None and launch.pid else job
        is_stopping = at_work is not None and any(
            jobs_launch.is_stopping(one, at_work) for one in {root, folder}
        )
        now = say("stopping") if is_stopping else say("resting") if paused else step
        title.markdown(f"**{words}** · {now}")
        if rest.button(
            say("Go on") if paused else say("Pause"),
            key="pause-work",
            width="stretch",
            icon=":material/play_arrow:" if paused else ":material/pause:",
            disabled=job is None or is_stopping or not ui.may_edit(),
        ):
            ui.act(lambda: (pause.go_on if paused else pause.pause)(root))
            st.rerun()
        pid = (launch.pid if launch else None) or (job.pid if job else None)
        if button.button(
            say("Stop"),
            key="stop-work",
            icon=":material/stop_circle:",
            width="stretch",
            disabled=at_work is None or is_stopping or not ui.may_edit(),
        ):
            if _stop(folder, root, launch, job):
                st.rerun()
            ui.flash()
        done, total = (launch.done, launch.total) if launch else (0, 0)
        numbers = job.progress if job else {}
        if numbers:
            done, total = int(numbers.get("done", 0)), int(numbers.get("total", 0))
        share = done / total if total else 0.0
        thing = "step" if launch and launch.kind == "learn" else "photo"
        if is_stopping:
            text = _stopping_text(has_photos=bool(numbers))
        else:
            text = _bar_text(done, total, numbers, thing)
        st.progress(min(share, 1.0), text=text)
        if not compact:
            pace.figures(numbers, pid)


def _bar_text(done: int, total: int, numbers: dict[str, object], thing: str = "photo") -> str:
    if not total:
        return say("Working …")
    whole = words.counted(total, "step") if thing == "step" else words.counted(total, "photo")
    text = say("{done:,} of {whole}", done=done, whole=whole)
    eta = numbers.get("eta_s")
    # The first batches compile the models: their pace says nothing yet.
    if isinstance(eta, int | float) and eta > 0 and done >= _ETA_PHOTOS_MIN:
        text += say(" · about {duration} left", duration=ui.duration(float(eta)))
    return text


def _stopping_text(*, has_photos: bool) -> str:
    """What goes on after somebody said stop."""
    return say(
        "Stopping: the photos that it has in hand are finished first. What was finished is kept."
        if has_photos
        else "Stopping: this step is finished first. What was finished is kept."
    )


def _ended(folder: Path, launch: Launch) -> None:
    """How the last piece of work ended."""
    what = say(_KIND_WORDS.get(launch.kind, launch.kind))
    ending = f"{what}: {language.small(say(_STATE_WORDS[launch.state]))}"
    if launch.state == "done":
        failed = int(launch.result.get("n_failed") or 0)
        more = (
            say(" {photos} could not be read: see Photos.", photos=words.counted(failed, "photo"))
            if failed
            else ""
        )
        said = "".join(f"  \n{ui.plain(one)}" for one in launch.result.get("sentences", ()))
        st.success(f"{ending}.{more}{said}", icon=":material/check_circle:")
        return
    with st.container(border=True, key="work-ended"):
        if launch.state == "stopped":
            st.info(
                say("{ending}. What was finished is kept; *Go on* continues there.", ending=ending)
            )
        else:
            st.error(f"{ending}: {ui.plain(launch.message)}", icon=":material/error:")
            if tail := jobs_launch.log_tail(folder, launch.launch_id):
                with st.expander(say("Log")):
                    st.code(tail, language=None)
        if launch.kind != "identify" and st.button(
            say("Go on"),
            key="go-on",
            icon=":material/play_arrow:",
            type="primary",
            disabled=not ui.may_edit(),
        ):
            ui.act(lambda: jobs_launch.start(folder, launch.kind, launch.arguments))
            st.rerun()


def _current(root: Path, base: Path) -> tuple[Path, Launch | None]:
    for folder in dict.fromkeys((base, root)):
        launch = jobs_launch.working(folder)
        if launch is not None:
            return folder, launch
    return root, None


def _stop(folder: Path, root: Path, launch: Launch | None, job: jobs.Job | None) -> bool:
    """Ask it to stop; whether that was told, else why not is in the flash."""
    if launch is not None:
        return ui.act(lambda: jobs_launch.stop(folder, launch.launch_id))
    return job is not None and ui.act(lambda: jobs_launch.terminate(root, job))
