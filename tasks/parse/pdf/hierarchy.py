"""What stands above what: the levels of a document's headings, by its outline, their numbers and their type."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.parse.blocks import Block
from tasks.parse.pdf.numbers import CHAPTER, DECIMAL, Heading, Number
from tasks.parse.pdf.titles import Told, cover_of, labelled, subtitle_of, title_of, whole

HEADS_NOTHING = re.compile(r"目\s*[录錄次]|(?:table of )?contents", re.IGNORECASE)


def settle(blocks: Sequence[Block], heights: dict[int, float], told: Told) -> list[Block]:
    """The blocks with the levels of their headings; `heights` are the pages'."""
    blocks = labelled(blocks, told)
    headings = [block for block in blocks if isinstance(block, Heading)]
    cover = cover_of(blocks)
    title = title_of(headings, cover, heights)
    subtitle = subtitle_of(blocks, title[-1]) if title else None
    tree = _Tree(headings, cover)
    settled: list[Block] = []
    for block in blocks:
        if not isinstance(block, Heading):
            settled.append(block)
        elif block is subtitle:
            settled.append(Block("paragraph", block.text, page=block.page, boxes=block.boxes))
        elif not any(block is line for line in title):
            settled.append(Block("heading", block.text, tree.level(block), block.page, boxes=block.boxes))
        elif block is title[0]:
            full = whole(title)
            settled.append(Block("heading", full.text, 0, full.page, boxes=full.boxes))
    return settled


class _Tree:
    """The headings that are open, each above the next one."""

    def __init__(self, headings: Sequence[Heading], cover: int) -> None:
        self._open: list[Heading] = []
        levels = {heading.told for heading in headings if heading.told is not None}
        self._outlined = len(levels) > 1  # an outline of one level tells headings, but not what is above what
        self._top = min(levels, default=0)
        self._cover = cover

    def level(self, heading: Heading) -> int:
        while self._open and not self._above(self._open[-1], heading):
            self._open.pop()
        self._open.append(heading)
        return len(self._open)

    def _above(self, one: Heading, other: Heading) -> bool:
        if self._outlined and other.told is not None:
            if one.told is not None:
                return one.told < other.told
            if other.told == self._top:
                return False
        number, under = one.number, other.number
        if number is None and (HEADS_NOTHING.fullmatch(one.text) or (under and under.rank <= CHAPTER)):
            return False
        if number is None and one.page == self._cover != other.page:
            return False
        if number and under:
            return _number_above(one, number, other, under)
        if one.size != other.size:
            return one.size > other.size
        return one.bold != other.bold and (number is not None or (one.bold and under is None))


def _number_above(one: Heading, number: Number, other: Heading, under: Number) -> bool:
    """Numbers that say what they are, and those with points, tell; others, which may begin anew, only with type."""
    if number.rank == under.rank:
        return number.rank == DECIMAL and one.size > other.size
    if number.named or under.named or not (number.parts or under.parts):
        return number.rank < under.rank
    if number.rank < under.rank:
        begun = not number.parts or not under.parts or under.parts[: len(number.parts)] == number.parts
        return one.type >= other.type if begun else number.rank == DECIMAL and one.type > other.type
    begun_anew = under.rank == DECIMAL and number.parts and _order(under) <= _order(number)
    return one.type > other.type or (one.type == other.type and bool(begun_anew))


def _order(number: Number) -> tuple[int, str]:
    """Of the first part of a number: 2 before 10, figures before letters."""
    return len(number.parts[0]) if number.parts[0].isdecimal() else 9, number.parts[0]
