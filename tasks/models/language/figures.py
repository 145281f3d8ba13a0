"""Figures that a text states: numbers with their units, dates, times of day and codes, compared by what they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tasks.models.language.match import tokens
from tasks.models.language.numerals import CHINESE, ORDINALS
from tasks.models.language.quantities import Figure, read, readable

__all__ = ["Figure", "dimensions", "same_value", "stated", "unstated"]

LISTED = re.compile(  # what only counts off: a list's numbers, "step 2", "the 3rd step", 第2步
    r"(?m)^[ \t>#*-]*(?:\d{1,3}[.)、][ \t]*(?!\d)|\(\d{1,3}\))|\(\d{1,2}\)"
    rf"|\b(?:step|item|point)s?[ ]\d{{1,2}}\b|第(?:{CHINESE}|\d)+(?:步|点|个|项|种|次|(?=[,:、]))"
    rf"|\b(?:\d+(?:st|nd|rd|th)|{'|'.join(ORDINALS)})[ ](?:step|item|point|reason|thing)\b"
)
RANGE = re.compile(r" ?(?:[-~至到]|\bto\b) ?")
CLAUSE = re.compile(r"[.:;!?。\n()|]+ ?")
MEMBER = re.compile(r",(?: (?:and|or)\b)?|、|\b(?:and|or)\b|和|及|与|或")
BULLET = re.compile(r"(?m)^[ \t]*(?:[-*•+]|\d{1,3}[.)、]|\(\d{1,3}\))|[①-⑳]")
ROW = re.compile(r"(?m)^[ \t]*\|(?![ :|-]*$)")


def unstated(text: str, evidence: Sequence[str]) -> list[Figure]:
    """The figures of a text that no evidence states. A count is stated by a list of so many, too."""
    return list(_unstated(text, tuple(evidence)))


@lru_cache(maxsize=256)  # several questions have one answer
def _unstated(text: str, evidence: tuple[str, ...]) -> list[Figure]:
    held = [figure for part in evidence for figure in stated(part)]
    open_figures = [figure for figure in stated(text) if figure.sure and not any(map(figure.is_stated, held))]
    if not any(figure.dimension == "count" for figure in open_figures):
        return open_figures
    lengths = set().union(*map(_lengths, (text, *evidence)))
    return [figure for figure in open_figures if figure.dimension != "count" or figure.value not in lengths]


@lru_cache(maxsize=512)  # several wordings have one evidence
def stated(evidence: str) -> tuple[Figure, ...]:
    """The figures of a text that is taken for true: also those in words, each in all that it may mean."""
    return tuple(figure for _, figure in read(LISTED.sub(" ", readable(evidence))))


def same_value(text: str, value: str) -> bool:
    """Whether a text states a value that holds figures, however they are spelled: "2 years" states "two years".

    The words of the value stand beside its figures, and neither end of a range is stated by itself. False where the
    value holds no figure.
    """
    if not _within(value):
        return False
    wanted, given = _parts(value), _parts(text)
    if any(isinstance(part, str) and part not in given for part in wanted):
        return False
    first = next(place for place, part in enumerate(wanted) if isinstance(part, tuple))
    starts = range(len(given) - len(wanted) + 1)
    return any(isinstance(given[start + first], tuple) and all(map(_says, given[start:], wanted)) for start in starts)


@lru_cache(maxsize=2048)
def dimensions(value: str) -> tuple[str, ...]:
    """What the figures of a value measure, both sorts of lengths of time as one; empty for a name or a code."""
    measured = (figure for figure in _within(value) if figure.kind != "code")
    names = ("/".join(filter(None, (figure.dimension, figure.unit.per))) for figure in measured)
    return tuple("time" if name == "months" else name or "number" for name in names)


@lru_cache(maxsize=2048)
def _within(value: str) -> tuple[Figure, ...]:
    """The figures of a value: in 一般纳税人 there is none, and in "one day" or "twenty" there is."""
    parts = _parts(value)
    figures = [figure for part in parts if isinstance(part, tuple) for figure in part]
    return tuple(figure for figure in figures if figure.sure or figure.dimension or len(parts) == 1)


@lru_cache(maxsize=2048)  # an answer is held against many values, and a value against many answers
def _parts(text: str) -> tuple[str | tuple[Figure, ...], ...]:
    """A text in its order: its words, its figures, and its ranges as two figures that belong together."""
    text = readable(text)
    parts: list[str | tuple[Figure, ...]] = []
    end = 0
    for match, figure in sorted(read(text), key=lambda found: found[0].start()):
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
        one.is_stated(other) and one.exactness <= other.exactness for other, one in zip(given, wanted, strict=True)
    )


def _lengths(text: str) -> set[int]:
    """How many members the lists of a text have: its bullets, its rows, and each enumeration within a sentence."""
    return {
        len(BULLET.findall(text)),
        len(ROW.findall(text)) - 1,  # the head of a table
        *(len(MEMBER.findall(clause)) + 1 for clause in CLAUSE.split(text)),
    }
