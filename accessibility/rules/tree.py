"""A small tree of an HTML page, for checks that need no browser."""

from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from typing import Final

_VOID: Final = "area base br col embed hr img input link meta source track wbr"
VOID: Final = frozenset(_VOID.split())


class Element:
    """One element: its attributes, and its children in order, texts among them."""

    __slots__ = ("attributes", "children", "parent", "tag")

    def __init__(self, tag: str, attributes: dict[str, str], parent: "Element | None") -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children: list[Element | str] = []

    def __repr__(self) -> str:
        name = self.get("id") or self.get("name") or self.get("class")
        return f"<{self.tag} {name}>" if name else f"<{self.tag}>"

    def get(self, name: str) -> str:
        """The value of an attribute, empty where it is missing or has none."""
        return self.attributes.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.attributes

    @property
    def classes(self) -> list[str]:
        return self.get("class").split()

    def descendants(self, *tags: str) -> Iterator["Element"]:
        """Everything below, in document order; only *tags* if any are named."""
        for child in self.children:
            if isinstance(child, Element):
                if not tags or child.tag in tags:
                    yield child
                yield from child.descendants(*tags)

    def ancestors(self) -> Iterator["Element"]:
        """The parents, nearest first."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent

    def closest(self, tag: str) -> "Element | None":
        return next((above for above in self.ancestors() if above.tag == tag), None)

    def texts(self) -> Iterator[tuple[str, "Element"]]:
        """Every text with the element that holds it, scripts and styles left out."""
        for child in self.children:
            if isinstance(child, str):
                yield child, self
            elif child.tag not in {"script", "style", "template"}:
                yield from child.texts()

    @property
    def text(self) -> str:
        """What is read here, in one line."""
        return " ".join("".join(text for text, _ in self.texts()).split())


class Document:
    """A parsed page, with what nearly every check asks for."""

    def __init__(self, html: str) -> None:
        self.root = _Builder.read(html)
        self.all = list(self.root.descendants())
        self.by_id = {found.get("id"): found for found in self.all if found.has("id")}

    def find(self, *tags: str) -> list[Element]:
        return [found for found in self.all if found.tag in tags]

    def first(self, tag: str) -> Element | None:
        return next(iter(self.find(tag)), None)

    @property
    def title(self) -> str:
        found = self.first("title")
        return found.text if found else ""

    def referred(self, element: Element, attribute: str) -> list[Element]:
        """The elements an attribute like aria-describedby names; missing ones are left out."""
        return [self.by_id[name] for name in element.get(attribute).split() if name in self.by_id]

    @property
    def controls(self) -> list[Element]:
        """Everything that takes an entry and is shown."""
        return [
            found
            for found in self.find("input", "select", "textarea")
            if found.get("type") not in {"hidden", "submit", "button", "image", "reset"}
        ]

    def labels(self, control: Element) -> list[Element]:
        """The labels of a control: those that name it and the one around it."""
        naming = [
            label
            for label in self.find("label")
            if control.has("id") and label.get("for") == control.get("id")
        ]
        around = control.closest("label")
        return naming + ([around] if around is not None and around not in naming else [])


@lru_cache(maxsize=8)
def parsed(html: str) -> Document:
    """A document that nobody changes: parsed once for those who look at it one after the other."""
    return Document(html)


class _Builder(HTMLParser):
    """Builds the tree; a page with crossed tags is the checker's business, not ours."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#document", {}, None)
        self.open = self.root

    @classmethod
    def read(cls, html: str) -> Element:
        builder = cls()
        builder.feed(html)
        builder.close()
        return builder.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.children.append(element)
        if tag not in VOID:
            self.open = element

    def handle_endtag(self, tag: str) -> None:
        for element in (self.open, *self.open.ancestors()):
            if element.tag == tag and element.parent is not None:
                self.open = element.parent
                return

    def handle_data(self, data: str) -> None:
        self.open.children.append(data)
