"""Where the points of a Plotly scatter lie on the page, asked of the browser that drew them."""

from __future__ import annotations

COUNT = (
    "() => document.querySelector('.js-plotly-plot')._fullData.reduce((n, t) => n + t.x.length, 0)"
)
# Page coordinates of a point of the largest trace, by its share of the trace's length (0 up to 1).
POINT = """share => {
    const plot = document.querySelector('.js-plotly-plot'), layout = plot._fullLayout;
    const trace = plot._fullData.reduce((a, b) => (b.x.length > a.x.length ? b : a));
    const box = plot.getBoundingClientRect();
    const at = (axis, value) => axis._offset + axis.l2p(value);
    const i = Math.floor(trace.x.length * share);
    return [box.x + at(layout.xaxis, trace.x[i]), box.y + at(layout.yaxis, trace.y[i])];
}"""
