"""The marks of lists: bullets and numbers in their order, and the levels that their indents tell."""

from __future__ import annotations

import re
from typing import NamedTuple

from tasks.parse.pdf.page import Line

BULLET = re.compile(r"(?:[-–—·*○o](?=\s)|[•▪◦●■◆►▶▸‣✓✔❖➢➤\ufffd\ue000-\uf8ff]+)\s*(?=\S|$)")
NUMBER = re.compile(
    r"(?:(\d{1,3})[.．、)）](?!\d)|[(（](\d{1,3})[)）]|[(（]?([a-zA-Z])[.)）](?=\s)|([①-⑳])"
    r"|\[(\d{1,3})\](?=\s)|[(（]?(?:[ivx]{1,5}[.)）](?=\s)|[一二三四五六七八九十]{1,3}[)）]))\s*"
)
KEY_VALUE = re.compile(r"^[^:：。，,.]{1,40}[:：]\s*[^\s/]")
SAME = 4.0  # points by which the marks of one level may stand apart


class Mark(NamedTuple):
    text: str
    form: str = "-"
    value: int = 0


class Lists:
    """The lists that are open: the indents of their levels, and the last number of each form."""

    def __init__(self) -> None:
        self._indents: list[float] = []
        self._last: dict[str, int] = {}
        self._begun: dict[int, Mark] = {}

    def begins(self, text: str) -> Mark | None:
        """The mark that a line begins with: a year or a decimal is none, for numbers begin a list or follow."""
        if BULLET.match(text):
            return Mark("-")
        if not (found := NUMBER.match(text)) or found.end() == len(text):
            return None
        plain, bracketed, letter, circled, cited = found.groups()
        if plain or bracketed:
            form, value = "1" if plain else "(1)", int(plain or bracketed)
        elif letter:
            form, value = "a" if found[0][0] not in "(（" else "(a)", ord(letter.lower()) - ord("a") + 1
        elif circled:
            form, value = "①", ord(circled) - ord("①") + 1
        elif cited:
            form, value = "[1]", int(cited)
        else:
            form, value = "i", 0
        last = self._last.get(form, 0)
        follows = value in (0, 1) or last < value <= last + 2
        return Mark(found[0].strip(), form, value) if follows else None

    def start(self, line: Line) -> None:
        """A paragraph begins with this line."""
        if mark := self.begins(line.text):
            self._begun[id(line)] = mark
            self._last[mark.form] = mark.value

    def began(self, line: Line) -> bool:
        return id(line) in self._begun

    def item(self, text: str, first: Line) -> tuple[str, int, str] | None:
        """The mark, the level and the text of an item that began with this line."""
        if not (mark := self._begun.pop(id(first), None)):
            return None
        left = first.box[0]
        self.past(left)
        if not self._indents or left > self._indents[-1] + SAME:
            self._indents.append(left)
        told = BULLET.match(text) or NUMBER.match(text)  # again: the line was tidied, a link may stand before its mark
        return mark.text, len(self._indents) - 1, text[told.end() :] if told else text

    def past(self, left: float) -> None:
        """The lists that stand further in than this are over."""
        while self._indents and left < self._indents[-1] - SAME:
            self._indents.pop()

    def end(self) -> None:
        self._indents.clear()
        self._last.clear()
