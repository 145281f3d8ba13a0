"""Headings that only their numbering tells: 第三章, 一、, 1.4.3; most Chinese documents have no heading styles."""

from __future__ import annotations

import re

LONGEST = 50
NUMERAL = "[一二三四五六七八九十百零〇\\d]+"
PATTERNS = (
    (re.compile(rf"^第\s*{NUMERAL}\s*(?:[编編篇部卷]|单元|單元)"), 1),
    (re.compile(rf"^第\s*{NUMERAL}\s*[章回讲講课課]"), 2),
    (re.compile(rf"^第\s*{NUMERAL}\s*[节節]"), 3),
    (re.compile(rf"^第\s*{NUMERAL}\s*[条條](?:\s+\S{{1,15}})?$"), 4),
    (re.compile("^[一二三四五六七八九十]+、"), 4),
    (re.compile(r"^(?:Part|PART)\s+(?:\d+|[IVX]+)\b"), 1),
    (re.compile(r"^(?:Chapter|CHAPTER)\s+(?:\d+|[IVX]+)\b"), 2),
)
DECIMAL = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){1,4})\.?\s*(?=[^\W\d])")
UNITS = (
    r"[a-zµμΩ°]\S{0,3}",  # kg, mm, °C
    r"[A-Z][a-z]?",  # V, Pa
    r"[kKMGTm](?:[Bb]|Hz|W|V|A|Pa|N|J|Ω)\S{0,2}",  # GHz, MB/s
    "[千公毫厘分立平]?[米克升斤方瓦伏安]{1,2}",
    "[百千万亿]?元|英?[寸尺里]|小?时|分钟|[秒年月日天个台件次倍度吨]",
)
QUANTITY = re.compile(rf"^[\d.]+\s*(?:{'|'.join(UNITS)})(?:\W.*)?$")  # a number with its unit, which is no heading
BEGINNING = re.compile(r"[第一二三四五六七八九十PC\d]")  # of every pattern, to tell most lines apart at once
PROSE = re.compile(r"[。；;！!？?，,：:]|\.$|\.{3}|…")


def level_of(text: str) -> int | None:
    """The level of a line that is a numbered heading, or None."""
    if len(text) > LONGEST or not BEGINNING.match(text) or "\n" in text or PROSE.search(text):
        return None
    for pattern, level in PATTERNS:
        if pattern.match(text):
            return level
    if (match := DECIMAL.match(text)) and not QUANTITY.match(text):
        return 2 + match[1].count(".")
    return None
