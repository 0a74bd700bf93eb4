"""Placeholder."""
import ui
def page() -> None:
    ui.header("review")
