"""Wrong answers of the right one's type, and the question that offers them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from string import ascii_uppercase
from typing import NamedTuple

from artifacts.records import Fact
from tasks.models.language.figures import dimensions
from tasks.models.language.match import contains, tokens
from tasks.models.language.stance import states

LEAST, MOST = 2, 3  # wrong answers beside the right one


class Truth(NamedTuple):
    """What a wrong answer about a fact must not say."""

    right: tuple[str, ...]  # the value by all of its names
    texts: tuple[str, ...]  # what is said of the fact's subject, by this fact and others
    values: tuple[str, ...]  # of the other facts about it, by all of their names

    @classmethod
    def of(cls, fact: Fact, others: Sequence[Fact]) -> Truth:
        own = [other for other in others if other.subject == fact.subject]
        return cls(
            right=(fact.value, *fact.aliases),
            texts=(fact.claim, *(quote.text for quote in fact.evidence), *(other.claim for other in own)),
            values=tuple(name for other in own for name in (other.value, *other.aliases)),
        )


def distractors(fact: Fact, offered: Iterable[str], others: Sequence[Fact]) -> tuple[list[str], list[tuple[str, str]]]:
    """Wrong values of a fact: the teacher's first, then those of other facts; and what was refused, each with why."""
    truth = Truth.of(fact, others)
    found: list[str] = []
    refused = []
    for value in offered:
        if fault := _fault(value, truth, found):
            refused.append((value, fault))
        else:
            found.append(value)
    for other in others:
        if len(found) >= MOST:
            break
        if not _fault(other.value, truth, found):
            found.append(other.value)
    return found[:MOST], refused


def _fault(value: str, truth: Truth, found: Sequence[str]) -> str:
    """Why a value can't be offered as a wrong one; empty where it can."""
    if not tokens(value):
        return "it is empty"
    if dimensions(value) != dimensions(truth.right[0]):
        return f"it is not of the type of {truth.right[0]!r}"
    if states(value, truth.right) or any(contains(name, value) for name in truth.right):
        return "it holds the right answer, or stands in it"
    if states(value, found) or any(contains(other, value) for other in found):
        return "it is offered already"
    if any(states(text, [value]) for text in truth.texts) or states(value, truth.values):
        return "the section says it of the subject"
    return ""


def offer(fact: Fact, question: str, wrong: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
    """A question with its options by letter, its answer, and the options; their order is drawn by the fact's id."""
    choices = [fact.value, *wrong]
    random.Random(fact.id).shuffle(choices)
    lines = [f"{letter}. {choice}" for letter, choice in zip(ascii_uppercase, choices, strict=False)]
    return "\n".join([question, *lines]), lines[choices.index(fact.value)], tuple(choices)
