"""A person before the pages: pointer or keyboard, every press counted."""

from __future__ import annotations

from typing import Any

TABS_MAX = 300
_IS_AT = """
(wanted) => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at === wanted || wanted.contains(at);
}
"""


class Hands:
    """Presses on a browser's page, by pointer or by keyboard alone.

    clicks: presses of the pointer's button; keys: of keys, letters of typed text aside, which are
    `letters`: what a person writes, such as a name, is the same everywhere.
    """

    def __init__(self, page: Any, *, by_keyboard: bool) -> None:
        self.page, self.by_keyboard = page, by_keyboard
        self.clicks = self.keys = self.letters = 0

    def key(self, name: str) -> None:
        """Press a key, or several at once (`Shift+A`): one press."""
        self.page.keyboard.press(name)
        self.keys += 1

    def write(self, text: str) -> None:
        """Type what is a person's own to say, as fast as a person does."""
        self.page.wait_for_timeout(500)
        self.page.keyboard.type(text, delay=120)
        self.page.wait_for_timeout(500)
        self.letters += len(text)

    def press(self, target: Any, key: str = "") -> None:
        """Press a button or a link. key: the one that does the same, where the page has one."""
        target.wait_for()
        if not self.by_keyboard:
            target.click()
            self.clicks += 1
        elif key:
            self.key(key)
        else:
            self._go_to(target)
            self.key("Enter")

    def tab(self, name: str) -> None:
        """Open one of the tabs of a page."""
        target = self.page.get_by_role("tab", name=name, exact=True)
        target.wait_for()
        if not self.by_keyboard:
            self.press(target)
            return
        self._go_to(self.page.locator("[role=tab][aria-selected=true]").first)
        while target.get_attribute("aria-selected") != "true":
            self.key("ArrowRight")
            self.page.wait_for_timeout(300)

    def choose(self, group: str, option: str) -> None:
        """Choose one of several that stand in a row: a click, or the way there, arrows and Space."""
        row = self.page.get_by_role("radiogroup", name=group)
        wanted = row.get_by_role("radio", name=option, exact=True)
        wanted.wait_for()
        if not self.by_keyboard:
            self.press(wanted)
            return
        self._go_to(row.get_by_role("radio", checked=True))
        while not wanted.evaluate(_IS_AT):
            self.key("ArrowRight")
        if wanted.get_attribute("aria-checked") != "true":
            self.key("Space")

    def cell(self, grid: Any, column: int, row: int) -> None:
        """Go to a cell of a table that can be written in, by pointer one of its last column; row 0 is the
        first below the header.
        """
        grid.wait_for()
        if not self.by_keyboard:
            grid.scroll_into_view_if_needed()
            area = grid.bounding_box()  # what scrolls lies over the canvas, so the point is pressed
            self.page.mouse.click(area["x"] + area["width"] - 60, area["y"] + 35 * (row + 1.5))
            self.clicks += 1
            return
        self._go_to(grid)
        for _ in range(column):
            self.key("ArrowRight")
        for _ in range(row):
            self.key("ArrowDown")

    def _go_to(self, target: Any) -> None:
        for _ in range(TABS_MAX):
            if target.evaluate(_IS_AT):  # a page that is drawn anew has another element there
                return
            self.key("Tab")
        raise SystemExit(f"{target} cannot be reached with {TABS_MAX} presses of Tab")
