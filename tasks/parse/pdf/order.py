"""Reading order: a page's text as columns, with what stands across them in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tasks.parse.joining import WIDE
from tasks.parse.pdf.page import Line
from tasks.parse.pdf.tables import Table

Piece = Line | Table

FEWEST_LINES = 3  # on each side of a gutter
PROSE = 16  # characters of a column's line, in the mean, where a Chinese one counts for two; less are labels
SIDE_NOTE = 8  # characters of a line, in the mean, of a note beside running text
ABREAST = 0.7  # share of lines
CANDIDATES = 6  # left edges that are tried
NARROWEST = 0.12  # of the text's width; a narrower column holds marks
MOST_COLUMNS = 4
SLACK = 2.0  # points by which a line may reach into a gutter


def columns(pieces: Sequence[Piece], depth: int = 1) -> list[list[Piece]]:
    """The pieces as columns in reading order; what reaches over a gutter is a column of its own."""
    gutter = _gutter(pieces) if len(pieces) >= 2 * FEWEST_LINES and depth < MOST_COLUMNS else None
    if gutter is None:
        return [sorted(pieces, key=_top)] if pieces else []
    found: list[list[Piece]] = []
    across: list[Piece] = []
    sides: tuple[list[Piece], list[Piece]] = ([], [])

    def end_band() -> None:
        nonlocal across, sides
        left, right = sides
        if min(len(left), len(right)) >= FEWEST_LINES - 1:
            if across:
                found.append(across)
            found.extend(columns(left, depth + 1))
            found.extend(columns(right, depth + 1))
            across = []
        else:
            across += sorted(left + right, key=_top)
        sides = ([], [])

    for piece in sorted(pieces, key=_top):
        if _crosses(piece, gutter):
            end_band()
            across.append(piece)
        else:
            sides[piece.box[0] >= gutter - SLACK].append(piece)
    end_band()
    return [*found, across] if across else found


def _top(piece: Line | Table) -> tuple[float, float]:
    return (piece.box[1], piece.box[0])


def _crosses(piece: Line | Table, gutter: float) -> bool:
    return piece.box[0] < gutter - SLACK and gutter + SLACK < piece.box[2]


def _gutter(pieces: Sequence[Piece]) -> float | None:
    """Where the text parts: just before a left edge that many lines share, with lines beside them on its left."""
    left, right = min(piece.box[0] for piece in pieces), max(piece.box[2] for piece in pieces)
    narrow = NARROWEST * (right - left)
    edges = Counter(round(piece.box[0]) for piece in pieces if left + narrow < piece.box[0] < right - narrow)
    best: tuple[int, float] | None = None
    for edge, times in edges.most_common(CANDIDATES):
        if times < FEWEST_LINES:
            break
        gutter = edge - SLACK
        beside = _beside(pieces, gutter)
        if beside and (best is None or beside > best[0]):
            best = (beside, gutter)
    return best[1] if best else None


def _beside(pieces: Sequence[Piece], gutter: float) -> int:
    """How many characters stand beside others over the gutter; 0 where either side is no running text."""
    left = [piece for piece in pieces if piece.box[2] <= gutter + SLACK]
    right = [piece for piece in pieces if piece.box[0] >= gutter - SLACK]
    if min(len(left), len(right)) < FEWEST_LINES:
        return 0
    top, bottom = max(_reach(left)[0], _reach(right)[0]), min(_reach(left)[1], _reach(right)[1])
    sides = [
        [piece for piece in side if isinstance(piece, Line) and _meets(piece, top, bottom)] for side in (left, right)
    ]
    if min(map(len, sides)) < FEWEST_LINES:
        return 0
    totals = [sum(len(line.text) + len(WIDE.findall(line.text)) for line in side) for side in sides]
    short, long = sorted(total / len(side) for total, side in zip(totals, sides, strict=True))
    if short < PROSE and (short < SIDE_NOTE or long < 2 * PROSE or _abreast(*sides)):
        return 0
    return sum(totals)


def _meets(piece: Line, top: float, bottom: float) -> bool:
    return top <= piece.box[3] and piece.box[1] <= bottom


def _abreast(left: list[Line], right: list[Line]) -> bool:
    """Whether the lines of the shorter side stand level with lines of the other, as labels do with what they name."""
    few, many = sorted((left, right), key=len)
    bases = {round(line.base) for line in many}
    return sum(
        bool({round(line.base) - 1, round(line.base), round(line.base) + 1} & bases) for line in few
    ) > ABREAST * len(few)


def _reach(side: Sequence[Piece]) -> tuple[float, float]:
    return min(piece.box[1] for piece in side), max(piece.box[3] for piece in side)
