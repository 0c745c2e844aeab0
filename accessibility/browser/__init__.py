"""Checks that need a real browser: keyboard, focus, size, colour, direction, print, wishes.

`look` runs all of them on a page; a good page gives nothing. Every check has a planted defect in
tests/accessibility/test_planted.py that it must see.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from accessibility.browser.tab import Given, Tab
from accessibility.rules import Finding
from accessibility.rules.page import Page

CHECKS: Final = (
    "focus_starts_where_it_should",
    "script_only_adds",
    "text_has_contrast",
    "controls_have_contrast",
    "lines_are_readable",
    "mirrored_from_right_to_left",
    "keyboard_reaches_everything",
    "keyboard_goes_in_order",
    "focus_is_visible",
    "focus_is_not_covered",
    "targets_are_large",
    "text_may_be_spaced",
    "text_may_be_enlarged",
    "fits_a_narrow_screen",
    "sticky_parts_leave_room",
    "dark_only_where_wanted",
    "forced_colours_show_everything",
    "nothing_moves",
    "prints_what_belongs_to_the_person",
    "nothing_foreign_is_asked_for",
    "browser_does_not_complain",
)
NARROW: Final = (320, 640)
PAPER: Final = (643, 900)  # px: what is left of A4 between the margins
WITHOUT_SCRIPT: Final = "a", "button", "input", "select", "textarea", "form", "summary"


class Notes:
    """Findings as they are made."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, check: str, what: Iterable[Any], where: str = "") -> None:
        if check not in CHECKS:
            raise AssertionError(f"{check} is not listed")
        self.findings += [Finding(check, f"{entry}{where}") for entry in what]


async def look(tab: Tab, given: Given, page: Page, other_sheet: str) -> list[Finding]:
    """Show a page and run every check. *other_sheet* is the style sheet of the other direction."""
    notes = Notes()
    await tab.show(given)
    await _as_it_opens(tab, page, notes)
    await _colours(tab, notes, "")
    notes.add("lines_are_readable", await tab.ask("lines"))
    if page.language.dir == "rtl":
        notes.add("mirrored_from_right_to_left", await tab.ask("mirror", other_sheet))
    await _keyboard(tab, notes)
    await _room(tab, notes)
    await _wishes(tab, page, notes)
    notes.add("nothing_foreign_is_asked_for", tab.foreign)
    notes.add("browser_does_not_complain", tab.complaints)
    return notes.findings


async def _as_it_opens(tab: Tab, page: Page, notes: Notes) -> None:
    notes.add("focus_starts_where_it_should", await tab.ask("firstFocus"))
    with_script = Counter(await tab.ask("parts"))
    without = Counter(
        f"{e.tag} {e.attributes.get('href', e.get('id'))} {e.get('name')}"
        for e in page.document.find(*WITHOUT_SCRIPT)
        if e.tag != "a" or e.has("href")
    )
    notes.add("script_only_adds", with_script - without, " is there only with the script")
    notes.add("script_only_adds", without - with_script, " is there only without the script")


async def _colours(tab: Tab, notes: Notes, where: str) -> None:
    """Contrast as it is, under the pointer, with the focus, and of links visited before."""
    notes.add("text_has_contrast", await tab.ask("textContrast"), where)
    notes.add("controls_have_contrast", await tab.ask("controlContrast"), where)
    notes.add("text_has_contrast", await tab.ask("onHover"), f" under the pointer{where}")
    notes.add("text_has_contrast", await tab.ask("onFocus"), f" with the focus{where}")
    notes.add("text_has_contrast", await tab.ask("onReturn"), f" where somebody was{where}")


async def _keyboard(tab: Tab, notes: Notes) -> None:
    """Go through the page with Tab, and back again."""
    stops = await tab.ask("beginTrace")
    await tab.press_tab(stops - 1)
    await tab.press_tab(stops - 1, back=True)
    found = await tab.ask("endTrace")
    notes.add("keyboard_reaches_everything", found["reach"])
    notes.add("keyboard_goes_in_order", found["order"])
    notes.add("focus_is_visible", found["unseen"])
    notes.add("focus_is_not_covered", found["hidden"])


async def _room(tab: Tab, notes: Notes) -> None:
    """Letters of any size on a wide screen, and everything on a narrow one."""
    notes.add("targets_are_large", await tab.ask("targets"))
    notes.add("text_may_be_spaced", await tab.ask("spaced"))
    notes.add("text_may_be_enlarged", await tab.ask("enlarged"))
    await tab.size(*NARROW)
    notes.add("fits_a_narrow_screen", await tab.ask("overflow"))
    notes.add("sticky_parts_leave_room", await tab.ask("sticky"))
    notes.add("targets_are_large", await tab.ask("targets"), " at 320 px")
    notes.add("text_may_be_spaced", await tab.ask("spaced"), " at 320 px")


async def _wishes(tab: Tab, page: Page, notes: Notes) -> None:
    """Dark, forced colours, no movement, paper."""
    may_be_dark = page.language.code != "de-simple"
    notes.add("dark_only_where_wanted", await tab.ask("scheme", may_be_dark))
    await tab.prefer(color_scheme="dark")
    notes.add("dark_only_where_wanted", await tab.ask("scheme", may_be_dark))
    if may_be_dark:
        await _colours(tab, notes, " in the dark")
    await tab.prefer(forced_colors="active")
    notes.add("forced_colours_show_everything", await tab.ask("forced"))
    await tab.prefer(reduced_motion="reduce")
    notes.add("nothing_moves", await tab.ask("motion"))
    await tab.size(*PAPER)
    await tab.prefer(media="print")
    notes.add("prints_what_belongs_to_the_person", await tab.ask("print"))
