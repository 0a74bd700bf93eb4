// The new visits, each asked as "who is this?": its best picture, beside it the known deer in focus, below both
// all that it could be. What it has in common with other parts that ask, and what data and state hold
// besides: asking.js.
// data: questions [{id, what, more, side {picture, title, text}, notes: [text], candidates [{id, label,
// chance: "62%", picture, title, text, reasons: [text], hit}], chances {new, unknowable}: as text}].
// An answer "known" names one of the candidates.
const WORDS = { d: "new", u: "unknowable", o: "other", x: "nothing" };
const labels = () => [
  ["new", told("New deer"), "D", ""], ["unknowable", told("Can't tell"), "U", ""],
  ["other", told("Other animal"), "O", ""], ["nothing", told("No animal"), "X", ""],
  ["next", told("Later"), "N", ""], ["undo", told("Undo"), "Z", ""],
];

export default function (args) {
  const about = (state) => `${state.shown.id} ${focused(state)?.id ?? ""}`;
  return asking(args, { build, draw, images, pressed, turned, about, stays: new Set() });
}

function images(question) {
  question.side.image = image(question.side.picture);
  for (const one of question.candidates) {
    one.image = image(one.picture);
    one.small = image(one.picture);
  }
}

function turned(state) {
  state.focus = 0;
}

function focused(state) {
  return state.shown?.candidates[state.focus] ?? null;
}

function focus(state, number) {
  const n = state.shown?.candidates.length ?? 0;
  if (!n) return;
  state.focus = (number + n) % n;
  drawAll(state);
}

function known(state, number) {
  const one = state.shown?.candidates[number];
  if (one) say(state, "known", one.id);
}

function draw(state) {
  const { shown, data } = state;
  const [left, right] = state.panes;
  const one = focused(state);
  fill(left, shown?.side);
  fill(right, one);
  right.figure.hidden = !one;
  const list = (texts) => texts.map((text) => element("li", "", text));
  left.notes.replaceChildren(...list(shown?.notes ?? []));
  right.notes.replaceChildren(...list(one?.reasons ?? []));
  const label = one ? told("It is {deer}", { deer: one.label }) : told("No known deer");
  state.buttons.known.firstChild.textContent = label;
  state.buttons.known.disabled = !data.editable || !one;
  for (const [what, chance] of Object.entries(shown?.chances ?? {})) state.buttons[what].dataset.chance = chance;
  if (state.row.of !== shown) {
    state.row.of = shown;
    state.row.replaceChildren(...(shown?.candidates ?? []).map((_, number) => candidate(state, number)));
  }
  for (const [number, button] of [...state.row.children].entries()) {
    button.setAttribute("aria-pressed", number === state.focus);
  }
}

function candidate(state, number) {
  const one = state.shown.candidates[number];
  const made = element("button", `candidate${one.hit ? " hit" : ""}`);
  made.title = one.reasons.join(" ");
  const bar = element("i", "");
  bar.style.setProperty("--share", one.share);
  const name = element("span", "name");
  name.append(element("kbd", "", String(number + 1)), element("b", "", one.label), element("em", "", one.chance));
  made.append(one.small, name, bar);
  made.onclick = made.onfocus = () => focus(state, number);
  made.onpointerenter = (event) => event.pointerType === "mouse" && focus(state, number);
  return made;
}

function build(state) {
  state.root.classList.add("visit");
  state.focus = 0;
  const both = element("div", "both");
  state.panes = ["left", "right"].map((which) => {
    const made = pane(state, which);
    made.notes = element("ul", "");
    made.figure.append(made.notes);
    both.append(made.figure);
    return made;
  });
  const [question, bar] = head(state, labels());
  const button = (state.buttons.known = element("button", "known main", " "));
  button.append(element("kbd", "", "↵"));
  button.onclick = () => known(state, state.focus);
  bar.prepend(button);
  state.row = element("div", "candidates");
  state.row.setAttribute("role", "group");
  state.row.setAttribute("aria-label", told("Known deer that it could be"));
  state.root.append(question, bar, both, state.row, ...tools(state));
}

function pressed(state, key) {
  if (key in WORDS) say(state, WORDS[key]);
  else if (/^[1-5]$/.test(key)) known(state, Number(key) - 1);
  else if (key === "enter") known(state, state.focus);
  else if (key === "arrowleft") focus(state, state.focus - 1);
  else if (key === "arrowright") focus(state, state.focus + 1);
  else if (key === "v") more(state, "visits");
  else if (key === "m") more(state, "matches");
  else return false;
  return true;
}
