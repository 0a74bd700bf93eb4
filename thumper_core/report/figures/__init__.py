"""One function per figure: plain tables or arrays in, a Plotly figure out.

Text that people wrote (names of deer and cameras) is escaped, because Plotly reads tags in labels.
Figures carry the light template; `figure.update_layout(template=theme.template("dark"))` turns one.
"""

from thumper_core.report.figures.deer_habits import ground_map, hours, lights, ratios
from thumper_core.report.figures.habits import company, visit_rate, ways, ways_map
from thumper_core.report.figures.herd import (
    accumulation,
    activity_by_hour,
    photos_per_camera,
    sightings_timeline,
)
from thumper_core.report.figures.identity import clusters, roc, similarity_histogram
from thumper_core.report.figures.methods import accumulation_curve, heatmap, intervals, reliability
from thumper_core.report.figures.pages import calendar, camera_map, visits_by_camera
from thumper_core.report.figures.plotting import chance_text, empty, escape, escaped, finish, short
from thumper_core.report.figures.survey import STATE_NAME, days_of_cameras
from thumper_core.report.figures.thresholds import sweep

__all__ = [
    "STATE_NAME",
    "accumulation",
    "accumulation_curve",
    "activity_by_hour",
    "calendar",
    "camera_map",
    "chance_text",
    "clusters",
    "company",
    "days_of_cameras",
    "empty",
    "escape",
    "escaped",
    "finish",
    "ground_map",
    "heatmap",
    "hours",
    "intervals",
    "lights",
    "photos_per_camera",
    "ratios",
    "reliability",
    "roc",
    "short",
    "sightings_timeline",
    "similarity_histogram",
    "sweep",
    "visit_rate",
    "visits_by_camera",
    "ways",
    "ways_map",
]
