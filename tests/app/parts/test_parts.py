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
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js on the PATH, which runs a part's script without a browser")
    script = tmp_path / "grid.mjs"
    script.write_text((PARTS / "grid.js").read_text("utf-8") + PRESSED, "utf-8")
    words = [node, str(script), json.dumps(focus)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == str(int(is_chosen))
