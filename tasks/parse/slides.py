"""PPTX by python-pptx: titles as headings, shapes in reading order, tables, charts, diagrams and speaker notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Block, Options, Reading, table, tidy

TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
DRAWN_PARAGRAPH = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"
BAND = 360_000  # EMU (1 cm): shapes that begin within one band stand side by side


def read(path: Path, options: Options) -> Reading:
    import pptx

    with path.open("rb") as file:
        deck = pptx.Presentation(file)
    return Reading([block for number, slide in enumerate(deck.slides, start=1) for block in _slide(slide, number)])


def _slide(slide: Any, number: int) -> Iterator[Block]:
    from pptx.enum.shapes import PP_PLACEHOLDER

    title = slide.shapes.title
    text = " ".join(tidy(title.text_frame.text).split("\n")) if title is not None else ""
    opens = title is not None and title.placeholder_format.type == PP_PLACEHOLDER.CENTER_TITLE
    yield Block("heading", text, 1 if opens and text else 2, number)
    for shape in _in_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape, number)
    yield from _diagrams(slide, number)
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if frame is not None and (notes := tidy(frame.text)):
        yield Block("paragraph", notes, page=number)


def _in_order(shapes: Any) -> list[Any]:
    """Shapes from top to bottom, and from left to right within a band."""
    return sorted(shapes, key=lambda shape: ((shape.top or 0) // BAND, shape.left or 0))


def _shape(shape: Any, number: int) -> Iterator[Block]:
    from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

    if shape.is_placeholder and shape.placeholder_format.type in (
        PP_PLACEHOLDER.FOOTER,
        PP_PLACEHOLDER.DATE,
        PP_PLACEHOLDER.SLIDE_NUMBER,
        PP_PLACEHOLDER.HEADER,
    ):
        return
    if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
        for inner in _in_order(shape.shapes):
            yield from _shape(inner, number)
    elif getattr(shape, "has_table", False):
        if block := table(_rows(shape.table), page=number):
            yield block
    elif getattr(shape, "has_chart", False):
        if block := table(_series(shape.chart), page=number):
            yield block
    elif shape.has_text_frame:
        yield from _frame(shape, number)


def _frame(shape: Any, number: int) -> Iterator[Block]:
    """A body's paragraphs are items of a list; those of a subtitle or a box are lines."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    paragraphs = [(tidy(p.text.replace("\v", "\n")), p.level) for p in shape.text_frame.paragraphs]
    paragraphs = [(text, level) for text, level in paragraphs if text]
    body = shape.is_placeholder and shape.placeholder_format.type in (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT)
    if body and len(paragraphs) > 1:
        yield from (Block("item", text, level, number) for text, level in paragraphs)
    elif paragraphs:
        yield Block("paragraph", "\n".join(text for text, _ in paragraphs), page=number)


def _rows(grid: Any) -> Iterator[list[str]]:
    """The cells; a merged one is said again in every place that it covers."""
    rows: list[list[str]] = []
    for tr in grid._tbl.tr_lst:
        row: list[str] = []
        for place, cell in enumerate(tr.tc_lst):
            if cell.vMerge and rows:
                row.append(rows[-1][place])
            elif cell.hMerge and row:
                row.append(row[-1])
            else:
                row.append(_drawn(cell))
        rows.append(row)
    yield from rows


def _drawn(element: Any) -> str:
    lines = ("".join(t.text or "" for t in p.iter(TEXT)) for p in element.iter(DRAWN_PARAGRAPH))
    return "\n".join(line for line in lines if line.strip())


def _series(chart: Any) -> Iterator[list[str]]:
    """A chart's numbers as a table: its categories, and a column for each series."""
    for plot in chart.plots:
        categories = [str(category) for category in plot.categories]
        series = [(str(one.name), list(one.values)) for one in plot.series]
        yield ["", *(name for name, _ in series)]
        for place, category in enumerate(categories):
            values = (numbers[place] if place < len(numbers) else None for _, numbers in series)
            yield [category, *("" if value is None else f"{value:g}" for value in values)]


def _diagrams(slide: Any, number: int) -> Iterator[Block]:
    """The texts of SmartArt, which stand in parts of their own."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    for relation in slide.part.rels.values():
        if not relation.is_external and relation.reltype.endswith("/diagramData"):
            root = etree.fromstring(relation.target_part.blob, parser)
            for paragraph in root.iter(DRAWN_PARAGRAPH):
                if text := tidy("".join(t.text or "" for t in paragraph.iter(TEXT))):
                    yield Block("item", text, page=number)
