// Photos side by side, to open one or to choose many and say something of all of them, by mouse or keys.
// What is chosen stays in the browser until something is said of it, so that choosing waits for nothing.
// data: photos [{id, picture (data URL), title, text, href}], list (what they are a part of: choosing ends
// with it), total (photos in the list), most (that can be chosen at once), words [{say, label, key}],
// editable, done (number of the last step: what was chosen for it is chosen no more).
// Trigger: said {say, ids, all}; say "open" of one photo, "newer" and "older" of the pages beside this one.

export default function ({ data, parentElement, setTriggerValue }) {
  words = data.told ?? {};
  const state = (parentElement.state ??= build(parentElement));
  state.send = (said) => setTriggerValue("said", said);
  if (state.list !== data.list || state.done !== data.done) {
    Object.assign(state, { list: data.list, done: data.done, all: false, anchor: null });
    state.chosen.clear();
  }
  const page = data.photos.map(({ id }) => id).join();
  state.data = data;
  if (state.page !== page) {
    Object.assign(state, { page, anchor: null });
    const hadFocus = state.tiles.some(({ frame }) => frame === state.tiles[0]?.frame.getRootNode().activeElement);
    state.tiles = data.photos.map((photo, at) => tile(state, photo, at));
    state.grid.replaceChildren(...state.tiles.map(({ item }) => item));
    state.at = state.fromEnd ? state.tiles.length - 1 : 0;
    state.fromEnd = false;
    if (hadFocus) go(state, state.at);
  }
  bar(state);
  draw(state);
  const onKey = (event) => key(state, event);
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

function build(parent) {
  const root = element("div", "photos");
  const tools = element("div", "tools");
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", told("What is said of the chosen photos"));
  const grid = element("ul", "");
  grid.setAttribute("aria-label", told("Photos"));
  const keys = [
    told("Arrow keys go from photo to photo and on to the next page, Enter opens one, C or Space chooses it,"),
    told("Shift with a click or an arrow key chooses all between, A all on this page, Shift and A all of the list, Esc none."),
  ];
  root.append(tools, grid, element("p", "help", keys.join(" ")));
  parent.append(root);
  return { root, tools, grid, tiles: [], chosen: new Set(), all: false, at: 0, anchor: null, buttons: [], page: null };
}

function tile(state, photo, at) {
  const item = element("li", "");
  const frame = element("button", "frame");
  const img = element("img", "");
  Object.assign(img, { src: photo.picture, alt: `${photo.title}, ${photo.text}`, draggable: false });
  frame.append(img);
  frame.onclick = (event) => {
    const isKey = event.detail === 0; // Enter opens, whatever is chosen
    const isChoosing = event.shiftKey || event.ctrlKey || event.metaKey || count(state) > 0;
    if (isChoosing && !isKey) choose(state, at, event.shiftKey);
    else state.send({ say: "open", ids: [photo.id], all: false });
  };
  frame.onfocus = () => (state.at = at);
  const label = element("label", "");
  const box = element("input", "");
  Object.assign(box, { type: "checkbox", disabled: !state.data.editable });
  box.setAttribute("aria-label", told("Choose {photo}", { photo: `${photo.title}, ${photo.text}` }));
  box.onclick = (event) => {
    event.preventDefault(); // drawn from what is chosen
    setTimeout(() => choose(state, at, event.shiftKey), 0);
  };
  label.append(box);
  const title = element("p", "");
  const link = element("a", "", photo.title);
  link.href = photo.href;
  link.tabIndex = -1; // the picture before it does the same
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
    event.preventDefault();
    state.send({ say: "open", ids: [photo.id], all: false });
  };
  title.append(link);
  item.append(frame, label, title, element("p", "more", photo.text));
  return { item, frame, box, id: photo.id };
}

function choose(state, at, isRange) {
  if (!state.data.editable) return;
  if (state.all) {
    // One of all is taken out: what is left are those of this page.
    state.all = false;
    state.chosen = new Set(state.tiles.map(({ id }) => id));
  }
  const { id } = state.tiles[at];
  if (isRange && state.anchor !== null) {
    const [low, high] = [Math.min(at, state.anchor), Math.max(at, state.anchor)];
    for (const one of state.tiles.slice(low, high + 1)) state.chosen.add(one.id);
  } else {
    if (!state.chosen.delete(id)) state.chosen.add(id);
    state.anchor = at;
  }
  draw(state);
}

function none(state) {
  state.all = false;
  state.chosen.clear();
  draw(state);
}

function page(state) {
  state.all = false;
  for (const { id } of state.tiles) state.chosen.add(id);
  draw(state);
}

function every(state) {
  state.all = true;
  draw(state);
}

function bar(state) {
  const { data, tools } = state;
  const made = JSON.stringify([data.words, data.total, data.most, data.editable]);
  if (state.made === made) return;
  state.made = made;
  state.said = element("span", "said");
  state.said.setAttribute("aria-live", "polite");
  state.every = data.total > data.photos.length && data.total <= data.most;
  state.pageButton = button(told("This page"), "A", () => page(state));
  state.allButton = button(told("All {n}", { n: figure(data, data.total) }), "Shift+A", () => every(state));
  state.allButton.hidden = !state.every;
  state.noneButton = button(told("None"), "Esc", () => none(state));
  state.buttons = data.words.map(({ say, label, key }) => button(label, key, () => tell(state, say)));
  tools.replaceChildren(state.said, state.pageButton, state.allButton, state.noneButton, element("span", "apart"), ...state.buttons);
  tools.hidden = !data.editable;
}

function tell(state, say) {
  if (!count(state)) return;
  state.send({ say, ids: state.all ? [] : [...state.chosen], all: state.all });
}

function figure(data, n) {
  return n.toLocaleString(data.locale ?? "en");
}

function count(state) {
  return state.all ? state.data.total : state.chosen.size;
}

function draw(state) {
  const n = count(state);
  for (const { item, box, id } of state.tiles) {
    const isChosen = state.all || state.chosen.has(id);
    item.classList.toggle("chosen", isChosen);
    box.checked = isChosen;
  }
  state.said.textContent = n ? told("{n} chosen. It is", { n: figure(state.data, n) }) : told("Choose photos");
  for (const one of state.buttons) one.disabled = !n;
  state.noneButton.disabled = !n;
  state.root.dataset.chosen = n;
}

function go(state, at) {
  if (at < 0 || at >= state.tiles.length) {
    state.fromEnd = at < 0;
    state.send({ say: at < 0 ? "newer" : "older", ids: [], all: false });
    return;
  }
  state.at = at;
  state.tiles[at].frame.focus();
  state.tiles[at].item.scrollIntoView({ block: "nearest" });
}

function key(state, event) {
  const into = event.composedPath()[0];
  const mine = state.root.contains(into) || into === document.body || into?.tagName === "MAIN";
  if (!state.root.isConnected || !state.tiles.length || event.ctrlKey || event.metaKey || event.altKey) return;
  const isControl = /^(INPUT|TEXTAREA|SELECT)$/.test(into?.tagName) || into?.isContentEditable;
  if (isControl && !state.root.contains(into)) return; // the photos' own boxes are none to write in
  if (document.querySelector('[role="dialog"], [role="listbox"]')) return;
  const pressed = event.key.toLowerCase();
  const within = state.tiles.some(({ frame, box }) => frame === into || box === into);
  const step = { arrowleft: -1, arrowright: 1, arrowup: -columns(state), arrowdown: columns(state) }[pressed];
  const word = state.data.words.find((one) => one.key.toLowerCase() === pressed);
  if (step && mine) {
    const at = within ? state.at + step : state.at;
    const isUp = Math.abs(step) > 1 && (at < 0 || at >= state.tiles.length);
    if (isUp) return; // the page scrolls on
    if (event.shiftKey && state.tiles[at]) {
      state.anchor ??= state.at;
      choose(state, at, true);
    }
    go(state, at);
  } else if ((pressed === "c" || (pressed === " " && within)) && mine) choose(state, state.at, event.shiftKey);
  else if (pressed === "a" && state.data.editable) (event.shiftKey && state.every ? every : page)(state);
  else if (pressed === "escape" && count(state)) none(state);
  else if (word && count(state) && !event.repeat) tell(state, word.say);
  else return;
  event.preventDefault();
}

function columns(state) {
  const top = state.tiles[0].item.offsetTop;
  const found = state.tiles.findIndex(({ item }) => item.offsetTop !== top);
  return found < 0 ? state.tiles.length : found;
}

function button(text, keyName, act) {
  const made = element("button", "", text);
  if (keyName) made.append(element("kbd", "", keyName));
  made.onclick = act;
  return made;
}

function element(kind, name, text = "") {
  const made = document.createElement(kind);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}
