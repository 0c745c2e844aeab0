"""Mark the first cell of each row of a PDF's tables as the head of its row.

The compiler marks heads of columns alone (ISO 14289-1, 7.5: every head has a scope). A screen
reader then says "Alter, Arbeit, 9" instead of "Arbeit, 9". Read is only what this service made.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any


def mark(content: bytes) -> bytes:
    """The same document with heads of rows; the same bytes come of the same bytes."""
    import pikepdf  # noqa: PLC0415  18 MB that only the making of reports needs

    with pikepdf.open(BytesIO(content)) as document:
        tree = document.Root.StructTreeRoot
        for table, found in enumerate(_tagged(tree, "/Table")):
            for place, row in enumerate(_body_rows(found)):
                _mark_row(row, f"row-{table}-{place}", pikepdf)
        tree.IDTree = document.make_indirect(_names(tree, pikepdf))
        marked = BytesIO()
        document.save(marked, deterministic_id=True)
    return marked.getvalue()


def _mark_row(row: Any, name: str, pikepdf: Any) -> None:
    """Name the head of a row in each of its cells, beside the head of the column."""
    head, *others = row.K
    head.S = pikepdf.Name.TH
    head.ID = pikepdf.String(name)
    _table_attributes(head).Scope = pikepdf.Name.Row
    for cell in others:
        _table_attributes(cell).Headers.append(pikepdf.String(name))


def _table_attributes(cell: Any) -> Any:
    return next(it for it in cell.A if it.O == "/Table")


def _names(tree: Any, pikepdf: Any) -> Any:
    """Every named element, in the order of names (ISO 32000-1, 7.9.6)."""
    named = [(bytes(it.ID), it) for it in _elements(tree) if "/ID" in it]
    pairs = [
        each
        for name, element in sorted(named, key=lambda it: it[0])
        for each in (pikepdf.String(name), element)
    ]
    return pikepdf.Dictionary(Names=pikepdf.Array(pairs))


def _body_rows(table: Any) -> Iterator[Any]:
    for body in _tagged(table, "/TBody"):
        yield from _tagged(body, "/TR")


def _tagged(node: Any, tag: str) -> Iterator[Any]:
    return (it for it in _elements(node) if tag == it.S)


def _elements(node: Any) -> Iterator[Any]:
    """Every element of a structure tree below *node*, in reading order."""
    for kid in node.get("/K", ()):
        if not isinstance(kid, int) and "/S" in kid:
            yield kid
            yield from _elements(kid)
