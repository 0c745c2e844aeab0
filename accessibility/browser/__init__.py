"""Checks that need a real browser: keyboard, focus, size, colour, direction, print, wishes.

`look` runs all of them on the page that a tab shows; a good page gives nothing. Every check has a
planted defect in tests/accessibility/test_planted.py that it must see.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from accessibility.browser.tab import Tab
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
FROM_RIGHT_TO_LEFT: Final = {"mirrored_from_right_to_left"}
NARROW: Final = (320, 640)
PAPER: Final = (643, 900)  # px: what is left of A4 between the margins
WITHOUT_SCRIPT: Final = "a", "button", "input", "select", "textarea", "form", "summary"


class Question(NamedTuple):
    """A function of look.js, the check it serves, and what is added to its findings."""

    check: str
    asked: str
    where: str = ""
    given: tuple[bool, ...] = ()


# As it is, under the pointer, with the focus, and of links visited before.
CONTRAST: Final = (
    Question("text_has_contrast", "textContrast"),
    Question("controls_have_contrast", "controlContrast"),
    Question("text_has_contrast", "onHover", " under the pointer"),
    Question("text_has_contrast", "onFocus", " with the focus"),
    Question("text_has_contrast", "onReturn", " where somebody was"),
)
AS_IT_OPENS: Final = (
    Question("focus_starts_where_it_should", "firstFocus"),
    *CONTRAST,
    Question("lines_are_readable", "lines"),
)
# Letters of any size on a wide screen, and everything on a narrow one.
WIDE: Final = (
    Question("targets_are_large", "targets"),
    Question("text_may_be_spaced", "spaced"),
    Question("text_may_be_enlarged", "enlarged"),
)
ON_A_NARROW_SCREEN: Final = (
    Question("fits_a_narrow_screen", "overflow"),
    Question("sticky_parts_leave_room", "sticky"),
    Question("targets_are_large", "targets", " at 320 px"),
    Question("text_may_be_spaced", "spaced", " at 320 px"),
)
IN_THE_DARK: Final = tuple(
    question._replace(where=f"{question.where} in the dark") for question in CONTRAST
)


class Notes:
    """Findings as they are made."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self.asked: set[str] = set()
        self.findings: list[Finding] = []

    def add(self, check: str, what: Iterable[Any], where: str = "") -> None:
        if check not in CHECKS:
            raise AssertionError(f"{check} is not listed")
        self.asked.add(check)
        self.findings += [Finding(check, f"{entry}{where}") for entry in what]

    async def ask(self, *questions: Question) -> None:
        """Ask the page as it is now."""
        answers = await self._tab.ask_all([(each.asked, *each.given) for each in questions])
        for question, answer in zip(questions, answers, strict=True):
            self.add(question.check, answer, question.where)


async def look(tab: Tab, page: Page, other_sheet: str) -> list[Finding]:
    """Run every check on the page that was just shown; it is used up by that.

    *other_sheet* is the style sheet of the other direction.
    """
    notes = Notes(tab)
    await notes.ask(*AS_IT_OPENS)
    await _parts(tab, page, notes)
    if page.language.dir == "rtl":
        notes.add("mirrored_from_right_to_left", await tab.ask("mirror", other_sheet))
    await _keyboard(tab, notes)
    await notes.ask(*WIDE)
    await tab.size(*NARROW)
    may_be_dark = page.language.code != "de-simple"
    scheme = Question("dark_only_where_wanted", "scheme", given=(may_be_dark,))
    await notes.ask(*ON_A_NARROW_SCREEN, scheme)
    await tab.prefer(color_scheme="dark")
    await notes.ask(scheme, *(IN_THE_DARK if may_be_dark else ()))
    await _wishes(tab, notes)
    notes.add("nothing_foreign_is_asked_for", tab.foreign)
    notes.add("browser_does_not_complain", tab.complaints)
    expected = set(CHECKS) - (set() if page.language.dir == "rtl" else FROM_RIGHT_TO_LEFT)
    if notes.asked != expected:
        raise AssertionError(f"{expected - notes.asked} did not look at the page")
    return notes.findings


async def _parts(tab: Tab, page: Page, notes: Notes) -> None:
    """Compare what can be used with and without the script."""
    with_script = Counter(await tab.ask("parts"))
    without = Counter(
        f"{e.tag} {e.attributes.get('href', e.get('id'))} {e.get('name')}"
        for e in page.document.find(*WITHOUT_SCRIPT)
        if e.tag != "a" or e.has("href")
    )
    notes.add("script_only_adds", with_script - without, " is there only with the script")
    notes.add("script_only_adds", without - with_script, " is there only without the script")


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


async def _wishes(tab: Tab, notes: Notes) -> None:
    """Forced colours, no movement, paper."""
    await tab.prefer(forced_colors="active")
    await notes.ask(Question("forced_colours_show_everything", "forced"))
    await tab.prefer(reduced_motion="reduce")
    await notes.ask(Question("nothing_moves", "motion"))
    await tab.size(*PAPER)
    await tab.prefer(media="print")
    await notes.ask(Question("prints_what_belongs_to_the_person", "print"))
