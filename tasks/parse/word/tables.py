"""Word's tables as grids: what is merged over columns or rows is said in each place that it covers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tasks.parse.word.names import W, unwrapped, value, whole

MOST_COLUMNS = 63  # Word's own limit


def rows(element: Any) -> Iterator[Any]:
    """A table's rows, but those whose deletion is tracked."""
    for row in unwrapped(element):
        if row.tag == f"{W}tr" and row.find(f"{W}trPr/{W}del") is None:
            yield row


def cells(row: Any) -> list[Any]:
    return [cell for cell in unwrapped(row) if cell.tag == f"{W}tc" and cell.find(f"{W}tcPr/{W}cellDel") is None]


@dataclass
class _Shape:
    """How far a cell reaches, and whether it goes on from the cell above or the one before."""

    width: int
    from_above: bool
    from_before: bool


def grid(table: list[Any], text_of: Callable[[Any], str]) -> list[list[str]]:
    """The texts of a table's rows, each cell's asked for once.

    A cell that covers its row alone is a title within the table and said once. Columns of the grid at which no cell
    begins are there for Word's own drawing, and left out.
    """
    found: list[list[str]] = []
    starts: set[int] = set()
    for row in table:
        texts = [""] * _skipped(row)
        own = cells(row)
        for cell in own:
            shape = _shape(cell)
            above = found[-1][len(texts)] if found and len(texts) < len(found[-1]) else ""
            if shape.from_above:
                text = above
            elif shape.from_before and texts:
                text = texts[-1]
            else:
                text = text_of(cell)
            starts.add(len(texts))
            texts += [text, *[text if len(own) > 1 else ""] * (shape.width - 1)]
        found.append(texts)
    return [[text for place, text in enumerate(texts) if place in starts] for texts in found]


def _shape(cell: Any) -> _Shape:
    properties = cell.find(f"{W}tcPr")
    if properties is None:
        return _Shape(1, False, False)
    width = min(max(whole(value(properties, "gridSpan"), 1), 1), MOST_COLUMNS)
    return _Shape(width, _continues(properties, "vMerge"), _continues(properties, "hMerge"))


def _continues(properties: Any, name: str) -> bool:
    merge = properties.find(f"{W}{name}")
    return merge is not None and merge.get(f"{W}val", "continue") == "continue"


def _skipped(row: Any) -> int:
    """Columns that a row leaves out at its left."""
    return min(whole(value(row, "trPr/gridBefore")), MOST_COLUMNS)
