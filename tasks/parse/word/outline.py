"""Headings of Word documents that have no heading styles: by their numbering, and by bold or large short lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tasks.parse.headings import level_of
from tasks.parse.word.names import W, value
from tasks.parse.word.styles import Styles, is_heavy, outline_of, size_of

FEWEST_STYLED = 2  # headings by style from which on a document is taken to have its headings marked
LONGEST = 40  # characters of a heading that only its look tells; a Chinese one counts double
MOST_HEAVY = 0.2  # of a document's characters; where more is bold, bold tells nothing
LARGER = 1.15  # times the body's size
DEEPEST = 6
SENTENCE_END = re.compile(r"[。.；;：:，,、！!？?…]$")
CAPTION = re.compile(
    r"(?:图|表|附图|附表|figure|fig\.|table|注|note|source)\s*[:：\d一二三四五六七八九十]", re.IGNORECASE
)
LETTER = re.compile(r"[^\W\d_]")
WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")
Look = tuple[float, bool]  # size in points, whether bold


class Outline:
    """What the looks of a whole document tell of one of its paragraphs."""

    def __init__(self, paragraphs: Iterable[Any], styles: Styles) -> None:
        self._styles = styles
        paragraphs = list(paragraphs)
        self._styled = sum(self._is_styled(one) for one in paragraphs) >= FEWEST_STYLED
        self._body, self._heavy_share = 0.0, 0.0
        self._sizes: list[float] = []
        self._first: Any = None  # where it stands out, the document's title
        self._patterned: dict[Look, int] = {}
        if not self._styled:
            self._measure(paragraphs)

    def level(self, paragraph: Any, text: str, *, listed: bool) -> int | None:
        """The level of a paragraph whose style tells none, or None; `text` has its number before it.

        One that Word numbers (`listed`) as 1.1 may be of a list: it is a heading where it looks like one.
        """
        pattern = level_of(text)
        look = self._look(paragraph)
        if self._styled:
            return pattern if look[1] else None
        if pattern is not None and not (listed and text[0].isdigit()):
            return pattern
        level = self._emphasised(look, text)
        return 0 if level and paragraph is self._first else level

    def begins_parts(self, lines: list[str]) -> bool:
        """Whether lines of one paragraph are the text's own paragraphs: a heading among them tells."""
        return not self._styled and len(lines) > 1 and any(level_of(line) is not None for line in lines)

    def _emphasised(self, look: Look, text: str) -> int | None:
        if "\n" in text or len(text) + len(WIDE.findall(text)) > 2 * LONGEST or not LETTER.search(text):
            return None
        if SENTENCE_END.search(text) or CAPTION.match(text):
            return None
        if not self._stands_out(look):
            return None
        size = look[0]
        above = [level for (other, _), level in self._patterned.items() if other > size]
        rank = 1 + sum(other > size for other in self._sizes)
        return min(max([rank, *(level + 1 for level in above)]), DEEPEST)

    def _is_styled(self, paragraph: Any) -> bool:
        properties = paragraph.find(f"{W}pPr")
        level = self._styles.level(value(properties, "pStyle") or "")
        outline = outline_of(properties)
        told = bool(level) or (outline is not None and outline < 9)
        return told and next(paragraph.iter(f"{W}t"), None) is not None

    def _measure(self, paragraphs: list[Any]) -> None:
        sizes: Counter[float] = Counter()
        looks: list[tuple[Look, str]] = []
        heavy = 0
        for paragraph in paragraphs:
            text = "".join(t.text or "" for t in paragraph.iter(f"{W}t")).strip()
            look = self._look(paragraph)
            if self._first is None and text:
                self._first = paragraph
            sizes[look[0]] += len(text)
            heavy += len(text) if look[1] else 0
            looks.append((look, text))
        if not sizes:
            return
        self._body = sizes.most_common(1)[0][0]
        self._heavy_share = heavy / max(sizes.total(), 1)
        short = [(look, text) for look, text in looks if text and len(text) <= LONGEST]
        for look, text in short:
            if (level := level_of(text)) is not None:
                self._patterned[look] = min(level, self._patterned.get(look, DEEPEST))
        self._sizes = sorted({look[0] for look, _ in short if self._stands_out(look)}, reverse=True)

    def _stands_out(self, look: Look) -> bool:
        size, heavy = look
        return size >= self._body * LARGER or (heavy and size >= self._body and self._heavy_share <= MOST_HEAVY)

    def _look(self, paragraph: Any) -> Look:
        """The size of most of a paragraph's characters, and whether all are bold."""
        style = value(paragraph, "pPr/pStyle") or ""
        sizes: Counter[float] = Counter()
        heavy = True
        for run in paragraph.iter(f"{W}r"):
            length = sum(len((t.text or "").strip()) for t in run.iterchildren(f"{W}t"))
            if length:
                looks = self._styles.looks(style, run.find(f"{W}rPr"))
                sizes[size_of(looks)] += length
                heavy = heavy and is_heavy(looks)
        return (sizes.most_common(1)[0][0], heavy) if sizes else (0.0, False)
