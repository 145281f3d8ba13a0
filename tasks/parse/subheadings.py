"""Headings of the second rank in Chinese documents, （一） and （二）, which look like items of a list.

What follows tells them apart: items stand one below the other, headings have text under them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tasks.parse.blocks import Block
from tasks.parse.headings import PROSE

NUMBER = re.compile(r"（[一二三四五六七八九十]{1,3}）")
LONGEST = 30  # characters
FEWEST = 2  # under one heading


def with_subheadings(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with such lines as headings below the heading that they stand under, where each has text under it."""
    told = list(blocks)
    start = 0
    for place in range(len(told) + 1):
        if place == len(told) or told[place].kind == "heading":
            level = told[start].level if start < len(told) and told[start].kind == "heading" else 0
            numbered = [at for at in range(start, place) if _is_numbered(told[at])]
            if len(numbered) >= FEWEST and all(_has_text_under(told[at + 1 : place]) for at in numbered):
                for at in numbered:
                    told[at] = replace(told[at], kind="heading", text=_whole(told[at]), level=level + 1, mark="-")
            start = place
    return told


def _whole(block: Block) -> str:
    return f"{block.mark}{block.text}" if block.kind == "item" else block.text


def _is_numbered(block: Block) -> bool:
    if block.kind not in ("item", "paragraph"):
        return False
    text = _whole(block)
    return NUMBER.match(text) is not None and len(text) <= LONGEST and "\n" not in text and not PROSE.search(text)


def _has_text_under(following: Sequence[Block]) -> bool:
    return bool(following) and not NUMBER.match(_whole(following[0]))
