"""Figures that a text states: numbers with their units, dates, times of day and codes, compared by what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from tasks.models.match import CJK, DIGITS, THOUSANDS, contains_value, normalise, plain, tokens
from tasks.models.numerals import CHINESE, ENGLISH, read_number
from tasks.models.units import UNITS

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
MONTH = rf"\b(?P<month>{MONTHS})\b\.?"
DAY = r"(?<![\d.])(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
YEAR = r"(?P<year>\d{4})\b"
N = rf"(?:{CHINESE}{{1,3}}|\d{{1,2}})"
HALF = "(?:上午|早上|凌晨|中午|下午|晚上)"

CIRCLED = re.compile("[①-⑳]")
LISTED = re.compile(  # what only counts off: a list's numbers, "step 2", "the 3rd", 第2步
    r"(?m)^[ \t>#*-]*(?:\d{1,3}[.)、][ \t]*(?!\d)|\(\d{1,3}\))|\(\d{1,2}\)"
    rf"|\b(?:step|item|point)s?[ ]\d{{1,2}}\b|第(?:{CHINESE}|\d)+(?:步|点|个|项|种|次|(?=[,:、]))"
    r"|\b\d+(?:st|nd|rd|th)\b"
)
DATES = tuple(
    re.compile(form)
    for form in (
        r"(?<![\d.])(?P<year>\d{4})(?P<joint>[-/.])(?P<month>\d{1,2})(?P=joint)(?P<day>\d{1,2})(?!\.?\d)",
        rf"(?P<year>\d{{4}}|{CHINESE}{{4}})年(?P<month>{N})月(?:(?P<day>{N})[日号])?",
        rf"(?<!\d)(?P<month>{N})月(?P<day>{N})[日号]",
        rf"{DAY}(?: of)? {MONTH}(?:,? {YEAR})?",
        rf"{MONTH} {DAY}(?:,? {YEAR})?",
        rf"{MONTH},? {YEAR}",
        r"(?<![\d.])(?P<year>(?:19|20)\d\d)年",
    )
)
TIMES = tuple(
    re.compile(form)
    for form in (
        r"(?<![\d.:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?(?![\d:])(?: ?[ap]\.?m\b\.?)?",
        r"(?<![\d.:])(?P<hour>\d{1,2}) ?[ap]\.?m\b\.?",
        rf"{HALF}(?P<hour>{N})(?::(?P<minute>\d\d)|[点时](?:(?P<minutes>{N})分|(?P<thirty>半))?)",
        rf"(?<![\d.])(?P<hour>\d{{1,2}})(?:点|时(?=\d))(?:(?P<minutes>{N})分|(?P<thirty>半))?",
    )
)
CODE = re.compile(rf"(?<![^\W\d_{CJK}])(?![ck]?m[23](?!\w))[^\W\d_{CJK}]+-?\d[^\W{CJK}]*(?:[-.]\d+)*")
UNIT = "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True))
MEASURE = rf"(?:[ -]?(?P<unit>{UNIT})(?<![a-z](?=[a-z\d]))(?![/每]))"
MINUS = r"(?P<minus>(?<![\w)])-|\bminus |负|零下)?"
NUMBER = re.compile(
    rf"{MINUS}(?P<money>[$€£] ?)?(?<![a-z\d.])(?P<number>{DIGITS})"
    rf"(?P<scale>[十百千万亿]+| ?(?:thousand|million|billion)\b)?{MEASURE}?"
)
SHARE = re.compile(rf"百分之(?P<number>{CHINESE}+(?:点{CHINESE}+)?|{DIGITS})")
IN_WORDS = re.compile(rf"{MINUS}(?<![第统唯专])(?P<number>{CHINESE}+|\b{ENGLISH}\b){MEASURE}?")
LOOSE = re.compile(rf"(?<=\d) (?=[{CJK}])|(?<=[{CJK}]) (?=\d)")  # 3 月 1 日
RANGE = re.compile(r" ?(?:[-~至到]|\bto\b) ?")
WORD_BEFORE = re.compile(rf"[^\W\d_{CJK}]{{1,12}}(?= ?$)")


@dataclass(frozen=True)
class Figure:
    """Something exact in a text; numbers of one dimension are compared in its smallest unit."""

    kind: Literal["number", "date", "time", "code"]
    text: str
    value: Decimal | tuple[str, ...] | int | str
    dimension: str = ""  # of a number; empty where its unit is not known
    amount: Decimal = Decimal()  # in the smallest unit of the dimension
    code: str = ""  # a number with the word before it: "KX 200" is the code KX-200

    def is_stated(self, other: Figure) -> bool:
        """Whether another figure states this one. What one of them leaves open (a unit, a year) does not part them."""
        if self.kind == other.kind == "date":
            return _agree(self.value, other.value)
        if self.kind == other.kind == "time":
            return self.value == other.value
        if self.kind == "code" or other.kind == "code":
            return (self.code or self.value) == (other.code or other.value)
        if "date" in (self.kind, other.kind):  # "in 2026" speaks of a date's year
            date, number = (self, other) if self.kind == "date" else (other, self)
            return isinstance(date.value, tuple) and date.value[0] == str(number.value)
        if self.dimension and other.dimension:
            return self.dimension == other.dimension and self.amount == other.amount
        return self.value == other.value


def unstated(text: str, evidence: Sequence[str]) -> list[Figure]:
    """The figures of a text that no evidence states."""
    held = [figure for part in evidence for figure in stated(part)]
    return [figure for figure in _figures(text, in_words=False) if not any(map(figure.is_stated, held))]


def states(text: str, value: str, aliases: Sequence[str] = ()) -> bool:
    """Whether a value stands in a text, in the same words or as the same figure: 12 kg is 12 kilograms, 2年 is 两年."""
    if contains_value(text, value, aliases):
        return True
    wanted = [figure for figure in stated(value) if normalise(figure.text) == normalise(value)]
    return any(
        figure.kind == other.kind and bool(figure.dimension) == bool(other.dimension) and figure.is_stated(other)
        for figure in wanted
        for other in stated(text)
    )


@lru_cache(maxsize=512)  # several wordings have one evidence
def stated(evidence: str) -> tuple[Figure, ...]:
    """The figures of a text that is taken for true: also those in words, each in all that it may mean."""
    return tuple(_figures(evidence, in_words=True))


def same_value(text: str, value: str) -> bool:
    """Whether a text states a value that holds figures, however they are spelled: "2 years" states "two years".

    The words of the value stand beside its figures, and neither end of a range is stated by itself. False where the
    value holds no figure.
    """
    wanted, given = _parts(value), _parts(text)
    if not any(isinstance(part, tuple) for part in wanted):
        return False
    starts = range(len(given) - len(wanted) + 1)
    return any(all(map(_says, given[start:], wanted)) for start in starts)


@lru_cache(maxsize=2048)  # an answer is held against many values, and a value against many answers
def _parts(text: str) -> tuple[str | tuple[Figure, ...], ...]:
    """A text in its order: its words, its figures, and its ranges as two figures that belong together."""
    text = _readable(text)
    parts: list[str | tuple[Figure, ...]] = []
    end = 0
    for match, figure in sorted(_read(text), key=lambda found: found[0].start()):
        gap = text[end : match.start()]
        if parts and isinstance(parts[-1], tuple) and RANGE.fullmatch(gap):
            parts[-1] = (*parts[-1], figure)
        else:
            parts += [*tokens(gap), (figure,)]
        end = match.end()
    return (*parts, *tokens(text[end:]))


def _says(given: str | tuple[Figure, ...], wanted: str | tuple[Figure, ...]) -> bool:
    if isinstance(given, str) or isinstance(wanted, str):
        return given == wanted
    return len(given) == len(wanted) and all(
        other.is_stated(one) and not (one.dimension and not other.dimension and len(given) == 1)
        for other, one in zip(given, wanted, strict=True)
    )


def _figures(text: str, *, in_words: bool) -> Iterator[Figure]:
    """The figures of a text. One in words counts with a unit alone, unless all are wanted: 一般 is no number."""
    for match, figure in _read(LISTED.sub(" ", _readable(text))):
        if in_words or match.re is not IN_WORDS or (figure.dimension and figure.value != 1):  # "one day" may be "a day"
            yield figure


def _readable(text: str) -> str:
    return LOOSE.sub("", THOUSANDS.sub("", plain(CIRCLED.sub(" ", text))))


def _read(rest: str) -> Iterator[tuple[re.Match[str], Figure]]:
    for form, read in READERS:
        yield from ((match, read(match)) for match in form.finditer(rest))
        rest = form.sub(lambda match: "|" * len(match.group()), rest)  # each is read once


def _date(match: re.Match[str]) -> Figure:
    parts = match.groupdict()
    year, month, day = (parts.get(name) for name in ("year", "month", "day"))
    if month and month[0] in "jfmasond":
        month = str(next(n for n, name in enumerate(MONTHS.split("|"), start=1) if name[:3] == month[:3]))
    return Figure(
        "date", match.group(), tuple(str(int(read_number(part))) if part else "" for part in (year, month, day))
    )


def _agree(one: object, other: object) -> bool:
    assert isinstance(one, tuple)
    assert isinstance(other, tuple)
    both = [(mine, theirs) for mine, theirs in zip(one, other, strict=True) if mine and theirs]
    return bool(both) and all(mine == theirs for mine, theirs in both)


def _time(match: re.Match[str]) -> Figure:
    """Minutes after midnight or noon: many a clock time does not say after which."""
    parts = match.groupdict()
    minute = 30 if parts.get("thirty") else int(read_number(parts.get("minute") or parts.get("minutes") or "0"))
    return Figure("time", match.group(), (int(read_number(parts["hour"])) * 60 + minute) % 720)


def _share(match: re.Match[str]) -> Figure:
    return _measured(match.group(), read_number(match["number"]), "%")


def _code(match: re.Match[str]) -> Figure:
    return Figure("code", match.group(), tokens(match.group())[0])


def _number(match: re.Match[str]) -> Figure:
    parts = match.groupdict()
    value = read_number(match["number"], parts.get("scale") or "")
    text = match.group().strip()
    if isinstance(value, str):
        return Figure("number", text, value)
    figure = _measured(text, -value if parts["minus"] else value, (parts.get("money") or parts["unit"] or "").strip())
    before = WORD_BEFORE.search(match.string, max(0, match.start() - 12), match.start())
    return figure if before is None else replace(figure, code=before.group() + tokens(match["number"])[0])


def _measured(text: str, value: Decimal | str, unit: str) -> Figure:
    if isinstance(value, str) or unit not in UNITS:
        return Figure("number", text, value)
    dimension, factor = UNITS[unit]
    return Figure("number", text, value, dimension, value * factor)


READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Figure]], ...] = (
    *((form, _date) for form in DATES),
    *((form, _time) for form in TIMES),
    (SHARE, _share),
    (CODE, _code),
    (NUMBER, _number),
    (IN_WORDS, _number),
)
