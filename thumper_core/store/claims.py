"""Who may write into a run: the job that claimed it last.

A job's number grows with every claim, and a claim that was taken over is no longer `running`. So a
process that slept through the loss of its claim is stopped by the one question below, asked inside
the transaction that would make its work count.
"""

from __future__ import annotations

import sqlite3

from thumper_core.contracts import ThumperError


class LostClaimError(ThumperError):
    """Another job took the run over; what this one had committed before stays."""


def require_claim(connection: sqlite3.Connection, job_id: int) -> None:
    """Raise LostClaimError, naming who took over, where the job no longer holds its run.

    connection: inside the transaction whose effect depends on the claim.
    """
    row = connection.execute(
        "select run_id, state from jobs where job_id = ?", (job_id,)
    ).fetchone()
    if row is not None and row[1] == "running":
        return
    run_id = row[0] if row else None
    taker = connection.execute(
        "select job_id, pid, host, started_at from jobs where run_id is ? and job_id > ? "
        "order by job_id limit 1",
        (run_id, job_id),
    ).fetchone()
    if taker is None:
        raise LostClaimError(
            f"Job {job_id} no longer works on run {run_id}: it was closed meanwhile. What it had "
            "committed is kept; repeat the command, and it goes on from there."
        )
    raise LostClaimError(
        f"Job {taker[0]} (process {taker[1]} on {taker[2]}) took run {run_id} over at "
        f"{taker[3][:19]} UTC, because job {job_id} had given no sign of life. Nothing is lost: what "
        "this one had committed is kept, and that one does the rest. `thumper jobs` shows it."
    )
