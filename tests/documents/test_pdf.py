"""The PDF can be read by everybody: structure, language, title, fonts of every script inside.

veraPDF and PAC were not run; the compiler refuses what is not PDF/UA-1, and pdf_ua.py asks again.
"""

from collections.abc import Iterator
from typing import Any, Final

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.documents.pdf import UNKNOWN, compile_pdf, direction_of, displayable, pdf
from adstelle.domain.case_document import (
    Audience,
    CaseDocument,
    Entry,
    Fact,
    Section,
    SectionName,
)
from tests.documents.pdf_ua import letters_of
from tests.documents.test_written import TODAY

ARABIC: Final = "قالوا لي إن الشقة لم تعد متاحة."
CYRILLIC: Final = "Мені відмовили через мову."


def document(text: str = ARABIC, title: str = "Ihre Angaben") -> CaseDocument:
    return CaseDocument(
        audience=Audience.PERSON,
        language="de",
        made_on=TODAY,
        title=title,
        lead="Was gespeichert ist.",
        sections=(
            Section(
                name=SectionName.REPORT,
                title="Der Bericht",
                facts=(Fact("place", "Ort", "Lobeda"), Fact("words", "Zeit", text)),
                text=f"Am *Telefon* #war sie frei.\n\n{text}\n{CYRILLIC}",
            ),
            Section(
                name=SectionName.MESSAGES,
                title="Nachrichten",
                entries=(Entry(heading="2. März 2026", text="Guten Tag"),),
            ),
        ),
    )


def opened(tmp_path: Any, made: bytes) -> pikepdf.Pdf:
    file = tmp_path / "case.pdf"
    file.write_bytes(made)
    return pikepdf.open(file)


def tags(node: Any) -> Iterator[str]:
    """Every tag of a structure tree, in reading order."""
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from tags(kid)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield str(node["/S"])
        if "/K" in node:
            yield from tags(node["/K"])


@pytest.mark.parametrize(
    ("lang", "direction"), [("de", "ltr"), ("ar", "rtl"), ("de-simple", "ltr")]
)
def test_it_is_tagged_and_says_its_language_and_title(
    tmp_path: Any, lang: str, direction: str
) -> None:
    with opened(tmp_path, compile_pdf(document(), lang, direction)) as made:
        root = made.Root
        assert str(root.Lang) == lang.partition("-")[0]
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        with made.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Ihre Angaben"
        found = list(tags(root.StructTreeRoot.K))
        headings = [tag for tag in found if tag.startswith("/H")]
        assert headings == ["/H1", "/H2", "/H2", "/H3"]
        assert {"/P", "/L", "/LI", "/Lbl", "/LBody"} <= set(found)


def fonts(made: pikepdf.Pdf) -> dict[str, Any]:
    found = {}
    for page in made.pages:
        for font in page.Resources.Font.values():
            descendant = font.DescendantFonts[0]
            found[str(font.BaseFont).partition("+")[2]] = descendant.FontDescriptor
    return found


def test_fonts_of_every_script_are_inside(tmp_path: Any) -> None:
    with opened(tmp_path, compile_pdf(document(), "de", "ltr")) as made:
        found = fonts(made)

        assert any(name.startswith("NotoSansArabic") for name in found)
        assert any(name.startswith("NotoSans-") for name in found)
        assert all("/FontFile2" in each or "/FontFile3" in each for each in found.values())


def test_what_was_typed_is_never_markup(tmp_path: Any) -> None:
    hostile = '#read("/etc/passwd") #import "x": * $x$ \\ `y` <label> @ref // no /* comment'

    made = compile_pdf(document(hostile, title=hostile), "de", "ltr")

    with opened(tmp_path, made) as read, read.open_metadata() as metadata:
        assert metadata["dc:title"] == hostile


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80))
def test_whatever_was_typed_it_can_be_printed(text: str) -> None:
    assert compile_pdf(document(text, title="Fall"), "ar", "rtl").startswith(b"%PDF")


def test_letters_that_no_font_has_are_shown_as_missing() -> None:
    assert displayable("a😀b\ufe0f\u0007c") == f"a{UNKNOWN}bc"
    assert displayable(ARABIC + CYRILLIC + "ẞäğ–„“") == ARABIC + CYRILLIC + "ẞäğ–„“"


def test_a_paragraph_runs_the_way_of_its_first_letter() -> None:
    assert [direction_of(text) for text in (ARABIC, "12 " + ARABIC, "Jena", "123", "")] == [
        "rtl", "rtl", "ltr", "ltr", "ltr",
    ]  # fmt: skip


async def test_two_at_a_time_and_off_the_loop() -> None:
    assert (await pdf(document(), "de", "ltr")).startswith(b"%PDF")


def drawn(made: pikepdf.Pdf, number: int = 0) -> list[str]:
    """What a page draws in one piece, without its spaces; where it stands is not told."""
    page, letters, runs = made.pages[number], dict[int, str](), []
    for step in pikepdf.parse_content_stream(page):
        operands, operator = list(step.operands), str(step.operator)
        if operator == "Tf":
            letters = letters_of(page.Resources.Font[str(operands[0])])
        elif operator in {"Tj", "TJ"}:
            parts = list(operands[0]) if operator == "TJ" else operands
            codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
            pairs = zip(codes[::2], codes[1::2], strict=True)
            text = "".join(letters.get(high << 8 | low, "") for high, low in pairs)
            runs.append(text.replace(" ", ""))
    return runs


def test_a_number_keeps_its_order_in_an_arabic_line(tmp_path: Any) -> None:
    arabic = CaseDocument(
        audience=Audience.PERSON,
        language="ar",
        made_on=TODAY,
        title="بياناتك",
        lead="هذا",
        sections=(
            Section(
                name=SectionName.CONTACT,
                title="التواصل",
                facts=(Fact("phone", "الهاتف", "0170 5550123"),),
            ),
        ),
    )

    with opened(tmp_path, compile_pdf(arabic, "ar", "rtl")) as made:
        assert "01705550123" in drawn(made)  # else its two parts change places
