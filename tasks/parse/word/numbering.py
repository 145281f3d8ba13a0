"""Word's automatic numbers: what stands before a paragraph, which its text does not hold ("1.2.3", "第一章", "(b)")."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from tasks.parse.numerals import formatted
from tasks.parse.word.names import LARGEST, W, switch, value, whole

LEVELS = 9


@dataclass(frozen=True)
class Level:
    """How one level of a list counts and shows its number; `restart` is the 1-based level that begins it anew."""

    kind: str = "decimal"
    pattern: str = ""
    start: int = 1
    restart: int | None = None
    suffix: str = "tab"
    legal: bool = False  # shows the numbers of all levels in digits
    style: str = ""  # the paragraph style that has this level


@dataclass(frozen=True)
class Mark:
    """What stands before a paragraph, and what stands between it and the text; a bullet has the mark "-"."""

    text: str
    gap: str = " "


class Numbering:
    """The lists of a document and how far each has counted; paragraphs must be asked for in their order."""

    def __init__(self, root: Any = None, list_styles: dict[str, str] | None = None) -> None:
        self._abstract: dict[str, dict[int, Level]] = {}
        self._of: dict[str, str] = {}
        self._overrides: dict[str, dict[int, tuple[int | None, Level | None]]] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[str] = set()
        if root is not None:
            self._read(root, list_styles or {})

    def _read(self, root: Any, list_styles: dict[str, str]) -> None:
        linked: dict[str, str] = {}
        for abstract in root.iter(f"{W}abstractNum"):
            name = abstract.get(f"{W}abstractNumId", "")
            self._abstract[name] = {_number(one, "ilvl"): _level(one) for one in abstract.findall(f"{W}lvl")}
            if (link := abstract.find(f"{W}numStyleLink")) is not None:
                linked[name] = link.get(f"{W}val", "")
        for num in root.iter(f"{W}num"):
            name, target = num.get(f"{W}numId", ""), num.find(f"{W}abstractNumId")
            if target is not None:
                self._of[name] = target.get(f"{W}val", "")
            self._overrides[name] = {_number(one, "ilvl"): _override(one) for one in num.findall(f"{W}lvlOverride")}
        for name, style in linked.items():  # a list that is defined by a list style
            target_name = self._of.get(list_styles.get(style, ""), "")
            for num_name, abstract_name in self._of.items():
                if abstract_name == name and target_name:
                    self._of[num_name] = target_name

    def __contains__(self, name: str) -> bool:
        return self._of.get(name) in self._abstract

    def level_of_style(self, name: str, style: str) -> int | None:
        """The level that a list gives to the paragraphs of a style."""
        levels = self._abstract.get(self._of.get(name, ""), {})
        return next((place for place, level in levels.items() if style and level.style == style), None)

    def next(self, name: str, place: int) -> Mark:
        """Counts a paragraph of a list at a level from 0, and tells its mark."""
        place = min(max(place, 0), LEVELS - 1)
        if name not in self:
            return Mark("-")
        abstract = self._of[name]
        counts = self._counts.setdefault(abstract, [None] * LEVELS)
        if name not in self._begun:
            self._begun.add(name)
            for one, (start, _) in self._overrides[name].items():
                if start is not None and 0 <= one < LEVELS:
                    counts[one] = start - 1
        levels = [self._level(name, one) for one in range(place + 1)]
        for one in range(place):
            if counts[one] is None:
                counts[one] = levels[one].start
        counted = counts[place]
        counts[place] = levels[place].start if counted is None else min(counted + 1, LARGEST)
        for one in range(place + 1, LEVELS):
            restart = self._level(name, one).restart
            if restart is None or place < restart:
                counts[one] = None
        return _mark(levels, [count or 0 for count in counts[: place + 1]])

    def _level(self, name: str, place: int) -> Level:
        start, own = self._overrides[name].get(place, (None, None))
        level = own or self._abstract[self._of[name]].get(place, Level())
        return replace(level, start=start) if start is not None else level


def _mark(levels: list[Level], counts: list[int]) -> Mark:
    level = levels[-1]
    if level.kind == "bullet":
        return Mark("-")

    def shown(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        if place >= len(levels):
            return ""
        digits = level.legal and levels[place].kind != "none"
        return formatted(counts[place], "decimal" if digits else levels[place].kind)

    return Mark(re.sub(r"%([1-9])", shown, level.pattern).strip(), "" if level.suffix == "nothing" else " ")


def _level(element: Any) -> Level:
    restart = value(element, "lvlRestart")
    return Level(
        kind=_kind(element),
        pattern=value(element, "lvlText") or "",
        start=whole(value(element, "start")),
        restart=None if restart is None else whole(restart),
        suffix=value(element, "suff") or "tab",
        legal=switch(element, "isLgl") or False,
        style=value(element, "pStyle") or "",
    )


def _kind(element: Any) -> str:
    """The number format; newer ones stand in an alternative, with a format of their own as a pattern ("001, 002")."""
    for found in element.iter(f"{W}numFmt"):
        kind: str = found.get(f"{W}val", "decimal")
        return "decimalZero" if kind == "custom" and found.get(f"{W}format", "").startswith("0") else kind
    return "decimal"


def _override(element: Any) -> tuple[int | None, Level | None]:
    start, own = value(element, "startOverride"), element.find(f"{W}lvl")
    return None if start is None else whole(start), None if own is None else _level(own)


def _number(element: Any, name: str) -> int:
    return whole(element.get(f"{W}{name}"))
