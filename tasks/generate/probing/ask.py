"""Probes for the facts of a section, by a prompt of their own, before any training question is made."""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.records import Fact, Probe, ProbeKind, short_id
from tasks.generate.exercise import Exercise
from tasks.generate.grounding.standalone import points_at_text
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.strategies.facts import as_rows


class Questions(Item):
    """What a fact is examined by."""

    fact: int
    paraphrases: list[str]
    reversed_question: str = ""
    false_premise: str = ""
    distractors: list[str]


async def ask_probes(lesson: Lesson, facts: Sequence[Fact]) -> list[Probe]:
    dials = lesson.config.probes
    if not facts or not dials.paraphrases:
        return []
    exercise = Exercise("probes", Questions, with_headings(lesson.section), values={"count": dials.paraphrases})
    probes = []
    for place, item in await ask_each(lesson, exercise, as_rows(facts), "fact"):
        for question in item.paraphrases[: dials.paraphrases]:
            if points_at_text(question, lesson.section.language):
                lesson.reject("points_at_text", {"question": question}, "cannot be asked on its own")
            else:
                probes.append(_probe(facts[place], "paraphrase", question))
    return probes


def _probe(fact: Fact, kind: ProbeKind, question: str) -> Probe:
    return Probe(
        id=short_id(fact.id, kind, question),
        fact=fact.id,
        kind=kind,
        question=question,
        answer=fact.claim,
        value=fact.value,
        aliases=fact.aliases,
        language=fact.language,
        origin=fact.origin,
    )
