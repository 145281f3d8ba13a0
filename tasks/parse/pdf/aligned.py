"""Tables without upright rules: columns of short texts that stand aligned, or between level rules."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.parse.blocks import Box
from tasks.parse.joining import joined
from tasks.parse.pdf.page import NOTE_MARK, Line, around, rows_of
from tasks.parse.pdf.tables import NUMBER, Table, row_text, slot_of

COLUMN_GAP = 0.9  # of the type's size between two columns
WRAPPED = 1.7  # of the type's size from line to line in a cell
FEWEST_ROWS = 3
LONGEST_CELL = 60  # characters, in the mean, of a cell of a table without rules
FULLEST = 0.7  # share of cells that hold something in a table without rules


def aligned(rows: list[list[Line]]) -> Iterator[tuple[int, int, Table]]:
    """The unruled tables among rows, as the first row, the row after the last, and the table."""
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and len(rows[end]) > 1 and (end == start or _close(rows[end - 1], rows[end])):
            end += 1
        if end - start >= FEWEST_ROWS and (found := _aligned(rows[start:end])):
            yield start, end, found
        start = max(end, start + 1)


def _aligned(rows: list[list[Line]]) -> Table | None:
    lines = [line for row in rows for line in row]
    edges = _gaps(lines)
    columns = len(edges) - 1
    if columns < 2 or (columns == 2 and len(rows) <= FEWEST_ROWS):
        return None
    filled = [len(_cells(row, edges)) for row in rows]
    if sum(filled) < FULLEST * columns * len(rows) or sum(len(line.text) for line in lines) > LONGEST_CELL * sum(
        filled
    ):
        return None
    return Table(around(line.box for line in lines), _filled(rows, edges, []), lines[0].page, tuple(edges))


def between_rules(box: Box, levels: list[Box], lines: list[Line], page: int) -> Table | None:
    """A table that only level rules draw: its columns are where no line of it stands."""
    rows = list(rows_of(lines))
    edges = _gaps(lines)
    if len(edges) < 3 or len(rows) < 2 or sum(len(_cells(row, edges)) > 1 for row in rows) < len(rows) / 2:
        return None
    return Table(box, _filled(rows, edges, [rule[1] for rule in levels]), page, tuple(edges))


def _close(before: list[Line], row: list[Line]) -> bool:
    return row[0].base - before[0].base < 3 * row[0].size


def _gaps(lines: list[Line]) -> list[float]:
    """The columns' edges: the middles of the strips that no line enters."""
    spans = sorted((line.box[0], line.box[2], line.size) for line in lines)
    edges, reach = [spans[0][0]], spans[0][1]
    for left, right, size in spans:
        if left - reach > COLUMN_GAP * size:
            edges.append((left + reach) / 2)
        reach = max(reach, right)
    return [*edges, reach]


def _cells(row: list[Line], edges: list[float]) -> dict[int, list[Line]]:
    cells: dict[int, list[Line]] = {}
    for line in row:
        cells.setdefault(slot_of(edges, line.box[0] + 0.1), []).append(line)
    return cells


def _filled(rows: list[list[Line]], edges: list[float], rules: list[float]) -> list[list[str]]:
    """The rows' cells; a row whose first cell is empty and that no rule parts goes on with the row above."""
    filled: list[list[str]] = []
    before: list[Line] = []
    for row in rows:
        cells = _cells(row, edges)
        said = [row_text(cells[column]) if column in cells else "" for column in range(len(edges) - 1)]
        wraps = before and row[0].base - before[0].base < WRAPPED * row[0].size
        wraps = wraps and not any(before[0].base < rule < row[0].base for rule in rules)
        if (
            filled
            and wraps
            and not said[0]
            and not any(NUMBER.fullmatch(NOTE_MARK.sub("", cell)) for cell in said if cell)
        ):
            filled[-1] = [joined(old, new) for old, new in zip(filled[-1], said, strict=True)]
        else:
            filled.append(said)
        before = row
    return filled
