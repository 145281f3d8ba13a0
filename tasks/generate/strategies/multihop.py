"""Questions over two sections that share an entity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from artifacts.records import Fact, Section, short_id
from tasks.generate.exercise import Exercise
from tasks.generate.grounding.quotes import quoted
from tasks.generate.lesson import Lesson
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.taught import Candidate
from tasks.models.language.match import CJK, normalise, tokens

QUESTIONS = 3  # at most, of one pair
PAIRS_AN_ENTITY = 3
MOST_SECTIONS = 20  # an entity that stands in more of them joins nothing
NAME = re.compile(r"[^\d.!?。！？；\n]{2,60}")  # of a value that names a thing, as against a figure or a sentence
CAPITAL_OR_CJK = re.compile(rf"[A-Z{CJK}]")
CODE = re.compile(r"(?=.*[a-z])(?=.*\d).{3,}")  # a normalised word such as kx200


class TwoHops(Item):
    """A question, its answer, and what proves it in each of the two texts."""

    question: str
    answer: str
    short_answer: str
    evidence_1: list[str]
    evidence_2: list[str]


def entities(fact: Fact) -> set[str]:
    """What a fact is about or names, normalised: its subject, its value where that is a name, and the codes in both."""
    named = {normalise(fact.subject)}
    if NAME.fullmatch(fact.value) and CAPITAL_OR_CJK.search(fact.value):
        named.add(normalise(fact.value))
    named |= {token for token in tokens(f"{fact.subject} {fact.claim}") if CODE.fullmatch(token)}
    return {name for name in named if len(name) > 1}


def place(section: Section) -> str:
    """What stays of a section when its text is edited: where it stands."""
    return short_id(section.file, section.headings)


def pairs(shared: Iterable[Sequence[str]], places: Mapping[str, str], most: int, seed: int) -> list[tuple[str, str]]:
    """At most `most` pairs of sections that share an entity, by their ids.

    `shared` has the sections of each entity, rare entities first, for those say most. Which pairs of an entity are
    taken depends on nothing but the places of the two, so that a document that is added, or an edit, leaves the other
    pairs and their replies as they are.
    """
    found: dict[tuple[str, str], None] = {}
    common = max(2, min(MOST_SECTIONS, len(places) // 2))
    for sections in shared:
        if len(sections) > common:
            continue
        ordered = sorted(sections, key=lambda section: (places[section], section))
        apart = [pair for pair in combinations(ordered, 2) if places[pair[0]] != places[pair[1]]]
        apart.sort(key=lambda pair: short_id(seed, places[pair[0]], places[pair[1]]))
        found |= dict.fromkeys(apart[:PAIRS_AN_ENTITY])
        if len(found) >= most:
            break
    return list(found)[:most]


async def multihop(lesson: Lesson) -> list[Candidate]:
    """Rows that need both sections of a lesson; one whose quotes are not from both is a reject."""
    texts = (f"<text {n}>\n{with_headings(section)}\n</text {n}>" for n, section in enumerate(lesson.sections, start=1))
    values = {"most": QUESTIONS, "length": lesson.length}
    exercise = Exercise("multihop", TwoHops, "\n\n".join(texts), values=values, whole=True)
    candidates = []
    for item in await lesson.ask(exercise):
        quotes = tuple(dict.fromkeys([*item.evidence_1, *item.evidence_2]))
        if _need_both(quotes, lesson.sections):
            candidates.append(Candidate("multihop", item.question, item.answer, quotes, item.short_answer))
        else:
            where = {"sections": [section.id for section in lesson.sections]}
            lesson.reject("one_hop", {**where, **item.model_dump()}, "its quotes are not from both sections")
    return candidates


def _need_both(quotes: Sequence[str], sections: Sequence[Section]) -> bool:
    """Whether each section holds a quote of its own; words of headings above a text prove nothing."""
    held = [{quote for quote in quotes if _stands_in(quote, section)} for section in sections]
    return all(held) and len(set().union(*held)) >= len(sections)


def _stands_in(quote: str, section: Section) -> bool:
    found, missing = quoted((quote,), (section,))
    return not missing and all(place.start is not None for place in found)
