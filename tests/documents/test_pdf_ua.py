"""The check of PDF/UA finds each fault it looks for, and none in what this service writes."""

import io
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import pikepdf
import pytest
from pikepdf import Array, Name, String

from adstelle.documents.pdf import compile_pdf
from tests.documents.pdf_ua import elements, faults
from tests.documents.test_pdf import document
from tests.figures.made import release, report
from tests.releases.files import YEAR


@pytest.mark.parametrize(
    ("lang", "direction"), [("de", "ltr"), ("ar", "rtl"), ("de-simple", "ltr")]
)
def test_a_case_can_be_read_aloud(lang: str, direction: str) -> None:
    assert faults(compile_pdf(document(), lang, direction)) == []


@cache
def whole() -> bytes:
    return report(release(YEAR), "de")


def of(made: pikepdf.Pdf, role: str, place: int = 0) -> Any:
    return [node for node, found, _ in elements(made) if found == role][place]


def drop(*path: str) -> Callable[[pikepdf.Pdf], None]:
    def plant(made: pikepdf.Pdf) -> None:
        *above, last = path
        found = made.Root
        for name in above:
            found = found[name]
        del found[last]

    return plant


def assign(role: str, place: int, name: str, value: Any) -> Callable[[pikepdf.Pdf], None]:
    return lambda made: of(made, role, place).__setitem__(name, value)


def _without_scope(made: pikepdf.Pdf) -> None:
    del of(made, "TH").A[0]["/Scope"]


def _without_row_head(made: pikepdf.Pdf) -> None:
    of(made, "TBody").K[0].K[0].S = Name.TD


def _short_row(made: pikepdf.Pdf) -> None:
    del of(made, "TR", 2).K[3]


def _lost_head(made: pikepdf.Pdf) -> None:
    of(made, "TD").A[0].Headers[0] = String("nobody")


def _only_column(made: pikepdf.Pdf) -> None:
    del of(made, "TD").A[0].Headers[1]


def _other_name(made: pikepdf.Pdf) -> None:
    of(made, "TH", 5).ID = String("another")


def _unsorted(made: pikepdf.Pdf) -> None:
    names = list(made.Root.StructTreeRoot.IDTree.Names)
    made.Root.StructTreeRoot.IDTree.Names = Array([*names[2:], *names[:2]])


def _loose(made: pikepdf.Pdf) -> None:
    made.pages[0].contents_add(b"0 0 10 10 re f")


def _artifact_inside(made: pikepdf.Pdf) -> None:
    made.pages[0].contents_add(b"/P <</MCID 0>> BDC /Artifact BMC 0 0 9 9 re f EMC EMC")


def _tag_inside(made: pikepdf.Pdf) -> None:
    made.pages[0].contents_add(b"/Artifact BMC /P <</MCID 0>> BDC 0 0 9 9 re f EMC EMC")


def _foreign_mark(made: pikepdf.Pdf) -> None:
    made.pages[0].contents_add(b"/P <</MCID 9999>> BDC 0 0 9 9 re f EMC")


def _untold(made: pikepdf.Pdf) -> None:
    del of(made, "P").K[0]


def _disowned(made: pikepdf.Pdf) -> None:
    owners = made.Root.StructTreeRoot.ParentTree.Nums[1]
    owners[0], owners[3] = owners[3], owners[0]


def _links(made: pikepdf.Pdf) -> Iterator[tuple[Any, Any]]:
    return ((page, it) for page in made.pages for it in page.get("/Annots", ()))


def _silent_link(made: pikepdf.Pdf) -> None:
    for _, link in _links(made):
        del link["/Contents"]


def _loose_link(made: pikepdf.Pdf) -> None:
    for _, link in _links(made):
        del link["/StructParent"]


def _wild_tab(made: pikepdf.Pdf) -> None:
    for page, _ in _links(made):
        page.Tabs = Name.R


def _font(made: pikepdf.Pdf) -> Any:
    return next(iter(made.pages[0].Resources.Font.values()))


def _without_letters(made: pikepdf.Pdf) -> None:
    _font(made).ToUnicode.write(b"")


def _without_shapes(made: pikepdf.Pdf) -> None:
    inside = _font(made).DescendantFonts[0].FontDescriptor
    for name in ("/FontFile", "/FontFile2", "/FontFile3"):
        if name in inside:
            del inside[name]


def _without_title(made: pikepdf.Pdf) -> None:
    with made.open_metadata() as metadata:
        del metadata["dc:title"]


def _without_identifier(made: pikepdf.Pdf) -> None:
    with made.open_metadata() as metadata:
        del metadata["pdfuaid:part"]


def _other_role(made: pikepdf.Pdf) -> None:
    made.Root.StructTreeRoot.RoleMap["/P"] = Name.Span


PLANTED: Final[dict[str, tuple[str, Callable[[pikepdf.Pdf], None]]]] = {
    "not marked": ("06-004", drop("/MarkInfo", "/Marked")),
    "no structure": ("06-004", drop("/StructTreeRoot")),
    "no language": ("11-006", drop("/Lang")),
    "no title shown": ("07-001", drop("/ViewerPreferences", "/DisplayDocTitle")),
    "no metadata": ("06-001", drop("/Metadata")),
    "no title": ("06-003", _without_title),
    "no identifier": ("06-002", _without_identifier),
    "no bookmarks": ("has no bookmarks", drop("/Outlines")),
    "a role of its own": ("02-001", assign("P", 0, "/S", Name.Own)),
    "another role": ("02-004", _other_role),
    "a level left out": ("14-003", assign("H2", 0, "/S", Name.H4)),
    "no first level": ("14-002", assign("H1", 0, "/S", Name.P)),
    "a paragraph in a list": ("09-005", assign("LI", 0, "/S", Name.P)),
    "a cell outside": ("09-005", assign("P", 0, "/S", Name.TD)),
    "an empty row": ("09-005", assign("TR", 1, "/K", Array())),
    "a wrong language": ("11-004", assign("P", 0, "/Lang", String("?"))),
    "a picture": ("13-004", assign("P", 0, "/S", Name.Figure)),
    "no scope": ("15-003", _without_scope),
    "no head of a row": ("a row without a head", _without_row_head),
    "a short row": ("15-003 rows of", _short_row),
    "an unknown head": ("15-003 no head", _lost_head),
    "no head of a column": ("15-003 a cell names", _only_column),
    "a head of another name": ("is not found by its name", _other_name),
    "names out of order": ("not sorted", _unsorted),
    "drawn outside": ("01-005 f is neither", _loose),
    "an artifact in a tag": ("01-003", _artifact_inside),
    "a tag in an artifact": ("01-004", _tag_inside),
    "a mark of nobody": ("01-005 page 1", _foreign_mark),
    "a mark not told": ("01-005 page 1", _untold),
    "a mark of another": ("01-005 page 1", _disowned),
    "a link without words": ("28-012", _silent_link),
    "a link outside": ("28-011", _loose_link),
    "tab as it likes": ("28-009", _wild_tab),
    "letters that mean nothing": ("10-001", _without_letters),
    "a font without shapes": ("31-009", _without_shapes),
}


@pytest.mark.parametrize("defect", PLANTED)
def test_a_planted_fault_is_found(defect: str) -> None:
    expected, plant = PLANTED[defect]
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(whole())) as made:
        plant(made)
        made.save(file)
    found = faults(file.getvalue())
    assert any(expected in it for it in found), found


def test_without_the_heads_of_rows_a_report_is_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adstelle.figures.report.row_heads.mark", lambda content: content)
    assert "15-003 a row without a head" in faults(report(release(YEAR), "de"))
