"""The ledger's herds and individuals, and which run and herd are shown (promoted)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from thumper_core.store.claims import require_claim
from thumper_core.store.ledger_file import LedgerFile, next_count
from thumper_core.store.records import HerdRow, now_text

if TYPE_CHECKING:
    from thumper_core.store.herd_summary import HerdSummary


NOTHING: Final = ""
"""Shown where an import was taken back and nothing was before it."""
_PLAIN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,39}")
_OURS: Final = re.compile(r"deer-(\d{1,9})")


class HerdRows(LedgerFile):
    """The tables `herds`, `individuals` and `pointers`."""

    def promoted(self, kind: str) -> str | None:
        """The run or herd (`kind`) that is shown; None where there is none yet."""
        shown = self.promotions(kind)
        return shown[-1] if shown else None

    def promotions(self, kind: str) -> list[str]:
        """Every run or herd that was shown since none was, in order; the last one is shown now."""
        with self.reading() as c:
            query = "select target from pointers where kind = ? order by change_id"
            shown = [str(row[0]) for row in c.execute(query, (kind,))]
        since = len(shown) - shown[::-1].index(NOTHING) if NOTHING in shown else 0
        return shown[since:]

    def promote(
        self, targets: dict[str, str], reason: str = "", *, claim: int | None = None
    ) -> None:
        """Point kinds (`run`, `herd`) at targets, all in one step; claim: as `set_run_state`."""
        with self.transaction() as c:
            if claim is not None:
                require_claim(c, claim)
            c.executemany(
                "insert into pointers (kind, target, set_at, reason) values (?,?,?,?)",
                [(kind, target, now_text(), reason) for kind, target in targets.items()],
            )

    def reserve_herd_id(self) -> str:
        """A herd ID that was never given before."""
        with self.transaction() as c:
            return f"h{next_count(c, 'herd'):04d}"

    def add_herd(
        self,
        herd_id: str,
        run_id: str,
        method: str,
        threshold: float | None,
        summary: HerdSummary,
        individuals: Sequence[dict[str, Any]],
        *,
        promote: bool,
        instead_of: str | None = None,
    ) -> bool:
        """Record a herd whose shard is in the lake, its individuals and its promotion, in one step.

        individuals: `individual_id, sex, age_class` of those in the herd; names and notes that an
        individual has already stay. instead_of: the herd that has to be shown still; False, and
        nothing is recorded, where another process showed one meanwhile.
        """
        with self.transaction() as c:
            query = (
                "select target from pointers where kind = 'herd' order by change_id desc limit 1"
            )
            shown = c.execute(query).fetchone()
            if instead_of is not None and (shown is None or shown[0] != instead_of):
                return False
            c.execute(
                "insert into herds values (?,?,?,?,?,?)",
                (herd_id, run_id, method, threshold, json.dumps(summary.to_json()), now_text()),
            )
            c.executemany(
                "insert into individuals (individual_id, sex, age_class, status, created_at) "
                "values (:individual_id, :sex, :age_class, 'alive', :now) on conflict "
                "(individual_id) do update set sex = excluded.sex, age_class = excluded.age_class",
                [{**row, "now": now_text()} for row in individuals],
            )
            if promote:
                c.executemany(
                    "insert into pointers (kind, target, set_at, reason) values (?,?,?,?)",
                    [
                        ("run", run_id, now_text(), "identify"),
                        ("herd", herd_id, now_text(), "identify"),
                    ],
                )
            return True

    def herds(self) -> list[HerdRow]:
        """Every herd, oldest first."""
        with self.reading() as c:
            rows = c.execute("select * from herds order by herd_id").fetchall()
        return [HerdRow.from_sql(row) for row in rows]

    def herd(self, herd_id: str) -> HerdRow | None:
        """One herd, or None."""
        with self.reading() as c:
            row = c.execute("select * from herds where herd_id = ?", (herd_id,)).fetchone()
        return HerdRow.from_sql(row) if row else None

    def promoted_herd(self) -> HerdRow | None:
        """The promoted herd, or None."""
        return self.herd(self.promoted("herd") or "")

    def add_individuals(self, wanted: Sequence[str | None]) -> list[str]:
        """Make individuals before a herd holds them, and return their IDs, in order.

        wanted: the ID that each has elsewhere; it gets that where it is plain and was never given,
        else the next number.
        """
        with self.transaction() as c:
            taken = {str(row[0]) for row in c.execute("select individual_id from individuals")}
            given = []
            for who in wanted:
                new = who if who and _PLAIN.fullmatch(who) and who not in taken else None
                given.append(new or _next_id(taken))
                taken.add(given[-1])
            c.executemany(
                "insert into individuals (individual_id, sex, age_class, status, created_at) "
                "values (?, 'unknown', 'unknown', 'alive', ?)",
                [(who, now_text()) for who in given],
            )
        return given

    def individual_ids(self) -> list[str]:
        """Every individual ID that was ever given."""
        with self.reading() as c:
            rows = c.execute("select individual_id from individuals order by individual_id")
            return [r[0] for r in rows]


def is_our_id(text: str) -> bool:
    """Whether a text is an ID as this program gives it."""
    return _OURS.fullmatch(text) is not None


def _next_id(taken: Collection[str]) -> str:
    """The ID that follows every one that was given."""
    numbers = (_OURS.fullmatch(who) for who in taken)
    return f"deer-{max((int(n[1]) for n in numbers if n), default=0) + 1:03d}"
