"""What a document's type means: the body's size, the leading, and the levels of its headings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tasks.parse.headings import PROSE, level_of
from tasks.parse.pdf.page import NOTE_MARK, Line, Page

HEADING_SIZE = 1.1  # of the body's size
HEAVY_HEADING_SIZE = 1.04
LONGEST_HEADING = 120
FEW_STEPS = 0.15  # of the commonest step's times: paragraphs of one line have wider steps than lines have
LONG_ENOUGH = 10  # characters of a line that tells whether a font's letters are all of one width
NARROW = 0.8  # of the type's size: Chinese letters are wider
LEADING = 1.3  # of the size, where too few lines tell
SENTENCE_END = (".", "。", "，", ",", "；", ";", "、")
FIRST_LETTER = re.compile(r"\w")
LETTER = re.compile(r"[^\W\d_]{2}|[\u3400-\u9fff]")  # a letter by itself is an ornament or a leftover, 序 is a preface
NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,4})[.．、]?\s*(?=[^\W\d])")

Outline = Iterable[Sequence[int | str]]  # pymupdf's get_toc(): level, title, page


class Typography:
    """Measures of the whole document; `title` is the size of its title where it stands above all headings."""

    def __init__(self, pages: list[Page], outline: Outline) -> None:
        characters: Counter[float] = Counter()
        heavy: Counter[float] = Counter()
        steps: dict[tuple[str, float], list[float]] = {}
        for page in pages:
            for line in page.lines:
                characters[line.size] += len(line.text)
                if line.bold:
                    heavy[line.size] += len(line.text)
                if len(line.text) > LONG_ENOUGH and line.font:
                    step = (line.box[2] - line.box[0]) / len(line.text)
                    range_ = steps.setdefault((line.font, line.size), [step, step, 0])
                    range_[0], range_[1] = min(range_[0], step), max(range_[1], step)
                    range_[2] += 1
        self.body = max(characters, key=lambda size: (characters[size], size), default=0.0)
        self.weighs = heavy[self.body] < characters[self.body] / 2  # whether bold type tells headings
        fixed = {key for key, (least, most, times) in steps.items() if times > 2 and most < least * 1.01}
        self.codes = self._find_code(
            pages, {key for key in fixed if steps[key][0] < NARROW * key[1]}, characters.total()
        )
        self.sizes = {size for size in characters if self._heads(size, heavy[size] / characters[size])}  # of headings
        self._leading = _leading(pages)
        self.outline: dict[int, dict[str, tuple[int, str]]] = {}  # by page, the levels of its titles
        for level, title, number, *_ in outline:
            told = int(level), " ".join(str(title).split())
            self.outline.setdefault(int(number), {}).setdefault(_plain(told[1]), told)
        self._firsts = {page: {title[:1] for title in titles} for page, titles in self.outline.items()}

    def _find_code(self, pages: list[Page], fixed: set[tuple[str, float]], characters: int) -> bool:
        """Mark the lines whose letters are all of one width; False where most are, so that they tell no code."""
        typed = 0
        for page in pages:
            for line in page.lines:
                line.mono = line.mono or (line.font, line.size) in fixed
                typed += len(line.text) if line.mono else 0
        return typed < characters / 2

    def _heads(self, size: float, heavy: float) -> bool:
        """Whether a size of type is one of headings: larger than the body's, or heavy and a little larger."""
        return size > self.body * (HEAVY_HEADING_SIZE if self.weighs and heavy > 0.8 else HEADING_SIZE)

    def leading(self, size: float) -> float:
        return self._leading.get(size, LEADING * size)

    def heads(self, lines: list[Line], text: str) -> bool:
        """Whether lines are a heading, by the outline, their size, their numbering or, if short, their weight."""
        if len(text) > LONGEST_HEADING or not LETTER.search(text) or "\n" in text:
            return False
        if self.outlined(text, lines[0].page) is not None:
            return True
        if (lines[0].size in self.sizes and not text.endswith(SENTENCE_END)) or level_of(text) is not None:
            return True
        bold = self.weighs and all(line.bold for line in lines) and len(text) <= LONGEST_HEADING / 2
        return bold and lines[0].size >= self.body * 0.95 and not PROSE.search(NUMBERED.sub("", text))

    def begins_heading(self, text: str) -> bool:
        return level_of(text) is not None or bool(NUMBERED.match(text))

    def names(self, line: Line) -> bool:
        """Whether a line is a heading by the outline or its numbering, whatever its type."""
        return self.outlined(line.text, line.page) is not None or level_of(line.text) is not None

    def outlined(self, text: str, page: int) -> int | None:
        """The level that the outline gives to a heading, which it may tell without its number."""
        if page not in self.outline:
            return None
        told = self._in_outline(text, page)
        if told is None and (number := NUMBERED.match(text)):
            told = self._in_outline(text[number.end() :], page)
        return told[0] if told else None

    def spelt(self, text: str, page: int) -> str:
        """A heading as the outline has it, where the page's own text lacks a space."""
        _, title = self._in_outline(text, page) or (0, "")
        return title if len(title) > len(text) and title.replace(" ", "") == text.replace(" ", "") else text

    def _in_outline(self, text: str, page: int) -> tuple[int, str] | None:
        titles = self.outline.get(page)
        if not titles or len(text) > LONGEST_HEADING:
            return None
        first = FIRST_LETTER.search(text)  # cheaper than the whole title, and tells most lines apart
        if first is None or first[0].casefold()[0] not in self._firsts[page]:
            return None
        return titles.get(_plain(text))


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", NOTE_MARK.sub("", text)).casefold()


def _leading(pages: list[Page]) -> dict[float, float]:
    """The usual step from line to line for each size of type."""
    steps: defaultdict[float, Counter[float]] = defaultdict(Counter)
    for page in pages:
        for before, line in pairwise(page.lines):
            step = line.base - before.base
            if before.size == line.size and 0.8 * line.size < step < 2.5 * line.size:
                steps[line.size][round(step * 2) / 2] += 1
    usual = {size: max(found.values()) for size, found in steps.items() if found.total() > 2}
    return {
        size: min(step for step, times in steps[size].items() if times >= max(2, FEW_STEPS * most))
        for size, most in usual.items()
        if most > 1
    }
