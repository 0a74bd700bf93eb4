"""The scripts of the parts by themselves: which keys a part takes, and which it leaves to the page."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

PARTS = Path(__file__).parents[3] / "app" / "parts"
PRESSED = """
globalThis.document = { body: {}, querySelector: () => null };
const own = { tagName: "INPUT", type: "checkbox" };
const into = { ...JSON.parse(process.argv[2]) };
const item = { classList: { toggle() {} } };
const state = {
  root: { contains: (one) => one === own, isConnected: true, dataset: {} },
  tiles: [{ id: "p1", item, frame: {}, box: own }],
  chosen: new Set(), all: false, at: 0, buttons: [], said: {}, noneButton: {},
  data: { editable: true, words: [], total: 1 },
};
const path = into.own ? [own] : [into];
key(state, { key: "a", composedPath: () => path, preventDefault() {} });
console.log(state.chosen.size);
"""


@pytest.mark.parametrize(
    ("focus", "is_chosen"),
    [
        ({"tagName": "MAIN"}, True),
        ({"tagName": "BUTTON"}, True),
        ({"own": True}, True),  # the box that chooses a photo
        ({"tagName": "INPUT", "type": "text"}, False),
        ({"tagName": "INPUT", "type": "checkbox"}, False),  # a switch of the page
        ({"tagName": "SELECT"}, False),
        ({"tagName": "TEXTAREA"}, False),
        ({"tagName": "DIV", "isContentEditable": True}, False),
    ],
)
def test_a_key_chooses_the_page_of_photos_unless_it_is_for_a_control(
    tmp_path: Path, focus: dict[str, object], is_chosen: bool
) -> None:
    done = ran(tmp_path, "grid", PRESSED, json.dumps(focus))
    assert done == str(int(is_chosen))


ASKED = """
globalThis.document = { querySelector: () => null };
const { kind, states, isOwn } = JSON.parse(process.argv[2]);
const into = {
  tagName: kind, closest: () => (/^(A|BUTTON|SUMMARY)$/.test(kind) ? into : null),
  matches: (wanted) => states.some((one) => wanted.includes(`[${one}]`)),
};
let n = 0;
const state = {
  root: { isConnected: true, contains: () => isOwn },
  part: { pressed: (_, pressed) => pressed === "enter" && (n += 1) > 0 },
};
key(state, { key: "Enter", composedPath: () => [into], preventDefault() {} });
console.log(n);
"""


@pytest.mark.parametrize(
    ("kind", "states", "is_own", "is_answer"),
    [
        ("BODY", [], False, True),
        ("A", [], False, False),  # the menu
        ("A", ['aria-current="page"'], False, True),  # the menu, where it led here
        ("BUTTON", ['aria-selected="true"'], False, True),  # the open tab
        ("BUTTON", [], False, False),
        ("BUTTON", [], True, False),  # "New deer" is no "It is Ada"
        ("BUTTON", ["aria-pressed"], True, True),  # a candidate that was tabbed to
        ("BUTTON", ["aria-pressed"], False, False),
    ],
)
def test_enter_answers_unless_it_presses_a_control(
    tmp_path: Path, kind: str, states: list[str], is_own: bool, is_answer: bool
) -> None:
    told = json.dumps({"kind": kind, "states": states, "isOwn": is_own})
    assert ran(tmp_path, "asking", ASKED, told) == str(int(is_answer))


DIALOG = """
const [isOpen, pressed] = JSON.parse(process.argv[2]);
globalThis.document = { querySelector: () => (isOpen ? {} : null) };
let isStopped = false;
inFront({ key: "z", ...pressed, stopPropagation: () => (isStopped = true) });
console.log(Number(isStopped));
"""


@pytest.mark.parametrize(
    ("is_open", "pressed", "is_silent"),
    [
        (True, {}, True),
        (True, {"key": "N"}, True),
        (True, {"key": "1"}, True),
        (False, {}, False),
        (True, {"key": "Enter"}, False),  # presses what is in front
        (True, {"key": "Escape"}, False),
        (True, {"key": "z", "ctrlKey": True}, False),
    ],
)
def test_keys_of_the_page_are_silent_behind_a_dialog(
    tmp_path: Path, is_open: bool, pressed: dict[str, object], is_silent: bool
) -> None:
    done = ran(tmp_path, "mend", DIALOG, json.dumps([is_open, pressed]))
    assert done == str(int(is_silent))


BOXES = """
globalThis.document = { querySelector: () => null };
draw = () => {};
const { presses, open } = JSON.parse(process.argv[2]);
const boxes = Array.from({ length: 14 }, (_, at) => ({ id: `b${at + 1}`, number: at + 1, open: at < open }));
const sent = [];
const editor = {
  data: { boxes, editable: true, letters: ["B", "X"] }, chosen: null, draft: null, typed: "", typedAt: 0,
  othersButton: { hidden: false }, send: (what, said) => sent.push([what, said]),
};
for (const [pressed, at, shiftKey] of presses) {
  const composedPath = () => [{ tagName: "MAIN" }];
  key(editor, { key: pressed, timeStamp: at, shiftKey, composedPath, preventDefault() {} });
}
console.log(JSON.stringify([editor.chosen, ...sent, others(editor.data, editor.chosen).length]));
"""


@pytest.mark.parametrize(
    ("presses", "found"),
    [
        ([["7", 0]], ["b7", 14]),  # the open ones: the chosen one is none of the others
        ([["1", 0], ["4", 600]], ["b14", 14]),
        ([["1", 0], ["4", 5000]], ["b4", 14]),
        ([["1", 0], ["9", 600]], ["b9", 14]),  # there is no 19
        ([["0", 0]], [None, 14]),
        ([["2", 0], ["X", 9000, True]], ["b2", ["others", {"id": "b2"}], 14]),
        ([["X", 0, True]], [None, ["others", {"id": None}], 14]),
        ([["2", 0], ["x", 9000]], ["b2", ["called", {"id": "b2", "letter": "X"}], 14]),
    ],
)
def test_a_box_is_chosen_by_its_number_and_all_others_are_said_to_be_nothing(
    tmp_path: Path, presses: list[list[object]], found: list[object]
) -> None:
    told = json.loads(ran(tmp_path, "boxes", BOXES, json.dumps({"presses": presses, "open": 14})))
    *said, n_others = found
    assert told == [*said, n_others - (said[0] is not None)]


def ran(folder: Path, part: str, script: str, argument: str) -> str:
    """What a part's script and a few lines after it print."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js on the PATH, which runs a part's script without a browser")
    file = folder / f"{part}.mjs"
    texts = [(PARTS / f"{name}.js").read_text("utf-8") for name in ("told", part)]
    file.write_text("\n".join([*texts, script]), "utf-8")
    words = [node, str(file), argument]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()
