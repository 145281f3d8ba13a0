"""How figures are written in English and Chinese: the forms that a text is searched for, and what each means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tasks.models.language.match import CJK, DIGITS, THOUSANDS, plain, tokens
from tasks.models.language.numerals import CHINESE, ENGLISH, ORDINALS, PARTS, SPELLED, read_number, read_whole
from tasks.models.language.units import EACH, KNOWN, MEASURE, Unit, unit_of

Day = tuple[str, str, str]  # year, month and day; empty where it is not said

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
INITIALS = "jfmasond"  # of their names
MONTH = rf"\b(?P<month>{MONTHS})\b\.?"
DAY = r"(?<![\d.])(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
YEAR = r"(?P<year>\d{4})\b"
N = rf"(?:{CHINESE}{{1,3}}|\d{{1,2}})"
HALF = "(?P<half>上午|早上|凌晨|中午|下午|晚上)"
AMPM = r" ?(?P<ampm>[ap])\.?m\b\.?"
# Each form with signs of which a text that has such a figure holds one: few texts need a search for every form.
DATES = (
    (r"(?<![\d.])(?P<year>\d{4})(?P<joint>[-/.])(?P<month>\d{1,2})(?P=joint)(?P<day>\d{1,2})(?!\.?\d)", "-/."),
    (r"(?<![\d.])(?P<day>\d{1,2})(?P<joint>[-/.])(?P<month>\d{1,2})(?P=joint)(?P<year>(?:19|20)\d\d)(?!\.?\d)", "-/."),
    (rf"(?P<year>\d{{4}}|{CHINESE}{{4}})年(?P<month>{N})月(?:(?P<day>{N})[日号])?", "年"),
    (rf"(?<!\d)(?P<month>{N})月(?P<day>{N})[日号]", "月"),
    (r"(?<!\d)(?P<month>1[0-2]|[1-9])(?=[-~至到](?:1[0-2]|[1-9])月(?!\d))", "月"),
    (r"(?<!\d)(?P<month>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月(?!\d)", "月"),
    (rf"{DAY}(?: of)? {MONTH}(?:,? {YEAR})?", INITIALS),
    (rf"{MONTH} {DAY}(?:,? {YEAR})?", INITIALS),
    (rf"{MONTH},? {YEAR}", INITIALS),
    (r"(?<![\d.])(?P<year>(?:19|20)\d\d)年", "年"),
)
TIMES = (
    (rf"(?:{HALF})?(?<![\d.:])(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::\d\d)?(?![\d:])(?:{AMPM})?", ":"),
    (rf"(?<![\d.:])(?P<hour>\d{{1,2}}){AMPM}", "m"),
    (rf"{HALF}(?P<hour>{N})[点时](?:(?P<minute>{N})分|(?P<thirty>半))?", "点时"),
    (rf"(?<![\d.])(?P<hour>\d{{1,2}})(?:点|时(?=\d))(?:(?P<minute>{N})分|(?P<thirty>半))?", "点时"),
)
FEW = "one|two|three|four|five|seven|nine"
FRACTIONS = (
    (rf"(?P<below>{CHINESE}+|\d+)分之(?P<above>{CHINESE}+(?:点{CHINESE}+)?|\d+(?:\.\d+)?)", "分"),
    (rf"\b(?P<above>{FEW}|an?)[ -](?P<part>{'|'.join(PARTS)})s?\b", "hq"),
    (rf"(?:\bhalf(?: an?\b)? ?|半个?)(?P<unit>{KNOWN})", "f半"),
    (r"\bhalf\b", "f"),
)
QUARTER = r"\bq(?P<digit>[1-4])\b|第?(?P<hanzi>[1-4一二三四])季度|\b(?P<word>first|second|third|fourth) quarter\b"
ORDINAL = (
    rf"第(?P<hanzi>{CHINESE}+|\d+)(?![方者产天])|\b(?P<digits>\d+)(?:st|nd|rd|th)\b"
    rf"|(?<!\d[ -])\b(?P<word>{'|'.join(ORDINALS)})(?= (?!part(?:y|ies)\b)[a-z])"
)
VERSION = r"(?:\bv(?:er(?:sion)?)?\.? ?|版本:? ?)(?P<number>\d+(?:\.\d+)*)(?![\w.]*[a-z\d])"
CODE = rf"(?<![^\W\d_{CJK}])(?![ck]?m[23](?!\w))[^\W\d_{CJK}]+-?\d[^\W{CJK}]*(?:[-.]\d+)*"
FOR = rf"(?:{EACH}[^\d|,.;]{{0,3}}?)?"  # 每小时处理20千克
MINUS = r"(?P<minus>(?<![\w)])-|\bminus |负|零下)?"
CURRENCY = "usd|eur|gbp|cny|rmb|hkd|jpy"
MONEY = rf"(?:(?P<money>[$€£¥]|\b(?:{CURRENCY})\b) ?)?"
SCALE = (
    r"(?P<scale>[十百千万亿]+| ?(?:thousand|million|billion)\b|k(?![a-z\d])"
    rf"|(?:mn?|bn?)(?= (?:{CURRENCY}|dollars|euros|yuan)\b)|(?(money)(?:mn?|bn?)(?![a-z\d])|(?!)))?"
)
TO = rf"(?:(?= ?(?:[-~至到]|to\b) ?{DIGITS}(?P<next_scale>[十百千万亿]+)?[ -]?(?P<next_unit>{KNOWN}))|)"  # 3-5万元
NUMBER = rf"{FOR}{MINUS}{MONEY}(?<![a-z\d.])(?P<number>{DIGITS}){SCALE}{MEASURE}?{TO}"
WORD = r"(?!(?:of|to|or|and|in|at|on|for|by|is|was|has|as|its|does|unless|across|always|less|plus|times)\b)[a-z][a-z-]*"
COUNTED = rf"(?P<counted>(?= (?:{WORD} )?(?:{WORD}(?<=[^su]s)|people|men|women|children|staff)\b))"  # seven models
IN_WORDS = (
    rf"{FOR}{MINUS}(?<![第统唯专几数])(?P<number>{CHINESE}+(?:点{CHINESE}+)?|\b{ENGLISH}\b)(?:{MEASURE}|{COUNTED})?"
)

CIRCLED = re.compile("[①-⑳]")
AMPERES = re.compile(r"(?<=\d) ?A\b(?!-?\d)")
TIMES_SIGN = re.compile(r"(?<=\d)x(?=\d)")  # 10x20
LOOSE = re.compile(rf"(?<=\d) (?=[{CJK}])|(?<=[{CJK}]) (?=\d)")  # 3 月 1 日
SOME = re.compile(rf"(?<!{CHINESE})(?P<few>[一二两三四五六七八])(?P<more>[二三四五六七八九])(?={KNOWN})")  # 两三天
AND_A_HALF = re.compile(
    rf"(?:(?P<number>{CHINESE}+)|(?P<digits>\d+)|\b(?P<word>{'|'.join(SPELLED)}))"
    r"(?:(?P<piece>个)半(?=月|小时|星期)|(?P<unit>年|天|小时|周)半| and a half\b)"
)
PART_SIGNS = {"¼": ".25", "½": ".5", "¾": ".75"}
WITH_PART = re.compile(r"(?<=\d)[¼½¾]")  # 1½
WORD_BEFORE = re.compile(rf"[^\W\d_{CJK}]{{1,12}}(?= ?$)")


NO_UNIT = Unit()
SHARE = Unit("share", Fraction(100))  # of a whole


@dataclass(frozen=True)
class Figure:
    """Something exact in a text; numbers of one dimension are compared in its smallest unit."""

    kind: Literal["number", "date", "clock", "code"]
    text: str
    value: Decimal | Fraction | str = ""  # of a number or a code
    unit: Unit = NO_UNIT  # of a number; without a dimension where it is not known
    days: tuple[Day, ...] = ()  # what a date, a year or 3/1 may mean
    minutes: frozenset[int] = frozenset()  # after midnight: what a time of day may mean
    codes: frozenset[str] = frozenset()  # a number with the word before it: "KX 200" is the code KX-200
    sure: bool = True  # no numeral that may be part of a word: 一般

    @property
    def dimension(self) -> str:
        """What a number is a measure of, or the figure's kind."""
        return self.unit.dimension if self.kind == "number" else self.kind

    @property
    def exactness(self) -> int:
        """How much the figure says that another may leave open."""
        if self.kind == "date":
            return max(sum(map(bool, day)) for day in self.days)
        return bool(self.unit.dimension) + bool(self.unit.per) + (len(self.minutes) == 1)

    def is_stated(self, other: Figure) -> bool:
        """Whether another figure states this one. What one of them leaves open (a unit, a year) does not part them."""
        if "date" in (self.kind, other.kind):  # "in 2026" speaks of a date's year
            return any(_names(day, one) for one in other.days for day in self.days)
        if "clock" in (self.kind, other.kind):
            return bool(self.minutes & other.minutes)
        if "code" in (self.kind, other.kind):
            return bool(self.codes & other.codes)
        if isinstance(self.value, str) or isinstance(other.value, str):  # ISO 9001 of ISO 9001:2015
            return str(self.value) in (str(other.value), str(other.value).split(":")[0])
        if self.unit.parts(other.unit):
            return False
        if self.unit is other.unit:
            return self.value == other.value
        mine, theirs = Fraction(self.value), Fraction(other.value)
        if self.unit.dimension and other.unit.dimension:
            mine, theirs = mine * self.unit.factor, theirs * other.unit.factor
        if self.unit.per and other.unit.per:
            mine, theirs = mine / self.unit.over, theirs / other.unit.over
        return mine == theirs


def _names(day: Day, other: Day) -> bool:
    """Whether a day is the other, or the month or year that it lies in; the other may leave its year open."""
    same = [mine == theirs for mine, theirs in zip(day, other, strict=True) if mine]
    return any(same) and (all(same) or (not other[0] and all(same[1:])))


def readable(text: str) -> str:
    """A text in plain form, as figures are read: without the commas of thousands and the signs of a list."""
    marked = WITH_PART.sub(lambda match: PART_SIGNS[match.group()], AMPERES.sub(" amp", CIRCLED.sub(" ", text)))
    rest = LOOSE.sub("", THOUSANDS.sub("", TIMES_SIGN.sub("×", plain(marked).replace("\u2044", "/"))))
    return SOME.sub(_some, AND_A_HALF.sub(_and_a_half, rest))


def read(text: str) -> Iterator[tuple[re.Match[str], Figure]]:
    """The figures of a readable text, by their forms; none is read twice."""
    held = set(text)
    for form, signs, reader in READERS:
        if signs and held.isdisjoint(signs):
            continue
        found = list(form.finditer(text))
        yield from ((match, reader(match)) for match in found)
        for match in found:
            start, end = match.span()
            text = f"{text[:start]}{'|' * (end - start)}{text[end:]}"


def _some(match: re.Match[str]) -> str:
    """二三 before a unit is a range."""
    few, more = read_whole(match["few"]), read_whole(match["more"])
    return f"{few}-{more}" if more == few + 1 else match.group()


def _and_a_half(match: re.Match[str]) -> str:
    """两年半 is 两点五年, and "two and a half" 2.5."""
    number = match["number"] or match["digits"] or str(SPELLED[match["word"]])
    return f"{number}{'点五' if match['number'] else '.5'}{match['piece'] or match['unit'] or ''}"


def _date(match: re.Match[str]) -> Figure:
    parts = match.groupdict()
    year, month, day = (parts.get(name) or "" for name in ("year", "month", "day"))
    if month and month[0] in INITIALS:
        month = str(next(n for n, name in enumerate(MONTHS.split("|"), start=1) if name[:3] == month[:3]))
    year, month, day = (str(read_whole(part)) if part else "" for part in (year, month, day))
    american = match.re.pattern == DATES[1][0] and parts["joint"] != "."
    days = ((year, month, day), (year, day, month)) if american else ((year, month, day),)
    return Figure("date", match.group(), days=days)


def _time(match: re.Match[str]) -> Figure:
    """A time that says neither am nor pm may be both."""
    parts = match.groupdict()
    hour = read_whole(parts["hour"])
    minute = 30 if parts.get("thirty") else read_whole(parts.get("minute") or "0")
    half = parts.get("ampm") or parts.get("half") or ""
    if hour > 12 or parts["hour"].startswith("0"):
        hours = {hour}
    elif half in ("a", "上午", "早上", "凌晨"):
        hours = {hour % 12}
    elif half in ("p", "下午") or (half == "晚上" and hour < 12):
        hours = {hour % 12 + 12}
    else:
        hours = {hour, (hour + 12) % 24}
    return Figure("clock", match.group(), minutes=frozenset(hour * 60 + minute for hour in hours))


def _fraction(match: re.Match[str]) -> Figure:
    """Two thirds, 三分之二 and 百分之五 are shares, and half an hour is half of its unit."""
    parts = match.groupdict()
    above, below = parts.get("above"), parts.get("below")
    if above is None:
        unit = parts.get("unit")
        return Figure("number", match.group(), Fraction(1, 2), unit_of(unit) if unit else SHARE, sure=bool(unit))
    article = above in ("a", "an")
    if below in ("百", "100"):
        return Figure("number", match.group(), read_number(above), unit_of("%"))
    whole = Fraction(read_whole(below) or 1) if below else PARTS[parts["part"]]
    value = Fraction(read_number("one" if article else above)) / whole
    return Figure("number", match.group(), value, SHARE, sure=not article and above != "one")


def _quarter(match: re.Match[str]) -> Figure:
    place = match["digit"] or match["hanzi"]
    number = read_whole(place) if place else 1 + ["first", "second", "third", "fourth"].index(match["word"])
    return Figure("code", match.group(), f"q{number}", codes=frozenset({f"q{number}"}))


def _ordinal(match: re.Match[str]) -> Figure:
    """A place in a row. "First" and "second" count off more often than they name one."""
    place = ORDINALS[match["word"]] if match["word"] else read_whole(match["hanzi"] or match["digits"])
    sure = place > 1 and match["word"] != "second"
    return Figure("number", match.group(), Decimal(place), Unit("ordinal"), sure=sure)


def _version(match: re.Match[str]) -> Figure:
    return Figure("code", match.group(), match["number"], codes=frozenset({f"v{match['number']}"}))


def _code(match: re.Match[str]) -> Figure:
    code = tokens(match.group())[0]
    return Figure("code", match.group(), code, codes=frozenset({code}))


def _number(match: re.Match[str]) -> Figure:
    parts = match.groupdict()
    digits, unit, scale = match["number"], parts["unit"], parts.get("scale")
    if not unit and not scale and not parts.get("money"):  # the low end of a range
        unit, scale = parts.get("next_unit"), parts.get("next_scale")
    value = read_number(digits, scale or "")
    if parts["minus"] and not isinstance(value, str):
        value = -value
    if parts.get("counted") is not None:
        unit = "个"
    measure = unit_of(parts.get("money") or unit or "", parts["each"] or "")
    codes = frozenset({f"v{digits}"})
    if before := WORD_BEFORE.search(match.string, max(0, match.start() - 12), match.start()):
        codes |= {before.group() + digits, before.group() + digits.split(":")[0]}
    figure = Figure("number", match.group().strip(), value, measure, _days(digits), codes=codes)
    if match.re.pattern == IN_WORDS:  # "one day" may be "a day"
        sure = bool(measure.dimension) and value != 1 and bool(set(digits) - set("百千万亿"))
        return replace(figure, days=(), codes=frozenset(), sure=sure)
    return figure


def _days(digits: str) -> tuple[Day, ...]:
    """The dates that a number may be."""
    if re.fullmatch(r"\d{4}", digits):
        return ((digits, "", ""),)
    if re.fullmatch(r"\d\d?/\d\d?", digits):
        one, other = (str(int(part)) for part in digits.split("/"))
        return (("", one, other), ("", other, one))
    return ()


READERS: tuple[tuple[re.Pattern[str], frozenset[str], Callable[[re.Match[str]], Figure]], ...] = tuple(
    (re.compile(form), frozenset(signs), reader)
    for forms, reader in (
        (DATES, _date),
        (TIMES, _time),
        (((QUARTER, "q季"),), _quarter),
        (FRACTIONS, _fraction),
        (((ORDINAL, "td第"),), _ordinal),
        (((VERSION, "v版"),), _version),
        (((CODE, ""),), _code),
        (((NUMBER, ""),), _number),
        (((IN_WORDS, ""),), _number),
    )
    for form, signs in forms
)
