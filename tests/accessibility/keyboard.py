"""Somebody at a keyboard: no mouse, no knowledge of the page but what it says."""

from playwright.async_api import Page

MOST_STOPS = 200
AT = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const name = (at.labels?.length ? at.labels[0] : at).textContent.trim().replace(/\\s+/g, " ");
  return { kind: at.type ?? at.localName, name, group: at.name ?? "", value: at.value ?? "" };
}"""


class Keyboard:
    """Goes from stop to stop until the page says what is looked for."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def reach(self, words: str, *, back: bool = False) -> None:
        """Go with Tab to a link, button or field that is called *words*, or begins with them."""
        for _ in range(MOST_STOPS):
            await self._page.keyboard.press("Shift+Tab" if back else "Tab")
            at = await self._page.evaluate(AT)
            if at is not None and at["name"].startswith(words):
                return
        raise AssertionError(f"no stop is called {words!r}")

    async def follow(self, words: str) -> None:
        """Go to a link or button and press Enter; wait for the next page."""
        await self.reach(words)
        async with self._page.expect_navigation():
            await self._page.keyboard.press("Enter")

    async def choose(self, words: str) -> None:
        """Go to a group of answers and choose the one called *words*, with the arrow keys."""
        for _ in range(MOST_STOPS):
            await self._page.keyboard.press("Tab")
            at = await self._page.evaluate(AT)
            if at is not None and at["kind"] == "radio":
                break
        await self._page.keyboard.press("Space")
        for _ in range(MOST_STOPS):
            at = await self._page.evaluate(AT)
            if at["name"].startswith(words):
                return
            await self._page.keyboard.press("ArrowDown")
        raise AssertionError(f"no answer is called {words!r}")

    async def tick(self, words: str) -> None:
        """Go to a box and tick it."""
        await self.reach(words)
        await self._page.keyboard.press("Space")

    async def fill(self, words: str, text: str) -> None:
        """Go to a field and type."""
        await self.reach(words)
        await self._page.keyboard.insert_text(text)
