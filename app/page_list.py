"""The pages in the order of the menu: name in the address, title, icon."""

from __future__ import annotations

PAGES = (
    ("new", "New", "fiber_new"),
    ("overview", "Overview", "dashboard"),
    ("herd", "Herd", "groups"),
    ("photos", "Photos", "photo_library"),
    ("review", "Review", "rule"),
    ("process", "Process", "sync"),
    ("tune", "Tune re-ID", "tune"),
    ("clusters", "Clusters", "bubble_chart"),
    ("reports", "Reports", "summarize"),
    ("settings", "Settings", "settings"),
    ("health", "Health", "monitor_heart"),
    ("help", "Help", "help"),
)
