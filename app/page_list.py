"""The pages in the order of the menu: name in the address, title, icon."""

from __future__ import annotations

from thumper_core import mark

PAGES = (
    ("new", mark("New"), "fiber_new"),
    ("overview", mark("Overview"), "dashboard"),
    ("herd", mark("Herd"), "groups"),
    ("photos", mark("Photos"), "photo_library"),
    ("review", mark("Review"), "rule"),
    ("years", mark("Years"), "calendar_month"),
    ("survey", mark("Survey"), "analytics"),
    ("habits", mark("Habits"), "schedule"),
    ("process", mark("Process"), "sync"),
    ("tune", mark("Tune re-ID"), "tune"),
    ("clusters", mark("Clusters"), "bubble_chart"),
    ("reports", mark("Reports"), "summarize"),
    ("settings", mark("Settings"), "settings"),
    ("health", mark("Health"), "monitor_heart"),
    ("help", mark("Help"), "help"),
)
