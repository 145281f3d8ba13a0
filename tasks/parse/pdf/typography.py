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
DEEPEST = 6
RARE = 0.02  # of the pages
SHORT = 5  # pages
BOLD_HEADING = 7  # a bold line of the body's size, below all headings that are larger
LONGEST_HEADING = 120
FEW_STEPS = 0.15  # of the commonest step's times: paragraphs of one line have wider steps than lines have
LONG_ENOUGH = 10  # characters of a line that tells whether a font's letters are all of one width
NARROW = 0.8  # of the type's size: Chinese letters are wider
LEADING = 1.3  # of the size, where too few lines tell
SENTENCE_END = (".", "。", "，", ",", "；", ";", "、")
FIRST_LETTER = re.compile(r"\w")
LETTER = re.compile(r"[^\W\d_]")
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
        larger = sorted(
            (size for size in characters if self._heads(size, heavy[size] / characters[size])), reverse=True
        )
        self.levels = _ladder(larger, pages)
        self._leading = _leading(pages)
        self.outline: dict[int, dict[str, int]] = {}  # by page, the levels of its titles
        for level, title, number, *_ in outline:
            self.outline.setdefault(int(number), {}).setdefault(_plain(str(title)), int(level))
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

    def fit(self, pages: list[Page]) -> None:
        """Let the levels that the outline gives to sizes of type win over the sizes' order."""
        if not self.outline:
            return
        told: defaultdict[float, Counter[int]] = defaultdict(Counter)
        for page in pages:
            for line in page.lines:
                if (level := self._in_outline(line.text, page.number)) is not None:
                    told[line.size][level] += 1
        deepest = 0
        for size in sorted(self.levels, reverse=True):
            level = told[size].most_common(1)[0][0] if size in told else deepest + 1
            self.levels[size] = min(level, DEEPEST)
            deepest = max(deepest, self.levels[size]) if size in told else deepest

    def level(self, lines: list[Line], text: str) -> int | None:
        """The level of a heading, by the outline, its numbering, its size or, for a short line, its weight."""
        if len(text) > LONGEST_HEADING or not LETTER.search(text) or "\n" in text:
            return None
        if self.outline and (level := self._in_outline(text, lines[0].page)) is not None:
            return min(level, DEEPEST)
        if (level := self.levels.get(lines[0].size)) and not text.endswith(SENTENCE_END):
            return level
        if (level := level_of(text)) is not None:
            return level
        bold = self.weighs and all(line.bold for line in lines) and len(text) <= LONGEST_HEADING / 2
        if not bold or lines[0].size < self.body * 0.95 or PROSE.search(NUMBERED.sub("", text)):
            return None
        numbered = NUMBERED.match(text)
        deep = numbered and (numbered[1].count(".") or not self.levels)
        return min(2 + numbered[1].count("."), DEEPEST) if numbered and deep else BOLD_HEADING

    def whole(self, text: str, page: int) -> bool:
        """Whether a line is all of a heading that the outline names, or begins with its number."""
        return self._in_outline(text, page) is not None

    def begins_heading(self, text: str) -> bool:
        return level_of(text) is not None or bool(NUMBERED.match(text))

    def _in_outline(self, text: str, page: int) -> int | None:
        titles = self.outline.get(page)
        if not titles or len(text) > LONGEST_HEADING:
            return None
        first = FIRST_LETTER.search(text)  # cheaper than the whole title, and tells most lines apart
        if first is None or first[0].casefold()[0] not in self._firsts[page]:
            return None
        return titles.get(_plain(text))


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", NOTE_MARK.sub("", text)).casefold()


def _ladder(sizes: list[float], pages: list[Page]) -> dict[float, int]:
    """A level for each size; sizes next to one another that a long document uses on a page or two have one level."""
    seen: defaultdict[float, set[int]] = defaultdict(set)
    for page in pages:
        for line in page.lines:
            seen[line.size].add(page.number)
    rare = max(1.0, RARE * len(pages)) if len(pages) > SHORT else 0
    levels: dict[float, int] = {}
    level, before_rare = 0, False
    for size in sizes:
        is_rare = len(seen[size]) <= rare
        level += not (is_rare and before_rare)
        levels[size], before_rare = min(level, DEEPEST), is_rare
    return levels


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
