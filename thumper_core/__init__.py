"""Thumper: from a season of trail-camera photos to a herd of known deer.

The package computes; it never imports Streamlit or IPython. A notebook usually needs one name::

    from thumper_core import Workspace
    Workspace.open("data").sql("select camera, count(*) from photos group by camera")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Workspace", "__version__"]

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


def __getattr__(name: str) -> object:
    """Load `Workspace` on first use, so that `import thumper_core` stays instant."""
    if name == "Workspace":
        from thumper_core.workspace import Workspace

        return Workspace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
