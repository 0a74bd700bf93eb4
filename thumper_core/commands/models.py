"""`models list|pull|verify|add` and `train detector`."""

from __future__ import annotations

import typer

