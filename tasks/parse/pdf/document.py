"""A PDF from its file to its blocks: its pages one by one, then what only the whole document tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Block, Box, Loss, Options, Reading, UnreadableError
from tasks.parse.ocr import scan
from tasks.parse.passwords import refused
from tasks.parse.pdf import contents, ligatures, running, vertical, woven
from tasks.parse.pdf.aligned import aligned
from tasks.parse.pdf.hierarchy import settle
from tasks.parse.pdf.joining import LINKED, Link, Words
from tasks.parse.pdf.marks import BULLET, NUMBER
from tasks.parse.pdf.notes import Note, foot_of
from tasks.parse.pdf.order import columns
from tasks.parse.pdf.page import Line, Page, around, page_of, rows_of, turn, within
from tasks.parse.pdf.paragraphs import Column, Writer
from tasks.parse.pdf.ruled import ruled
from tasks.parse.pdf.tables import Table, row_text
from tasks.parse.pdf.typography import Typography

TEXT_FLAGS = 1 | 2 | 64 | 1024  # ligatures and spaces as they are, clipped to the page, with rules: pymupdf.TEXT_...
APART = 1.0  # of the type's size between the pieces of a row that may be cells
WIDE_ENOUGH = 0.6  # of the column's width for lines whose right edge is their own
MEASURE = 16  # of the type's size: no column is narrower, though its lines may all be short
CLOSE = 1.6  # of the type's size from line to line in one paragraph
NAMED = 12  # pages that a loss names


def read(path: Path, options: Options) -> Reading:
    with _opened(path) as document:
        if document.needs_pass and not (options.password and document.authenticate(options.password)):
            raise refused("the PDF", options.password)
        if len(document) > options.max_pages:
            detail = f"{len(document)} pages, more than {options.max_pages}; raise parse.max_pages, or split the PDF"
            raise UnreadableError("too_many_pages", detail)
        reading = Reading(pages=len(document))
        pages, links, listed = [], {}, []
        for page in document:
            kept, targets = _page(page, options, reading.losses)
            pages.append(kept)
            links[kept.number] = [link for link in targets if link[1]]
            if contents.leave_out(kept, [box for box, address, _ in targets if not address], kept.number - 1 in listed):
                listed.append(kept.number)
        reading.losses = _folded(reading.losses)
        outline = _outline(document)
        repaired = document.is_repaired
    if listed:
        reading.losses.append(Loss("table_of_contents", f"left out a printed table of contents on {_names(listed)}"))
    if repaired:
        reading.losses.append(_repaired(pages))
    if garbled := [page.number for page in pages if page.garbled]:
        detail = f"left out letters of fonts that do not say what they mean on {_names(garbled)}; export the PDF anew"
        reading.losses.append(Loss("garbled_text", detail))
    if hidden := [page.number for page in pages if page.hidden]:
        reading.losses.append(Loss("hidden_text", f"left out letters that are not to be seen on {_names(hidden)}"))
    reading.blocks = _blocks(pages, outline, links)
    return reading


def _opened(path: Path) -> Any:
    """The document; of a file that was cut off within an object, what comes before it."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        return pymupdf.open(path, filetype="pdf")
    except (RuntimeError, ValueError) as error:
        whole, end, _ = path.read_bytes().rpartition(b"endobj")
        try:
            return pymupdf.open(stream=whole + end, filetype="pdf")
        except (RuntimeError, ValueError):
            raise UnreadableError("broken", f"the PDF is damaged ({error}); save it again") from None


def _page(page: Any, options: Options, losses: list[Loss]) -> tuple[Page, list[Link]]:
    """A page, with the links on it: those to places in the document have no address."""
    number = page.number + 1
    try:
        content = page.get_text("dict", flags=TEXT_FLAGS)
    except RuntimeError as error:
        losses.append(Loss("broken_page", f"the page is damaged ({error}); save the PDF again", number))
        return Page(number, 0, 0), []
    layer = True
    if scanned := scan.needs_ocr(page, content):
        try:
            content = scan.recognise(page, content, options)
        except UnreadableError as error:
            losses.append(Loss(error.reason, error.detail, number, error.passing))
            layer = False
    else:
        woven.mend(page, content, TEXT_FLAGS)
    found = page_of(content, number, page.rotation, page.get_image_info, layer=layer)
    found.scanned = scanned
    found.hidden *= layer  # what is wrong with a bad layer was told
    return found, list(_links(page, found)) if page.first_link else []


def _links(page: Any, found: Page) -> Iterator[Link]:
    """The links with their places in the frame of the page's lines."""
    words: list[Any] | None = None
    main = -(found.turns + page.rotation // 90) % 4
    for link in page.get_links():
        address = link.get("uri", "")
        box: Box = tuple(link["from"] * page.derotation_matrix)
        said = ""
        if LINKED.match(address):
            words = page.get_text("words") if words is None else words
            said = " ".join(word[4] for word in words if within(word[:4], box)).rstrip(".,;:)")
        elif address:
            continue
        if said or not address:
            width, height = (found.height, found.width) if main % 2 else (found.width, found.height)
            yield turn(box, main, width, height), address, said


def _folded(losses: list[Loss]) -> list[Loss]:
    """One loss for all pages that have the same: a scan that can't be read here may have hundreds."""
    alike: dict[Loss, list[int]] = {}
    for loss in losses:
        alike.setdefault(replace(loss, page=None), []).append(loss.page or 0)
    return [
        replace(loss, page=pages[0]) if len(pages) == 1 else replace(loss, detail=f"{loss.detail} ({_names(pages)})")
        for loss, pages in alike.items()
    ]


def _outline(document: Any) -> list[list[Any]]:
    try:
        return list(document.get_toc(simple=True))
    except (RuntimeError, ValueError):  # a damaged outline
        return []


def _repaired(pages: list[Page]) -> Loss:
    empty = [page.number for page in pages if not page.lines and not page.strays]
    lost = f"; no text could be saved on {_names(empty)}" if empty else ""
    return Loss("repaired", f"the PDF is damaged; what could be saved was read{lost}")


def _names(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
    return f"page{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers[:NAMED]))}{more}"


def _blocks(pages: list[Page], outline: list[list[Any]], links: dict[int, list[Link]]) -> list[Block]:
    ligatures.mend(pages)
    tables = {page.number: ruled(page) if len(page.rules) > 2 else [] for page in pages}
    for page in pages:
        vertical.gather(page)
    typography = Typography(pages, outline)
    running.leave_out(pages, typography.body, typography.sizes)
    running.leave_out_tables(pages, tables)
    writer = Writer(typography, Words(pages), {page.number: page for page in pages}, links)
    count = 0
    for page in pages:
        feet = [
            _foot(list(_rows(part)), typography.body, page.height)
            for part in columns([*page.lines, *tables[page.number]])
        ]
        writer.expect(page.number, (note for _, notes in feet for note in notes))
        for body, _ in feet:
            writer.write(_column(page, body, count := count + 1))
        for lines in _turned(page):
            writer.write_aside(_column(page, lines, count := count + 1))
    heights = {page.number: page.width if page.turns % 2 else page.height for page in pages}
    return settle(writer.close(), heights, typography.outlined)


def _foot(items: list[Line | Table], body: float, height: float) -> tuple[list[Line | Table], list[Note]]:
    """The column without the notes that end it."""
    last = max((index + 1 for index, item in enumerate(items) if isinstance(item, Table)), default=0)
    lines, notes = foot_of([item for item in items[last:] if isinstance(item, Line)], body, height)
    return [*items[:last], *lines], notes


def _column(page: Page, items: Sequence[Line | Table], count: int) -> Column:
    """A column with its edges; lines that stand close have their own, where they are not all short."""
    lines = [item for item in items if isinstance(item, Line)]
    if not lines:
        return Column(page, list(items), 0.0, {})
    left = min(line.box[0] for line in lines)
    right = max(*(line.box[2] for line in lines), left + MEASURE * lines[0].size)
    rights: dict[Line, float] = {}
    start = 0
    for end in range(1, len(lines) + 1):
        lines[end - 1].column = count
        if end == len(lines) or not _together(lines[end - 1], lines[end]):
            edge = max(line.box[2] for line in lines[start:end])
            edge = edge if edge - left > WIDE_ENOUGH * (right - left) else right
            rights |= dict.fromkeys(lines[start:end], edge)
            start = end
    return Column(page, list(items), left, rights)


def _together(before: Line, line: Line) -> bool:
    return before.size == line.size and 0 < line.base - before.base < CLOSE * line.size


def _rows(part: Sequence[Line | Table]) -> Iterator[Line | Table]:
    """Each row of a column as one line, unless rows stand aligned as a table does."""
    run: list[Line] = []
    for item in part:
        if isinstance(item, Table):
            yield from _run(run)
            run = []
            yield item
        else:
            run.append(item)
    yield from _run(run)


def _run(lines: list[Line]) -> Iterator[Line | Table]:
    rows = [_cells(row) for row in rows_of(lines)]
    done = 0
    if sum(len(row) > 1 for row in rows) > 2:
        for start, end, table in aligned(rows):
            yield from (_whole(row) for row in rows[done:start])
            yield table
            done = end
    yield from (_whole(row) for row in rows[done:])


def _cells(row: list[Line]) -> list[Line]:
    """The pieces of a row, those joined between which there is no more than a space, and a mark with its text."""
    if len(row) == 1:
        return row
    cells: list[list[Line]] = [[row[0]]]
    for piece in row[1:]:
        before = cells[-1]
        if piece.text == before[-1].text and piece.box[0] < before[-1].box[0] + piece.size / 2:
            continue  # printed twice, for a shadow
        marks = (
            len(before) == 1
            and len(cells) == 1
            and (BULLET.fullmatch(before[0].text) or NUMBER.fullmatch(before[0].text))
        )
        if marks or piece.box[0] - before[-1].box[2] <= APART * piece.size:
            before.append(piece)
        else:
            cells.append([piece])
    return [_whole(cell) for cell in cells]


def _whole(row: list[Line]) -> Line:
    if len(row) == 1:
        return row[0]
    main = max(row, key=lambda line: len(line.text))
    bold, mono = all(line.bold for line in row), all(line.mono for line in row)
    return replace(main, text=row_text(row), box=around(line.box for line in row), bold=bold, mono=mono)


def _turned(page: Page) -> Iterator[list[Line | Table]]:
    """The lines that run up, down or aslant, upright, those of one direction together."""
    for quarters in sorted({quarters for quarters, _ in page.strays}):
        yield [line for turned, line in page.strays if turned == quarters]
