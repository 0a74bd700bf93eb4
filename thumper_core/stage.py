"""What all sections of the settings have in common: frozen, unknown keys refused, and a fingerprint."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Stage(BaseModel):
    """Base of the stage settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def fingerprint(self) -> str:
        """Hash of the settings: 16 hex digits, the same for equal values in any process."""
        return digest(self.model_dump(mode="json"))


def digest(value: Any) -> str:
    """16 hex digits of the BLAKE2b hash of `value` as canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
