"""Wrong answers of the right one's type, and the question that offers them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from string import ascii_uppercase

from artifacts.records import Fact
from tasks.models.match import contains, contains_value, tokens

LEAST, MOST = 2, 3  # wrong answers beside the right one
FIGURE = re.compile(r"-?\d[\d.:/-]*|[零〇一二两三四五六七八九十百千万亿]+")


def distractors(fact: Fact, offered: Iterable[str], others: Sequence[Fact]) -> tuple[list[str], list[tuple[str, str]]]:
    """Wrong values of a fact: the teacher's first, then those of other facts; and what was refused, each with why."""
    found: list[str] = []
    refused = []
    for value in offered:
        if fault := _fault(value, fact, others, found):
            refused.append((value, fault))
        else:
            found.append(value)
    for other in others:
        if len(found) < MOST and not _fault(other.value, fact, others, found):
            found.append(other.value)
    return found[:MOST], refused


def _fault(value: str, fact: Fact, others: Sequence[Fact], found: Sequence[str]) -> str:
    """Why a value can't be offered as a wrong one; empty where it can."""
    if not tokens(value):
        return "it is empty"
    if any(contains(value, right) or contains(right, value) for right in (fact.value, *fact.aliases)):
        return "it holds the right answer, or stands in it"
    if any(contains(value, other) or contains(other, value) for other in found):
        return "it is offered already"
    if kind_of(value) != kind_of(fact.value):
        return f"it is not of the type of {fact.value!r}"
    own = [other for other in others if other.subject == fact.subject]
    true = [fact.claim, *(quote.text for quote in fact.evidence), *(other.claim for other in own)]
    if any(contains(text, value) for text in true) or any(contains_value(value, o.value, o.aliases) for o in own):
        return "the section says it of the subject"
    return ""


def kind_of(value: str) -> tuple[str, ...]:
    """The type of a value: a figure with its unit ("figure", "kg"), or a name."""
    parts = tokens(value)
    figures = [part for part in parts if FIGURE.fullmatch(part)]
    return ("figure", *(part for part in parts if part not in figures)) if figures else ("name",)


def offer(fact: Fact, question: str, wrong: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
    """A question with its options by letter, its answer, and the options; their order is drawn by the fact's id."""
    choices = [fact.value, *wrong]
    random.Random(fact.id).shuffle(choices)
    lines = [f"{letter}. {choice}" for letter, choice in zip(ascii_uppercase, choices, strict=False)]
    return "\n".join([question, *lines]), lines[choices.index(fact.value)], tuple(choices)
