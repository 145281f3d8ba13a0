"""Plain text: what empty lines, line lengths, indents, underlines and numbering tell of its structure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from unicodedata import east_asian_width

from tasks.parse.blocks import Block, Reading, table, tidy
from tasks.parse.decode import decode
from tasks.parse.headings import PROSE, level_of
from tasks.parse.joining import WIDE, joined

LONGEST_TITLE = 60  # characters of a line that may be a title
ITEM = re.compile(
    r"(?P<indent>[ \t\u3000]*)(?:(?P<bullet>[-*+•·▪◦●○■□◆➢✓])[ \t]+"
    r"|(?P<number>\d{1,3}[.)](?=[ \t])|\d{1,3}[、）](?!\d)|[(（]\w{1,3}[)）]|[a-zA-Z]\)(?=[ \t])|[①-⑳])[ \t]*)(?=\S)"
)
RULE = re.compile(r"\s*([-=*_~#—])\1{2,}\s*|\s*(?:[-*_] ){2,}[-*_]\s*")
UNDERLINES = {"=": 1, "-": 2, "~": 3}
LOGGED = re.compile(
    r"\s*\[?(?:\d{4}[-/]\d\d?[-/]\d\d?[T ]\d\d?:\d\d|\d\d:\d\d:\d\d|[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d|"
    r"(?:DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|TRACE)\b)"
    r"|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d|\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d"  # klog; access logs
)
CODED = re.compile(
    r".*[{};]\s*$|\s*(?:[#$>] |//|/\*|</?\w+[^<]*>|(?:def|class|import|from|return|if|for|while)\b.*[:(;])"
)
CODE_SHARE = 0.6  # of a paragraph's lines that look like code or a log, that it is taken for such
NARROWEST, WIDEST = 40, 130  # columns at which people and programs wrap lines
WRAPPED_SHARE = 0.7  # of the line breaks that stand where the next word had no room, that the text is taken as wrapped
FEWEST_BREAKS = 2
SENTENCE_END = re.compile(r"[。！？.!?][\"'”’」』）)]*$")


def read(path: Path) -> Reading:
    return Reading(list(blocks_of(decode(path.read_bytes()))))


def blocks_of(text: str, *, titled: bool = True) -> Iterator[Block]:
    """Paragraphs part at empty lines; a short first line that stands alone may be the title."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    paragraphs = [part.strip("\n").split("\n") for part in re.split(r"\n[^\S\n]*\n", text) if part.strip()]
    column = _wrapped_at(paragraphs)
    for place, lines in enumerate(paragraphs):
        first = tidy(lines[0])
        if (
            titled
            and place == 0
            and len(lines) == 1 < len(paragraphs)
            and _may_be_title(first)
            and level_of(first) is None
        ):
            yield Block("heading", first)
        elif len(lines) == 1 and first.isupper() and first.isascii() and len(first) > 3 and _may_be_title(first):
            yield Block("heading", first, 2)
        elif rows := _tabbed(lines):
            if block := table(rows):
                yield block
        elif _is_code(lines):
            yield Block("code", "\n".join(["```", *(line.rstrip() for line in lines), "```"]))
        else:
            yield from _lines(lines, column)


def _may_be_title(line: str) -> bool:
    return 0 < len(line) <= LONGEST_TITLE and not PROSE.search(line) and not ITEM.match(line)


def _tabbed(lines: Sequence[str]) -> list[list[str]]:
    """The cells of lines that all hold the same number of tabs between their words."""
    tabs = {line.strip().count("\t") for line in lines}
    return [line.strip().split("\t") for line in lines] if len(lines) > 1 and len(tabs) == 1 and tabs != {0} else []


def _is_code(lines: Sequence[str]) -> bool:
    found = sum(bool(LOGGED.match(line) or CODED.match(line)) for line in lines)
    return len(lines) > 1 and "```" not in "".join(lines) and found >= CODE_SHARE * len(lines)


def _wrapped_at(paragraphs: Sequence[Sequence[str]]) -> int | None:
    """The column at which a text's lines were broken; None where its breaks are its own."""
    broken = sorted(_width(line) for lines in paragraphs for line in lines[:-1] if not RULE.fullmatch(line))
    broken = [width for width in broken if width <= WIDEST]
    if len(broken) < FEWEST_BREAKS:
        return None
    column = broken[min(len(broken) - 1, round(0.95 * len(broken)))]
    pairs = [pair for lines in paragraphs for pair in pairwise(lines) if not ITEM.match(pair[1])]
    pairs = [(line, after) for line, after in pairs if 2 * _width(line) >= column]  # shorter ones end a paragraph
    full = sum(_is_full(line, after, column) for line, after in pairs)
    return column if column >= NARROWEST and pairs and full >= WRAPPED_SHARE * len(pairs) else None


def _is_full(line: str, after: str, column: int) -> bool:
    """Whether the first word of the next line had no room on this one; Chinese punctuation may not begin a line."""
    word = next(iter(after.split(maxsplit=1)), "")
    room = 4 if WIDE.match(word) else _width(word) + 1
    return _width(line) + room > column


def _width(line: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in line.rstrip())


def _lines(lines: Sequence[str], column: int | None) -> Iterator[Block]:
    """A paragraph's lines, parted at headings and items of lists; those that were wrapped are joined."""
    held: list[str] = []
    item: tuple[str, int] | None = None  # the mark and the level of the item that the held lines belong to
    indents: list[int] = []
    for place, line in enumerate(lines):
        tidied, found = tidy(line), ITEM.match(line)
        after = lines[place + 1] if place + 1 < len(lines) else ""
        underlined = UNDERLINES.get(after.strip()[:1]) if RULE.fullmatch(after) and _may_be_title(tidied) else None
        level = underlined or level_of(tidied)
        if not tidied or RULE.fullmatch(line):
            continue
        if level is None and not found:
            held.append(line)
            continue
        yield from _paragraphs(held, item, column)
        held, item = [], None
        if level is not None:
            yield Block("heading", tidied, level)
        elif found:
            indent = _width(found["indent"] + ".")
            indents = [*(one for one in indents if one < indent), indent]
            held, item = [line[found.end() :]], (found["number"] or "-", len(indents) - 1)
    yield from _paragraphs(held, item, column)


def _paragraphs(lines: Sequence[str], item: tuple[str, int] | None, column: int | None) -> Iterator[Block]:
    """Lines as they stand, each wider one a paragraph of its own; wrapped ones as one."""
    text = ""
    for before, line in pairwise(["", *lines]):
        tidied = tidy(line)
        if not text:
            text = tidied
        elif column is not None and (_is_full(before, line, column) or item):
            text = _rejoined(text, tidied)
        elif item is None and (max(_width(before), _width(line)) > WIDEST or (column and SENTENCE_END.search(text))):
            yield Block("paragraph", text)
            text = tidied
        else:
            text += "\n" + tidied
    if text and item:
        yield Block("item", text, item[1], mark=item[0])
    elif text:
        yield Block("paragraph", text)


def _rejoined(text: str, line: str) -> str:
    if re.search(r"[a-zà-ÿ]-$", text) and line[:1].islower():
        return text[:-1] + line
    return joined(text, line)
