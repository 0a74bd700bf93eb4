// A flat map without tiles, for putting cameras where they stand: by a click, or by the arrow keys.
// data: width_m (of the map), cameras [{name, east, north}] in metres from the middle, null where not known,
// editable. Trigger: placed {name, east, north}, null to take it off the map again.
const NS = "http://www.w3.org/2000/svg";
const SIDE = 1000; // units of the picture
const WAIT_MS = 350; // a key that is held down is one move
const STEPS = [50, 100, 200, 500, 1000, 2000, 5000, 10000];

export default function ({ data, parentElement, setTriggerValue }) {
  words = data.told ?? {};
  const root = parentElement;
  const map = (root.map ??= build(root));
  const version = JSON.stringify(data);
  map.send = (camera) => setTriggerValue("placed", { name: camera.name, east: camera.east, north: camera.north });
  if (map.version === version) return;
  map.version = version;
  map.data = data;
  map.cameras = data.cameras.map((camera) => ({ ...camera }));
  const stays = map.cameras.find((c) => c.name === map.chosen);
  // The one that was just placed gives way to the next that stands nowhere yet.
  if (!stays || (map.isDone && stays.east !== null)) {
    map.chosen = (map.cameras.find((c) => c.east === null) ?? stays ?? map.cameras[0])?.name;
  }
  map.isDone = false;
  draw(map);
}

function build(root) {
  const names = document.createElement("div");
  names.className = "names";
  names.setAttribute("role", "radiogroup");
  names.setAttribute("aria-label", told("Camera to place"));
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
  svg.setAttribute("role", "application");
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("aria-label", told("Map: click, or move the chosen camera with the arrow keys; Delete takes it off"));
  const said = document.createElement("p");
  said.setAttribute("aria-live", "polite");
  const all = document.createElement("div");
  all.className = "plane";
  all.append(names, svg, said);
  root.append(all);
  const map = { names, svg, said, cameras: [], chosen: null };
  svg.addEventListener("click", (event) => {
    const area = svg.getBoundingClientRect();
    const share = (at, from, size) => (at - from) / size - 0.5;
    svg.focus();
    move(map, share(event.clientX, area.left, area.width), -share(event.clientY, area.top, area.height), true);
  });
  svg.addEventListener("keydown", (event) => key(map, event));
  return map;
}

// A place in shares of the map's width, from its middle.
function move(map, east, north, isDone) {
  const camera = map.cameras.find((c) => c.name === map.chosen);
  if (!camera || !map.data.editable) return;
  camera.east = Math.max(-0.5, Math.min(0.5, east)) * map.data.width_m;
  camera.north = Math.max(-0.5, Math.min(0.5, north)) * map.data.width_m;
  map.isDone = isDone;
  draw(map);
  later(map, camera);
}

function later(map, camera) {
  clearTimeout(map.timer);
  if (map.waiting && map.waiting !== camera) map.send(map.waiting); // another one's place is not lost
  map.waiting = camera;
  map.timer = setTimeout(() => {
    map.waiting = null;
    map.send(camera);
  }, WAIT_MS);
}

function key(map, event) {
  const camera = map.cameras.find((c) => c.name === map.chosen);
  if (!camera || !map.data.editable) return;
  const step = event.shiftKey ? 0.005 : 0.025;
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  if (event.key in ways) {
    const [x, y] = ways[event.key];
    const at = (value) => (value ?? 0) / map.data.width_m;
    move(map, at(camera.east) + x * step, at(camera.north) + y * step, false);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    camera.east = camera.north = null;
    draw(map);
    later(map, camera);
  } else return;
  event.preventDefault();
}

function element(name, attributes, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function draw(map) {
  const width = map.data.width_m;
  const step = STEPS.find((one) => width / one <= 10) ?? width / 5;
  const unit = SIDE / width;
  const marks = [];
  for (let at = 0; at <= width / 2; at += step) {
    for (const side of at ? [at, -at] : [0]) {
      const line = SIDE / 2 + side * unit;
      marks.push(element("line", { class: "grid", x1: line, x2: line, y1: 0, y2: SIDE }));
      marks.push(element("line", { class: "grid", x1: 0, x2: SIDE, y1: line, y2: line }));
    }
  }
  const long = step < 1000 ? `${step} m` : `${step / 1000} km`;
  marks.push(element("line", { class: "scale", x1: 30, x2: 30 + step * unit, y1: SIDE - 30, y2: SIDE - 30 }));
  marks.push(element("text", { x: 30, y: SIDE - 44 }, long));
  marks.push(element("text", { x: SIDE - 30, y: 46, "text-anchor": "end" }, told("North ↑")));
  for (const camera of map.cameras) {
    if (camera.east === null) continue;
    const [x, y] = [SIDE / 2 + camera.east * unit, SIDE / 2 - camera.north * unit];
    const kind = camera.name === map.chosen ? "camera chosen" : "camera";
    marks.push(element("circle", { class: kind, cx: x, cy: y, r: camera.name === map.chosen ? 14 : 10 }));
    const isRight = x > SIDE * 0.75;
    marks.push(element("text", { x: x + (isRight ? -26 : 26), y: y + 9, "text-anchor": isRight ? "end" : "start" }, camera.name));
  }
  map.svg.replaceChildren(...marks);
  map.names.replaceChildren(...map.cameras.map((camera) => name(map, camera)));
  const left = map.cameras.filter((c) => c.east === null).length;
  const still = left
    ? told("{left} of {all} stand nowhere yet.", { left, all: map.cameras.length })
    : told("All are placed.");
  map.said.textContent = map.chosen
    ? `${told("A click puts {camera} there.", { camera: map.chosen })} ${still}`
    : "";
}

function name(map, camera) {
  const made = document.createElement("button");
  made.setAttribute("role", "radio");
  made.setAttribute("aria-checked", camera.name === map.chosen);
  made.textContent = `${camera.east === null ? "○" : "●"} ${camera.name}`;
  made.disabled = !map.data.editable;
  made.onclick = () => {
    map.chosen = camera.name;
    draw(map);
    map.svg.focus();
  };
  return made;
}
