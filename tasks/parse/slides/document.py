"""PPTX by python-pptx: titles as headings, shapes in reading order, tables, charts, diagrams, notes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Block, Loss, Options, Reading, UnreadableError, table, tidy
from tasks.parse.office import drawn
from tasks.parse.slides import frames
from tasks.parse.slides.deck import P, open_deck, section_names, slides_of
from tasks.parse.slides.frames import A, R
from tasks.parse.slides.placing import Area, in_order

DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
CHARTS = (
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart",
    "{http://schemas.microsoft.com/office/drawing/2014/chartex}chart",
)
DECORATIVE = "{http://schemas.microsoft.com/office/drawing/2017/decorative}decorative"
FILE_NAME = re.compile(r"[\w\-. ()]*\.(?:png|jpe?g|gif|bmp|tiff?|svg|emf|wmf|webp)|[\d\-_ ]+", re.IGNORECASE)
SHAPE_NAME = re.compile(r"(?:picture|image|graphic|图片|图像|圖片)\s*\d*", re.IGNORECASE)
MADE_BY_PROGRAM = re.compile(
    r"(?:\s*(?:Description automatically generated|AI-generated content may be incorrect|描述已自动生成|"
    r"AI 生成的内容可能不正确)[^\n]*|\s*自动生成的说明)+$"
)
LONGEST_TITLE = 60  # characters of a text that serves as the title of a slide that has none
LARGER = 1.2  # how much larger than all other text it is
TITLE_SIZE = 2400  # hundredths of a point that it has at least
USUAL_SIZE = 1800
LAST_LINE = re.compile(r"[。；;.,，]$")


def read(path: Path, options: Options) -> Reading:
    deck, losses = open_deck(path)
    reading = Reading(losses=losses)
    names = section_names(deck)
    section = ""
    for number, (ident, slide) in enumerate(slides_of(deck), start=1):
        if number > options.max_pages:
            detail = f"more than {options.max_pages} slides; raise parse.max_pages, or split the deck"
            raise UnreadableError("too_many_pages", detail)
        reading.pages = number
        if slide is None:
            reading.losses.append(Loss("broken_slide", f"slide {number} is missing from the file", number))
            continue
        if slide._element.get("show") in ("0", "false") and not options.hidden_slides:
            advice = "set hidden_slides to have it read"
            reading.losses.append(Loss("hidden_slide", f"slide {number} is hidden; {advice}", number))
            continue
        if names.get(ident, "") != section:
            section = names.get(ident, "")
            reading.blocks.append(Block("heading", section, 1, number))
        try:
            for block in SlideReader(slide, number, reading.losses).blocks(options, top=2 if names else 1):
                reading.blocks.append(block)  # one at a time: what comes before a fault is kept
        except MemoryError:
            raise
        except Exception as error:  # a damaged slide costs what follows the damage on it
            detail = f"slide {number} is damaged ({type(error).__name__}: {str(error)[:200]}); save the deck again"
            reading.losses.append(Loss("broken_slide", detail, number))
    return reading


@dataclass
class SlideReader:
    """One slide; what fails on it is said in `losses`, and the rest of it is read."""

    slide: Any
    number: int
    losses: list[Loss]

    def blocks(self, options: Options, top: int) -> Iterator[Block]:
        """A heading, of level `top` where the slide opens a part of the deck; the shapes, the notes, the comments."""
        from pptx.enum.shapes import PP_PLACEHOLDER

        shapes = list(self.slide.shapes)
        title = self.slide.shapes.title
        text = _flat(title.text_frame.text) if title is not None else ""
        if not text and (title := _largest(shapes)) is not None:
            text = _flat(title.text_frame.text)
        opens = bool(text) and (
            (title.is_placeholder and title.placeholder_format.type == PP_PLACEHOLDER.CENTER_TITLE)
            or self._layout().get("type") == "secHead"
        )
        yield Block("heading", text, top if opens else top + 1, self.number)
        yield from self._shapes([shape for shape in shapes if title is None or shape._element is not title._element])
        if options.speaker_notes and self.slide.has_notes_slide:
            notes = self.slide.notes_slide
            for shape in notes.shapes:
                if shape.has_text_frame and not _on_every_page(shape):
                    yield from frames.blocks_of(shape._element.txBody, notes.part.rels, [], self.number)
        if options.comments:
            yield from self._comments()

    def _shapes(self, shapes: list[Any]) -> list[Block]:
        """What the shapes say, in reading order; shapes that say nothing part no columns."""
        placed: list[tuple[Area, list[Block]]] = []
        for shape in shapes:
            try:
                blocks = list(self._shape(shape))
                if blocks:
                    placed.append((_area(shape), blocks))
            except MemoryError:
                raise
            except Exception as error:  # a shape that python-pptx stumbles over costs that shape alone
                detail = f"a shape on slide {self.number}: {type(error).__name__}: {str(error)[:200]}"
                self.losses.append(Loss("broken_shape", detail, self.number))
        return [block for blocks in in_order(placed) for block in blocks]

    def _shape(self, shape: Any) -> Iterator[Block]:
        element = shape._element
        if _on_every_page(shape):
            return
        if hasattr(shape, "shapes"):
            yield from self._shapes(list(shape.shapes))
        elif element.tag == f"{P}graphicFrame":
            yield from self._graphic(shape)
        elif getattr(shape, "has_text_frame", False):
            yield from frames.blocks_of(element.txBody, self.slide.part.rels, self._styles(shape), self.number)
        elif element.tag == f"{P}pic" and (alt := alternative(element)):
            yield Block("paragraph", f"![{alt}]", page=self.number)

    def _graphic(self, shape: Any) -> Iterator[Block]:
        """What stands in a frame: a table, or what a chart, a diagram or another program's object is drawn from."""
        element = shape._element
        if shape.has_table and (block := table(self._rows(shape.table._tbl), page=self.number)):
            yield block
        for frame in element.iter(*CHARTS):
            chart = self._part(frame.get(f"{R}id"))
            if title := tidy(drawn.chart_title(chart)):
                yield Block("paragraph", title, page=self.number)
            yield from (block for rows in drawn.chart_tables(chart) if (block := table(rows, page=self.number)))
        for frame in element.iter(DIAGRAM):
            for level, text in drawn.diagram_texts(self._part(frame.get(f"{R}dm"))):
                yield Block("item", tidy(text), level, self.number)
        for held in element.iter(f"{P}oleObj"):
            name = held.get("name") or shape.name
            detail = f"{name} ({held.get('progId', 'of an unknown program')}) is embedded in slide {self.number}"
            self.losses.append(Loss("embedded", f"{detail}; save it as a file of its own to have it read", self.number))

    def _part(self, ident: str) -> Any:
        """The XML of another part that the slide names."""
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.fromstring(self.slide.part.related_part(ident).blob, parser)

    def _rows(self, grid: Any) -> Iterator[list[str]]:
        """The cells; a merged one is said again in every place that it covers."""
        above: list[str] = []
        for tr in grid.tr_lst:
            row: list[str] = []
            for place, cell in enumerate(tr.tc_lst):
                if cell.vMerge and place < len(above):
                    row.append(above[place])
                elif cell.hMerge and row:
                    row.append(row[-1])
                else:
                    row.append(frames.text_of(cell, self.slide.part.rels))
            yield row
            above = row

    def _layout(self) -> Any:
        """The XML of the slide's layout, or of the slide itself where the layout is not there."""
        try:
            return self.slide.slide_layout._element
        except (KeyError, AttributeError):
            return self.slide._element

    def _styles(self, shape: Any) -> list[Any]:
        """The styles of lists that a shape inherits: its own, its placeholder's on the layout, the master's."""
        styles = list(shape._element.iterfind(f"{P}txBody/{A}lstStyle"))
        if not shape.is_placeholder:
            return styles
        index = shape.placeholder_format.idx
        layout = self._layout()
        for holder in layout.iter(f"{P}sp"):
            place = holder.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
            if place is not None and int(place.get("idx", "0")) == index and layout is not self.slide._element:
                styles += holder.iterfind(f"{P}txBody/{A}lstStyle")
        if layout is not self.slide._element:
            styles += self.slide.slide_layout.slide_master._element.iterfind(f"{P}txStyles/{P}bodyStyle")
        return styles

    def _comments(self) -> Iterator[Block]:
        """Reviewers' comments with their answers, in both forms that PowerPoint has had."""
        for relation in self.slide.part.rels.values():
            if not relation.is_external and relation.reltype.endswith("/comments"):
                for comment in self._part(relation.rId).iter("{*}cm", "{*}reply"):
                    written = [child for child in comment if str(child.tag).endswith(("}text", "}txBody"))]
                    lines = (" ".join(drawn.drawn_lines(child)) or child.text or "" for child in written)
                    if text := tidy(" ".join(lines)):
                        yield Block("paragraph", f"Comment: {text}", page=self.number)


def _flat(text: str) -> str:
    return " ".join(tidy(text.replace("\v", "\n")).split("\n"))


def _on_every_page(shape: Any) -> bool:
    """Whether it is a placeholder for what each slide or page of notes repeats."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    kinds = (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.HEADER)
    return bool(shape.is_placeholder and shape.placeholder_format.type in kinds)


def _area(shape: Any) -> Area:
    """Where a shape stands; a group without a place of its own stands where its shapes do."""
    left, top, width, height = (getattr(shape, side) or 0 for side in ("left", "top", "width", "height"))
    if hasattr(shape, "shapes") and not (width and height) and len(shape.shapes):
        lefts, tops, rights, bottoms = zip(*map(_area, shape.shapes), strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)
    return left, top, left + width, top + height


def _largest(shapes: list[Any]) -> Any:
    """The text that serves as title: short, above all other text, and clearly larger than it."""
    written = [shape for shape in shapes if getattr(shape, "has_text_frame", False) and _flat(shape.text_frame.text)]
    written = [shape for shape in written if not _on_every_page(shape)]
    if not written:
        return None
    first = min(written, key=lambda shape: shape.top or 0)
    text = _flat(first.text_frame.text)
    others = max((_size(shape) for shape in written if shape is not first), default=0)
    fits = len(text) <= LONGEST_TITLE and not LAST_LINE.search(text)
    return first if fits and _size(first) >= max(TITLE_SIZE, LARGER * others) else None


def _size(shape: Any) -> int:
    """The size of a shape's largest letters, in hundredths of a point."""
    sizes = [int(run.get("sz")) for run in shape._element.iter(f"{A}rPr", f"{A}defRPr") if run.get("sz")]
    return max(sizes, default=USUAL_SIZE)


def alternative(element: Any) -> str:
    """A picture's alternative text, where a person wrote one: no file's name, nor what a program said of it."""
    named = next(element.iter("{*}cNvPr"), None)
    if named is None or any(mark.get("val") in ("1", "true") for mark in named.iter(DECORATIVE)):
        return ""
    text = " ".join(tidy(MADE_BY_PROGRAM.sub("", named.get("descr", ""))).split("\n"))
    return "" if FILE_NAME.fullmatch(text) or SHAPE_NAME.fullmatch(text) else text
