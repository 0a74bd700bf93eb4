// Pairs of pictures, each asked as "one deer or two?". What it has in common with other parts that ask, and
// what data and state hold besides: asking.js.
// data: questions [{id, what, more, sides [{picture, title, text, beside [{id, picture, text}]}] of two}].
// An answer "odd" names one of `beside` that shows another deer; the pair is asked on.
const VERDICTS = { s: "same", d: "different", u: "unknowable" };
const labels = () => [
  ["same", told("Same"), "S", "main"], ["different", told("Different"), "D", "main"],
  ["unknowable", told("Can't tell"), "U", ""], ["next", told("Next"), "N", ""], ["undo", told("Undo"), "Z", ""],
];

export default function (args) {
  return asking(args, { build, draw, images, pressed, about: (state) => state.shown.id, stays: new Set(["odd"]) });
}

function images(question) {
  for (const side of question.sides) {
    side.image = image(side.picture);
    for (const one of side.beside) one.image = image(one.picture);
  }
}

function draw(state) {
  const { shown, data } = state;
  for (const [index, pane] of state.panes.entries()) {
    const side = shown?.sides[index];
    if (fill(pane, side)) {
      pane.beside.replaceChildren(...(side?.beside ?? []).map((one) => besideOf(state, one)));
      pane.note.hidden = !side?.beside.length;
    }
    for (const button of pane.beside.querySelectorAll("button")) {
      button.disabled = !data.editable || state.marked.has(button.dataset.id);
      button.textContent = state.marked.has(button.dataset.id) ? told("Noted") : told("Another deer");
    }
  }
}

function besideOf(state, one) {
  const made = element("figure", "");
  const button = element("button", "odd", told("Another deer"));
  button.dataset.id = one.id;
  button.onclick = () => say(state, "odd", one.id);
  made.append(one.image, element("figcaption", "", one.text), button);
  return made;
}

function build(state) {
  const both = element("div", "both");
  const further = element("div", "further");
  state.root.classList.add("pairs");
  state.panes = ["left", "right"].map((which) => {
    const made = pane(state, which);
    const held = element("div", "held");
    const note = which === "left"
      ? told("Held to be the same deer as the left one, and least like it:")
      : told("Held to be the same deer as the right one, and least like it:");
    made.note = element("p", "", note);
    made.beside = element("div", "row");
    held.append(made.note, made.beside);
    both.append(made.figure);
    further.append(held);
    return made;
  });
  state.root.append(...head(state, labels()), both, ...tools(state), further);
}

function pressed(state, key) {
  if (key in VERDICTS) say(state, VERDICTS[key]);
  else if (key === "v") more(state, "visits");
  else if (key === "m") more(state, "matches");
  else return false;
  return true;
}
