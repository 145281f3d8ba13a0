"""Cutting a text in two where a reply about the whole was too long."""

from __future__ import annotations

import re

from artifacts.records import HEADING

SHORTEST = 200  # characters of a text that is worth cutting
SENTENCE_END = r"(?<=[.!?])[\"'”’)\]]*\s+|(?<=[。！？；])[”’」』）]*"
CUTS = (r"\n\s*\n", r"\n", SENTENCE_END, r"\s+|(?<=[，、,])")  # paragraphs, lines, sentences, words


def halves(text: str) -> tuple[str, str] | None:
    """Two parts of about one length, cut at the best place in the middle half; None for a text that is short.

    The second part begins with the headings that it stands under; a table that is cut has its header in both parts.
    """
    if len(text) < SHORTEST:
        return None
    low, middle, high = len(text) // 4, len(text) // 2, len(text) * 3 // 4
    place = middle
    for cut in CUTS:
        places = [match.end() for match in re.finditer(cut, text) if low <= match.end() <= high]
        if places:
            place = min(places, key=lambda end: abs(end - middle))
            break
    first, second = text[:place].rstrip(), text[place:].lstrip("\n")
    above = "" if second.startswith("#") else _headings(first)
    return first, (above if len(above) < low else "") + _header(first, second) + second


def _headings(text: str) -> str:
    """The lines of the headings that the end of a text stands under."""
    path: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and (heading := HEADING.match(line)):
            path = [one for one in path if one.index(" ") < len(heading[1])] + [line]
    return "\n".join(path) + "\n\n" if path else ""


def _header(first: str, second: str) -> str:
    """The two lines that name a table's columns, where the cut went through its rows."""
    if not second.lstrip().startswith("|"):
        return ""
    rows: list[str] = []
    for line in reversed(first.splitlines()):
        if not line.lstrip().startswith("|"):
            break
        rows.insert(0, line)
    return "\n".join(rows[:2]) + "\n" if len(rows) >= 2 else ""
