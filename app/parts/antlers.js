// Antlers marked on a picture: rulers, spread, beams, tines and girths, by mouse, finger or keys.
// data: picture (data URL), window [left, top, width, height] (pixels of the photo that the picture shows),
// focus (xyxy of the animal's upper part, looked at first), marks [{name, points, length_cm}], editable. Trigger: marked {marks}, points in pixels of the photo.
const NS = "http://www.w3.org/2000/svg";
const INCH_CM = 2.54;
const SIDES = ["left", "right"];
const COLOURS = { ruler: "#ffd23f", spread: "#ff7bd5", left: "#4fc3f7", right: "#ff9f43" };
const TINES = [3, 12]; // at first, at most

export default function ({ data, parentElement, setTriggerValue }) {
  words = data.told ?? {};
  const root = parentElement;
  const editor = (root.editor ??= build(root));
  editor.send = setTriggerValue;
  editor.data = data;
  const version = JSON.stringify([data.window, data.marks, data.editable, data.picture.length]);
  if (editor.version !== version) {
    // What was saved, by this person, is what counts.
    const isFirst = editor.image !== data.picture;
    Object.assign(editor, { version, at: 0, undo: [] });
    if (isFirst) first(editor);
    editor.marks = new Map(data.marks.map((one) => [one.name, one.points.map((point) => [...point])]));
    editor.knownCm = data.marks.find((one) => one.name === "known")?.length_cm ?? null;
    editor.tines = Math.max(TINES[0], ...[...editor.marks.keys()].map((name) => Number(/ G(\d+)$/.exec(name)?.[1] ?? 0)));
    editor.saved = state(editor);
    editor.active = namesOf(editor).find((name) => !editor.marks.has(name)) ?? "ears";
    editor.length.value = editor.knownCm === null ? "" : String(Math.round((editor.knownCm / INCH_CM) * 100) / 100);
  }
  buttons(editor);
  draw(editor);
  const watcher = new ResizeObserver(() => draw(editor));
  watcher.observe(editor.stage);
  return () => watcher.disconnect();
}

// The animal's upper part, as wide as the picture is to its height.
function first(editor) {
  const [x1, y1, x2, y2] = editor.data.focus;
  const [, , whole, tall] = editor.data.window;
  const wide = Math.min(Math.max(x2 - x1, ((y2 - y1) * whole) / tall), whole);
  look(editor, [(x1 + x2 - wide) / 2, y1, wide, (wide * tall) / whole]);
}

// Every mark in the order in which one goes through them.
const namesOf = (editor) => [
  "ears", "muzzle", "known", "spread",
  ...SIDES.flatMap((side) => [
    `${side} beam`,
    ...Array.from({ length: editor.tines }, (_, k) => `${side} G${k + 1}`),
    ...[1, 2, 3, 4].map((k) => `${side} H${k}`),
  ]),
];
const mostOf = (name) => (name.endsWith("beam") ? 60 : 2);
const colourOf = (name) => COLOURS[name.split(" ")[0]] ?? COLOURS.ruler;
const state = (editor) => JSON.stringify([[...editor.marks], editor.knownCm]);

function titleOf(name) {
  const whole = { ears: told("Ear tips"), muzzle: told("Eye to nose"), known: told("Known length"), spread: told("Inside spread") };
  if (whole[name]) return whole[name];
  const [side, what] = name.split(" ");
  const part = what === "beam" ? told("beam") : what;
  return side === "left" ? told("Left {part}", { part }) : told("Right {part}", { part });
}

function guideOf(name) {
  if (name === "ears") return told("Ruler, 16 inches: both ear tips of an alert buck. Leave it out where only one ear is seen, or they lie back.");
  if (name === "muzzle") return told("Ruler, 8 inches: the middle of an eye, then the end of the nose. With the ears it tells how far the head is turned.");
  if (name === "known") return told("Ruler of your own: both ends of something as far away as the buck, and its length.");
  if (name === "spread") return told("Between the insides of both beams where they are widest apart, from the front.");
  if (name.endsWith("beam")) return told("Along the outside of the beam: from the burr at the skull, point by point, to its tip.");
  if (/ G\d+$/.test(name)) return told("From the upper edge of the beam to the tip of this point; G1 is the one by the brow.");
  return told("Straight across the beam where it is thinnest: H1 below G1, H2 from G1 to G2, H3 to G3, H4 beyond.");
}

function build(root) {
  const make = (tag, kind, parent) => {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    parent?.append(made);
    return made;
  };
  const guide = make("div", "guide", root);
  guide.setAttribute("aria-live", "polite");
  const stage = make("div", "stage", root);
  stage.tabIndex = 0;
  stage.setAttribute("role", "application");
  stage.setAttribute("aria-label", told("Picture to mark antlers on"));
  const svg = document.createElementNS(NS, "svg");
  stage.append(svg);
  const rows = make("div", "rows", root);
  const tools = make("div", "row", rows);
  const known = make("label", "known", rows);
  known.append(told("Its length in inches"));
  const length = make("input", "", known);
  Object.assign(length, { type: "number", min: "0.1", step: "0.1", inputMode: "decimal" });
  const lists = make("div", "rows", rows);
  const editor = { stage, svg, guide, tools, known, length, lists, undo: [], marks: new Map() };
  svg.addEventListener("pointerdown", (event) => grab(editor, event));
  stage.addEventListener("keydown", (event) => key(editor, event));
  stage.addEventListener("wheel", (event) => wheel(editor, event), { passive: false });
  length.addEventListener("input", () => {
    const inches = Number(length.value);
    editor.knownCm = inches > 0 ? inches * INCH_CM : null;
    refresh(editor);
  });
  return editor;
}

function buttons(editor) {
  const press = (parent, text, act, options = {}) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (options.kind) made.className = options.kind;
    if (options.label) made.setAttribute("aria-label", options.label);
    if (options.pressed !== undefined) made.setAttribute("aria-pressed", String(options.pressed));
    made.disabled = options.disabled ?? false;
    if (options.name) made.dataset.name = options.name;
    made.onclick = act;
    parent.append(made);
  };
  const focused = editor.lists.getRootNode().activeElement?.dataset?.name;
  const canEdit = editor.data.editable;
  editor.tools.replaceChildren();
  editor.lists.replaceChildren();
  const isNew = state(editor) !== editor.saved;
  press(editor.tools, told("Save marks"), () => save(editor), { kind: "main", disabled: !canEdit || !isNew || !isWhole(editor) });
  press(editor.tools, told("Undo"), () => back(editor), { disabled: !editor.undo.length });
  press(editor.tools, told("Remove"), () => remove(editor), { disabled: !canEdit || !editor.marks.has(editor.active) });
  press(editor.tools, "+", () => zoom(editor, 0.67), { label: told("Zoom in") });
  press(editor.tools, "\u2212", () => zoom(editor, 1.5), { label: told("Zoom out") });
  const more = () => { editor.tines += 1; refresh(editor); };
  press(editor.tools, told("Another point"), more, { disabled: !canEdit || editor.tines >= TINES[1] });
  const groups = [[told("Rulers"), ["ears", "muzzle", "known"]], [told("Between"), ["spread"]]];
  for (const side of SIDES) {
    const title = side === "left" ? told("Its left") : told("Its right");
    groups.push([title, namesOf(editor).filter((name) => name.startsWith(side))]);
  }
  for (const [title, names] of groups) {
    const row = document.createElement("div");
    row.className = "row";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", title);
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = title;
    row.append(name);
    for (const one of names) {
      const short = one.includes(" ") && !one.endsWith("beam") ? one.split(" ")[1] : one.endsWith("beam") ? told("beam") : titleOf(one);
      const kind = editor.marks.has(one) ? "done" : "";
      press(row, short, () => choose(editor, one), { kind, name: one, label: titleOf(one), pressed: one === editor.active });
    }
    editor.lists.append(row);
  }
  if (focused) editor.lists.querySelector(`[data-name="${focused}"]`)?.focus();
  editor.known.hidden = editor.active !== "known";
  const points = editor.marks.get(editor.active)?.length ?? 0;
  const left = mostOf(editor.active) === 2 ? Math.max(2 - points, 0) : points;
  const how = mostOf(editor.active) === 2
    ? told("{n} more to set.", { n: left })
    : told("{n} set; Enter goes on.", { n: left });
  editor.guide.textContent = `${titleOf(editor.active)}: ${guideOf(editor.active)} ${points >= mostOf(editor.active) ? "" : how}`;
}

// A mark needs two points, and a known length its length.
const isWhole = (editor) =>
  [...editor.marks].every(([name, points]) => points.length >= 2 && (name !== "known" || editor.knownCm !== null)) && editor.marks.size > 0;

function refresh(editor) {
  buttons(editor);
  draw(editor);
}

function draw(editor) {
  const { svg, data, view } = editor;
  if (!view) return;
  const [left, top, width, height] = data.window;
  svg.setAttribute("viewBox", view.join(" "));
  svg.style.aspectRatio = `${width} / ${height}`;
  editor.stage.style.width = `min(100%, ${Math.round((55 * width) / height)}vh)`;
  const unit = view[2] / Math.max(svg.clientWidth, 1); // pixels of the photo in one of the screen
  if (editor.image !== data.picture) {
    editor.picture = shape(null, "image", { x: left, y: top, width, height, href: data.picture, preserveAspectRatio: "none" });
    editor.image = data.picture;
  }
  svg.replaceChildren(editor.picture);
  for (const [name, points] of editor.marks) {
    const active = name === editor.active;
    const path = points.map((point) => point.join(",")).join(" ");
    shape(svg, "polyline", { points: path }).classList.add("line", "under");
    const line = shape(svg, "polyline", { points: path, stroke: colourOf(name) });
    line.classList.add("line", ...(active ? ["active"] : []), ...(colourOf(name) === COLOURS.ruler ? ["ruler"] : []));
    if (active) continue;
    const [x, y] = points[points.length - 1];
    const text = shape(svg, "text", { x: x + 6 * unit, y: y - 6 * unit, "font-size": 11 * unit, "stroke-width": 2.5 * unit });
    text.classList.add("tag");
    text.textContent = titleOf(name);
  }
  for (const [k, [x, y]] of (editor.marks.get(editor.active) ?? []).entries()) {
    const dot = shape(svg, "circle", { cx: x, cy: y, r: 7 * unit, fill: colourOf(editor.active) });
    dot.classList.add("dot", ...(k === editor.at ? ["at"] : []));
    const grip = shape(svg, "circle", { cx: x, cy: y, r: 20 * unit });
    grip.classList.add("grip");
    grip.dataset.at = String(k);
  }
}

function shape(svg, kind, attributes) {
  const made = document.createElementNS(NS, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  svg?.append(made);
  return made;
}

function choose(editor, name) {
  Object.assign(editor, { active: name, at: Math.max((editor.marks.get(name)?.length ?? 1) - 1, 0) });
  refresh(editor);
}

function next(editor, step = 1) {
  const names = namesOf(editor);
  choose(editor, names[(names.indexOf(editor.active) + step + names.length) % names.length]);
}

function keep(editor) {
  editor.undo.push([new Map([...editor.marks].map(([name, points]) => [name, points.map((p) => [...p])])), editor.active, editor.at]);
}

function back(editor) {
  const before = editor.undo.pop();
  if (!before) return;
  [editor.marks, editor.active, editor.at] = before;
  refresh(editor);
}

function remove(editor) {
  const points = editor.marks.get(editor.active);
  if (!points) return;
  keep(editor);
  points.splice(Math.min(editor.at, points.length - 1), 1);
  if (!points.length) editor.marks.delete(editor.active);
  editor.at = Math.max(points.length - 1, 0);
  refresh(editor);
}

// A point is set; where the mark is full, the nearer of its points goes there.
function set(editor, point) {
  const points = editor.marks.get(editor.active) ?? [];
  keep(editor);
  if (points.length < mostOf(editor.active)) {
    points.push(point);
    editor.at = points.length - 1;
  } else {
    const far = points.map(([x, y]) => Math.hypot(x - point[0], y - point[1]));
    editor.at = far.indexOf(Math.min(...far));
    points[editor.at] = point;
  }
  editor.marks.set(editor.active, points);
  refresh(editor);
}

function save(editor) {
  const marks = [...editor.marks].map(([name, points]) => ({
    name,
    points: points.map((point) => point.map((value) => Math.round(value * 100) / 100)),
    ...(name === "known" ? { length_cm: Math.round(editor.knownCm * 1000) / 1000 } : {}),
  }));
  editor.send("marked", { marks });
}

// --- the mouse, or a finger -----------------------------------------------------------------------

function place(editor, event) {
  const area = editor.svg.getBoundingClientRect();
  const [x, y, width, height] = editor.view;
  return inside(editor, [x + ((event.clientX - area.left) / area.width) * width, y + ((event.clientY - area.top) / area.height) * height]);
}

function inside({ data }, [x, y]) {
  const [left, top, width, height] = data.window;
  return [Math.min(Math.max(x, left), left + width), Math.min(Math.max(y, top), top + height)];
}

// A press on a point drags it; a press elsewhere sets one; a drag elsewhere moves the picture that is zoomed.
function grab(editor, event) {
  if (event.button !== 0) return;
  event.preventDefault();
  editor.stage.focus({ preventScroll: true });
  const at = event.target.dataset?.at;
  const start = [event.clientX, event.clientY];
  const view = [...editor.view];
  let isMoved = false;
  if (at !== undefined && editor.data.editable) {
    keep(editor);
    editor.at = Number(at);
  }
  const move = (moving) => {
    const [dx, dy] = [moving.clientX - start[0], moving.clientY - start[1]];
    isMoved ||= Math.hypot(dx, dy) > 5;
    if (!isMoved) return;
    if (at === undefined) {
      const unit = view[2] / Math.max(editor.svg.clientWidth, 1);
      look(editor, [view[0] - dx * unit, view[1] - dy * unit, view[2], view[3]]);
    } else if (editor.data.editable) {
      editor.marks.get(editor.active)[editor.at] = place(editor, moving);
    }
    draw(editor);
  };
  const end = (ended) => {
    for (const [name, heard] of heards) window.removeEventListener(name, heard);
    const isHalf = editor.marks.get(editor.active)?.length === 1 && mostOf(editor.active) === 2;
    if (at !== undefined && !isMoved) editor.undo.pop();
    // The other end of a short line lies within the first one's reach.
    const isShort = at !== undefined && isHalf && isApart(editor, place(editor, ended));
    if ((at === undefined || isShort) && !isMoved && editor.data.editable && ended.type === "pointerup") return set(editor, place(editor, ended));
    refresh(editor);
  };
  const heards = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
  for (const [name, heard] of heards) window.addEventListener(name, heard);
}

const isApart = (editor, [x, y]) => {
  const [[first, second]] = editor.marks.get(editor.active);
  return Math.hypot(x - first, y - second) > (4 * editor.view[2]) / Math.max(editor.svg.clientWidth, 1);
};

function wheel(editor, event) {
  if (!event.ctrlKey && document.activeElement !== editor.stage && editor.stage.getRootNode().activeElement !== editor.stage) return;
  event.preventDefault();
  zoom(editor, event.deltaY > 0 ? 1.2 : 1 / 1.2, place(editor, event));
}

function zoom(editor, times, about = null) {
  const [x, y, width] = editor.view;
  const point = about ?? editor.marks.get(editor.active)?.[editor.at] ?? [x + width / 2, y + editor.view[3] / 2];
  const [, , whole, tall] = editor.data.window;
  const wide = Math.min(Math.max(width * times, whole / 12), whole);
  const share = wide / width;
  look(editor, [point[0] - (point[0] - x) * share, point[1] - (point[1] - y) * share, wide, (wide * tall) / whole]);
  draw(editor);
}

// What is looked at stays inside the picture.
function look(editor, [x, y, width, height]) {
  const [left, top, whole, tall] = editor.data.window;
  editor.view = [
    Math.min(Math.max(x, left), left + whole - width),
    Math.min(Math.max(y, top), top + tall - height),
    width,
    height,
  ];
}

// --- the keys -------------------------------------------------------------------------------------

function key(editor, event) {
  if (event.altKey) return;
  const points = editor.marks.get(editor.active);
  const isUndo = event.key.toLowerCase() === "u" || (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey));
  if (isUndo) back(editor);
  else if (event.ctrlKey || event.metaKey) return;
  else if (event.key === "Enter") next(editor, event.shiftKey ? -1 : 1);
  else if (event.key === "+" || event.key === "=") zoom(editor, 0.67);
  else if (event.key === "-") zoom(editor, 1.5);
  else if (!editor.data.editable) return;
  else if (event.key === " ") {
    const [x, y, width, height] = editor.view;
    set(editor, [x + width / 2, y + height / 2]);
  } else if (event.key === "Delete" || event.key === "Backspace") remove(editor);
  else if ((event.key === "," || event.key === ".") && points) {
    editor.at = (editor.at + (event.key === "." ? 1 : -1) + points.length) % points.length;
    draw(editor);
  } else if (event.key.startsWith("Arrow") && points) {
    const unit = editor.view[2] / Math.max(editor.svg.clientWidth, 1);
    const step = (event.shiftKey ? 12 : 1) * unit * (/Left|Up/.test(event.key) ? -1 : 1);
    const [x, y] = points[editor.at];
    if (!event.repeat) keep(editor);
    points[editor.at] = inside(editor, /Left|Right/.test(event.key) ? [x + step, y] : [x, y + step]);
    refresh(editor);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
