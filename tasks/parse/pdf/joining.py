"""Lines of print as the text that they were broken from: words, links, code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from tasks.parse.blocks import Box
from tasks.parse.joining import MEASURES, WIDE, joined
from tasks.parse.pdf.page import Line, Page

HYPHENS = "-\u2010\u00ad"
LONGEST_WORD = 40
HYPHENED = re.compile(r"([^\W\d_]{2,})[-\u2010\u00ad]$")
COMPOUND = re.compile(r"[^\W\d_]{2,}-[^\W\d_]{2,}")
SENTENCE_END = re.compile(r"[.。!！?？:：;；…][\"'”’»」』)）\]]*(?:\x02[^\x03]*\x03|\[\d+\])*$")
LONGEST_END = 12  # characters after which no sentence's end is looked for
GOES_ON = ("，", "、")  # after these no Chinese line is an end
UNBREAKABLE = 2  # Chinese letters that need room: punctuation may not begin a line
RAGGED = 4  # such letters where no sentence ends: quotes and brackets stay with what they hold
LINKED = re.compile(r"^(?:https?://|mailto:)", re.IGNORECASE)
TWICE = re.compile(r"\[([^\[\]]+)\]\((\S+?)\)(\s?)\[([^\[\]]+)\]\(\2\)")

Link = tuple[Box, str, str]  # where, address, text


class Words:
    """The words of a document that are written with a hyphen, wherever lines end."""

    def __init__(self, pages: list[Page]) -> None:
        self._pages = pages

    @cached_property
    def compounds(self) -> set[str]:
        hyphened = (
            word for page in self._pages for line in page.lines if "-" in line.text for word in line.text.split()
        )
        return {found.casefold() for word in hyphened if "-" in word for found in COMPOUND.findall(word)}

    def join(self, text: str, following: str) -> str:
        """A line and the one that goes on with it: a word broken by a hyphen is whole, Chinese has no spaces."""
        if text[-1] in HYPHENS and following[0].islower() and (broken := HYPHENED.search(text[-LONGEST_WORD:])):
            rest = re.match(r"[^\W\d_]+", following)
            compound = f"{broken[1]}-{rest[0]}".casefold() if rest else ""
            return text[:-1] + ("-" if compound in self.compounds else "") + following
        if broken_word(text) and following[0].isalpha():
            return text + following
        return joined(text, following)


def broken_word(text: str) -> bool:
    return text[-1] in HYPHENS and len(text) > 1 and text[-2].isalpha()


def ends(line: Line) -> bool:
    return bool(SENTENCE_END.search(line.text[-LONGEST_END:]))


def had_room(before: Line, line: Line, edge: float) -> bool:
    """Whether a line's first word would have had room on the line before, up to the text's right edge."""
    if broken_word(before.text) or before.text.endswith(GOES_ON):
        return False
    if before.text[-1].isdigit() and line.text[0] in MEASURES:
        return False
    wide = WIDE.match(line.text[0])
    ragged = wide and WIDE.match(before.text[-1]) and not ends(before)
    letters = (RAGGED if ragged else UNBREAKABLE) if wide else len(line.text.split(None, 1)[0]) + 1
    need = letters * line.size if wide else (line.box[2] - line.box[0]) * min(1.0, letters / len(line.text))
    return edge - before.box[2] > need + 0.3 * line.size


def linked(line: Line, links: Sequence[Link]) -> str:
    """The line's text with the links that stand on it."""
    text = line.text
    for box, address, words in links:
        middle = (box[1] + box[3]) / 2
        if not (line.box[1] < middle < line.box[3] and box[0] < line.box[2] and line.box[0] < box[2]):
            continue
        if LINKED.sub("", address).strip("/").casefold() == LINKED.sub("", words).strip("/").casefold():
            continue
        pattern = r"\s*".join(map(re.escape, words.split()))
        text = re.sub(pattern, lambda match, address=address: f"[{match[0]}]({address})", text, count=1)  # type: ignore[misc]
    return text


def one_link(text: str) -> str:
    """A link that was broken over lines in one piece."""
    while (whole := TWICE.sub(r"[\1\3\4](\2)", text)) != text:
        text = whole
    return text


def code(lines: Sequence[Line]) -> str:
    """Lines of type of one width with their indents and the empty lines between them."""
    step = max((line.box[2] - line.box[0]) / len(line.text) for line in lines)
    left = min(line.box[0] for line in lines)
    told = [" " * round((line.box[0] - left) / step) + line.text for line in lines]
    text = told[0]
    for (before, line), said in zip(pairwise(lines), told[1:], strict=True):
        empty = before.page == line.page and line.base - before.base > 1.7 * line.size
        text += ("\n\n" if empty else "\n") + said
    return text
