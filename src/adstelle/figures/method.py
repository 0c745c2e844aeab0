"""How figures are made, in words: the same sections on the page and in every report."""

from typing import Final

import msgspec

from adstelle.web.pages import Pages

UNITS: Final = ("contacts", "incidents", "established")


class Section(msgspec.Struct, frozen=True):
    """*text*: paragraphs; *terms*: what is explained, with its explanation. *is_contact*: they are
    a phone number and an address for mail."""

    title: str
    text: str
    terms: tuple[tuple[str, str], ...] = ()
    is_contact: bool = False


def sections(pages: Pages, lang: str, k: int) -> list[Section]:
    """Everything there is to know; *k*: the smallest number that is published."""
    city = pages.text(lang, "city.name")

    def text(key: str, **values: object) -> str:
        return pages.text(lang, key, **values)

    def own(name: str) -> Section:
        return Section(text(f"method.{name}.title"), text(f"method.{name}.text", city=city))

    return [
        Section(text("figures.caveat.title"), text("figures.caveat.text")),
        own("case"),
        Section(
            text("figures.method.counts_title"),
            text("figures.method.counts"),
            tuple(
                (
                    text(f"figures.unit.{it}", city=city),
                    text(f"figures.explain.{it}", city=city),
                )
                for it in UNITS
            ),
        ),
        own("cut_off"),
        Section(text("figures.method.withheld_title"), text("figures.method.withheld", k=k)),
        own("zero"),
        own("sums"),
        own("percent"),
        Section(text("figures.method.frozen_title"), text("figures.method.frozen")),
        own("later"),
        Section(
            text("method.questions.title"),
            text("method.questions.text", office=text("city.office")),
            ((text("common.phone"), pages.city.phone), (text("common.mail"), pages.city.mail)),
            is_contact=True,
        ),
    ]
