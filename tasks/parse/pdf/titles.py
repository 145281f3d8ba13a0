"""The titles of a document and of its chapters, where they are set in several lines or apart from their numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tasks.parse.blocks import Block, Box
from tasks.parse.headings import NUMERAL
from tasks.parse.joining import joined
from tasks.parse.pdf.numbers import Heading
from tasks.parse.pdf.page import around

LABEL = re.compile(
    rf"(?:chapter|part|appendix|annex|section)\s+(?:\d{{1,3}}|[ivx]+|[a-z])[.:]?"
    rf"|第\s*{NUMERAL}\s*(?:[编編篇部卷章回讲講课課节節]|单元|單元)|附[录錄]\s*[A-Z一二三四五六七八九十\d]",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[.。!！?？;；]$")
COVER_PAGES = 2  # the title stands on one of so many pages
UPPER = 0.67  # of the height of a cover, whose lower part may hold a publisher's sign
NEAR = 6.0  # of the type's size from a chapter's number down to its title
LINES_APART = 1.2  # of the type's size between the lines of a chapter's title
PARAGRAPHS_APART = 2.5  # of the type's size between those of the document's title

Told = Callable[[str, int], int | None]  # the outline's level for a heading on a page


def cover_of(blocks: Sequence[Block]) -> int:
    """The first page, if it holds no sentence; else 0."""
    first = blocks[0].page if blocks else None
    on_it = [block for block in blocks if block.page == first]
    sentences = any(not isinstance(block, Heading) and SENTENCE.search(block.text) for block in on_it)
    return 0 if first is None or sentences or len(on_it) == len(blocks) else first


def title_of(headings: Sequence[Heading], cover: int, heights: dict[int, float]) -> list[Heading]:
    """The lines of the document's title: the largest heading, where it stands alone on one of the first pages."""
    if not headings or (page := headings[0].page or 0) > COVER_PAGES:
        return []
    first = [heading for heading in headings if heading.page == page]
    covered = page == cover
    high = [heading for heading in first if _box(heading)[1] < UPPER * heights[page]] if covered else first[:1]
    size = max((heading.size for heading in high), default=0.0)
    start = next((index for index, heading in enumerate(headings) if heading.size == size), 0)
    lines = [headings[start]]
    for line in headings[start + 1 :]:
        if not _near(lines[-1], line, PARAGRAPHS_APART) or line.size != size:
            break
        lines.append(line)
    last = headings[-1].page or page
    elsewhere = {page, last if last > COVER_PAGES else page} if covered else set()  # a back cover says the title again
    others = (heading for heading in headings if not any(heading is line for line in lines))
    alone = all(heading.size < size or heading.page in elsewhere for heading in others)
    return lines if alone and not any(line.number for line in lines) else []


def subtitle_of(blocks: Sequence[Block], title: Heading) -> Heading | None:
    """A heading between the title and the first chapter that is larger than all that follows, and heads nothing."""
    place = next(index for index, block in enumerate(blocks) if block is title)
    follow = blocks[place + 1 : place + 3]
    if len(follow) < 2 or not all(isinstance(block, Heading) for block in follow):
        return None
    subtitle, chapter = (block for block in follow if isinstance(block, Heading))
    rest = [block.size for block in blocks[place + 2 :] if isinstance(block, Heading)]
    named = subtitle.number or subtitle.told is not None
    chaptered = chapter.number or chapter.told is not None
    return subtitle if chaptered and not named and max(rest) < subtitle.size else None


def labelled(blocks: Sequence[Block], told: Told) -> list[Block]:
    """A chapter's number that stands beside its title or above it, and the lines of the title, as one heading."""
    done: list[Block] = []
    waiting = list(reversed(blocks))
    while waiting:
        label = waiting.pop()
        if not LABEL.fullmatch(label.text):
            done.append(label)
            continue
        lines: list[Heading] = []
        if done and isinstance(before := done[-1], Heading) and not before.number and _beside(before, label):
            lines.append(before)
            done.pop()
        while waiting and isinstance(line := waiting[-1], Heading) and not line.number:
            goes_on = lines and _near(lines[-1], line, LINES_APART) and lines[-1].size == line.size
            if not (goes_on or (not lines and _near(label, line, NEAR))):
                break
            lines.append(line)
            waiting.pop()
        done.append(_with_label(label, lines, told) if lines else label)
    return done


def _with_label(label: Block, lines: Sequence[Heading], told: Told) -> Heading:
    title = whole(lines)
    text = f"{label.text} {title.text}"
    level = next((level for said in (text, title.text) if (level := told(said, title.page or 0)) is not None), None)
    return replace(title, text=text, told=level, boxes=_around([label, title]))


def whole(lines: Sequence[Heading]) -> Heading:
    text = joined(*(line.text for line in lines))
    return replace(lines[0], text=text, boxes=_around(lines)) if len(lines) > 1 else lines[0]


def _around(blocks: Iterable[Block]) -> tuple[tuple[int, Box], ...]:
    boxes: dict[int, list[Box]] = {}
    for page, box in (place for block in blocks for place in block.boxes):
        boxes.setdefault(page, []).append(box)
    return tuple((page, around(found)) for page, found in boxes.items())


def _box(block: Block) -> Box:
    return block.boxes[0][1]


def _near(block: Block, line: Heading, most: float) -> bool:
    """Whether a line stands beside a block or not far below it."""
    return block.page == line.page and abs(_box(line)[1] - _box(block)[3]) < most * line.size


def _beside(heading: Heading, label: Block) -> bool:
    """Whether a label stands in the rows of a heading's lines."""
    return heading.page == label.page and _box(heading)[1] < _box(label)[3] and _box(label)[1] < _box(heading)[3]
