"""What can be found out about PDF/UA-1 (ISO 14289-1) by a program, without a Java machine.

Each fault begins with the number of its failure condition in the Matterhorn Protocol 1.1. Left out
are those that people have to judge, and of the program's own what a document of ours cannot have:
forms, formulas, notes, media, layers, files inside.
"""

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pikepdf

TEXT: Final = {"Tj", "TJ", "'", '"'}
PAINTING: Final = TEXT | {
    "S",
    "s",
    "f",
    "F",
    "f*",
    "B",
    "B*",
    "b",
    "b*",
    "sh",
    "Do",
    "INLINE IMAGE",
}
GROUPING: Final = {
    "Document", "Part", "Sect", "Div", "Art", "BlockQuote", "Caption", "TOC", "TOCI", "Index",
    "NonStruct", "Private",
}  # fmt: skip
STANDARD: Final = GROUPING | {
    "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH",
    "TD", "THead", "TBody", "TFoot", "Span", "Quote", "Note", "Reference", "BibEntry", "Code",
    "Link", "Annot", "Ruby", "RB", "RT", "RP", "Warichu", "WT", "WP", "Figure", "Formula", "Form",
}  # fmt: skip
INSIDE: Final = {  # what may lie in what; ISO 32000-1, 14.8.4.3
    "Table": {"TR", "THead", "TBody", "TFoot", "Caption"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TFoot": {"TR"},
    "TR": {"TH", "TD"},
    "L": {"LI", "L", "Caption"},
    "LI": {"Lbl", "LBody"},
    "TOC": {"TOC", "TOCI", "Caption"},
}
ONLY_IN: Final = {
    "TR": {"Table", "THead", "TBody", "TFoot"},
    "THead": {"Table"}, "TBody": {"Table"}, "TFoot": {"Table"},
    "TH": {"TR"}, "TD": {"TR"},
    "LI": {"L"}, "LBody": {"LI"},
}  # fmt: skip
LANGUAGE: Final = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")  # BCP 47, as far as used here
XMP: Final = ("pdfuaid:part", "dc:title")


def faults(content: bytes) -> list[str]:
    """Everything wrong with a document."""
    with pikepdf.open(io.BytesIO(content)) as document:
        if "/StructTreeRoot" not in document.Root:
            return ["06-004 has no structure"]
        return [
            *_document(document),
            *_structure(document),
            *_marks(document),
            *_annotations(document),
            *_fonts(document),
        ]


# ---------------------------------------------------------------- the whole


def _document(document: pikepdf.Pdf) -> Iterator[str]:
    root = document.Root
    if document.is_encrypted:
        yield "26-001 encrypted"
    if not _at(root, "/MarkInfo", "/Marked"):
        yield "06-004 is not marked as tagged"
    if _at(root, "/MarkInfo", "/Suspects"):
        yield "04-001 tags are suspect"
    if not _at(root, "/ViewerPreferences", "/DisplayDocTitle"):
        yield "07-001 shows its file name for a title"
    if not LANGUAGE.fullmatch(str(root.get("/Lang", ""))):
        yield "11-006 has no language"
    if "/Metadata" not in root:
        yield "06-001 has no metadata"
        return
    with document.open_metadata() as found:
        yield from (f"06-002 06-003 metadata without {it}" for it in XMP if not found.get(it))
    if "/Outlines" not in root or not int(root.Outlines.get("/Count", 0)):
        yield "has no bookmarks"  # WCAG 2.2, technique PDF2; no condition of the protocol


# ---------------------------------------------------------------- the structure tree


def elements(document: pikepdf.Pdf) -> list[tuple[Any, str, list[tuple[Any, str]]]]:
    """Each element of the structure, its standard type, and its children with theirs."""
    tree = document.Root.StructTreeRoot
    roles = {str(k): str(v) for k, v in tree.get("/RoleMap", {}).items()}
    found = []

    def walk(node: Any) -> None:
        kids = [it for it in _list(node.get("/K")) if _is_element(it)]
        found.append((node, _role(node, roles), [(it, _role(it, roles)) for it in kids]))
        for kid in kids:
            walk(kid)

    for top in _list(tree.get("/K")):
        walk(top)
    return found


def _role(node: Any, roles: dict[str, str]) -> str:
    name, seen = str(node.S), set[str]()
    while name.removeprefix("/") not in STANDARD and name in roles and name not in seen:
        seen.add(name)
        name = roles[name]
    return name.removeprefix("/")


def _structure(document: pikepdf.Pdf) -> Iterator[str]:
    roles: Any = document.Root.StructTreeRoot.get("/RoleMap", {})
    yield from (f"02-004 {it} is given another role" for it in roles if it[1:] in STANDARD)
    found = elements(document)
    names = _named(document)
    headings = [role for _, role, _ in found if re.fullmatch("H[1-6]", role)]
    yield from _headings(headings)
    for node, role, kids in found:
        if role not in STANDARD:
            yield f"02-001 {node.S} has no standard role"
        yield from _nested(role, [kid for _, kid in kids])
        if "/Lang" in node and not LANGUAGE.fullmatch(str(node.Lang)):
            yield f"11-004 no language: {node.Lang}"
        if role == "Figure" and not (node.get("/Alt") or node.get("/ActualText")):
            yield "13-004 a figure without words"
        if role == "Table":
            yield from _table(kids, names)


def _headings(found: list[str]) -> Iterator[str]:
    levels = [int(it[1]) for it in found]
    if not levels or levels[0] != 1:
        yield "14-002 does not begin with H1"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"14-003 from H{before} to H{after}"


def _nested(role: str, kids: list[str]) -> Iterator[str]:
    allowed = INSIDE.get(role)
    if allowed is not None:
        yield from (f"09-004 09-005 {it} in {role}" for it in kids if it not in allowed)
        if not kids:
            yield f"09-004 09-005 {role} is empty"
    for kid in kids:
        if role not in ONLY_IN.get(kid, {role}):
            yield f"09-004 09-005 {kid} in {role}"
    if role in {"Table", "L"} and "Caption" in kids[1:-1]:
        yield f"09-004 the caption of a {role} is neither first nor last"


def _named(document: pikepdf.Pdf) -> dict[bytes, Any]:
    """What the tree of names says; it must be sorted and say where each element is."""
    names = _list(_at(document.Root, "/StructTreeRoot", "/IDTree", "/Names"))
    return {bytes(name): it for name, it in zip(names[::2], names[1::2], strict=True)}


def _table(kids: list[tuple[Any, str]], names: dict[bytes, Any]) -> Iterator[str]:
    rows = [row for part, role in kids if role != "Caption" for row in _rows(part, role)]
    widths = {sum(_attribute(it, "/ColSpan", 1) for it in row) for row in rows}
    if len(widths) > 1:
        yield f"15-003 rows of {sorted(widths)} cells"
    if list(names) != sorted(names):
        yield "names of cells are not sorted (ISO 32000-1, 7.9.6)"
    for row in rows:
        yield from _heads(row, names)
    body = [row for part, role in kids if role == "TBody" for row in _rows(part, role)]
    for row in body:
        if not any(it.S == "/TH" and _attribute(it, "/Scope", "") == "/Row" for it in row):
            yield "15-003 a row without a head"


def _heads(row: list[Any], names: dict[bytes, Any]) -> Iterator[str]:
    """Every cell finds its heads: those it names are there, and every head says what it is of."""
    for cell in row:
        is_head = str(cell.S) == "/TH"
        if is_head and str(_attribute(cell, "/Scope", "")) not in {"/Row", "/Column", "/Both"}:
            yield "15-003 a head without a scope"
        if is_head and "/ID" in cell and names.get(bytes(cell.ID)) != cell:
            yield f"15-003 the head {cell.ID} is not found by its name"
        told = [bytes(it) for it in _attribute(cell, "/Headers", ())]
        yield from (f"15-003 no head {it!r}" for it in told if it not in names)
        scopes = {str(_attribute(names[it], "/Scope", "")) for it in told if it in names}
        if not is_head and told and scopes != {"/Row", "/Column"}:
            yield f"15-003 a cell names heads of {scopes}"


def _rows(part: Any, role: str) -> Iterator[list[Any]]:
    rows = [part] if role == "TR" else _list(part.get("/K"))
    yield from ([it for it in _list(row.K) if _is_element(it)] for row in rows)


def _attribute(node: Any, name: str, default: Any) -> Any:
    found = [it[name] for it in _list(node.get("/A")) if name in it]
    return found[0] if found else default


# ---------------------------------------------------------------- what the pages draw


def _marks(document: pikepdf.Pdf) -> Iterator[str]:
    """Everything drawn is an artifact or belongs to an element, and not to both."""
    parents, told = _parents(document), _told(document)
    for number, page in enumerate(document.pages, start=1):
        marks = list(_drawn(page))
        yield from (f"{wrong} on page {number}" for wrong, _ in marks if wrong)
        drawn = {mark for _, mark in marks if mark is not None}
        owners = _list(parents.get(int(page.get("/StructParents", -1))))
        owned = {mark: it.objgen for mark, it in enumerate(owners) if it is not None}
        if not told[page.obj.objgen] == owned == {it: owned.get(it) for it in drawn}:
            yield f"01-005 page {number}: what is drawn, told and owned differs"
        yield from (f"10-001 {it} on page {number}" for it in _meaningless(page))


def _drawn(page: Any) -> Iterator[tuple[str, int | None]]:
    """For each thing that is drawn what is wrong with it, and the mark it has.

    Marks are numbers (of an element), "artifact", or None for marks that say neither.
    """
    open_marks: list[int | str | None] = []
    for operands, name in _steps(page):
        if name in {"BMC", "BDC"}:
            mark = _mark(operands)
            if mark == "artifact" and any(isinstance(it, int) for it in open_marks):
                yield "01-003 an artifact in a tag", None
            if isinstance(mark, int) and "artifact" in open_marks:
                yield "01-004 a tag in an artifact", None
            open_marks.append(mark)
        elif name == "EMC":
            open_marks.pop()
        elif name in PAINTING:
            marks = [it for it in open_marks if it is not None]
            inner = marks[-1] if marks else f"01-005 {name} is neither"
            yield ("", inner) if isinstance(inner, int) else (inner.removeprefix("artifact"), None)


def _mark(operands: Any) -> int | str | None:
    if str(operands[0]) == "/Artifact":
        return "artifact"
    if len(operands) > 1 and isinstance(operands[1], pikepdf.Dictionary) and "/MCID" in operands[1]:
        return int(operands[1].MCID)
    return None


def _parents(document: pikepdf.Pdf) -> dict[int, Any]:
    numbers = _list(_at(document.Root, "/StructTreeRoot", "/ParentTree", "/Nums"))
    return {int(key): it for key, it in zip(numbers[::2], numbers[1::2], strict=True)}


def _told(document: pikepdf.Pdf) -> dict[tuple[int, int], dict[int, tuple[int, int]]]:
    """For each page which element says that a mark is its own."""
    found = defaultdict[tuple[int, int], dict[int, tuple[int, int]]](dict)
    for node, _, _ in elements(document):
        for kid in _list(node.get("/K")):
            if isinstance(kid, int):
                found[node.Pg.objgen][int(kid)] = node.objgen
            elif "/MCID" in kid:
                found[kid.get("/Pg", node.get("/Pg")).objgen][int(kid.MCID)] = node.objgen
    return found


def _meaningless(page: Any) -> Iterator[str]:
    """Letters that can be seen and not be read aloud."""
    shown, font = defaultdict[str, set[int]](set), ""
    for operands, operator in _steps(page):
        if operator == "Tf":
            font = str(operands[0])
        elif operator in TEXT:
            shown[font].update(_codes(operands[0]))
    for font, codes in shown.items():
        letters = letters_of(page.Resources.Font[font])
        lost = [it for it in sorted(codes) if letters.get(it, "\0") in "\0\ufeff\ufffe"]
        yield from (f"{font}: {it:04x} means nothing" for it in lost)


def _codes(text: Any) -> Iterator[int]:
    for part in _list(text):
        if isinstance(part, pikepdf.String):
            high = bytes(part)[::2]
            yield from (one << 8 | two for one, two in zip(high, bytes(part)[1::2], strict=True))


def letters_of(font: Any) -> dict[int, str]:
    """What the codes of a font mean, by its ToUnicode map."""
    text = font.ToUnicode.read_bytes().decode("ascii")
    pairs = re.findall(r"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>\n", text)
    return {
        int(code, 16): bytes.fromhex(meant).decode("utf-16-be")
        for code, meant in pairs
        if len(meant) % 4 == 0
    }


# ---------------------------------------------------------------- links and fonts


def _annotations(document: pikepdf.Pdf) -> Iterator[str]:
    parents, roles = _parents(document), defaultdict(str)
    for node, role, _ in elements(document):
        roles[node.objgen] = role
    for page in document.pages:
        found = list(page.get("/Annots", ()))
        if found and page.get("/Tabs") != "/S":
            yield "28-009 Tab does not follow the structure"
        for it in found:
            if it.Subtype == "/Link" and not it.get("/Contents"):
                yield "28-012 a link without words"
            owner = parents.get(int(it.get("/StructParent", -1)))
            if it.Subtype == "/Link" and (owner is None or roles[owner.objgen] != "Link"):
                yield "28-011 a link outside of a Link"


def _fonts(document: pikepdf.Pdf) -> Iterator[str]:
    for page in document.pages:
        for font in (_at(page, "/Resources", "/Font") or {}).values():
            name = str(font.BaseFont)
            if "/ToUnicode" not in font:
                yield f"31-027 {name}: letters without a meaning"
            if str(font.Subtype) == "/Type0":
                yield from _composite(font, name)


def _composite(font: Any, name: str) -> Iterator[str]:
    inner = font.DescendantFonts[0]
    if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.FontDescriptor.keys()):
        yield f"31-009 {name} is not inside"
    if str(font.Encoding) not in {"/Identity-H", "/Identity-V"}:
        yield f"31-006 {name}: encoding {font.Encoding}"
    if str(inner.Subtype) == "/CIDFontType2" and "/CIDToGIDMap" not in inner:
        yield f"31-004 {name}: no way from letters to shapes"


def _at(found: Any, *names: str) -> Any:
    """What lies at a path, or nothing."""
    for name in names:
        found = None if found is None else found.get(name)
    return found


def _steps(page: Any) -> Iterator[tuple[list[Any], str]]:
    for step in pikepdf.parse_content_stream(page):
        yield list(step.operands), str(step.operator)


def _list(found: Any) -> list[Any]:
    if found is None:
        return []
    return list(found) if isinstance(found, pikepdf.Array) else [found]


def _is_element(it: Any) -> bool:
    return isinstance(it, pikepdf.Dictionary) and "/S" in it
