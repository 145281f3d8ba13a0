"""Chinese that runs down, set letter by letter: columns that are read from top to bottom and from right to left."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from tasks.parse.joining import WIDE, joined
from tasks.parse.pdf.page import Line, Page, around

FEWEST = 4  # letters of a column that tells that text runs down
LONGEST = 2  # characters of a piece; numbers of two digits stand upright
CLOSE = 2.0  # of the type's size from letter to letter
SHORT = 1.5  # of that step: a column that ends so far above the others ends its paragraph
DOWN = 1  # the quarter turn of lines that run down

Stack = list[Line]


def gather(page: Page) -> None:
    """Take such columns off a page's lines and put their paragraphs to those that run down."""
    pieces = [line for line in page.lines if len(line.text) <= LONGEST]
    if len(pieces) < FEWEST or not any(WIDE.match(line.text) for line in pieces):
        return
    stacks = _stacks(pieces)
    if not stacks or max(map(len, stacks)) < FEWEST:
        return
    taken = {id(line) for stack in stacks for line in stack}
    box = around(line.box for stack in stacks for line in stack)
    beside = (line for line in page.lines if id(line) not in taken)
    if any(box[1] < (line.box[1] + line.box[3]) / 2 < box[3] for line in beside) or not _runs_down(stacks):
        return
    page.lines = [line for line in page.lines if id(line) not in taken]
    page.strays += [(DOWN, line) for line in _paragraphs(stacks)]


def _stacks(pieces: list[Line]) -> list[Stack]:
    """Letters that stand one below another, from right to left."""
    stacks: list[Stack] = []
    for line in sorted(pieces, key=lambda line: (-round(_middle(line) / line.size * 2), line.base)):
        before = stacks[-1][-1] if stacks else None
        if before and abs(_middle(before) - _middle(line)) < line.size / 2 and line.base - before.base > 0:
            stacks[-1].append(line)
        else:
            stacks.append([line])
    return stacks


def _middle(line: Line) -> float:
    return (line.box[0] + line.box[2]) / 2


def _step(stacks: list[Stack]) -> float:
    return median(below.base - above.base for stack in stacks for above, below in pairwise(stack))


def _runs_down(stacks: list[Stack]) -> bool:
    """Whether most are Chinese letters that stand closer to the next one below than to the next column."""
    letters = [line for stack in stacks for line in stack]
    if 2 * sum(bool(WIDE.match(line.text)) for line in letters) < len(letters):
        return False
    step = _step(stacks)
    aside = [_middle(right[0]) - _middle(left[0]) for right, left in pairwise(stacks)]
    return step < CLOSE * letters[0].size and (not aside or step < min(aside))


def _paragraphs(stacks: list[Stack]) -> list[Line]:
    foot = max(stack[-1].base for stack in stacks)
    step = _step(stacks)
    paragraphs: list[Stack] = [[]]
    for stack in stacks:
        paragraphs[-1] += stack
        if stack[-1].base < foot - SHORT * step:
            paragraphs.append([])
    return [_whole(letters) for letters in paragraphs if letters]


def _whole(letters: Stack) -> Line:
    first, box = letters[0], around(line.box for line in letters)
    text = joined(*(line.text for line in letters))
    return Line(text, box, first.base, first.size, all(line.bold for line in letters), first.page)
