"""The rendered demo herd: trail-camera photos of deer whose identity is known.

``DemoPlan``, ``DemoSummary`` and ``render_demo`` are loaded when they are first asked for, as they
bring OpenCV along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .plan import DemoPlan
    from .render import DemoSummary, render_demo

__all__ = ["DemoPlan", "DemoSummary", "render_demo"]


def __getattr__(name: str) -> Any:
    if name == "DemoPlan":
        from .plan import DemoPlan

        return DemoPlan
    if name in ("DemoSummary", "render_demo"):
        from . import render

        return getattr(render, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
