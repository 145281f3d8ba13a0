"""Tables that rules draw: grids, and lists between rules of one width."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tasks.parse.blocks import Box
from tasks.parse.joining import joined
from tasks.parse.pdf.aligned import between_rules
from tasks.parse.pdf.page import THIN, Line, Page, around, rows_of, turn, within
from tasks.parse.pdf.tables import NUMBER, SNAP, Table, row_text, slot_of

FEWEST_RULES = 3  # level ones of one width that are a table without upright rules
MOST_SPANNED = 0.6  # share of a grid's squares that may be parts of larger cells
MOST_CROSSED = 0.2  # share of lines that may run over a rule
NARROWEST = 60.0  # points; a narrower frame is a mark or a button
LONGEST_PART = 600  # characters in a cell of a grid of two rows or less; more is a page's frame


def ruled(page: Page) -> list[Table]:
    """The tables that rules draw; their lines are taken off the page."""
    levels = _merged([rule for rule in page.rules if rule[3] - rule[1] <= THIN < rule[2] - rule[0]], 0)
    uprights = _merged([rule for rule in page.rules if rule[2] - rule[0] <= THIN < rule[3] - rule[1]], 1)
    if len(levels) < 2:
        return []
    tables: list[Table] = []
    for across, down in _crossing(levels, uprights):
        box = _frame(across, down)
        if box[2] - box[0] < NARROWEST or any(within(box, table.box) for table in tables):
            continue
        lines = [line for line in page.lines if within(line.box, box)]
        strays = [(quarters, line) for quarters, line in page.strays if within(line.box, box)]
        if not lines:
            continue
        table = (
            _gridded((across, down), box, lines, strays, page)
            if len(down) > 1
            else between_rules(box, across, lines, page.number)
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


def _frame(across: list[Box], down: list[Box]) -> Box:
    """Where rules enclose something: one upright alone may reach on, as a bar beside changed lines does."""
    box = around([*across, *down])
    if len(down) < 2:
        return box
    top = min(*(level[1] for level in across), sorted(upright[1] for upright in down)[1])
    bottom = max(*(level[3] for level in across), sorted(upright[3] for upright in down)[-2])
    return (box[0], top, box[2], bottom)


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
        place = slot_of(ys, y), slot_of(xs, x)
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


def _told(cell: list[tuple[int, Line]], page: Page) -> str:
    """A cell's lines in their order, also those that run up or down."""
    upright = [line for quarters, line in cell if not quarters]
    turned = sorted(cell, key=lambda one: turn(one[1].box, one[0], page.width, page.height)[1])
    return joined(*map(row_text, rows_of(upright)), *(line.text for quarters, line in turned if quarters))


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
