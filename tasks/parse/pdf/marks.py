"""The marks of lists: bullets and numbers in their order, and the levels that their indents tell."""

from __future__ import annotations

import re

BULLET = re.compile(r"(?:[-–—·*○o](?=\s)|[•▪◦●■◆►▶▸‣✓✔❖➢➤\ufffd\ue000-\uf8ff])\s*(?=\S|$)")
NUMBER = re.compile(
    r"(?:(\d{1,3})[.．、)）](?!\d)|[(（](\d{1,3})[)）]|[(（]?([a-zA-Z])[.)）](?=\s)|([①-⑳])"
    r"|[(（]?(?:[ivx]{1,5}[.)）](?=\s)|[一二三四五六七八九十]{1,3}[)）]))\s*"
)
KEY_VALUE = re.compile(r"^[^:：。，,.]{1,40}[:：]\s*[^\s/]")
SAME = 4.0  # points by which the marks of one level may stand apart


class Lists:
    """The lists that are open: the indents of their levels, and the last number of each form."""

    def __init__(self) -> None:
        self._indents: list[float] = []
        self._last: dict[str, int] = {}

    def begins(self, text: str) -> bool:
        return bool(BULLET.match(text)) or self._number(text) is not None

    def item(self, text: str, left: float) -> tuple[str, int, str] | None:
        """An item's mark, level and text."""
        if bullet := BULLET.match(text):
            return "-", self._level(left), text[bullet.end() :]
        if (number := self._number(text)) is None:
            return None
        found, form, value = number
        self._last[form] = value
        return found[0].strip(), self._level(left), text[found.end() :]

    def past(self, left: float) -> None:
        """A paragraph came: the lists that stand further in than it are over."""
        while self._indents and left < self._indents[-1] - SAME:
            self._indents.pop()

    def end(self) -> None:
        self._indents.clear()
        self._last.clear()

    def _number(self, text: str) -> tuple[re.Match[str], str, int] | None:
        """A number that begins a list or follows the one before: a year or a decimal at a line's start is none."""
        if not (found := NUMBER.match(text)) or found.end() == len(text):
            return None
        plain, bracketed, letter, circled = found.groups()
        if plain or bracketed:
            form, value = "1" if plain else "(1)", int(plain or bracketed)
        elif letter:
            form, value = "a" if found[0][0] not in "(（" else "(a)", ord(letter.lower()) - ord("a") + 1
        elif circled:
            form, value = "①", ord(circled) - ord("①") + 1
        else:
            return found, "i", 0
        last = self._last.get(form, 0)
        return (found, form, value) if value in (0, 1) or last < value <= last + 2 else None

    def _level(self, left: float) -> int:
        while self._indents and left < self._indents[-1] - SAME:
            self._indents.pop()
        if not self._indents or left > self._indents[-1] + SAME:
            self._indents.append(left)
        return len(self._indents) - 1
