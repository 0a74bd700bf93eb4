// What all parts that ask have in common: the next questions are here, decoded, before they are needed; a
// key shows the next one at once, and the answer goes to the server behind it; pictures are zoomed,
// moved and lit together.
// data: questions [{id, ...}], in the order to ask them; pending (better ones are on their way); heard
// {sitting: number of the last answer that the server has}; editable; last (what Undo takes back when
// nothing was said here); nothing (what is said where nothing is asked).
// State: said {sitting, answers [{n, id, say, which}]}: those that the server has not confirmed, so that
// none is lost when keys are faster than it; a number is never taken twice. Trigger: look. Of several
// triggers the server may hear only the last, so nothing else is one.
const LOOK_MS = 400;
const REMEMBERED = 60;
const ZOOM_MAX = 8;

// part: {build(state, parent), draw(state), images(question): loads its pictures, pressed(state, key): true
// where it is for it, stays: Set of answers after which the question is asked on}.
function asking({ data, parentElement, setStateValue, setTriggerValue }, part) {
  words = data.told ?? {};
  const state = (parentElement.state ??= begun(parentElement, part));
  state.send = (answers) => setStateValue("said", { sitting: state.sitting, answers });
  state.ask = (what, id) => setStateValue(what, id);
  state.data = data;
  const heard = data.heard[state.sitting] ?? 0;
  state.said = state.said.filter((answer) => answer.n > heard);
  // What the server has heard is in its list, or is not, by what came of it.
  for (const [id, n] of state.done) if (n <= heard) state.done.delete(id);
  for (const question of data.questions) load(state, question);
  if (!state.shown) show(state, next(state));
  else drawAll(state);
  // Also where the server has not said for long that it heard the last answer: it is asked again.
  state.look = data.pending || state.said.length ? () => setTriggerValue("look", (state.looks += 1)) : null;
  const call = (state.calls += 1);
  listen(state);
  return () => call === state.calls && rest(state);
}

function begun(parent, part) {
  const state = {
    part, root: element("div", "asking"), sitting: crypto.randomUUID?.() ?? String(Math.random()), n: 0, looks: 0,
    said: [], done: new Map(), known: new Map(), history: [], marked: new Set(), shown: null, open: new Set(),
    view: { s: 1, x: 0, y: 0 }, buttons: {}, sliders: [], timer: 0, look: null, calls: 0,
  };
  state.onKey = (event) => key(state, event);
  part.build(state);
  parent.append(state.root);
  return state;
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

function key(state, event) {
  const into = event.composedPath()[0];
  if (!state.root.isConnected) return rest(state);
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(TEXTAREA|SELECT)$/.test(into?.tagName) || into?.isContentEditable) return;
  if (into?.tagName === "INPUT" && into.type !== "range") return;
  if (document.querySelector('[role="dialog"]')) return;
  if (event.key === "Enter" && isForControl(state, into)) return;
  const pressed = event.key.toLowerCase();
  if (pressed === "n") say(state, "next");
  else if (pressed === "z") say(state, "undo");
  else if (pressed === "+" || pressed === "=") zoom(state, 1.5, [0.5, 0.5]);
  else if (pressed === "-") zoom(state, 1 / 1.5, [0.5, 0.5]);
  else if (!state.part.pressed(state, pressed)) return;
  event.preventDefault();
}

// Enter on a link or a button presses that, unless it leads to where one is, or chooses among several here.
function isForControl(state, into) {
  const control = into?.closest?.("a, button, summary");
  if (!control || control.matches('[aria-current="page"], [aria-selected="true"]')) return false;
  return !(state.root.contains(control) && control.matches("[aria-pressed]"));
}

// --- what is asked, and what was said -----------------------------------------------------------

function load(state, question) {
  if (state.known.has(question.id)) return;
  state.part.images(question);
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

// which: what the answer is about, where the question has several things to say it of.
function say(state, what, which = null) {
  if (!state.data.editable) return;
  const undone = what === "undo" ? state.history.pop() : null;
  if (what === "undo" && !undone && !state.data.last) return;
  if (what !== "undo" && !state.shown) return;
  const id = what === "undo" ? undone?.question.id ?? null : state.shown.id;
  const answer = { n: (state.n += 1), id, say: what, which: what === "undo" ? undone?.mark ?? null : which };
  state.said.push(answer);
  if (state.part.stays.has(what)) {
    state.history.push({ question: state.shown, mark: which });
    state.marked.add(which);
    drawAll(state);
  } else if (what === "undo") {
    if (undone?.mark) state.marked.delete(undone.mark);
    if (undone) {
      state.done.delete(id);
      show(state, undone.question);
    }
  } else {
    if (what !== "next") state.history.push({ question: state.shown, mark: null });
    if (state.history.length > REMEMBERED) state.history.shift();
    state.done.set(id, answer.n);
    show(state, next(state));
  }
  // After the next one is drawn: the page does not wait for the wire.
  setTimeout(() => state.send(state.said), 0);
}

// --- what is shown ------------------------------------------------------------------------------

function show(state, question) {
  if (question !== state.shown) {
    Object.assign(state, { shown: question, view: { s: 1, x: 0, y: 0 }, open: new Set() });
    state.part.turned?.(state);
  }
  drawAll(state);
}

function drawAll(state) {
  const { shown, data, root } = state;
  root.classList.toggle("empty", !shown);
  const ahead = data.questions.filter(({ id }) => id !== shown?.id && !state.done.has(id)).length;
  Object.assign(root.dataset, { shown: shown?.id ?? "", ahead, unheard: state.said.length });
  state.what.textContent = shown?.what ?? "";
  state.more.textContent = shown ? shown.more : data.pending ? told("Looking for the next one …") : data.nothing;
  for (const [what, button] of Object.entries(state.buttons)) {
    button.disabled = !data.editable || (what === "undo" ? !state.history.length && !data.last : !shown);
  }
  state.buttons.undo.title = data.last && !state.history.length ? told("Takes back what you decided last: {told}.", { told: data.last }) : "";
  state.part.draw(state);
  drawVisits(state);
  drawMatches(state);
  move(state);
}

// The question, and below it a button for each of [word, label, key, class].
function head(state, labels) {
  const question = element("p", "question");
  question.setAttribute("aria-live", "polite");
  Object.assign(state, { what: element("b", ""), more: element("span", "") });
  question.append(state.what, state.more);
  const bar = element("div", "bar");
  for (const [what, label, hint, kind] of labels) {
    const button = (state.buttons[what] = element("button", `${what} ${kind}`, label));
    button.append(element("kbd", "", hint));
    button.onclick = () => say(state, what);
    bar.append(button);
  }
  return [question, bar];
}

function pane(state, name) {
  const made = { side: null, figure: element("figure", `pane ${name}`), frame: element("div", "frame"), title: element("b", ""), text: element("span", "") };
  const caption = element("figcaption", "");
  caption.append(made.title, made.text);
  made.figure.append(made.frame, caption);
  follow(state, made.frame);
  return made;
}

// side: {image, title, text} or null.
function fill(pane, side) {
  if (pane.side === side) return false;
  pane.side = side;
  pane.frame.replaceChildren(...(side ? [side.image] : []));
  pane.title.textContent = side?.title ?? "";
  pane.text.textContent = side?.text ?? "";
  return true;
}

// --- what is shown only where somebody asks: "visits" {id, sides [{title, more, pictures [{picture, text}]}]}
// and "matches" {id, picture (or null), text} ----------------------------------------------------

function more(state, what) {
  if (!state.shown) return;
  const id = state.part.about(state);
  const wanted = `${what} ${id}`;
  if (!state.open.delete(wanted)) {
    state.open.add(wanted);
    if (state.data[what]?.id !== id) state.ask(what, id);
  }
  drawAll(state);
}

// What the server found of what is open, undefined where that is closed.
function found(state, what) {
  if (!state.shown) return undefined;
  const id = state.part.about(state);
  if (!state.open.has(`${what} ${id}`)) return undefined;
  return state.data[what]?.id === id ? state.data[what] : null;
}

function drawVisits(state) {
  const seen = found(state, "visits");
  state.seen.firstChild.textContent = seen === undefined ? told("Every visit") : told("Hide the visits");
  state.seen.hidden = !state.shown;
  state.all.hidden = seen === undefined;
  if (state.all.hidden || state.all.drawn === seen) return;
  state.all.drawn = seen;
  state.all.replaceChildren(
    ...(seen?.sides ?? [{ title: told("Looking for the visits …"), more: "", pictures: [] }]).map((side) => {
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
  const seen = found(state, "matches");
  state.why.firstChild.textContent = seen === undefined ? told("What matches") : told("Hide what matches");
  state.why.hidden = !state.shown;
  state.lines.hidden = seen === undefined;
  if (state.lines.hidden || state.lines.drawn === seen) return;
  state.lines.drawn = seen;
  state.lines.replaceChildren(
    ...(seen?.picture ? [image(seen.picture)] : []),
    sentence(seen?.text ?? told("Looking for what matches …")),
  );
}

// A paragraph in which what stands between backticks is code.
function sentence(text) {
  const made = element("p", "");
  made.append(...text.split("`").map((part, at) => (at % 2 ? element("code", "", part) : part)));
  return made;
}

// Light, and what is shown on demand; the last two of what is returned stand below all pictures.
function tools(state) {
  const made = element("div", "tools");
  const reset = element("button", "plain", told("As it was"));
  reset.onclick = () => {
    for (const input of state.sliders) input.value = 1;
    for (const name of ["brightness", "contrast"]) state.root.style.setProperty(`--${name}`, 1);
    state.view = { s: 1, x: 0, y: 0 };
    move(state);
  };
  for (const [what, name, hint] of [["visits", "seen", "V"], ["matches", "why", "M"]]) {
    state[name] = element("button", "plain", " ");
    state[name].append(element("kbd", "", hint));
    state[name].onclick = () => more(state, what);
  }
  Object.assign(state, { all: element("div", "visits"), lines: element("div", "matches") });
  made.append(slider(state, "brightness", told("Brightness")), slider(state, "contrast", told("Contrast")), reset, state.seen, state.why);
  return [made, state.lines, state.all];
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

function element(kind, name, text = "") {
  const made = document.createElement(kind);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}
