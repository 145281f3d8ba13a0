"""PDF by pymupdf: lines in reading order, headings by size of type, ruled tables, no running headers and footers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Block, Box, Loss, Options, Reading, UnreadableError, table, tidy
from tasks.parse.headings import PROSE, level_of
from tasks.parse.lines import BULLET, Line, Typography, overlap, paragraphs, running_lines

FEWEST_RULES = 4  # lines or boxes that a page draws before a table is looked for
MOST_RULES = 4000  # a drawing, not a table
LONGEST_HEADING = 120
BOLD_HEADING = 7  # a bold line of the body's size, below all headings that are larger
SENTENCE_END = (".", "。", "，", ",", "；", ";")


@dataclass
class Page:
    number: int  # from 1
    height: float
    lines: list[Line]
    tables: list[tuple[Box, Block]] = field(default_factory=list)


def read(path: Path, options: Options) -> Reading:
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except (RuntimeError, ValueError) as error:
        raise UnreadableError("broken", f"the PDF is damaged ({error}); save it again") from None
    with document:
        if document.needs_pass:
            raise UnreadableError("encrypted", "the PDF asks for a password; save it without one")
        losses, pages = [], []
        if document.is_repaired:
            losses.append(Loss("repaired", "the PDF is damaged; what could be saved was read, pages may be missing"))
        for page in document:
            pages.append(_page(page))
            if not pages[-1].lines and page.get_images():
                detail = "a scanned page; it needs optical character recognition first"
                losses.append(Loss("page_without_text", detail, page.number + 1))
    return Reading(list(_blocks(pages)), losses)


def _page(page: Any) -> Page:
    import pymupdf

    found = Page(page.number + 1, page.rect.height, [])
    content = page.get_text("dict", flags=pymupdf.TEXTFLAGS_DICT & ~pymupdf.TEXT_PRESERVE_IMAGES)
    for line in (line for block in content["blocks"] for line in block.get("lines", ())):
        spans = [span for span in line["spans"] if span["text"].strip()]
        text = " ".join(tidy("".join(span["text"] for span in line["spans"])).split("\n"))
        if text and spans and line["dir"][0] > 0.9:  # what runs up or down is a stamp in the margin
            size = max(spans, key=lambda span: len(span["text"]))["size"]
            bold = all(span["flags"] & pymupdf.TEXT_FONT_BOLD for span in spans)
            found.lines.append(Line(text, line["bbox"], round(size * 2) / 2, bold, found.number))
    if found.lines and FEWEST_RULES <= _rules(page) <= MOST_RULES:
        found.tables = list(_tables(page))
    return found


def _rules(page: Any) -> int:
    """How many lines and boxes a page draws: looking for tables is slow, and ruled ones have some."""
    return sum(item[0] in ("l", "re", "qu") for drawing in page.get_cdrawings() for item in drawing["items"])


def _tables(page: Any) -> Iterator[tuple[Box, Block]]:
    """The ruled tables; their cells' text is put together from words, whose spaces pymupdf's own extract loses."""
    words = page.get_text("words", sort=False)
    for found in page.find_tables().tables:
        if found.row_count > 1 and found.col_count > 1:
            rows = [[_words_in(words, cell) if cell else "" for cell in row.cells] for row in found.rows]
            if block := table(rows, page=page.number + 1):
                yield tuple(found.bbox), block


def _words_in(words: list[Any], cell: Box) -> str:
    return " ".join(word[4] for word in words if _within(word[:4], cell))


def _blocks(pages: list[Page]) -> Iterator[Block]:
    typography = Typography([line for page in pages for line in page.lines])
    running = running_lines([(page.height, page.lines) for page in pages], typography)
    for page in pages:
        in_tables = [line for line in page.lines if any(_within(line.box, box) for box, _ in page.tables)]
        page.lines = [line for line in page.lines if line not in running and line not in in_tables]
    for page in pages:
        waiting = sorted(page.tables, key=lambda found: found[0][1])
        for lines, text in paragraphs(page.lines, typography):
            while waiting and waiting[0][0][1] < lines[0].box[1] and overlap(waiting[0][0], lines[0].box):
                yield waiting.pop(0)[1]
            yield from _paragraph(lines, text, typography)
        yield from (block for _, block in waiting)


def _paragraph(lines: list[Line], text: str, typography: Typography) -> Iterator[Block]:
    """A heading, or the paragraphs and items that the text is made of."""
    page, flat = lines[0].page, " ".join(text.split("\n"))
    if (level := _level(lines, flat, typography)) is not None:
        yield Block("heading", flat, level, page)
        return
    held: list[str] = []
    for line in text.split("\n"):
        if not (bullet := BULLET.match(line)):
            held.append(line)
            continue
        if held:
            yield Block("paragraph", "\n".join(held), page=page)
            held = []
        if bullet.end() < len(line):
            yield Block("item", line[bullet.end() :], page=page)
    if held:
        yield Block("paragraph", "\n".join(held), page=page)


def _level(lines: list[Line], text: str, typography: Typography) -> int | None:
    """The level of a heading, by its numbering, its size or, for a short line by itself, its weight."""
    if not re.search(r"[^\W\d]", text) or len(text) > LONGEST_HEADING:
        return None
    if (level := typography.levels.get(lines[0].size)) and not text.endswith(SENTENCE_END):
        return level
    if (level := level_of(text)) is not None:
        return level
    bold = all(line.bold for line in lines) and len(text) <= LONGEST_HEADING / 2
    return BOLD_HEADING if bold and not PROSE.search(text) else None


def _within(box: Box, outer: Box) -> bool:
    """Whether the middle of a box lies in another."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] - 1 <= x <= outer[2] + 1 and outer[1] - 1 <= y <= outer[3] + 1
