// What stands over the points of a Plotly map elsewhere on the page: names of groups where they do not
// cover each other, and, when few enough points are in sight, their pictures.
// data: chart (class of the chart's container), names [{x, y, text}] the largest first, most (pictures),
// pictures {id: data URL} of those that were asked for last. Trigger: near (customdata of points).
const WAIT_MS = 250; // a map that still moves asks for nothing
const SIDE = 56;
const KEPT = 600;

export default function ({ data, parentElement, setTriggerValue }) {
  const state = (parentElement.near ??= { known: new Map(), asked: new Set(), timer: 0, chart: null, layer: null });
  state.data = data;
  state.ask = (ids) => setTriggerValue("near", ids);
  state.probe ??= parentElement.appendChild(Object.assign(document.createElement("i"), { className: "near" }));
  state.style = getComputedStyle(state.probe); // the page's colours, which the chart does not know
  for (const [id, url] of Object.entries(data.pictures ?? {})) {
    state.known.set(id, url);
    if (state.known.size > KEPT) {
      const oldest = state.known.keys().next().value;
      state.known.delete(oldest);
      state.asked.delete(oldest); // it can be asked for again
    }
  }
  const attach = () => {
    const chart = document.querySelector(`.${CSS.escape(data.chart)} .js-plotly-plot`);
    if (!chart || !chart.on || !chart._fullLayout?.xaxis) return;
    if (chart !== state.chart) {
      state.chart = chart;
      for (const event of ["plotly_relayout", "plotly_relayouting", "plotly_afterplot"]) {
        chart.on(event, () => later(state));
      }
    }
    if (!state.layer?.isConnected || state.layer.parentElement !== chart) {
      state.layer?.remove();
      state.layer = document.createElement("div");
      state.layer.className = "map-layer";
      state.layer.setAttribute("aria-hidden", "true"); // the panel beside the map says it all in words
      chart.append(state.layer);
    }
    later(state);
  };
  attach();
  const timer = setInterval(() => { if (!state.layer?.isConnected) attach(); }, 500);
  return () => {
    clearInterval(timer);
    clearTimeout(state.timer);
    state.layer?.remove();
  };
}

function later(state) {
  if (state.frame) return;
  state.frame = requestAnimationFrame(() => {
    state.frame = 0;
    draw(state);
  });
}

function draw(state) {
  const { chart, layer, data } = state;
  const { xaxis, yaxis } = chart._fullLayout;
  if (!layer || !xaxis || !yaxis) return;
  Object.assign(layer.style, {
    position: "absolute", left: `${xaxis._offset}px`, top: `${yaxis._offset}px`, width: `${xaxis._length}px`,
    height: `${yaxis._length}px`, overflow: "hidden", pointerEvents: "none", zIndex: 5,
  });
  const at = (x, y) => [xaxis.l2p(x), yaxis.l2p(y)];
  const inside = ([x, y]) => x >= 0 && y >= 0 && x <= xaxis._length && y <= yaxis._length;
  const taken = [];
  const free = (box) => taken.every((o) => box[2] <= o[0] || box[0] >= o[2] || box[3] <= o[1] || box[1] >= o[3]);
  layer.replaceChildren();
  for (const name of data.names) {
    const place = at(name.x, name.y);
    if (!inside(place)) continue;
    const label = text(state, name.text);
    layer.append(label);
    const [w, h] = [label.offsetWidth, label.offsetHeight];
    const left = Math.min(Math.max(place[0] - w / 2, 0), xaxis._length - w);
    const top = Math.min(Math.max(place[1] - h - 6, 0), yaxis._length - h);
    const box = [left, top, left + w, top + h];
    if (!free(box)) {
      label.remove();
      continue;
    }
    taken.push(box);
    label.style.left = `${left}px`;
    label.style.top = `${top}px`;
  }
  const near = inSight(chart, at, inside, data.most);
  clearTimeout(state.timer);
  if (!near) return;
  for (const { id, place } of near) {
    const url = state.known.get(id);
    const box = [place[0] - SIDE / 2, place[1] - SIDE / 2, place[0] + SIDE / 2, place[1] + SIDE / 2];
    if (!url || !free(box)) continue; // stays a point
    taken.push(box);
    const picture = document.createElement("img");
    picture.src = url;
    picture.alt = "";
    Object.assign(picture.style, {
      position: "absolute", left: `${box[0]}px`, top: `${box[1]}px`, width: `${SIDE}px`, height: `${SIDE}px`,
      objectFit: "cover", borderRadius: "6px", border: `2px solid ${state.style.getPropertyValue("--st-primary-color") || "#888"}`,
    });
    layer.prepend(picture); // below the names
  }
  const missing = near.map((one) => one.id).filter((id) => !state.known.has(id) && !state.asked.has(id));
  if (missing.length) {
    state.timer = setTimeout(() => {
      for (const id of missing) state.asked.add(id);
      state.ask(missing);
    }, WAIT_MS);
  }
}

// The points in sight, or null where they are more than `most`.
function inSight(chart, at, inside, most) {
  const found = new Map();
  for (const trace of chart._fullData) {
    if (trace.visible !== true || !trace.customdata) continue;
    for (let i = 0; i < trace.x.length; i++) {
      const id = trace.customdata[i];
      const place = at(trace.x[i], trace.y[i]);
      if (!id || !inside(place)) continue;
      found.set(id, { id, place });
      if (found.size > most) return null;
    }
  }
  return [...found.values()];
}

function text(state, words) {
  const label = document.createElement("span");
  label.textContent = words;
  Object.assign(label.style, {
    position: "absolute", font: `600 12px ${state.style.getPropertyValue("--st-font") || "sans-serif"}`,
    color: state.style.getPropertyValue("--st-text-color"), background: state.style.getPropertyValue("--st-background-color"),
    opacity: 0.8, padding: "0 4px", borderRadius: "4px", whiteSpace: "nowrap",
  });
  return label;
}
