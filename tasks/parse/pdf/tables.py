"""Tables: grids of rules, lists between rules of one width, and columns of short texts that stand aligned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tasks.parse.blocks import Box
from tasks.parse.pdf.page import NOTE_MARK, RAISED, REFERENCE, THIN, WIDE, Line, Page, around, rows_of, turn, within

SNAP = 3.0  # points by which rules that belong together may miss each other
FEWEST_RULES = 3  # level ones of one width that are a table without upright rules
MOST_SPANNED = 0.6  # share of a grid's squares that may be parts of larger cells
MOST_CROSSED = 0.2  # share of lines that may run over a rule
NARROWEST = 60.0  # points; a narrower frame is a mark or a button
COLUMN_GAP = 0.9  # of the type's size between two columns of an unruled table
WRAPPED = 1.7  # of the type's size from line to line in a cell
LONGEST_PART = 600  # characters in a cell of a grid of two rows or less; more is a page's frame
FEWEST_ROWS = 3  # of an unruled table
LONGEST_CELL = 60  # characters, in the mean, of a cell of an unruled table
FULLEST = 0.7  # share of cells that hold something in an unruled table
NUMBER = re.compile(r"[-+−±~<>≤≥]?[$€£¥￥]?\s?\d[\d.,:/%\s×]*%?|[-–—]|n/?a", re.IGNORECASE)


@dataclass(eq=False)
class Table:
    """A table's rows of cells and where it stands, with the edges of its columns."""

    box: Box
    rows: list[list[str]]
    page: int
    edges: tuple[float, ...]


def ruled(page: Page) -> list[Table]:
    """The tables that rules draw; their lines are taken off the page."""
    levels = _merged([rule for rule in page.rules if rule[3] - rule[1] <= THIN < rule[2] - rule[0]], 0)
    uprights = _merged([rule for rule in page.rules if rule[2] - rule[0] <= THIN < rule[3] - rule[1]], 1)
    if len(levels) < 2:
        return []
    tables: list[Table] = []
    for across, down in _crossing(levels, uprights):
        box = around([*across, *down])
        if box[2] - box[0] < NARROWEST or any(within(box, table.box) for table in tables):
            continue
        lines = [line for line in page.lines if within(line.box, box)]
        strays = [(quarters, line) for quarters, line in page.strays if within(line.box, box)]
        if not lines:
            continue
        table = (
            _gridded((across, down), box, lines, strays, page)
            if len(down) > 1
            else _open(box, across, lines, page.number)
        )
        if table:
            tables.append(table)
            taken = {id(line) for line in lines} | {id(line) for _, line in strays}
            page.lines = [line for line in page.lines if id(line) not in taken]
            page.strays = [(quarters, line) for quarters, line in page.strays if id(line) not in taken]
    return tables


def _merged(rules: list[Box], axis: int) -> list[Box]:
    """Pieces of one rule as one; axis 0 for level rules, 1 for upright ones."""
    along, across = axis, 1 - axis
    merged: list[Box] = []
    for rule in sorted(rules, key=lambda rule: (round(rule[across] / SNAP), rule[along])):
        last = merged[-1] if merged else None
        if last and abs(last[across] - rule[across]) <= SNAP and rule[along] <= last[along + 2] + SNAP:
            merged[-1] = around([last, rule])
        else:
            merged.append(rule)
    return merged


def _crossing(levels: list[Box], uprights: list[Box]) -> Iterator[tuple[list[Box], list[Box]]]:
    """Rules that hang together: those that cross, and level ones of the same width below one another."""
    groups: list[tuple[list[Box], list[Box]]] = []
    loose = list(levels)
    free = list(uprights)
    while free:
        across: list[Box] = []
        down = [free.pop()]
        grown = True
        while grown:
            touched = [level for level in loose if any(_touch(level, upright) for upright in down)]
            loose = [level for level in loose if level not in touched]
            across += touched
            more = [upright for upright in free if any(_touch(level, upright) for level in across)]
            free = [upright for upright in free if upright not in more]
            down += more
            grown = bool(touched or more)
        if len(across) > 1:
            groups.append((across, down))
        else:
            loose += across
    alike: dict[tuple[int, int], list[Box]] = {}
    for level in loose:
        alike.setdefault((round(level[0] / SNAP), round(level[2] / SNAP)), []).append(level)
    for across in alike.values():
        if len(across) >= FEWEST_RULES:
            groups.append((across, []))
    return iter(sorted(groups, key=lambda group: -len(group[0]) - len(group[1])))


def _touch(level: Box, upright: Box) -> bool:
    return (
        level[0] - SNAP <= upright[2]
        and upright[0] <= level[2] + SNAP
        and upright[1] - SNAP <= level[3]
        and level[1] <= upright[3] + SNAP
    )


def _edges(values: list[float]) -> list[float]:
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > 2 * SNAP:
            edges.append(value)
    return edges


def _gridded(
    rules: tuple[list[Box], list[Box]], box: Box, lines: list[Line], strays: list[tuple[int, Line]], page: Page
) -> Table | None:
    """A grid; squares that no rule parts are one cell, whose text is told again in each of its rows."""
    levels, uprights = rules
    xs = _edges([box[0], *((rule[0] + rule[2]) / 2 for rule in uprights), box[2]])
    ys = _edges([box[1], *((rule[1] + rule[3]) / 2 for rule in levels), box[3]])
    columns, rows = len(xs) - 1, len(ys) - 1
    if columns < 2 or len(lines) + len(strays) < 3:
        return None
    cells: dict[tuple[int, int], list[tuple[int, Line]]] = {}
    top_left = _spans(xs, ys, levels, uprights)
    crossed = sum(
        any(line.box[0] + SNAP < x < line.box[2] - SNAP and _cuts(x, line, uprights) for x in xs) for line in lines
    )
    if len(top_left) > MOST_SPANNED * columns * rows or crossed > MOST_CROSSED * len(lines):
        return None  # a drawing
    for quarters, line in [*((0, line) for line in lines), *strays]:
        x, y = (line.box[0] + line.box[2]) / 2, (line.box[1] + line.box[3]) / 2
        if quarters == 0:  # a line that begins in a cell belongs to it, though it may reach into the next
            x = min(x, line.box[0] + line.size)
        place = _slot(ys, y), _slot(xs, x)
        cells.setdefault(top_left.get(place, place), []).append((quarters, line))
    if len({column for _, column in cells}) < 2 or len(cells) < 3:
        return None
    if rows == 1 and len(uprights) < 4:
        return None
    texts: list[list[str]] = []
    for row in range(rows):
        here = [cells.get((row, column), []) for column in range(columns)]
        if any(here) and (parted := _parted([[line for _, line in cell] for cell in here])):
            texts += parted
            continue
        said = []
        for column in range(columns):
            home = top_left.get((row, column), (row, column))
            said.append(_told(cells.get(home, []), page) if home[1] == column else "")
        texts.append(said)
    texts = [row for row in texts if any(row)]
    kept = [column for column in range(columns) if any(row[column] for row in texts)]
    texts = [[row[column] for column in kept] for row in texts]
    if len(texts) < 3 and max(len(cell) for row in texts for cell in row) > LONGEST_PART:
        return None
    return Table(box, texts, page.number, tuple(xs)) if len(texts) > 1 or columns > 2 else None


def _cuts(x: float, line: Line, uprights: list[Box]) -> bool:
    y = (line.box[1] + line.box[3]) / 2
    return any(abs(rule[0] - x) <= SNAP and rule[1] <= y <= rule[3] for rule in uprights)


def _spans(
    xs: list[float], ys: list[float], levels: list[Box], uprights: list[Box]
) -> dict[tuple[int, int], tuple[int, int]]:
    """For each square that belongs to a larger cell, the cell's first square."""
    homes: dict[tuple[int, int], tuple[int, int]] = {}
    for row, (top, bottom) in enumerate(pairwise(ys)):
        y = (top + bottom) / 2
        for column, (left, right) in enumerate(pairwise(xs)):
            x = (left + right) / 2
            if column and not any(abs(u[0] - left) <= 2 * SNAP and u[1] <= y <= u[3] for u in uprights):
                homes[row, column] = homes.get((row, column - 1), (row, column - 1))
            elif row and not any(abs(v[1] - top) <= 2 * SNAP and v[0] <= x <= v[2] for v in levels):
                homes[row, column] = homes.get((row - 1, column), (row - 1, column))
    return homes


def _slot(edges: Sequence[float], value: float) -> int:
    return max(0, min(len(edges) - 2, sum(edge <= value for edge in edges) - 1))


def _told(cell: list[tuple[int, Line]], page: Page) -> str:
    """A cell's lines in their order, also those that run up or down."""
    upright = [line for quarters, line in cell if not quarters]
    text = " ".join(row_text(row) for row in rows_of(upright))
    for quarters, line in sorted(cell, key=lambda one: turn(one[1].box, one[0], page.width, page.height)[1]):
        if quarters:
            text = f"{text} {line.text}" if text else line.text
    return text


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
    wide = bool(WIDE.match(before.text[-1]) and WIDE.match(line.text[0]))
    return gap < (0.6 if wide else 0.12) * line.size


def _parted(cells: list[list[Line]]) -> list[list[str]] | None:
    """The rows that a row of the grid holds, where its numbers stand below one another without rules."""
    tall = [list(rows_of(cell)) for cell in cells]
    most = max(map(len, tall))
    counted = [rows for rows in tall if len(rows) == most and all(NUMBER.fullmatch(row_text(row)) for row in rows)]
    if most < 2 or len(counted) < 2 or any(len(rows) not in (0, 1, most) for rows in tall):
        return None
    return [
        [row_text(rows[index if len(rows) == most else 0]) if rows else "" for rows in tall] for index in range(most)
    ]


def _open(box: Box, levels: list[Box], lines: list[Line], page: int) -> Table | None:
    """A table that only level rules draw: its columns are where no line of it stands."""
    rows = list(rows_of(lines))
    edges = _gaps(lines)
    if len(edges) < 3 or len(rows) < 2 or sum(len(_cells(row, edges)) > 1 for row in rows) < len(rows) / 2:
        return None
    return Table(box, _filled(rows, edges, [rule[1] for rule in levels]), page, tuple(edges))


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
        cells.setdefault(_slot(edges, line.box[0] + 0.1), []).append(line)
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
            filled[-1] = [f"{old} {new}".strip() for old, new in zip(filled[-1], said, strict=True)]
        else:
            filled.append(said)
        before = row
    return filled


def goes_on(table: Table, following: Table) -> bool:
    """Whether a table at the top of a page is the rest of the one at the foot of the page before."""
    return (
        following.page == table.page + 1
        and len(table.rows[0]) == len(following.rows[0])
        and abs(table.box[0] - following.box[0]) < 2 * SNAP
        and abs(table.box[2] - following.box[2]) < 10 * SNAP
    )
