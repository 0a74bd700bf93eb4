"""Streamlit's server, with what nearly every page needs imported before its port opens.

Who opens the first page after a start then waits for the page alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

NEEDED: Final = (
    "duckdb",
    "plotly.graph_objects",
    "polars",
    "thumper_core.questions.overview",
    "thumper_core.questions.tables",
    "thumper_core.views.session",
    "thumper_core.work.launches",
)


def main() -> None:
    """Import, then serve as the command line says."""
    for name in NEEDED:
        import_module(name)
    from streamlit.web.cli import main as streamlit

    streamlit(prog_name="streamlit")


if __name__ == "__main__":
    main()
