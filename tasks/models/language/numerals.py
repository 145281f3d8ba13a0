"""Numbers written in figures or in words, in English and Chinese."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from tasks.models.language.match import tokens

DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
CHINESE = f"[{''.join((*DIGITS, *SCALES))}]"
TEENS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
SPELLED = {
    "one": 1,
    **{name: value for value, name in enumerate(TEENS.split(), start=2)},
    **{name: value for value, name in zip(range(20, 100, 10), TENS.split(), strict=True)},
}
LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
WORD = "|".join(sorted((*SPELLED, *LARGE), key=len, reverse=True))
ENGLISH = rf"(?:{WORD})(?:(?:[ -]|[ ]and[ ])(?:{WORD}))*"
PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
PLACES = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
ORDINALS = {name: place for place, name in enumerate(PLACES.split(), start=1)}
SHORT_SCALES = {"k": 1000, "m": 1_000_000, "mn": 1_000_000, "bn": 1_000_000_000, "b": 1_000_000_000}


def read_number(text: str, scale: str = "") -> Decimal | Fraction | str:
    """The value of a number in plain form, times a scale (万, million, k); versions keep their spelling."""
    scale = scale.strip()
    factor = Decimal(LARGE.get(scale) or SHORT_SCALES.get(scale) or _chinese(scale) if scale else 1)
    if re.match(CHINESE, text):
        whole, _, decimals = text.partition("点")
        places = "".join(str(DIGITS.get(digit, "")) for digit in decimals)
        return Decimal(f"{_chinese(whole)}.{places or 0}") * factor
    if text[0].isalpha():
        return _english(text) * factor
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return Decimal(text) * factor
    if re.fullmatch(r"\d+/0*[1-9]\d*", text):
        return Fraction(text) * Fraction(factor)
    return tokens(text)[0]


def read_whole(text: str) -> int:
    """The value of a number without a fraction: a day, an hour, a place."""
    return int(_chinese(text) if re.match(CHINESE, text) else text)


def _chinese(text: str) -> int:
    """三百二十 by its scales, 二〇二六 digit by digit."""
    if not set(text) & set(SCALES):
        return int("".join(str(DIGITS[digit]) for digit in text))
    total = section = digit = 0
    for letter in text:
        if letter in DIGITS:
            digit = DIGITS[letter]
        elif (scale := SCALES[letter]) < SCALES["万"]:
            section, digit = section + (digit or 1) * scale, 0
        else:
            total, section, digit = (total + section + digit or 1) * scale, 0, 0
    return total + section + digit


def _english(text: str) -> Decimal:
    """Twenty-five, or three hundred and one thousand."""
    total = section = 0
    for word in re.findall(WORD, text):
        if word in SPELLED:
            section += SPELLED[word]
        elif word == "hundred":
            section = (section or 1) * LARGE[word]
        else:
            total, section = total + (section or 1) * LARGE[word], 0
    return Decimal(total + section)
