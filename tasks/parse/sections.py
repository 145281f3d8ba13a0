"""From a stream of blocks to a document's Markdown, and to the sections that it is cut into.

Sections tile the document: each is a stretch of its text, and together they are all of it. Cuts follow the structure
(headings, pages of a deck), then paragraphs, then sentences; a table and a sentence stay whole. Where several cuts
would do, a hash of the words behind them decides, as in content-defined chunking (Muthitacharoen et al. 2001, LBFS,
https://doi.org/10.1145/502034.502052), so that an edit moves no cut but those next to it.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

from tasks.parse.blocks import Block, Box
from tasks.parse.sentences import shorter

DEEPEST = 6  # levels of headings that Markdown has
LEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)
NO_HEADING = -1  # the level of the whole document: what stands under no common heading is not joined
LEADS_IN = (":", "：")  # a paragraph that ends so goes with the list or table behind it
STOP = re.compile(r"[.!?。！？\n]\s*(?=\S)")
MARK = 24  # characters at the start of a sentence that speak for it

Count = Callable[[list[str]], list[int]]  # tokens of each text


@dataclass(frozen=True)
class Piece:
    """A section: a stretch of the document's Markdown, from character `start` to `end`, the path of headings that all
    of it stands under, and in a PDF its pages with the box on each."""

    headings: tuple[str, ...]
    start: int
    end: int
    page: int | None = None
    boxes: tuple[tuple[int, Box], ...] = ()


@dataclass
class Unit:
    """What is never cut: a heading, a sentence, an item, a table, code."""

    block: Block
    path: tuple[str, ...]
    start: int
    end: int
    text: str
    tokens: int = 0


@dataclass
class Part:
    """What stands under one heading: units of its own (the heading first), then the parts below it."""

    level: int
    own: list[Unit] = field(default_factory=list)
    below: list[Part] = field(default_factory=list)


Group = list[Unit]


def cut(blocks: Iterable[Block], count: Count, min_tokens: int, max_tokens: int) -> tuple[str, list[Piece]]:
    """The document's Markdown, and its sections in reading order.

    Longer than `max_tokens` is only what can't be cut; shorter than `min_tokens` what no neighbour under the same
    heading has room for.
    """
    text, units = _written(blocks)
    units = list(_counted(text, units, count, max_tokens))
    root = _tree(units)
    groups = _pack(root, min_tokens, max_tokens)
    return text, [_piece(group) for group in groups if group[0].start < group[-1].end]


def _written(blocks: Iterable[Block]) -> tuple[str, list[Unit]]:
    """All blocks as Markdown, each with its place in it and the headings above it."""
    parts: list[str] = []
    units: list[Unit] = []
    above: list[Block] = []
    path: tuple[str, ...] = ()
    length = 0
    for block in blocks:
        if block.kind == "heading":
            above = [heading for heading in above if heading.level < block.level] + [block]
            path = tuple(_flat(heading.text) for heading in above if heading.text)
        markdown = _markdown(block, len(path))
        if parts and markdown:
            tight = block.kind == units[-1].block.kind == "item"
            parts.append("\n" if tight else "\n\n")
            length += len(parts[-1])
        units.append(Unit(block, path, length, length + len(markdown), markdown))
        parts.append(markdown)
        length += len(markdown)
    return "".join(parts), units


def _markdown(block: Block, depth: int) -> str:
    match block.kind:
        case "heading":
            return f"{'#' * min(depth, DEEPEST)} {_flat(block.text)}" if block.text else ""
        case "item":
            indent = "  " * block.level
            return f"{indent}{block.mark} " + block.text.replace("\n", f"\n{indent}  ")
        case "paragraph":
            return LEADING.sub(r"\\\1 ", block.text)
    return block.text


def _flat(text: str) -> str:
    return " ".join(text.split())


def _counted(text: str, units: list[Unit], count: Count, max_tokens: int) -> Iterator[Unit]:
    """Each unit with its tokens, the white space behind it included; what is too long comes as its sentences."""
    begins = [*(unit.start for unit in units), len(text)]
    tokens = count([text[one:other] for one, other in pairwise(begins)])
    for unit, length in zip(units, tokens, strict=True):
        if length <= max_tokens or unit.block.kind not in ("paragraph", "item"):
            unit.tokens = length
            yield unit
            continue
        for start, end, part in shorter(text, unit.start, unit.end, count, max_tokens):
            yield replace(unit, start=start, end=end, text=text[start:end], tokens=part)


def _tree(units: Iterable[Unit]) -> Part:
    """The parts of a document; a heading without text opens a part too."""
    stack = [Part(NO_HEADING)]
    for unit in units:
        if unit.block.kind == "heading":
            while stack[-1].level >= unit.block.level:
                stack.pop()
            stack[-1].below.append(Part(unit.block.level))
            stack.append(stack[-1].below[-1])
        stack[-1].own.append(unit)
    return stack[0]


def _pack(part: Part, low: int, high: int) -> list[Group]:
    """Groups of units that become sections: what is long is cut, small neighbours are joined."""
    whole = 2 if part.own and part.own[0].block.kind == "heading" else 1  # a heading and what it heads
    groups = _fill([part.own[:whole], *([unit] for unit in part.own[whole:])] if part.own else [], low, high)
    for below in part.below:
        inner = _pack(below, low, high)
        if groups and inner and all(unit.block.kind == "heading" for unit in groups[-1]):
            inner[0] = groups.pop() + inner[0]  # a heading alone belongs to what follows
        groups += inner
    return _join(groups, low, high) if part.level != NO_HEADING else groups


def _join(groups: list[Group], low: int, high: int) -> list[Group]:
    """Runs of neighbours that are too small become sections; one that stays small goes to a neighbour with room."""
    filled: list[Group] = []
    run: list[Group] = []
    for group in [*groups, None]:
        if group is not None and _tokens(group) < low:
            run.append(group)
            continue
        filled += _fill(run, low, high)
        run = []
        if group is not None:
            filled.append(group)
    joined: list[Group] = []
    for group in filled:
        small = min(_tokens(group), _tokens(joined[-1])) < low if joined else False
        if small and _tokens(joined[-1]) + _tokens(group) <= high:
            joined[-1] = joined[-1] + group
        else:
            joined.append(group)
    return joined


def _fill(items: Sequence[Group], low: int, high: int) -> list[Group]:
    """Neighbours joined up to the largest size."""
    sums = [0, *accumulate(map(_tokens, items))]
    groups: list[Group] = []
    begin = 0
    while begin < len(items):
        end = _end(items, sums, begin, low, high)
        groups.append([unit for item in items[begin:end] for unit in item])
        begin = end
    return groups


def _end(items: Sequence[Group], sums: list[int], begin: int, low: int, high: int) -> int:
    """Where the group that begins at `begin` ends: of the cuts that leave enough on both sides, the one whose next
    words have the smallest hash, which an edit elsewhere does not change; else the last cut that fits."""
    if sums[-1] - sums[begin] <= high:
        return len(items)
    fitting = [place for place in range(begin + 1, bisect_right(sums, sums[begin] + high)) if place < len(items)]
    cuts = [place for place in fitting if _may_cut(items[place - 1][-1], items[place][0])]
    good = [place for place in cuts if sums[place] - sums[begin] >= low and sums[-1] - sums[place] >= low]
    if good:
        return min(good, key=lambda place: _rank(items[place][0].text))
    return max(cuts or fitting, default=begin + 1)


def _may_cut(before: Unit, after: Unit) -> bool:
    """Whether two units may stand in two sections: not a heading and its text, nor a lead-in and its list."""
    if before.block.kind == "heading":
        return False
    return not (before.block.text.endswith(LEADS_IN) and after.block.kind in ("item", "table", "code"))


def _rank(text: str) -> int:
    """The smallest hash of a sentence's start: an edit of one sentence seldom changes the rank of the whole."""
    return min(zlib.crc32(part.lstrip()[:MARK].encode(errors="replace")) for part in STOP.split(text))


def _tokens(group: Group) -> int:
    return sum(unit.tokens for unit in group)


def _piece(group: Group) -> Piece:
    shown = [unit for unit in group if unit.end > unit.start] or group
    bodies = [unit for unit in shown if unit.block.kind != "heading"] or shown[-1:]
    return Piece(
        headings=_common([unit.path for unit in bodies]),
        start=shown[0].start,
        end=shown[-1].end,
        page=next((unit.block.page for unit in shown if unit.block.page is not None), None),
        boxes=_boxes(unit.block for unit in shown),
    )


def _common(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The headings that all of the paths begin with."""
    shared = paths[0]
    for path in paths[1:]:
        length = next((n for n, (one, other) in enumerate(zip(shared, path, strict=False)) if one != other), None)
        shared = shared[: min(len(shared), len(path)) if length is None else length]
    return shared


def _boxes(blocks: Iterable[Block]) -> tuple[tuple[int, Box], ...]:
    """For each page the box around all that stands on it."""
    around: dict[int, Box] = {}
    for page, box in (place for block in blocks for place in block.boxes):
        one = around.get(page, box)
        around[page] = (min(one[0], box[0]), min(one[1], box[1]), max(one[2], box[2]), max(one[3], box[3]))
    return tuple(sorted(around.items()))
