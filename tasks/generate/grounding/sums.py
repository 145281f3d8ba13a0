"""Sums that an answer rests on: recomputed, so that a figure that stands in no source can be trusted all the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tasks.models.language.figures import stated
from tasks.models.language.match import THOUSANDS, plain, tokens

NUMBER = r"\d+(?:\.\d+)?\s*%?"
UNIT = r"[^\d=≈+*/×÷%-]{0,12}?"  # "12 kg * 3 = 36 kg"
SUM = re.compile(rf"(?<![\d.])(?P<left>{NUMBER}(?:{UNIT}[+*/×÷-]\s*{NUMBER})+){UNIT}[=≈]\s*(?P<right>{NUMBER})")
TERM = re.compile(rf"(?P<sign>[+*/×÷-]?)\s*(?P<number>{NUMBER})")
UNITS_OF_UNITS = {2, 7, 12, 24, 52, 60, 100, 365, 1000}  # halves, days, months, hours, weeks, minutes, per cent, kilo


@dataclass(frozen=True)
class Sum:
    """An equation of plain numbers, multiplied and divided before they are added and subtracted."""

    text: str
    numbers: tuple[Fraction, ...]  # left of the sign
    result: Fraction
    holds: bool  # the result is what comes out, as far as it has digits


def sums(text: str) -> list[Sum]:
    """The equations that a text writes out, in its order."""
    return [_sum(match) for match in SUM.finditer(THOUSANDS.sub("", plain(text)))]


def sound(text: str, given: Iterable[str]) -> list[str]:
    """The equations that hold, and that start from figures of what is given, from units, or from earlier results."""
    if not (equations := sums(text)):
        return []  # most answers write out none, and the figures of a whole section take long to read
    known = {Fraction(number) for number in UNITS_OF_UNITS}
    known |= {number for part in given for number in _numbers(part)}
    found = []
    for equation in equations:
        if equation.holds and known.issuperset(equation.numbers):
            known.add(equation.result)
            found.append(equation.text)
    return found


def _sum(match: re.Match[str]) -> Sum:
    terms = [(term["sign"], _value(term["number"])) for term in TERM.finditer(match["left"])]
    result = _value(match["right"])
    outcome = _outcome(terms)
    return Sum(
        text=match.group().strip(),
        numbers=tuple(number for _, number in terms),
        result=result,
        holds=outcome is not None and abs(outcome - result) <= _half_a_digit(match["right"]),
    )


def _outcome(terms: list[tuple[str, Fraction]]) -> Fraction | None:
    """None for a division by nothing."""
    products: list[Fraction] = []
    for sign, number in terms:
        if sign in ("*", "×"):
            products[-1] *= number
        elif sign in ("/", "÷"):
            if not number:
                return None
            products[-1] /= number
        else:
            products.append(-number if sign == "-" else number)
    return sum(products, Fraction())


def _value(text: str) -> Fraction:
    number = text.rstrip("% ")
    return Fraction(number) / (100 if "%" in text else 1)


def _half_a_digit(text: str) -> Fraction:
    """What rounding to the digits of a number may take away from it."""
    exponent = Decimal(text.rstrip("% ")).as_tuple().exponent
    assert isinstance(exponent, int)
    return Fraction(10) ** exponent / (200 if "%" in text else 2)


def _numbers(text: str) -> Iterable[Fraction]:
    """The figures of a text, also in words, and each end of a range and part of a date by itself; none of codes."""
    for figure in stated(text):
        if isinstance(figure.value, Decimal):
            yield Fraction(figure.value)
    for token in tokens(text):
        for part in token.split("-"):
            if re.fullmatch(r"\d+(?:\.\d+)?", part):
                yield Fraction(part)
                yield Fraction(part) / 100  # as per cent
