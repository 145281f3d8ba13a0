"""From a stream of blocks to sections: what stands under one heading, in pieces of a handy size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tasks.parse.blocks import Block

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n")


@dataclass(frozen=True)
class Piece:
    """The text of a section, and where it stands."""

    headings: tuple[str, ...]
    page: int | None
    text: str


def cut(blocks: Iterable[Block], min_characters: int, max_characters: int) -> Iterator[Piece]:
    """Pieces in reading order; a heading that nothing stands under is a piece by itself."""
    path: list[Block] = []
    held: list[Block] = []
    empty = False  # the last heading has nothing under it so far
    for block in blocks:
        if block.kind != "heading":
            held.append(block)
            empty = False
            continue
        yield from _pack(path, held, min_characters, max_characters)
        held = []
        if empty and block.level <= path[-1].level:
            yield _alone(path)
        path = [heading for heading in path if heading.level < block.level] + [block]
        empty = bool(block.text)
    yield from _pack(path, held, min_characters, max_characters)
    if empty:
        yield _alone(path)


def _names(path: list[Block]) -> tuple[str, ...]:
    return tuple(" ".join(heading.text.split()) for heading in path if heading.text)


def _alone(path: list[Block]) -> Piece:
    return Piece(_names(path), path[-1].page, _names(path)[-1])


def _pack(path: list[Block], blocks: list[Block], min_characters: int, max_characters: int) -> Iterator[Piece]:
    """Fill pieces up to the largest size; a small rest goes with the piece before it."""
    groups: list[list[Block]] = []
    for part in (part for block in blocks for part in _split(block, max_characters)):
        if not groups or len(_text([*groups[-1], part])) > max_characters:
            groups.append([])
        groups[-1].append(part)
    if len(groups) > 1 and len(_text(groups[-1])) < min_characters:
        groups[-2:] = [groups[-2] + groups[-1]]
    for group in groups:
        yield Piece(_names(path), group[0].page, _text(group))


def _split(block: Block, size: int) -> Iterator[Block]:
    """A long paragraph, cut between its sentences; a sentence, a table and code stay whole."""
    if len(block.text) <= size or block.kind in ("table", "code"):
        yield block
        return
    start = end = 0
    for boundary in [*(match.end() for match in SENTENCE_END.finditer(block.text)), len(block.text)]:
        if boundary - start > size and end > start:
            yield replace(block, text=block.text[start:end].strip())
            start = end
        end = boundary
    yield replace(block, text=block.text[start:].strip())


def _text(blocks: list[Block]) -> str:
    """The blocks as Markdown: items of a list are neighbours, all else stands apart."""
    text, before = "", ""
    for block in blocks:
        mark = "  " * block.level + "- " if block.kind == "item" else ""
        gap = "\n" if before == block.kind == "item" else "\n\n"
        text += (gap if text else "") + mark + block.text
        before = block.kind
    return text
