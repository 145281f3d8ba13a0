"""Footnotes: small type at the foot of a column, each note with the mark that the text refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.parse.pdf.page import NOTE_MARK, Line

SMALL = 0.95  # of the body's size
LOWEST = 0.5  # of the page's height: notes stand below
LEADING_MARK = re.compile(
    "^(?:\x02([^\x03]{1,4})\x03|([①-⑳]|[*∗†‡§¶]{1,3})\\s?|\\[(\\d{1,3})\\]\\s|(\\d{1,3})\\s(?=\\D))"
)
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(eq=False)
class Note:
    mark: str
    lines: list[Line]


def foot_of(column: list[Line], body: float, height: float) -> tuple[list[Line], list[Note]]:
    """A column's lines without its notes, and the notes."""
    start = len(column)
    while start and column[start - 1].size < body * SMALL and column[start - 1].box[1] > height * LOWEST:
        start -= 1
    notes: list[Note] = []
    for index in range(start, len(column)):
        if mark := _mark(column[index]):
            notes.append(Note(mark, [column[index]]))
        elif notes:
            notes[-1].lines.append(column[index])
        else:
            start = index + 1
    return (column[:start], notes) if notes else (column, [])


def _mark(line: Line) -> str | None:
    found = LEADING_MARK.match(line.text)
    return next(group for group in found.groups() if group) if found else None


def without_mark(text: str) -> str:
    return LEADING_MARK.sub("", text, count=1).strip()


def referred(text: str, marks: set[str]) -> tuple[str, list[str]]:
    """The text with references to the page's notes as Markdown, other raised numbers as such, and the references."""
    found: list[str] = []

    def told(match: re.Match[str]) -> str:
        named = [mark for mark in re.split(r"[,\s]+", match[1]) if mark]
        if named and all(mark in marks for mark in named):
            found.extend(named)
            return "".join(f"[^{mark}]" for mark in named)
        return match[1].translate(SUPERSCRIPTS)

    if "\x02" in text:
        text = NOTE_MARK.sub(told, text)
    for mark in marks - set(found):
        if len(mark) == 1 and "①" <= mark <= "⑳" and mark in text:
            text = text.replace(mark, f"[^{mark}]", 1)
            found.append(mark)
    return text, found
