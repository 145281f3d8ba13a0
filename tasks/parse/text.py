"""Plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tasks.parse.blocks import Block, Reading, tidy
from tasks.parse.decode import decode
from tasks.parse.headings import PROSE, level_of

LONGEST_TITLE = 60
ITEM = re.compile(r"^[-*+•·▪◦●]\s+")


def read(path: Path) -> Reading:
    return Reading(list(blocks_of(decode(path.read_bytes()))))


def blocks_of(text: str) -> Iterator[Block]:
    """Paragraphs part at empty lines; a short first line that stands alone is the title; numbering tells headings."""
    paragraphs = [
        tidied
        for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
        if (tidied := tidy(part))
    ]
    for place, paragraph in enumerate(paragraphs):
        if place == 0 and len(paragraphs) > 1 and len(paragraph) <= LONGEST_TITLE and not PROSE.search(paragraph):
            yield Block("heading", " ".join(paragraph.split("\n")))
        else:
            yield from _lines(paragraph)


def _lines(paragraph: str) -> Iterator[Block]:
    """A paragraph's lines as they stand, but for headings and items of lists."""
    held: list[str] = []
    for line in paragraph.split("\n"):
        level, item = level_of(line), ITEM.match(line)
        if level is None and not item:
            held.append(line)
            continue
        if held:
            yield Block("paragraph", "\n".join(held))
            held = []
        yield Block("item", line[item.end() :]) if item else Block("heading", line, level or 0)
    if held:
        yield Block("paragraph", "\n".join(held))
