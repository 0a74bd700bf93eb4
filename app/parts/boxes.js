// A photo with its boxes: choose, move and resize one, or draw a new one, by mouse or by keys.
// data: picture (data URL), width, height (pixels of the photo), boxes [{id, xyxy, label, colour, number, open:
// held to show an animal, and no person spoke of it}],
// also (boxes that are shown and cannot be chosen), frame (of a clip), editable, letters (that say what a box holds).
// Triggers: moved {id, box}, drawn {box}, both in pixels of the photo; called {id, letter}; others {id}: of the
// chosen box (null: none), beside which no open one shows an animal.
const NS = "http://www.w3.org/2000/svg";
const SMALLEST = 8; // pixels of the photo: a slip of the hand is no box
const DIGITS_MS = 1200; // digits that follow each other so soon are one number
const SIDES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

export default function ({ data, parentElement, setTriggerValue }) {
  words = data.told ?? {};
  const root = parentElement;
  const editor = (root.editor ??= build(root));
  const version = JSON.stringify([data.boxes, data.also, data.frame, data.width, data.height, data.editable]);
  editor.send = setTriggerValue;
  if (editor.img.src !== data.picture) editor.img.src = data.picture;
  if (editor.version !== version) {
    // What was saved, or what somebody else changed, is what counts.
    Object.assign(editor, { version, data, chosen: null, draft: null });
    editor.svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
    editor.stage.classList.toggle("editable", data.editable);
    draw(editor);
  }
  const onKey = (event) => key(editor, event);
  document.addEventListener("keydown", onKey);
  const watcher = new ResizeObserver(() => draw(editor));
  watcher.observe(editor.stage);
  return () => {
    document.removeEventListener("keydown", onKey);
    watcher.disconnect();
  };
}

function build(root) {
  const stage = document.createElement("div");
  stage.className = "stage";
  stage.tabIndex = 0;
  stage.setAttribute("role", "application");
  stage.setAttribute("aria-label", told("Photo with boxes"));
  const img = document.createElement("img");
  img.alt = "";
  img.draggable = false;
  const svg = document.createElementNS(NS, "svg");
  stage.append(img, svg);
  const bar = document.createElement("div");
  bar.className = "bar";
  const said = document.createElement("span");
  said.className = "said";
  said.setAttribute("aria-live", "polite");
  const save = button(told("Save"), "Enter", "main");
  const back = button(told("Put back"), "Esc", "");
  const others = button("", "Shift+X", "");
  bar.append(said, others, back, save);
  root.append(stage, bar);
  const editor = { stage, img, svg, bar, said, saveButton: save, backButton: back, othersButton: others, typed: "", typedAt: 0 };
  save.onclick = () => keep(editor);
  others.onclick = () => noOthers(editor);
  back.onclick = () => putBack(editor);
  svg.addEventListener("pointerdown", (event) => grab(editor, event));
  return editor;
}

function button(text, keyName, kind) {
  const made = document.createElement("button");
  made.className = kind;
  const hint = document.createElement("kbd");
  hint.textContent = keyName;
  made.append(text, hint);
  made.hidden = true;
  return made;
}

// chosen: id of a box, "new" or null; draft: where that box is while it is not saved, or null.
const boxOf = (editor, id) =>
  id === editor.chosen && editor.draft ? editor.draft : editor.data.boxes.find((b) => b.id === id)?.xyxy;

function draw(editor) {
  const { svg, data } = editor;
  const unit = data.width / Math.max(svg.clientWidth, 1); // pixels of the photo in one of the screen
  svg.replaceChildren();
  const shown = [...data.boxes];
  if (editor.chosen === "new" && editor.draft) {
    shown.push({ id: "new", label: told("new"), colour: getComputedStyle(editor.bar).getPropertyValue("--st-primary-color") });
  }
  for (const [x1, y1, x2, y2] of data.also) {
    shape(svg, "rect", { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }).classList.add("also");
  }
  for (const box of shown) {
    const [x1, y1, x2, y2] = boxOf(editor, box.id);
    const chosen = box.id === editor.chosen;
    const rect = shape(svg, "rect", { x: x1, y: y1, width: x2 - x1, height: y2 - y1, stroke: box.colour });
    rect.classList.add("box", ...(chosen ? ["chosen"] : []), ...(chosen && editor.draft ? ["changed"] : []));
    rect.dataset.id = box.id;
    const size = 13 * unit;
    const high = size * 1.5;
    const top = y1 >= high ? y1 - high : y1;
    const back = shape(svg, "rect", { x: x1, y: top, height: high, fill: box.colour });
    back.classList.add("tag-back");
    const text = shape(svg, "text", { x: x1 + size * 0.4, y: top + size * 1.12, "font-size": size });
    text.classList.add("tag");
    text.textContent = box.label;
    back.setAttribute("width", text.getComputedTextLength() + size * 0.8);
  }
  if (data.editable && editor.chosen) handles(editor, boxOf(editor, editor.chosen), unit);
  say(editor);
}

function handles(editor, [x1, y1, x2, y2], unit) {
  for (const side of SIDES) {
    const x = side.includes("w") ? x1 : side.includes("e") ? x2 : (x1 + x2) / 2;
    const y = side.includes("n") ? y1 : side.includes("s") ? y2 : (y1 + y2) / 2;
    const dot = shape(editor.svg, "rect", { x: x - 4 * unit, y: y - 4 * unit, width: 8 * unit, height: 8 * unit });
    dot.classList.add("handle-dot");
    const grip = shape(editor.svg, "rect", { x: x - 9 * unit, y: y - 9 * unit, width: 18 * unit, height: 18 * unit });
    grip.classList.add("handle");
    grip.dataset.side = side;
    grip.style.cursor = `${side}-resize`;
  }
}

function shape(svg, kind, attributes) {
  const made = document.createElementNS(NS, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  svg.append(made);
  return made;
}

function say(editor) {
  const { data, chosen, draft } = editor;
  editor.saveButton.hidden = !draft;
  editor.backButton.hidden = !draft;
  const open = others(data, chosen).length;
  editor.othersButton.hidden = !data.editable || Boolean(draft) || open < 2 - isNumbered(editor);
  editor.othersButton.firstChild.textContent = isNumbered(editor)
    ? told("No animal in the other {n}", { n: open })
    : told("No animal in all {n}", { n: open });
  if (!data.editable) editor.said.textContent = "";
  else if (draft && chosen === "new") editor.said.textContent = told("A new box. Save it, then say what it is.");
  else if (draft) editor.said.textContent = told("{box} moved, not saved yet.", { box: labelOf(editor) });
  else if (chosen) {
    editor.said.textContent = [
      told("{box} chosen. Drag it or its handles, or use the arrow keys.", { box: labelOf(editor) }),
      told("{letters}: what it is.", { letters: data.letters.join(", ") }),
    ].join(" ");
  } else {
    editor.said.textContent = [
      told("Its number or a click chooses a box; drag it, or use the arrow keys (Shift resizes, Alt is fine)."),
      told("Drag elsewhere, or press R, to draw an animal that was missed."),
    ].join(" ");
  }
}

const isNumbered = ({ data, chosen }) => data.boxes.some((box) => box.id === chosen && box.number);
// What no person spoke of, but for the chosen one.
const others = (data, chosen) => data.boxes.filter((box) => box.open && box.id !== chosen);
const labelOf = (editor) => editor.data.boxes.find((b) => b.id === editor.chosen)?.label ?? "";

function choose(editor, id) {
  if (id !== editor.chosen) Object.assign(editor, { chosen: id, draft: null });
  draw(editor);
}

function putBack(editor) {
  if (editor.draft && editor.chosen !== "new") editor.draft = null;
  else Object.assign(editor, { chosen: null, draft: null });
  draw(editor);
}

function keep(editor) {
  if (!editor.draft) return;
  const box = editor.draft.map((value) => Math.round(value * 100) / 100);
  if (editor.chosen === "new") editor.send("drawn", { box });
  else editor.send("moved", { id: editor.chosen, box });
}

function noOthers(editor) {
  if (editor.othersButton.hidden) return;
  editor.send("others", { id: isNumbered(editor) ? editor.chosen : null });
}

// The box of a number whose digits are typed one after the other; undefined where there is none.
function numberedBy(editor, digit, at) {
  const { boxes } = editor.data;
  const longer = at - editor.typedAt < DIGITS_MS ? editor.typed + digit : digit;
  for (const typed of [longer, digit]) {
    const found = boxes.find((box) => box.number === Number(typed));
    if (!found) continue;
    Object.assign(editor, { typed, typedAt: at });
    return found;
  }
  return undefined;
}

// --- the mouse ---------------------------------------------------------------------------------

function grab(editor, event) {
  if (event.button !== 0) return;
  editor.stage.focus({ preventScroll: true });
  const { side, id } = event.target.dataset;
  if (!side && id !== editor.chosen && id) choose(editor, id);
  if (!editor.data.editable) return;
  event.preventDefault();
  const start = point(editor, event);
  const first = side || id ? [...boxOf(editor, editor.chosen)] : null;
  const move = (moving) => {
    const [x, y] = point(editor, moving);
    const [dx, dy] = [x - start[0], y - start[1]];
    if (!first && Math.hypot(dx, dy) < SMALLEST) return;
    if (!first) {
      editor.chosen = "new";
      editor.draft = [Math.min(x, start[0]), Math.min(y, start[1]), Math.max(x, start[0]), Math.max(y, start[1])];
    } else if (dx || dy) {
      editor.draft = side ? resized(first, side, dx, dy) : shifted(editor, first, dx, dy);
    }
    if (editor.draft) editor.draft = inside(editor, editor.draft);
    draw(editor);
  };
  const end = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", end);
    const box = editor.draft;
    if (!first && !box) choose(editor, null);
    else if (box && (box[2] - box[0] < SMALLEST || box[3] - box[1] < SMALLEST)) putBack(editor);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", end);
}

function point(editor, event) {
  const area = editor.svg.getBoundingClientRect();
  return [
    ((event.clientX - area.left) / area.width) * editor.data.width,
    ((event.clientY - area.top) / area.height) * editor.data.height,
  ];
}

function resized([x1, y1, x2, y2], side, dx, dy) {
  if (side.includes("w")) x1 = Math.min(x1 + dx, x2 - SMALLEST);
  if (side.includes("e")) x2 = Math.max(x2 + dx, x1 + SMALLEST);
  if (side.includes("n")) y1 = Math.min(y1 + dy, y2 - SMALLEST);
  if (side.includes("s")) y2 = Math.max(y2 + dy, y1 + SMALLEST);
  return [x1, y1, x2, y2];
}

function shifted({ data }, [x1, y1, x2, y2], dx, dy) {
  // At the border the box stops; it does not shrink.
  dx = Math.min(Math.max(dx, -x1), data.width - x2);
  dy = Math.min(Math.max(dy, -y1), data.height - y2);
  return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
}

function inside({ data }, [x1, y1, x2, y2]) {
  return [Math.max(x1, 0), Math.max(y1, 0), Math.min(x2, data.width), Math.min(y2, data.height)];
}

// --- the keys ----------------------------------------------------------------------------------

function key(editor, event) {
  const into = event.composedPath()[0];
  if (event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(into?.tagName) || into?.isContentEditable) return;
  if (document.querySelector('[role="dialog"]')) return;
  const { data, chosen } = editor;
  const letter = event.key === "Delete" ? "X" : event.key.toUpperCase();
  const numbered = /^\d$/.test(event.key) ? numberedBy(editor, event.key, event.timeStamp) : undefined;
  if (numbered) choose(editor, numbered.id);
  else if (!data.editable) return;
  else if (event.key.toLowerCase() === "r" && !event.altKey) {
    const [w, h] = [data.width, data.height];
    Object.assign(editor, { chosen: "new", draft: [w * 0.4, h * 0.4, w * 0.6, h * 0.6] });
    draw(editor);
  } else if (event.key === "Escape" && chosen) putBack(editor);
  // Enter on a button of the page presses that button.
  else if (event.key === "Enter" && editor.draft && into?.tagName !== "BUTTON") keep(editor);
  else if (event.key.startsWith("Arrow") && chosen) {
    const step = (event.altKey ? 1 : data.width / 100) * (/Left|Up/.test(event.key) ? -1 : 1);
    const across = /Left|Right/.test(event.key);
    const [dx, dy] = across ? [step, 0] : [0, step];
    const box = [...boxOf(editor, chosen)];
    editor.draft = inside(editor, event.shiftKey ? resized(box, "se", dx, dy) : shifted(editor, box, dx, dy));
    draw(editor);
  } else if (event.shiftKey && letter === "X") noOthers(editor);
  else if (data.letters.includes(letter) && !editor.draft && isNumbered(editor)) {
    editor.send("called", { id: chosen, letter });
  } else return;
  event.preventDefault();
}
