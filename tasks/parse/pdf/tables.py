"""Tables: what those with rules and those without have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.parse.blocks import Box
from tasks.parse.joining import between
from tasks.parse.pdf.page import RAISED, REFERENCE, Line

SNAP = 3.0  # points by which rules that belong together may miss each other
NUMBER = re.compile(r"[-+−±~<>≤≥]?[$€£¥￥]?\s?\d[\d.,:/%\s×]*%?|[-–—]|n/?a", re.IGNORECASE)


@dataclass(eq=False)
class Table:
    """A table's rows of cells and where it stands, with the edges of its columns."""

    box: Box
    rows: list[list[str]]
    page: int
    edges: tuple[float, ...]


def slot_of(edges: Sequence[float], value: float) -> int:
    """Between which two edges a place is."""
    return max(0, min(len(edges) - 2, sum(edge <= value for edge in edges) - 1))


def row_text(row: Sequence[Line]) -> str:
    """The pieces of a row as one text; small raised numbers are marked as references, as within a piece."""
    if len(row) == 1:
        return row[0].text
    main = max(row, key=lambda line: len(line.text))
    text = ""
    for index, line in enumerate(row):
        small = line.size < main.size * RAISED and line.base < main.base - main.size * 0.1
        said = f"\x02{line.text}\x03" if small and REFERENCE.fullmatch(line.text) else line.text
        glued = not index or said != line.text or touching(row[index - 1], line)
        text += said if glued else f" {said}"
    return text


def touching(before: Line, line: Line) -> bool:
    """Whether two pieces of a row are one word: no more is between them than between two letters."""
    gap = line.box[0] - before.box[2]
    return gap < (0.12 if between(before.text, line.text) else 0.6) * line.size


def goes_on(table: Table, following: Table) -> bool:
    """Whether a table at the top of a page is the rest of the one at the foot of the page before."""
    return (
        following.page == table.page + 1
        and len(table.rows[0]) == len(following.rows[0])
        and abs(table.box[0] - following.box[0]) < 2 * SNAP
        and abs(table.box[2] - following.box[2]) < 10 * SNAP
    )
