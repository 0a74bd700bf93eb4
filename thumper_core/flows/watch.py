"""Folders and mailboxes that are watched: what comes becomes sightings without a command.

Nothing here remembers what is to be done. Each look fetches mail, lists the folders, adds the files
that are complete, processes every photo without an outcome, and puts their deer into the shown herd:
a few as `herd.grow` does, many by identifying the whole run again. So no photo can be forgotten, in
any order and number, and a watcher that was killed has lost nothing. That a folder stirred only makes
the next look come sooner.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from thumper_core.contracts import ThumperError
from thumper_core.flows.lookout import Lookout
from thumper_core.flows.reprocess import grow_checked, identify_checked
from thumper_core.ingest.add import add_paths
from thumper_core.ingest.scan import ScannedFile
from thumper_core.mail.boxes import mailboxes
from thumper_core.mail.fetch import take_mail
from thumper_core.pipeline.launch import Models
from thumper_core.pipeline.pending import is_away
from thumper_core.pipeline.run import Target, count_pending, fingerprint, run
from thumper_core.questions.no_deer import why_no_deer
from thumper_core.settings import Settings
from thumper_core.store.jobs import RunBusyError
from thumper_core.upkeep.notify import notify
from thumper_core.workspace import Workspace

EMPTY_PATIENCE: Final = 6.0
"""A file without bytes is believed to be complete only after so many times the usual wait."""
IDENTIFY_EVERY_S: Final = 600.0
"""While photos keep coming the herd is brought up to date this often."""
_NETWORK: Final = frozenset(
    (
        "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "9p", "drvfs", "davfs",
        "fuse.sshfs", "fuse.rclone",
    )
)  # fmt: skip


class Arrivals:
    """Which files are complete: those that looked the same for `settle_s` seconds."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._since: dict[tuple[str, bytes], tuple[int, int, float]] = {}
        self._now_s = 0.0
        self._seen: set[tuple[str, bytes]] = set()
        self.n_waiting = 0

    def begin(self, now_s: float) -> None:
        """Begin a look at `now_s` (a clock that never runs backwards); forget files that went."""
        for gone in self._since.keys() - self._seen:
            del self._since[gone]
        self._now_s, self._seen, self.n_waiting = now_s, set(), 0

    def is_complete(self, root: str, file: ScannedFile) -> bool:
        """Whether a file of this look is complete."""
        key = (root, file.path_bytes)
        self._seen.add(key)
        size, mtime_ns, since = self._since.get(key, (-1, -1, 0.0))
        if (size, mtime_ns) != (file.size, file.mtime_ns):
            since = self._now_s
            self._since[key] = (file.size, file.mtime_ns, since)
        patience = 1.0 if file.size else EMPTY_PATIENCE
        complete = self._now_s - since >= self._settle_s * patience
        self.n_waiting += not complete
        return complete


@dataclass(frozen=True)
class Look:
    """What one look did.

    n_waiting: files that are not complete yet; n_processed: photos; n_pending: photos left, because
    another process works on the run or something went wrong; herd_id: the new herd, where one is
    shown; problems: sentences.
    """

    n_added: int
    n_waiting: int
    n_processed: int
    n_pending: int
    herd_id: str | None
    problems: tuple[str, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to do until something comes."""
        return not (self.n_waiting or self.n_pending or self.problems)


class Watcher:
    """Looks at folders and mailboxes; `look` is one step and may be called at any time."""

    def __init__(
        self,
        workspace: Workspace,
        folders: Sequence[Path],
        models: Models,
        settings: Settings,
        stop: threading.Event | None = None,
    ) -> None:
        self._workspace, self._folders = workspace, [folder.resolve() for folder in folders]
        self._models, self._settings = models, settings
        self._stop = stop or threading.Event()
        self._arrivals = Arrivals(settings.ops.settle_s)
        self._changed_at: float | None = None  # since when the herd lacks photos
        self._lookout = Lookout(workspace)
        self._mail_due_s: dict[str, float] = {}

    def look(self, now_s: float) -> Look:
        """Add, process, identify. Only what makes every further look useless is raised."""
        problems: list[str] = []
        n_added = self._fetch(now_s, problems) + self._add(now_s, problems)
        n_processed, run_id = self._process(problems)
        if n_processed and self._changed_at is None:
            self._changed_at = now_s
        n_pending = count_pending(self._workspace, run_id) if run_id else 0
        herd_id = self._identify(now_s, run_id, n_pending, problems)
        if herd_id is not None:
            problems += self._lookout.tell()
        return Look(
            n_added, self._arrivals.n_waiting, n_processed, n_pending, herd_id, tuple(problems)
        )

    def _fetch(self, now_s: float, problems: list[str]) -> int:
        """Take in what came by mail, of each mailbox when it is due; how many files."""
        n_added = 0
        try:
            boxes = mailboxes(self._workspace.root)
        except ThumperError as error:
            problems.append(str(error))
            return 0
        for name, box in boxes.items():
            if self._stop.is_set() or now_s < self._mail_due_s.get(name, now_s):
                continue
            self._mail_due_s[name] = now_s + box.every_s
            try:
                fetched, added = take_mail(self._workspace, name, stop=self._stop)
            except ThumperError as error:
                problems.append(str(error))
                continue
            n_added += added.n_new + added.n_changed if added else 0
            problems += [fetched.problem] if fetched.problem else []
        return n_added

    def _add(self, now_s: float, problems: list[str]) -> int:
        self._arrivals.begin(now_s)
        n_added = 0
        for folder in self._folders:
            if is_away(str(folder)):
                # Adding it would mark every photo on it as gone.
                problems.append(f"{folder} is not there, or is empty; waiting for it.")
                continue
            try:
                summary = add_paths(
                    self._workspace, [folder], is_complete=self._arrivals.is_complete
                )
                n_added += summary.n_new + summary.n_changed
            except ThumperError as error:
                problems.append(str(error))
        return n_added

    def _process(self, problems: list[str]) -> tuple[int, str | None]:
        """(photos processed, the run) - in the shown run where the models are the same."""
        models, settings, ledger = self._models, self._settings, self._workspace.ledger
        shown = ledger.promoted("run")
        run_id: str | None
        print_of = fingerprint(models.detector, models.embedder, settings)
        if shown is not None and ledger.run(shown).fingerprint == print_of:
            target, run_id = Target(into=shown), shown
            if not count_pending(self._workspace, shown):
                return 0, shown
        else:
            found = ledger.find_run(print_of)
            target, run_id = Target(), found.run_id if found else None
            if run_id is not None and not count_pending(self._workspace, run_id):
                return 0, run_id
        try:
            summary = run(
                self._workspace,
                models.detector,
                models.embedder,
                settings=settings,
                meanings=models.meanings,
                target=target,
                stop=self._stop,
            )
        except RunBusyError:
            return 0, run_id
        except ThumperError as error:
            problems.append(str(error))
            return 0, run_id
        return summary.progress.done, summary.run_id

    def _identify(
        self, now_s: float, run_id: str | None, n_pending: int, problems: list[str]
    ) -> str | None:
        """Bring the herd up to date when it pays: at rest, or after long enough without a rest."""
        if run_id is None or self._changed_at is None or self._stop.is_set():
            return None
        at_rest = not self._arrivals.n_waiting and not n_pending
        if not at_rest and now_s - self._changed_at < IDENTIFY_EVERY_S:
            return None
        if n_pending:  # an incomplete run is never shown
            return None
        try:
            grown = grow_checked(self._workspace, run_id, self._settings)
            if grown.is_done:
                self._changed_at = None
                return grown.applied.herd_id if grown.applied else None
            herd, failed = identify_checked(self._workspace, run_id, self._settings)
        except ThumperError as error:
            problems.append(str(error))
            return None
        self._changed_at = None
        if herd.is_promoted:
            if not herd.summary.counts.n_individuals:
                why = why_no_deer(self._workspace, run_id=run_id)
                problems += [why.sentence] if why else []
            return herd.herd_id
        reasons = " ".join(anomaly.message for anomaly in failed)
        text = f"The new herd was not shown: {reasons} `thumper reprocess --force` shows it."
        notify(self._settings.ops, "watch rejected", text)
        problems.append(text)
        return None


def watch(
    watcher: Watcher,
    folders: Sequence[Path],
    settings: Settings,
    stop: threading.Event,
    on_look: Callable[[Look], None],
) -> None:
    """Look whenever something stirs, and every `poll_s` anyway, until `stop` is set."""
    stirred = threading.Event()
    local = [folder for folder in folders if not is_network(folder)]
    if local:
        thread = threading.Thread(target=_listen, args=(local, stirred, stop), daemon=True)
        thread.start()
    while not stop.is_set():
        stirred.clear()
        look = watcher.look(time.monotonic())
        on_look(look)
        if stop.is_set():
            return
        if look.is_quiet:
            _wait(stirred, stop, settings.ops.poll_s)
        # A file must stand still for a while anyway: looking more often would find nothing.
        _wait(stop, stop, max(settings.ops.settle_s / 2, 0.1))


def is_network(folder: Path) -> bool:
    """Whether a folder lies on a drive of another machine, which sends no events of its changes."""
    best = ("", "")
    for part in psutil.disk_partitions(all=True):
        inside = folder.resolve() == Path(part.mountpoint) or Path(part.mountpoint) in (
            folder.resolve().parents
        )
        if inside and len(part.mountpoint) >= len(best[0]):
            best = (part.mountpoint, part.fstype)
    return best[1].lower() in _NETWORK


def _listen(folders: Sequence[Path], stirred: threading.Event, stop: threading.Event) -> None:
    """Set `stirred` at every change. Where the system gives no notice, polling has to do."""
    from watchfiles import watch as changes

    present = [folder for folder in folders if folder.is_dir()]
    try:
        for _ in changes(*present, stop_event=stop, debounce=500, raise_interrupt=False):
            stirred.set()
    except OSError:  # too many watches, or a folder that went: the looks go on
        return


def _wait(event: threading.Event, stop: threading.Event, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not event.is_set() and not stop.is_set():
        left = deadline - time.monotonic()
        if left <= 0:
            return
        event.wait(min(left, 0.5))
