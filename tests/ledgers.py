"""What tests put into a ledger as it stands there, past the pages and commands that write it."""

from __future__ import annotations

from typing import Any

from thumper_core.store import chain
from thumper_core.store.ledger import Ledger


def add_decision(
    ledger: Ledger, kind: str, subject: str, payload: dict[str, Any], author: str
) -> int:
    """Append a decision, whether it makes sense or not; its number."""
    with ledger.transaction() as c:
        return chain.append(c, kind, subject, payload, author)
