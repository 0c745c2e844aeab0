"""Ask axe about a page that a tab shows."""

from typing import Any, Final

from accessibility.browser.tab import Tab
from accessibility.rules import Finding

TAGS: Final = (
    "wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
)  # fmt: skip
SWITCHED_ON: Final = ("target-size", "color-contrast-enhanced", "css-orientation-lock")
# The same measurement as color-contrast-enhanced, with a lower bar: measured once for both, since
# the stricter rule is told not to leave to this one what is below its bar (`minThreshold`).
SWITCHED_OFF: Final = ("color-contrast",)
EVERY_RATIO: Final = {
    "contrastRatio": {"normal": {"minThreshold": 0}, "large": {"minThreshold": 0}}
}
# What axe leaves open and another check of ours decides.
DECIDED_ELSEWHERE: Final = {
    "color-contrast-enhanced": "text_has_contrast",
    "identical-links-same-purpose": "same_words_lead_to_the_same_place",
}
QUESTION: Final = """
async ([tags, switchedOn, switchedOff, everyRatio]) => {
  const rules = Object.fromEntries([
    ...switchedOn.map((rule) => [rule, { enabled: true }]),
    ...switchedOff.map((rule) => [rule, { enabled: false }]),
  ]);
  const checks = { "color-contrast-enhanced": { options: everyRatio } };
  const runOnly = { type: "tag", values: tags };
  const options = { runOnly, rules, checks, resultTypes: ["violations", "incomplete"] };
  const short = ({ id, nodes }) =>
    nodes.map((node) => [id, `${node.target.join(" ")}: ${node.failureSummary}`]);
  const found = await axe.run(document, options);
  return [found.violations.flatMap(short), found.incomplete.flatMap(short)];
}
"""


async def ask_axe(tab: Tab) -> list[Finding]:
    """Everything axe objects to, and everything it leaves open that no check of ours decides."""
    answer: Any = await tab.page.evaluate(QUESTION, [TAGS, SWITCHED_ON, SWITCHED_OFF, EVERY_RATIO])
    objections, left_open = answer
    found = [Finding(f"axe {rule}", what) for rule, what in objections]
    return found + [
        Finding(f"axe {rule} (left open)", what)
        for rule, what in left_open
        if rule not in DECIDED_ELSEWHERE
    ]


async def axe_rules(tab: Tab) -> frozenset[str]:
    """The rules that axe knows."""
    return frozenset(await tab.page.evaluate("() => axe.getRules().map((rule) => rule.ruleId)"))
