"""Blocks as the few tags that are read without loss: headings, paragraphs, lists with numbers, plain tables, code."""

from __future__ import annotations

import re
from typing import Any

from tasks.parse.markup.signs import BLOCKS, BREAK, KEPT, MARK, drop, whole_number
from tasks.parse.numerals import formatted

HEADING_CLASS = re.compile(r"(?:mso)?(?:heading|标题)[-_]?([1-6])", re.IGNORECASE)  # what converters from Word write
TITLE_CLASS = re.compile("(?:Mso)?Title")
LIST_TYPES = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
LIST_STYLES = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
    "lower-roman": "i", "upper-roman": "I",
}  # fmt: skip
MOST_SPAN = 100
LONGEST_REPEATED = 500  # characters of a merged cell that are said again in every place it covers
DEEPEST = 60


def shape(body: Any) -> None:
    """Blocks as the few tags that are read, lists with their numbers, tables without spans."""
    for terms in list(body.iter("dl")):
        _define(terms)
    for grid in reversed(list(body.iter("table"))):
        _straighten(grid)
    for numbered in list(body.iter("ol", "ul", "menu", "dir")):
        _number(numbered)
    for item in list(body.iter("li")):
        _join(item)
    for element in list(body.iter()):
        if level := _heading_level(element):
            element.tag = f"h{level}"
        elif element.tag in ("p", "figcaption", "caption", "legend", "summary"):
            element.tag = "p"
        elif element.tag in BLOCKS and next(element.iterancestors("table"), None) is None:
            element.tag = "div"
    _flatten(body)


def _heading_level(element: Any) -> int | None:
    """The level of a paragraph that is a heading by its class or its role."""
    if element.tag not in ("p", "div", "span") or any(child.tag in KEPT for child in element):
        return None
    for name in element.get("class", "").split():
        if match := HEADING_CLASS.fullmatch(name):
            return int(match[1])
        if TITLE_CLASS.fullmatch(name) and element.tag == "p":
            return 1
    return min(whole_number(element.get("aria-level"), 2), 6) if element.get("role") == "heading" else None


def _define(terms: Any) -> None:
    """Definitions as lines `term: definition`; a term without one stands alone."""
    for term in reversed(list(terms.iter("dt"))):
        if term.getparent().tag == "dt":  # one that nobody closed
            term.getparent().addnext(term)
    names: list[str] = []
    open_terms: list[Any] = []
    for part in [one for one in terms.iter("dt", "dd") if next(one.iterancestors("dl")) is terms]:
        if part.tag == "dt":
            if not open_terms:
                names = []
            names.append(" ".join(part.text_content().split()))
            open_terms.append(part)
        else:
            drop(open_terms)
            open_terms = []
            first = part[0] if len(part) and part[0].tag == "p" and not (part.text or "").strip() else part
            first.text = f"{', '.join(names)}: {(first.text or '').lstrip()}" if names else first.text


def _number(numbered: Any) -> None:
    """The numbers that a list shows, before its items' text; in a cell there are no items, but numbers."""
    ordered = numbered.tag == "ol"
    style = re.search(r"list-style(?:-type)?:\s*([\w-]+)", numbered.get("style", ""))
    kind = LIST_STYLES.get(style[1], "1") if style else numbered.get("type", "1")
    items = [child for child in numbered if child.tag == "li"]
    reverse = numbered.get("reversed") is not None
    value = whole_number(numbered.get("start"), len(items) if reverse else 1)
    in_cell = next(numbered.iterancestors("table"), None) is not None
    numbered.tag = "ol" if ordered else "ul"
    for item in items:
        value = whole_number(item.get("value"), value)
        mark = f"{formatted(value, LIST_TYPES.get(kind, 'decimal'))}."
        if ordered:
            place = item[0] if len(item) and item[0].tag == "p" and not (item.text or "").strip() else item
            place.text = f"{mark} {place.text or ''}" if in_cell else f"{MARK}{mark}{MARK}{place.text or ''}"
        value += -1 if reverse else 1


def _join(item: Any) -> None:
    """An item's paragraphs as its lines; what else stands in it (lists, tables, code) comes behind."""
    for child in list(item):
        if child.tag in ("p", "div") and not len(child):
            earlier = (item.text or "") if child.getprevious() is None else child.getprevious().tail or ""
            if child.getprevious() is None:
                item.text = f"{earlier.rstrip()}{BREAK if earlier.strip() else ''}{child.text or ''}"
                item.text += f"{BREAK}{child.tail}" if (child.tail or "").strip() else ""
                item.remove(child)


def _straighten(grid: Any) -> None:
    """A table with one plain cell for each place, its caption before it; one that only lays out a page is none."""
    for caption in list(grid.iter("caption")):
        grid.addprevious(caption)
        caption.tail = None
    cells = list(grid.iter("td", "th"))
    laid_out = grid.get("role") in ("presentation", "none") or len(cells) < 2
    if laid_out or any(True for cell in cells for _ in cell.iter("table", "h1", "h2", "h3", "pre")):
        for part in list(grid.iter("tr", "td", "th", "thead", "tbody", "tfoot")):
            if next(part.iterancestors("table"), None) is grid:
                part.tag = "div"
        grid.tag = "div"
        return
    rows = _rows(grid)
    for child in list(grid):
        grid.remove(child)
    grid.text = None
    for row in rows:
        line = grid.makeelement("tr")
        grid.append(line)
        for text in row:
            cell = grid.makeelement("td")
            cell.text = text
            line.append(cell)


def _rows(grid: Any) -> list[list[str]]:
    """The cells' texts; one that spans rows or columns is said again in every place that it covers."""
    rows: list[list[str]] = []
    held: dict[int, tuple[str, int]] = {}  # by column: a text, and for how many rows more it holds
    for tr in grid.iter("tr"):
        row: list[str] = []
        cells = iter([cell for cell in tr if cell.tag in ("td", "th")])
        while True:
            if len(row) in held:
                text, left = held.pop(len(row))
                if left > 1:
                    held[len(row)] = text, left - 1
                row.append(text)
                continue
            cell = next(cells, None)
            if cell is None:
                if not any(column > len(row) for column in held):
                    break
                row.append("")
                continue
            text = " ".join(" ".join(cell.itertext()).split())
            again = text if len(text) <= LONGEST_REPEATED else ""
            down = _span(cell, "rowspan")
            for number in range(_span(cell, "colspan")):
                if down > 1:
                    held[len(row)] = again, down - 1
                row.append(again if number else text)
        rows.append(row)
    return rows


def _span(cell: Any, name: str) -> int:
    return max(1, min(whole_number(cell.get(name), 1), MOST_SPAN))


def _flatten(body: Any) -> None:
    """Depth has its limit: what is nested deeper than that is lines of what is around it."""
    deep = []
    stack = [(body, 0)]
    while stack:
        element, depth = stack.pop()
        if depth > DEEPEST:
            deep.append(element)
        stack += [(child, depth + 1) for child in element]
    for element in reversed(deep):
        element.text = BREAK + (element.text or "")
        element.tail = BREAK + (element.tail or "")
        element.drop_tag()
