"""DOCX: python-docx opens it and knows its styles; the text is walked as XML, where text boxes and notes stand too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Block, Options, Reading, table, tidy
from tasks.parse.headings import level_of

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # says the same for old programs
APART = {f"{W}txbxContent", FALLBACK}  # not part of the paragraph around them
SKIPPED = {*APART, f"{W}del", f"{W}moveFrom", f"{W}rPr", f"{W}pPr"}
BREAKS = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": "\t", f"{W}noBreakHyphen": "-"}
CONTAINERS = {f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "txbxContent")}
MOST_COLUMNS = 63  # Word's own limit


def read(path: Path, options: Options) -> Reading:
    import docx

    with path.open("rb") as file:
        document = docx.Document(file)
    return Reading(list(_Walk(document).blocks(document.element.body)))


class _Walk:
    """The body of a document, its styles and its notes."""

    def __init__(self, document: Any) -> None:
        self.levels = {style.style_id: _style_level(style) for style in document.styles if style.type == 1}
        self.lists = {style.style_id for style in document.styles if style.type == 1 and _numbered(style)}
        self.notes = {
            (kind, note.get(f"{W}id")): note
            for kind in ("footnote", "endnote")
            for part in _related(document.part, f"{kind}s")
            for note in part.iter(f"{W}{kind}")
        }

    def blocks(self, parent: Any) -> Iterator[Block]:
        """Paragraphs and tables in their order, each followed by the text boxes and notes that hang on it."""
        for element in parent:
            if element.tag == f"{W}p":
                yield from self._paragraph(element)
            elif element.tag == f"{W}tbl":
                yield from self._table(element)
            elif element.tag in CONTAINERS:
                yield from self.blocks(element)

    def _paragraph(self, element: Any) -> Iterator[Block]:
        if text := tidy(_text(element)):
            yield self._block(element, text)
        for box in _boxes(element):
            yield from self.blocks(box)
        yield from self._notes(element)

    def _block(self, element: Any, text: str) -> Block:
        style = element.find(f"{W}pPr/{W}pStyle")
        name = style.get(f"{W}val") if style is not None else None
        outline = element.find(f"{W}pPr/{W}outlineLvl")
        level = self.levels.get(name)
        if outline is not None and int(outline.get(f"{W}val", 9)) < 9:
            level = int(outline.get(f"{W}val")) + 1
        if level is None:
            level = level_of(text)
        if level is not None:
            return Block("heading", " ".join(text.split("\n")), level)
        numbering = element.find(f"{W}pPr/{W}numPr")
        if numbering is None and name not in self.lists:
            return Block("paragraph", text)
        depth = numbering.find(f"{W}ilvl") if numbering is not None else None
        return Block("item", text, int(depth.get(f"{W}val", 0)) if depth is not None else 0)

    def _notes(self, element: Any) -> Iterator[Block]:
        for kind in ("footnote", "endnote"):
            for reference in element.iter(f"{W}{kind}Reference"):
                note = self.notes.get((kind, reference.get(f"{W}id")))
                if note is not None:
                    yield from self.blocks(note)

    def _table(self, element: Any) -> Iterator[Block]:
        """A pipe table; what has a single column is a box around text, and its blocks are yielded as they are."""
        rows = [row for row in _rows(element) if row.tag == f"{W}tr"]
        if all(len(_cells(row)) <= 1 for row in rows):
            for row in rows:
                for cell in _cells(row):
                    yield from self.blocks(cell)
            return
        grid: list[list[str]] = []
        for row in rows:
            texts: list[str] = [""] * _skipped(row)
            for cell in _cells(row):
                above = grid[-1][len(texts)] if grid and len(texts) < len(grid[-1]) else ""
                text = above if _continues(cell) else self._cell(cell)
                texts += [text] * _width(cell)
            grid.append(texts)
        if block := table(grid):
            yield block

    def _cell(self, cell: Any) -> str:
        """All that stands in a cell, tables in it included, on one line."""
        texts = (
            re.sub(r"\| --- .*\|\n", "", block.text) if block.kind == "table" else block.text
            for block in self.blocks(cell)
        )
        return " ".join(text.replace("\\|", "|") for text in texts)


def _text(element: Any) -> str:
    parts = []
    for child in element:
        if child.tag in (f"{W}t", MATH_TEXT):
            parts.append(child.text or "")
        elif child.tag in BREAKS:
            parts.append(BREAKS[child.tag])
        elif child.tag not in SKIPPED:
            parts.append(_text(child))
    return "".join(parts)


def _boxes(element: Any) -> Iterator[Any]:
    """The text boxes in a paragraph, but not the boxes in those boxes, nor what is said again for old programs."""
    for child in element:
        if child.tag == f"{W}txbxContent":
            yield child
        elif child.tag != FALLBACK:
            yield from _boxes(child)


def _rows(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag in CONTAINERS:
            yield from _rows(child)
        else:
            yield child


def _cells(row: Any) -> list[Any]:
    return [cell for cell in _rows(row) if cell.tag == f"{W}tc"]


def _width(cell: Any) -> int:
    span = cell.find(f"{W}tcPr/{W}gridSpan")
    return min(int(span.get(f"{W}val", 1)), MOST_COLUMNS) if span is not None else 1


def _skipped(row: Any) -> int:
    """Columns that a row leaves out at its left."""
    before = row.find(f"{W}trPr/{W}gridBefore")
    return min(int(before.get(f"{W}val", 0)), MOST_COLUMNS) if before is not None else 0


def _continues(cell: Any) -> bool:
    """Whether a cell is merged with the one above."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val", "continue") == "continue"


def _style_level(style: Any) -> int | None:
    """The level of a heading style; styles made by hand have one by what they are based on or by their outline."""
    while style is not None:
        name = (style.name or "").lower()
        if name == "title":
            return 0
        if match := re.fullmatch(r"(?:heading|标题) ?([1-9])", name):
            return int(match[1])
        outline = style.element.find(f"{W}pPr/{W}outlineLvl")
        if outline is not None and int(outline.get(f"{W}val", 9)) < 9:
            return int(outline.get(f"{W}val")) + 1
        style = style.base_style
    return None


def _numbered(style: Any) -> bool:
    while style is not None:
        if style.element.find(f"{W}pPr/{W}numPr") is not None:
            return True
        style = style.base_style
    return False


def _related(part: Any, name: str) -> Iterator[Any]:
    """The roots of related parts of one kind, such as footnotes."""
    from docx.oxml import parse_xml

    for relation in part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{name}"):
            yield parse_xml(relation.target_part.blob)
