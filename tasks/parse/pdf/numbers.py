"""Headings as they are found, and the numbers that they begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tasks.parse.blocks import Block
from tasks.parse.headings import NUMERAL

CHAPTER = 1  # the rank of chapters: parts and chapters stand under nothing without a number, but the title
ARTICLE = 3  # ranks up to that of articles name themselves
DECIMAL = 6  # the rank of "1"; "1.1" has the next one
NAMED_RANKS = tuple(
    (re.compile(pattern, re.IGNORECASE), rank)
    for pattern, rank in (
        (rf"第\s*{NUMERAL}\s*(?:[编編篇部卷]|单元|單元)|part\s+(?:\d+|[ivx]+)\b", 0),
        (rf"第\s*{NUMERAL}\s*[章回讲講课課]|chapter\s+(?:\d+|[ivx]+)\b", CHAPTER),
        (r"附[录錄件]\s*[A-Z一二三四五六七八九十\d]|(?:appendix|annex)\s+[A-Z\d]\b", CHAPTER),
        (rf"第\s*{NUMERAL}\s*[节節]|section\s+\d+\b", 2),
        (rf"第\s*{NUMERAL}\s*[条條]", ARTICLE),
        ("[一二三四五六七八九十]+[、.．]", 4),
        ("[(（][一二三四五六七八九十]+[)）]", 5),
        (r"[(（]\d{1,2}[)）]|\d{1,2}[)）]|[①-⑳]", 12),
    )
)
DECIMALS = re.compile(r"(\d{1,3}|[A-Z](?=\.))((?:[.．]\d{1,2})*)(?:[.．、](?!\d)|\s|(?=[^\W\d_a-zA-Z]))")


class Number(NamedTuple):
    rank: int
    parts: tuple[str, ...] = ()  # of one with points

    @property
    def named(self) -> bool:
        return self.rank <= ARTICLE


def number_of(text: str) -> Number | None:
    for pattern, rank in NAMED_RANKS:
        if pattern.match(text):
            return Number(rank)
    if found := DECIMALS.match(text):
        parts = (found[1], *re.findall(r"\d+", found[2]))
        return Number(DECIMAL + len(parts) - 1, parts)
    return None


@dataclass(frozen=True)
class Heading(Block):
    """A heading whose level is not known yet; `told` is the one that the outline gives it."""

    size: float = 0.0
    bold: bool = False
    told: int | None = None

    @cached_property
    def number(self) -> Number | None:
        return number_of(self.text)

    @property
    def type(self) -> tuple[float, bool]:
        return self.size, self.bold
