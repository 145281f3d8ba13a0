"""A page as lines of print and rules, upright: turned pages and turned lines are turned back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tasks.parse.blocks import Box
from tasks.parse.joining import closed_up
from tasks.parse.letters import ODD, are_odd

UPRIGHT = 0.98  # cosine: a line that slopes more runs in none of the four directions, as a watermark does
THIN = 3.0  # points; a drawing thinner than this is a rule
SHORTEST_RULE = 4.0  # points
WELL = 0.3  # of a line's height
MOST_RULES = 3000  # of a page; more are a drawing
RAISED = 0.88  # of the line's size: raised numbers set smaller refer to notes; a browser's have 0.83
REFERENCE = re.compile(r"[\d,]{1,5}|[*∗†‡§¶]{1,3}|[①-⑳]")
NOTE_MARK = re.compile("\x02([^\x03]*)\x03")  # how a line's text holds a raised number
TELLING = 8  # characters of a line that can tell whether its font's map is lost
WHITE = 0xFFFFFF
HEAVY = re.compile("bold|black|heavy|demi|[-,](?:hei|b)$|simhei|黑体|黑體|gothicb", re.IGNORECASE)
MONO = re.compile("mono|courier|consol|menlo|typewriter|nimbusmon|cmtt", re.IGNORECASE)
MONO_FLAG, BOLD_FLAG = 8, 16  # pymupdf.TEXT_FONT_MONOSPACED and _BOLD, known here so that the heavy library is not


@dataclass(slots=True, eq=False)
class Line:
    """A line of print or a piece of one; `base` is where its letters stand, `turns` how its page is turned for it."""

    text: str
    box: Box
    base: float
    size: float
    bold: bool
    page: int
    mono: bool = False  # letters of one width
    font: str = ""  # where the whole line is set in one
    column: int = 0  # of the document, counted on


@dataclass(eq=False)
class Page:
    """Lines and rules in a frame where most lines run from left to right; `shown` takes boxes back to the screen.

    `strays` are the lines that run in other directions: their boxes are the page's, with the quarter turns they need.
    """

    number: int  # from 1
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)
    rules: list[Box] = field(default_factory=list)
    strays: list[tuple[int, Line]] = field(default_factory=list)
    turns: int = 0  # quarter turns from this frame to the screen
    hidden: int = 0  # characters that the page does not show
    garbled: int = 0  # characters whose font does not say what they mean
    scanned: bool = False  # read from its picture, where letters may be misread

    def shown(self, box: Box) -> Box:
        turned = turn(box, self.turns, self.width, self.height) if self.turns else box
        return (round(turned[0], 1), round(turned[1], 1), round(turned[2], 1), round(turned[3], 1))


def turn(box: Box, quarters: int, width: float, height: float) -> Box:
    """A box of a page of this size, after the page was turned back by so many quarters."""
    left, top, right, bottom = box
    match quarters % 4:
        case 1:
            return (top, width - right, bottom, width - left)
        case 2:
            return (width - right, height - bottom, width - left, height - top)
        case 3:
            return (height - bottom, left, height - top, right)
    return box


def page_of(
    content: dict[str, Any],
    number: int,
    rotation: int,
    pictures: Callable[[], list[dict[str, Any]]],
    *,
    layer: bool = True,
    unseen: bool = False,
) -> Page:
    """What pymupdf's dictionary of an unrotated page holds; `rotation` is how the page is shown, in degrees.

    `pictures` gives the page's pictures, which are asked for only where letters are white. Letters that are not to be
    seen are read (`unseen`) where they are most of the text, over a scan, unless that `layer` is known to be bad.
    """
    width, height = content["width"], content["height"]
    found: dict[int, list[Line]] = {}
    hidden = 0
    white: list[tuple[int, Line]] = []
    rules: list[Box] = []
    painted: list[Box] = []
    for block in content["blocks"]:
        if block["type"] == 3:
            if block["color"] != WHITE or block["stroked"]:
                _rule(block, rules, painted)
            continue
        for raw in block.get("lines", ()):
            line, lost, pale = _line(raw, number, unseen)
            hidden += lost
            if line is None or not (-1 < line.box[0] < width and -1 < line.box[1] < height):
                continue
            quarters = _quarters(raw["dir"])
            kept = found.setdefault(quarters, [])
            if kept and kept[-1].text == line.text and _near(kept[-1].box, line.box):
                continue  # printed twice, for a shadow or a heavier face
            kept.append(line)
            if pale:
                white.append((quarters, line))
    if layer and not unseen and hidden > sum(len(line.text) for lines in found.values() for line in lines):
        return page_of(content, number, rotation, pictures, unseen=True)
    if white:
        painted += [picture["bbox"] for picture in pictures()]
        for quarters, line in white:
            if not any(within(line.box, box) for box in painted):
                found[quarters].remove(line)
                hidden += len(line.text)
    return _framed(Page(number, width, height, rules=rules[:MOST_RULES], hidden=hidden), found, rotation // 90)


def _framed(page: Page, found: dict[int, list[Line]], rotation: int) -> Page:
    """The page turned so that most of its text is upright."""
    weight = {quarters: sum(len(line.text) for line in lines) for quarters, lines in found.items() if quarters >= 0}
    main = max(weight, key=lambda quarters: weight[quarters], default=0)
    width, height = page.width, page.height
    if main:
        for line in (line for lines in found.values() for line in lines):
            line.box = turn(line.box, main, width, height)
            line.base = line.box[3]
        page.rules = [turn(rule, main, width, height) for rule in page.rules]
        if main % 2:
            page.width, page.height = height, width
    page.turns = -(main + rotation) % 4
    for lines in found.values():
        _leave_out_garbled(page, lines)
    page.lines = found.pop(main, [])
    page.strays = [((q - main) % 4 if q >= 0 else 0, line) for q, lines in found.items() for line in lines]
    return page


def _leave_out_garbled(page: Page, lines: list[Line]) -> None:
    if not ODD.search("".join([line.text for line in lines])):
        return
    for line in lines[:]:
        if len(line.text) >= TELLING and are_odd(line.text):
            lines.remove(line)
            page.garbled += len(line.text)


def _line(raw: dict[str, Any], number: int, unseen: bool) -> tuple[Line | None, int, bool]:
    """A line, how many characters of it are not to be seen, and whether it is printed in white."""
    spans, hidden = raw["spans"], 0
    if len(spans) == 1:
        main = spans[0]
        text, bold, font = main["text"], _heavy(main), main["font"]
        if not (main["alpha"] or unseen):
            return None, len(text.strip()), False
    else:
        if not unseen and not all(span["alpha"] for span in spans):
            hidden = sum(len(span["text"].strip()) for span in spans if not span["alpha"])
            spans = [span for span in spans if span["alpha"]]
        words = [span for span in spans if span["text"] and not span["text"].isspace()]
        if not words:
            return None, hidden, False
        main, font = max(words, key=_length), ""
        small = main["size"] * RAISED
        foot = main["origin"][1] - main["size"] * 0.1
        text = "".join(
            [_marked(span) if span["size"] < small and span["origin"][1] < foot else span["text"] for span in spans]
        )
        bold = _heavy(main) and all(_heavy(span) or span["size"] < small or len(span["text"]) < 3 for span in words)
    stripped = text.strip()
    if not stripped:
        return None, hidden, False
    left, top, right, bottom = raw["bbox"]
    if len(stripped) < len(text):
        step = (right - left) / len(text)
        left += step * (len(text) - len(text.lstrip()))
        right -= min(step, main["size"] * 0.6) * (len(text) - len(text.rstrip()))
    size = round(main["size"] * 2) / 2
    mono = bool(main["flags"] & MONO_FLAG) or _mono_name(main["font"])
    line = Line(closed_up(stripped), (left, top, right, bottom), main["origin"][1], size, bold, number, mono, font)
    return line, hidden, main["color"] == WHITE


def _length(span: dict[str, Any]) -> int:
    return len(span["text"])


def _marked(span: dict[str, Any]) -> str:
    text: str = span["text"]
    return text.replace(text.strip(), f"\x02{text.strip()}\x03") if REFERENCE.fullmatch(text.strip()) else text


def _heavy(span: dict[str, Any]) -> bool:
    return bool(span["flags"] & BOLD_FLAG) or _heavy_name(span["font"])


@lru_cache(maxsize=4096)
def _mono_name(font: str) -> bool:
    return bool(MONO.search(font))


@lru_cache(maxsize=4096)
def _heavy_name(font: str) -> bool:
    """Chinese documents set headings in a heavy face, such as SimHei, that has no bold flag."""
    with suppress(UnicodeError):
        font = font.encode("latin-1").decode("gbk")  # names written by old Chinese programs
    return bool(HEAVY.search(font))


def _quarters(direction: tuple[float, float]) -> int:
    """The quarter turns that make a line upright; -1 where it is slanted."""
    across, down = direction
    if across > UPRIGHT:
        return 0
    if down > UPRIGHT:
        return 1
    if across < -UPRIGHT:
        return 2
    return 3 if down < -UPRIGHT else -1


def _rule(block: dict[str, Any], rules: list[Box], painted: list[Box]) -> None:
    left, top, right, bottom = block["bbox"]
    wide, high = right - left, bottom - top
    if wide <= THIN or high <= THIN:
        if max(wide, high) >= SHORTEST_RULE:
            rules.append((left, top, right, bottom))
    elif block["isrect"] and block["stroked"]:
        rules += [(left, top, right, top), (left, bottom, right, bottom)]
        rules += [(left, top, left, bottom), (right, top, right, bottom)]
    else:
        painted.append((left, top, right, bottom))


def _near(one: Box, other: Box) -> bool:
    return abs(one[0] - other[0]) < 2 and abs(one[1] - other[1]) < 2


def around(boxes: Iterable[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def within(box: Box, outer: Box) -> bool:
    """Whether the middle of a box lies in another."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] - 1 <= x <= outer[2] + 1 and outer[1] - 1 <= y <= outer[3] + 1


def rows_of(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Lines that stand side by side, from top to bottom, each row from left to right."""
    row: list[Line] = []
    for line in sorted(lines, key=_middle):
        if row and not _level(row[-1], line) and not _level(row[0], line):
            yield sorted(row, key=_left)
            row = []
        row.append(line)
    if row:
        yield sorted(row, key=_left)


def _level(above: Line, below: Line) -> bool:
    """Whether two lines stand side by side: the middle of one is well within the height of the other."""
    middle, other = _middle(above), _middle(below)
    return other < above.box[3] - WELL * (above.box[3] - above.box[1]) or middle > below.box[1] + WELL * (
        below.box[3] - below.box[1]
    )


def _middle(line: Line) -> float:
    return (line.box[1] + line.box[3]) / 2


def _left(line: Line) -> float:
    return line.box[0]


def usual(values: Iterable[float], default: float) -> float:
    """The commonest of some measures, rounded to whole points."""
    counted = Counter(map(round, values))
    return float(max(counted, key=lambda value: (counted[value], -value))) if counted else default
