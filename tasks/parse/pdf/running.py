"""Running headers and footers: what stands at the edge of pages and is repeated, or cannot be anything else."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from difflib import SequenceMatcher

from tasks.parse.pdf.page import Line, Page, rows_of
from tasks.parse.pdf.tables import Table

EDGE = 0.14  # of the page's height, at the top and at the bottom
FORM = 0.2  # of the page's height, for headers and footers that are tables
DEEPEST = 3  # rows of a header or a footer
MARGIN = 0.08  # of the page's height; a line that stands wholly in it is outside the usual margins
FEWEST_PAGES = 3
FEW_PAGES = 0.5  # of a short document's pages
SLOT_PAGES = 0.6  # of the pages, for a place where each chapter has another title
APART = 1.7  # of the type's size between a header and the text, from line to line
FAR = 4.0  # of the type's size: so far apart no paragraphs stand
LONGEST = 150  # characters
RECENT = 24  # rows of a scan that one is compared with: those of some four pages
ALIKE = 0.8  # share of equal characters
SHORTEST = 4  # characters that can be compared so
UNTOLD = re.compile(r"[^\w#]")
NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
PAGE_NUMBER = re.compile(
    r"[-–—|·\s]*(?:(?:page|seite|p\.|第)\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|von|共)\s*\d{1,4})?(?:\s*[页頁])?[-–—|·\s]*"
    r"|第\s*\d{1,4}\s*[页頁]\s*[,，/]?\s*共\s*\d{1,4}\s*[页頁]",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[.。!！?？;；:：,，]$")


class Row:
    """Pieces of one row at a page's edge, and how far from it the text is."""

    __slots__ = ("apart", "box_bottom", "box_top", "depth", "lines", "page", "text", "top")

    def __init__(self, page: Page, lines: list[Line], depth: int, apart: float, *, top: bool) -> None:
        self.page, self.lines, self.depth, self.apart, self.top = page, lines, depth, apart, top
        self.text = " ".join(line.text for line in lines)
        self.box_top, self.box_bottom = min(line.box[1] for line in lines), max(line.box[3] for line in lines)

    @property
    def size(self) -> float:
        return max(line.size for line in self.lines)


def leave_out(pages: list[Page], body: float, headings: set[float]) -> None:
    """Take headers, footers and page numbers off the pages; `headings` are sizes of type that headings have."""
    rows = [row for page in pages for row in _edge_rows(page)]
    running = {id(row) for row in [*_repeated(rows, len(pages), headings), *_slots(rows, len(pages), body)]}
    running |= {id(row) for row in _lonely(rows, body)}
    gone = {id(line) for row in rows if id(row) in running for line in row.lines}
    for page in pages:
        page.lines = [line for line in page.lines if id(line) not in gone]
    _stamps(pages)


def _edge_rows(page: Page) -> Iterator[Row]:
    """The first and last rows of a page, from its edges inwards."""
    low, high = page.height * EDGE, page.height * (1 - EDGE)
    for top in (True, False):
        near = [line for line in page.lines if (line.box[3] < low if top else line.box[1] > high)]
        if not near:
            continue
        rows = list(rows_of(near))
        rows = rows if top else rows[::-1]
        inner = [line for line in page.lines if not (line.box[3] < low if top else line.box[1] > high)]
        for index, row in enumerate(rows[:DEEPEST]):
            beyond = rows[index + 1] if index + 1 < len(rows) else inner
            edge = row[0].box[1 if top else 3]
            gaps = [abs((line.box[1] if top else line.box[3]) - edge) for line in beyond]
            yield Row(page, row, index, min(gaps, default=float("inf")), top=top)


def _repeated(rows: list[Row], pages: int, headings: set[float]) -> Iterator[Row]:
    """Rows that stand on several pages and differ by numbers at most, and page numbers."""
    repeated: list[Row] = []
    fewest = _fewest(pages)
    for (text, _), found in _said(rows).items():
        seen = len({row.page.number for row in found})
        if text.strip("# ") == "" and seen >= fewest:
            yield from found
        elif seen >= fewest and not any(row.size in headings for row in found):
            repeated += found
    yield from _apart(repeated)


def _said(rows: list[Row]) -> dict[tuple[str, bool], list[Row]]:
    """Rows by what they say but for numbers; scans misread letters, so theirs need only be like one shortly before."""
    said: defaultdict[tuple[str, bool], list[Row]] = defaultdict(list)
    recent: deque[tuple[str, bool]] = deque(maxlen=RECENT)
    for row in rows:
        key = NUMBER.sub("#", row.text), row.top
        if row.page.scanned:
            key = next((other for other in recent if other[1] is row.top and _alike(other[0], key[0])), key)
            recent.append(key)
        said[key].append(row)
    return said


def _alike(one: str, other: str) -> bool:
    one, other = UNTOLD.sub("", one), UNTOLD.sub("", other)
    return len(one) >= SHORTEST and SequenceMatcher(None, one, other).ratio() >= ALIKE


def _apart(rows: list[Row]) -> Iterator[Row]:
    """Those rows that are apart from the text, or further out than such a row of the same page."""
    inner: dict[tuple[int, bool], bool] = {}
    for row in sorted(rows, key=lambda row: -row.depth):
        place = row.page.number, row.top
        if inner.get(place) or row.apart >= APART * row.size:
            inner[place] = True
            yield row


def _slots(rows: list[Row], pages: int, body: float) -> Iterator[Row]:
    """Rows at a place that most pages, or most of one side, use for a line of their own that is apart from the text."""
    if pages < FEWEST_PAGES:
        return
    places: defaultdict[tuple[bool, int], list[Row]] = defaultdict(list)
    for row in rows:
        if row.apart >= APART * row.size and row.size <= body * 1.05 and len(row.text) <= LONGEST:
            places[row.top, round(row.lines[0].base / 2)].append(row)
    for found in places.values():
        numbered = sum(bool(re.search(r"(?:^|\s)(?:\d{1,4}|[ivxlc]+)(?:\s|$)", row.text)) for row in found)
        smaller = all(row.size < body for row in found)
        if len(found) >= SLOT_PAGES * pages and (smaller or numbered >= len(found) / 2):
            yield from found


def _lonely(rows: list[Row], body: float) -> Iterator[Row]:
    """Rows that need no other page: numbers, rows with a number at one side, and headers that have a footer."""
    sides: Counter[tuple[int, bool]] = Counter()
    margins: list[Row] = []
    for row in rows:
        if row.size > body * 1.05 or row.apart < APART * row.size or len(row.text) > LONGEST:
            continue
        if PAGE_NUMBER.fullmatch(row.text.strip()) or _spread(row, body):
            yield row
        elif _in_margin(row) and not SENTENCE.search(row.text) and row.apart != float("inf"):
            margins.append(row)
            sides[row.page.number, row.top] += 1
    for row in margins:
        opposite = [other for other in margins if other.page is row.page and other.top is not row.top]
        if sides[row.page.number, row.top] == 1 and opposite and max(row.apart, opposite[0].apart) >= FAR * row.size:
            yield row


def _spread(row: Row, body: float) -> bool:
    """Pieces at both sides of the page with nothing between them, the inner of which is far from the text."""
    if not 2 <= len(row.lines) <= 3:
        return False
    gaps = [right.box[0] - left.box[2] for left, right in zip(row.lines, row.lines[1:], strict=False)]
    numbered = any(PAGE_NUMBER.fullmatch(line.text.strip()) for line in (row.lines[0], row.lines[-1]))
    return max(gaps) > row.size * (1.2 if numbered else 2) and (numbered or row.size < body * 1.01)


def _in_margin(row: Row) -> bool:
    height = row.page.height
    return row.box_bottom < height * MARGIN if row.top else row.box_top > height * (1 - MARGIN)


def leave_out_tables(pages: list[Page], tables: dict[int, list[Table]]) -> None:
    """Take off the tables that the edges of several pages repeat: headers and footers that are drawn as forms."""
    places: defaultdict[str, list[tuple[int, Table]]] = defaultdict(list)
    for page in pages:
        for table in tables[page.number]:
            if table.box[3] < page.height * FORM or table.box[1] > page.height * (1 - FORM):
                rows = [["#" if PAGE_NUMBER.fullmatch(cell) else cell for cell in row] for row in table.rows]
                places[str(rows)].append((page.number, table))
    for found in places.values():
        if len({number for number, _ in found}) >= _fewest(len(pages)):
            for number, table in found:
                tables[number].remove(table)


def _fewest(pages: int) -> int:
    """On how many pages what is repeated is running text."""
    return max(2, min(FEWEST_PAGES, round(pages * FEW_PAGES)))


def _stamps(pages: list[Page]) -> None:
    """Lines in other directions that are repeated, such as watermarks."""
    said = Counter(NUMBER.sub("#", line.text) for page in pages for _, line in page.strays)
    fewest = _fewest(len(pages))
    for page in pages:
        if page.strays:
            page.strays = [one for one in page.strays if said[NUMBER.sub("#", one[1].text)] < fewest]
