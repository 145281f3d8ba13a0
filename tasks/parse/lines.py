"""Lines of print as paragraphs: what geometry tells of leading, columns, broken lines, running headers and footers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import mode

from tasks.parse.blocks import Box

BULLET = re.compile(r"^(?:[-–•·▪◦●■◆►\uf0b7\uf06c\uf0a7\uf0d8]|[*](?=\s))\s*")
KEY_VALUE = re.compile(r"^[^:：。，,.]{1,40}[:：]\s*[^\s/]")
WIDE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")  # written without spaces
NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
HEADING_SIZE = 1.12  # of the body's size
DEEPEST = 6
GAP = 1.25  # of the usual leading; more begins a new paragraph
EDGE = 0.12  # of the page's height, at the top and at the bottom
FEWEST_PAGES = 3
FEW_PAGES = 0.5  # of a short document's pages


@dataclass(frozen=True)
class Line:
    text: str
    box: Box
    size: float
    bold: bool
    page: int


class Typography:
    """What a document's sizes of type mean: `levels` of headings (1 the largest), and the usual `leading` of each."""

    def __init__(self, lines: list[Line]) -> None:
        characters: Counter[float] = Counter()
        steps: defaultdict[float, list[int]] = defaultdict(list)
        for before, line in zip([None, *lines], lines, strict=False):
            characters[line.size] += len(line.text)
            if before and before.size == line.size and overlap(before.box, line.box) and line.box[1] > before.box[1]:
                steps[line.size].append(round(line.box[1] - before.box[1]))
        body = max(characters, key=lambda size: (characters[size], size), default=0.0)
        larger = sorted((size for size in characters if size > body * HEADING_SIZE), reverse=True)
        self.levels = {size: min(level, DEEPEST) for level, size in enumerate(larger, start=1)}
        self.leading = {size: min(mode(sorted(found)), 2 * size) for size, found in steps.items()}


def paragraphs(lines: list[Line], typography: Typography) -> Iterator[tuple[list[Line], str]]:
    """The lines of one page, grouped, each group with its text."""
    group: list[Line] = []
    for line in lines:
        if group and not _goes_on(group[-1], line, typography):
            yield group, _join(group, lines)
            group = []
        group.append(line)
    if group:
        yield group, _join(group, lines)


def _goes_on(before: Line, line: Line, typography: Typography) -> bool:
    """Whether a line belongs to the same paragraph as the one before it."""
    if line.size != before.size:
        return False
    if _same_row(before, line):
        return True
    step = line.box[1] - before.box[1]
    return overlap(before.box, line.box) and 0 < step <= GAP * typography.leading.get(line.size, line.size)


def _join(group: list[Line], page: list[Line]) -> str:
    """A break stays where a bullet or a key begins, or where the next line's first word would have fitted."""
    right = max(line.box[2] for line in page if line.size == group[0].size and overlap(line.box, group[0].box))
    text = group[0].text
    for before, line in pairwise(group):
        if _same_row(before, line):
            text += " " + line.text
        elif BULLET.match(line.text) or _both_keys(before, line) or right - before.box[2] > _first_word_width(line):
            text += "\n" + line.text
        elif re.search(r"[a-zà-ÿ]-$", text) and line.text[0].islower():
            text = text[:-1] + line.text
        elif WIDE.match(text[-1]) and WIDE.match(line.text[0]):
            text += line.text
        else:
            text += " " + line.text
    return text


def _same_row(before: Line, line: Line) -> bool:
    middle = (line.box[1] + line.box[3]) / 2
    return before.box[1] < middle < before.box[3] and line.box[0] >= before.box[2] - 1


def _both_keys(before: Line, line: Line) -> bool:
    return bool(KEY_VALUE.match(before.text) and KEY_VALUE.match(line.text))


def _first_word_width(line: Line) -> float:
    letters = 2 if WIDE.match(line.text[0]) else len(line.text.split()[0]) + 1  # punctuation may not begin a line
    return (line.box[2] - line.box[0]) * min(1.0, letters / len(line.text)) + 0.3 * line.size


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes stand in one column."""
    return one[0] < other[2] and other[0] < one[2]


def running_lines(pages: list[tuple[float, list[Line]]], typography: Typography) -> set[Line]:
    """Headers and footers: lines that stand at the edge of several pages, and differ by numbers at most.

    Each page is its height and its lines. A line as large as a heading is none, and one page repeats nothing.
    """
    places: defaultdict[tuple[str, bool], list[Line]] = defaultdict(list)
    for height, lines in pages:
        for line in lines:
            top, bottom = line.box[3] < height * EDGE, line.box[1] > height * (1 - EDGE)
            if (top or bottom) and line.size not in typography.levels:
                places[NUMBER.sub("#", line.text), top].append(line)
    fewest = max(2, min(FEWEST_PAGES, round(len(pages) * FEW_PAGES)))
    repeated = (found for found in places.values() if len({line.page for line in found}) >= fewest)
    return {line for found in repeated for line in found}
