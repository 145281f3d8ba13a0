"""The order in which people read things that stand on a plane: column by column, row by row.

A recursive X-Y cut (Nagy and Seth 1984): the widest empty strip across the plane parts it, upright strips into columns
and level ones into rows, and each part is ordered in the same way. What belongs together stands closer together, so
boxes stacked in two columns are read down the columns, and pairs of a label and its value row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
Area = tuple[float, float, float, float]  # left, top, right, bottom

SHRUNK = 0.15  # share of each side by which boxes may overlap where nothing else parts them
DEEPEST = 50  # cuts within cuts


def in_order(placed: Sequence[tuple[Area, T]], depth: int = 0) -> list[T]:
    """What is placed, in reading order; of things at the same place, the earlier one comes first."""
    if len(placed) > 1 and depth < DEEPEST:
        for share in (0.0, SHRUNK):
            areas = [_shrunk(area, share) for area, _ in placed]
            upright, level = _strip(areas, 0), _strip(areas, 1)
            best = max(upright, level, key=lambda strip: strip[0])  # the columns, where both are as wide
            if best[0] >= 0:
                axis = 0 if best is upright else 1
                before = [one for one, area in zip(placed, areas, strict=True) if area[axis + 2] <= best[1]]
                after = [one for one, area in zip(placed, areas, strict=True) if area[axis + 2] > best[1]]
                return in_order(before, depth + 1) + in_order(after, depth + 1)
    return [one for _, one in sorted(placed, key=lambda pair: (pair[0][1], pair[0][0]))]


def _strip(areas: Sequence[Area], axis: int) -> tuple[float, float]:
    """The widest strip that no box reaches into, as its width and where it begins; a width below 0 where none is."""
    spans = sorted((area[axis], area[axis + 2]) for area in areas)
    widest, reached = (-1.0, 0.0), spans[0][1]
    for start, end in spans[1:]:
        if start >= reached and start - reached > widest[0]:
            widest = (start - reached, reached)
        reached = max(reached, end)
    return widest


def _shrunk(area: Area, share: float) -> Area:
    left, top, right, bottom = area
    across, down = (right - left) * share, (bottom - top) * share
    return left + across, top + down, right - across, bottom - down
