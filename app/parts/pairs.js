// Pairs of pictures, each asked as "one deer or two?". The next ones are here, decoded, before they are
// needed: a key shows the next pair at once, and the answer goes to the server behind it.
// data: questions [{id, what, more, sides [{picture, title, text, beside [{id, picture, text}]}] of two}], in
// the order to ask them; pending (better ones are on their way); heard {sitting: number of the last
// answer that the server has}; editable; last (what Undo takes back when nothing was said here);
// visits {id, sides [{title, more, pictures [{picture, text}]}]} or null; matches {id, picture (or null), text} or null.
// State: said {sitting, answers [{n, id, say, odd}]}: those that the server has not confirmed, so that none
// is lost when keys are faster than it; a number is never taken twice; visits, matches: of which pair they
// are asked for. Trigger: look. Of several triggers the server may hear only the last, so nothing else is one.
const VERDICTS = { s: "same", d: "different", u: "unknowable" };
const LABELS = [
  ["same", "Same", "S", "main"], ["different", "Different", "D", "main"], ["unknowable", "Can't tell", "U", ""],
  ["next", "Next", "N", ""], ["undo", "Undo", "Z", ""],
];
const LOOK_MS = 400;
const REMEMBERED = 60;
const ZOOM_MAX = 8;

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const state = (parentElement.state ??= build(parentElement));
  state.send = (answers) => setStateValue("said", { sitting: state.sitting, answers });
  state.ask = (what, id) => setStateValue(what, id);
  state.data = data;
  const heard = data.heard[state.sitting] ?? 0;
  state.said = state.said.filter((answer) => answer.n > heard);
  // What the server has heard is in its list, or is not, by what came of it.
  for (const [id, n] of state.done) if (n <= heard) state.done.delete(id);
  for (const question of data.questions) load(state, question);
  if (!state.shown) show(state, next(state));
  else draw(state);
  // Also where the server has not said for long that it heard the last answer: it is asked again.
  state.look = data.pending || state.said.length ? () => setTriggerValue("look", (state.looks += 1)) : null;
  const call = (state.calls += 1);
  listen(state);
  return () => call === state.calls && rest(state);
}

// One listener and one timer, however often the server has something new and in whatever order the page
// takes the part away and puts it back.
function listen(state) {
  document.addEventListener("keydown", state.onKey);
  state.timer ||= setInterval(() => {
    if (!state.root.isConnected) rest(state);
    else state.look?.();
  }, LOOK_MS);
}

function rest(state) {
  document.removeEventListener("keydown", state.onKey);
  clearInterval(state.timer);
  state.timer = 0;
}

// --- what is asked, and what was said -----------------------------------------------------------

function load(state, question) {
  if (state.known.has(question.id)) return;
  for (const side of question.sides) {
    side.image = image(side.picture);
    for (const one of side.beside) one.image = image(one.picture);
  }
  state.known.set(question.id, question);
  if (state.known.size > REMEMBERED) state.known.delete(state.known.keys().next().value);
}

function image(source) {
  const made = new Image();
  made.alt = "";
  made.draggable = false;
  made.src = source;
  made.decode().catch(() => {}); // a picture that cannot be read is shown as such
  return made;
}

function next(state) {
  const found = state.data.questions.find(({ id }) => !state.done.has(id));
  return found ? state.known.get(found.id) ?? found : null;
}

function say(state, what, odd = null) {
  if (!state.data.editable) return;
  const undone = what === "undo" ? state.history.pop() : null;
  if (what === "undo" && !undone && !state.data.last) return;
  if (what !== "undo" && !state.shown) return;
  const id = what === "undo" ? undone?.question.id ?? null : state.shown.id;
  const answer = { n: (state.n += 1), id, say: what, odd: what === "undo" ? undone?.odd ?? null : odd };
  state.said.push(answer);
  if (what === "odd") {
    state.history.push({ question: state.shown, odd });
    state.marked.add(odd);
    draw(state);
  } else if (what === "undo") {
    if (undone?.odd) state.marked.delete(undone.odd);
    if (undone) {
      state.done.delete(id);
      show(state, undone.question);
    }
  } else {
    if (what !== "next") state.history.push({ question: state.shown, odd: null });
    if (state.history.length > REMEMBERED) state.history.shift();
    state.done.set(id, answer.n);
    show(state, next(state));
  }
  // After the next pair is drawn: the page does not wait for the wire.
  setTimeout(() => state.send(state.said), 0);
}

// --- what is shown ------------------------------------------------------------------------------

function show(state, question) {
  if (question !== state.shown) Object.assign(state, { shown: question, view: { s: 1, x: 0, y: 0 }, visits: false, matches: false });
  draw(state);
}

function draw(state) {
  const { shown, data, root } = state;
  root.classList.toggle("empty", !shown);
  const ahead = data.questions.filter(({ id }) => id !== shown?.id && !state.done.has(id)).length;
  Object.assign(root.dataset, { shown: shown?.id ?? "", ahead, unheard: state.said.length });
  state.what.textContent = shown?.what ?? "";
  state.more.textContent = shown ? shown.more : data.pending ? "Looking for the next pair …" : data.nothing;
  for (const [index, pane] of state.panes.entries()) {
    const side = shown?.sides[index];
    if (pane.side !== side) {
      pane.side = side;
      pane.frame.replaceChildren(...(side ? [side.image] : []));
      pane.title.textContent = side?.title ?? "";
      pane.text.textContent = side?.text ?? "";
      pane.beside.replaceChildren(...(side?.beside ?? []).map((one) => besideOf(state, one)));
      pane.note.hidden = !side?.beside.length;
    }
    for (const button of pane.beside.querySelectorAll("button")) {
      button.disabled = !data.editable || state.marked.has(button.dataset.id);
      button.textContent = state.marked.has(button.dataset.id) ? "Noted" : "Another deer";
    }
  }
  for (const [what, button] of Object.entries(state.buttons)) {
    button.disabled = !data.editable || (what === "undo" ? !state.history.length && !data.last : !shown);
  }
  state.buttons.undo.title = data.last && !state.history.length ? `Takes back what you decided last: ${data.last}.` : "";
  state.seen.hidden = !shown;
  state.seen.firstChild.textContent = state.visits ? "Hide the visits" : "Every visit";
  state.why.hidden = !shown;
  state.why.firstChild.textContent = state.matches ? "Hide what matches" : "What matches";
  drawVisits(state);
  drawMatches(state);
  move(state);
}

function besideOf(state, one) {
  const made = element("figure", "");
  const button = element("button", "odd", "Another deer");
  button.dataset.id = one.id;
  button.onclick = () => say(state, "odd", one.id);
  made.append(one.image, element("figcaption", "", one.text), button);
  return made;
}

function drawVisits(state) {
  const { shown, data } = state;
  const found = state.visits && shown && data.visits?.id === shown.id ? data.visits : null;
  state.all.hidden = !state.visits || !shown;
  if (state.all.hidden || state.all.drawn === found) return;
  state.all.drawn = found;
  state.all.replaceChildren(
    ...(found?.sides ?? [{ title: "Looking for the visits …", more: "", pictures: [] }]).map((side) => {
      const made = element("section", "");
      const row = element("div", "row");
      for (const one of side.pictures) {
        const figure = element("figure", "");
        figure.append(image(one.picture), element("figcaption", "", one.text));
        row.append(figure);
      }
      made.append(element("h4", "", side.title), row, element("p", "", side.more));
      return made;
    }),
  );
}

function drawMatches(state) {
  const { shown, data } = state;
  const found = state.matches && shown && data.matches?.id === shown.id ? data.matches : null;
  state.lines.hidden = !state.matches || !shown;
  if (state.lines.hidden || state.lines.drawn === found) return;
  state.lines.drawn = found;
  state.lines.replaceChildren(
    ...(found?.picture ? [image(found.picture)] : []),
    element("p", "", found?.text ?? "Looking for what matches …"),
  );
}

// What is shown only where somebody asks: "visits" or "matches".
function more(state, what) {
  if (!state.shown) return;
  state[what] = !state[what];
  if (state[what] && state.data[what]?.id !== state.shown.id) state.ask(what, state.shown.id);
  draw(state);
}

// --- zoom, pan and light, of both at once -------------------------------------------------------

function move(state) {
  const { view, root } = state;
  view.x = Math.min(0, Math.max(view.x, 1 - view.s));
  view.y = Math.min(0, Math.max(view.y, 1 - view.s));
  root.style.setProperty("--zoom", view.s);
  root.style.setProperty("--x", `${view.x * 100}%`);
  root.style.setProperty("--y", `${view.y * 100}%`);
  root.classList.toggle("zoomed", view.s > 1);
}

// at: [x, y] in the frame, 0 to 1: what is there stays there.
function zoom(state, factor, [x, y]) {
  const { view } = state;
  const s = Math.min(Math.max(view.s * factor, 1), ZOOM_MAX);
  view.x = x - ((x - view.x) / view.s) * s;
  view.y = y - ((y - view.y) / view.s) * s;
  view.s = s;
  move(state);
}

function within(frame, event) {
  const area = frame.getBoundingClientRect();
  return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height];
}

function follow(state, frame) {
  const down = new Map();
  frame.addEventListener("wheel", (event) => {
    if (state.view.s === 1 && event.deltaY > 0) return; // the page scrolls on
    event.preventDefault();
    zoom(state, Math.exp(-event.deltaY / 300), within(frame, event));
  }, { passive: false });
  frame.addEventListener("dblclick", (event) => {
    zoom(state, state.view.s > 1 ? 1 / ZOOM_MAX : 2.5, within(frame, event));
  });
  frame.addEventListener("pointerdown", (event) => {
    down.set(event.pointerId, within(frame, event));
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const now = within(frame, event);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (at) => Math.hypot(at[0] - other[0], at[1] - other[1]);
      zoom(state, apart(now) / Math.max(apart(before), 0.01), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
    } else if (state.view.s > 1) {
      state.view.x += now[0] - before[0];
      state.view.y += now[1] - before[1];
      move(state);
    }
    down.set(event.pointerId, now);
  });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, (event) => down.delete(event.pointerId));
}

function slider(state, name, label) {
  const made = element("label", "slider", label);
  const input = element("input", "");
  Object.assign(input, { type: "range", min: 0.4, max: 3, step: 0.05, value: 1 });
  input.oninput = () => state.root.style.setProperty(`--${name}`, input.value);
  made.append(input);
  state.sliders.push(input);
  return made;
}

// --- the parts, and the keys --------------------------------------------------------------------

function element(kind, name, text = "") {
  const made = document.createElement(kind);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

function build(parent) {
  const root = element("div", "pairs");
  const state = {
    root, sitting: crypto.randomUUID?.() ?? String(Math.random()), n: 0, looks: 0, said: [], done: new Map(),
    known: new Map(), history: [], marked: new Set(), shown: null, visits: false, matches: false, view: { s: 1, x: 0, y: 0 },
    panes: [], buttons: {}, sliders: [], timer: 0, look: null, calls: 0, what: element("b", ""), more: element("span", ""), all: element("div", "visits"), lines: element("div", "matches"),
  };
  state.onKey = (event) => key(state, event);
  const question = element("p", "question");
  question.setAttribute("aria-live", "polite");
  question.append(state.what, state.more);
  const bar = element("div", "bar");
  for (const [what, label, hint, kind] of LABELS) {
    const button = (state.buttons[what] = element("button", `${what} ${kind}`, label));
    button.append(element("kbd", "", hint));
    button.onclick = () => say(state, what);
    bar.append(button);
  }
  const both = element("div", "both");
  const further = element("div", "further");
  for (const which of ["left", "right"]) {
    const pane = { side: null, frame: element("div", "frame"), title: element("b", ""), text: element("span", "") };
    const figure = element("figure", `pane ${which}`);
    const caption = element("figcaption", "");
    caption.append(pane.title, pane.text);
    figure.append(pane.frame, caption);
    both.append(figure);
    const more = element("div", "held");
    pane.note = element("p", "", `Held to be the same deer as the ${which} one, and least like it:`);
    pane.beside = element("div", "row");
    more.append(pane.note, pane.beside);
    further.append(more);
    state.panes.push(pane);
    follow(state, pane.frame);
  }
  const tools = element("div", "tools");
  const reset = element("button", "plain", "As it was");
  reset.onclick = () => {
    for (const input of state.sliders) input.value = 1;
    for (const name of ["brightness", "contrast"]) root.style.setProperty(`--${name}`, 1);
    state.view = { s: 1, x: 0, y: 0 };
    move(state);
  };
  state.seen = element("button", "plain", "Every visit");
  state.seen.append(element("kbd", "", "V"));
  state.seen.onclick = () => more(state, "visits");
  state.why = element("button", "plain", "What matches");
  state.why.append(element("kbd", "", "M"));
  state.why.onclick = () => more(state, "matches");
  tools.append(slider(state, "brightness", "Brightness"), slider(state, "contrast", "Contrast"), reset, state.seen, state.why);
  root.append(question, bar, both, tools, state.lines, state.all, further);
  parent.append(root);
  return state;
}

function key(state, event) {
  const into = event.composedPath()[0];
  if (!state.root.isConnected) return rest(state);
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(TEXTAREA|SELECT)$/.test(into?.tagName) || into?.isContentEditable) return;
  if (into?.tagName === "INPUT" && into.type !== "range") return;
  if (document.querySelector('[role="dialog"]')) return;
  const pressed = event.key.toLowerCase();
  if (pressed in VERDICTS) say(state, VERDICTS[pressed]);
  else if (pressed === "n") say(state, "next");
  else if (pressed === "z") say(state, "undo");
  else if (pressed === "v") more(state, "visits");
  else if (pressed === "m") more(state, "matches");
  else if (pressed === "+" || pressed === "=") zoom(state, 1.5, [0.5, 0.5]);
  else if (pressed === "-") zoom(state, 1 / 1.5, [0.5, 0.5]);
  else return;
  event.preventDefault();
}
