// The picture of the point under the pointer, beside a Plotly chart elsewhere on the page.
// data: chart (class of the chart's container), card {id, picture (data URL), title, text} or null: the
// answer to the last question. Trigger: asked (customdata of a point). A picture is asked for once.
const WAIT_MS = 90; // a pointer that only passes by asks for nothing
const KEPT = 400;
const GAP = 18;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement;
  const state = (root.state ??= { known: new Map(), card: build(root), at: null, chart: null, timer: 0 });
  state.ask = (id) => setTriggerValue("asked", id);
  if (data.card) {
    state.known.set(data.card.id, data.card);
    if (state.known.size > KEPT) state.known.delete(state.known.keys().next().value);
    if (state.at?.id === data.card.id) show(state, data.card);
  }
  const attach = () => {
    const chart = document.querySelector(`.${CSS.escape(data.chart)} .js-plotly-plot`);
    if (chart && chart !== state.chart && chart.on) {
      state.chart = chart;
      chart.on("plotly_hover", (event) => hover(state, event));
      chart.on("plotly_unhover", () => leave(state));
      chart.addEventListener("mouseleave", () => leave(state));
    }
  };
  attach();
  // The chart is drawn after this part, and anew when its colours change.
  const timer = setInterval(attach, 500);
  return () => {
    clearInterval(timer);
    leave(state);
  };
}

function build(root) {
  const card = document.createElement("div");
  card.className = "card";
  card.hidden = true;
  const picture = document.createElement("img");
  picture.alt = "";
  card.append(picture, document.createElement("b"), document.createElement("span"));
  root.append(card);
  return card;
}

function hover(state, { points, event }) {
  const custom = points?.[0]?.customdata;
  const id = Array.isArray(custom) ? custom[0] : custom;
  if (!id) return;
  clearTimeout(state.timer);
  state.at = { id, x: event.clientX, y: event.clientY };
  const known = state.known.get(id);
  if (known) show(state, known);
  else {
    state.card.hidden = true;
    state.timer = setTimeout(() => state.ask(id), WAIT_MS);
  }
}

function leave(state) {
  clearTimeout(state.timer);
  state.at = null;
  state.card.hidden = true;
}

function show(state, { picture, title, text }) {
  const [img, heading, line] = state.card.children;
  if (img.src !== picture) img.src = picture;
  heading.textContent = title;
  line.textContent = text;
  state.card.hidden = false;
  const area = state.card.getBoundingClientRect();
  const { x, y } = state.at;
  // Beside the pointer, on whichever side there is room.
  const left = x + GAP + area.width < window.innerWidth ? x + GAP : x - GAP - area.width;
  const top = Math.min(Math.max(y - area.height / 2, 8), window.innerHeight - area.height - 8);
  state.card.style.left = `${Math.max(left, 8)}px`;
  state.card.style.top = `${top}px`;
}
