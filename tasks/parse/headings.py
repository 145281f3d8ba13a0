"""Headings that only their numbering tells: 第三章, 一、, 1.4.3; most Chinese documents have no heading styles."""

from __future__ import annotations

import re

LONGEST = 50
NUMERAL = "[一二三四五六七八九十百零〇\\d]+"
PATTERNS = (
    (re.compile(rf"^第\s*{NUMERAL}\s*[编篇部]"), 1),
    (re.compile(rf"^第\s*{NUMERAL}\s*章"), 2),
    (re.compile(rf"^第\s*{NUMERAL}\s*节"), 3),
    (re.compile("^[一二三四五六七八九十]+、"), 4),
    (re.compile(r"^(?:Part|PART)\s+(?:\d+|[IVX]+)\b"), 1),
    (re.compile(r"^(?:Chapter|CHAPTER)\s+(?:\d+|[IVX]+)\b"), 2),
)
DECIMAL = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){1,4})\.?\s*(?=[^\W\d])")
PROSE = re.compile(r"[。；;！!？?，,：:]|\.$|\.{3}|…")


def level_of(text: str) -> int | None:
    """The level of a line that is a numbered heading, or None."""
    if len(text) > LONGEST or "\n" in text or PROSE.search(text):
        return None
    for pattern, level in PATTERNS:
        if pattern.match(text):
            return level
    if match := DECIMAL.match(text):
        return 2 + match[1].count(".")
    return None
