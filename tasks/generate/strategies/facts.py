"""The facts of a section, and several questions for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from artifacts.records import Fact, Quote, short_id
from tasks.generate.exercise import Exercise
from tasks.generate.grounding.quotes import quoted
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.split import halves
from tasks.generate.taught import Candidate
from tasks.models.endpoint.rounds import together
from tasks.models.language.match import contains, contains_value, normalise


class Found(Item):
    """One thing that the text states."""

    subject: str
    claim: str
    value: str
    aliases: list[str]
    evidence: list[str]


class Questions(Item):
    """What a fact is asked by."""

    fact: int
    questions: list[str]
    answer: str
    reversed_question: str = ""
    reversed_answer: str = ""


async def find_facts(lesson: Lesson) -> list[Fact]:
    """The facts that a section bears out; the others are rejects. Facts with one evidence and value are one."""
    most = lesson.config.max_facts
    parts = list(_parts(with_headings(lesson.section), most))
    rejected = len(lesson.rejects)
    found: dict[str, Fact] = {}
    exercises = (Exercise("facts", Found, part, values={"most": most}) for part in parts)
    items = chain.from_iterable(await together(map(lesson.ask, exercises)))
    async with lesson.paced(items) as paced:
        async for item in paced:
            fact = borne_out(lesson, item)
            if isinstance(fact, Fact):
                found.setdefault(fact.id, fact)
            else:
                lesson.reject(fact[0], {"section": lesson.section.id, **item.model_dump()}, fact[1])
    facts, limit = list(found.values()), most * len(parts)
    for fact in facts[limit:]:
        lesson.reject("over_max_facts", fact, f"more than {limit} facts were found in one section")
    if not facts and len(lesson.rejects) == rejected:
        lesson.reject("no_facts", lesson.section, "the teacher found nothing worth knowing")
    return facts[:limit]


def _parts(text: str, most: int) -> Iterator[str]:
    """A text, or parts of it whose tables state no more facts each than are asked for at a time."""
    cells = sum(max(0, line.count("|") - 2) for line in text.splitlines() if line.lstrip().startswith("|"))
    if cells <= most or (parts := halves(text)) is None:
        yield text
    else:
        for part in parts:
            yield from _parts(part, most)


def borne_out(lesson: Lesson, item: Found) -> Fact | tuple[str, str]:
    """A fact, or the reason why the section does not bear it out, and what was seen."""
    if not normalise(item.value) or not item.claim:
        return "no_value", "the claim or its value is empty"
    quotes, missing = quoted(item.evidence, lesson.sections)
    if missing or not quotes:
        return "evidence_not_in_section", f"the section does not hold: {missing}"
    if not any(contains(quote.text, item.value) for quote in quotes):
        return "value_not_in_evidence", f"the evidence does not hold: {item.value!r}"
    return Fact(
        id=_id(lesson, item, quotes),
        subject=item.subject,
        claim=item.claim,
        value=item.value,
        aliases=tuple(dict.fromkeys(name for name in item.aliases if normalise(name) and name != item.value)),
        evidence=quotes,
        language=lesson.section.language,
        origin=lesson.origin,
    )


def _id(lesson: Lesson, item: Found, quotes: Sequence[Quote]) -> str:
    """What makes a fact the same one from night to night: the headings and words that state it, and of what.

    An edit elsewhere in the section leaves it as it is, and a second document that says so too has no other.
    """
    stated = next((path for path, text in lesson.section.parts() if quotes[0].text in text), lesson.section.headings)
    return short_id(stated, normalise(item.subject), [normalise(quote.text) for quote in quotes], normalise(item.value))


async def ask_for(lesson: Lesson, facts: Sequence[Fact]) -> list[Candidate]:
    """Questions for each fact, and with it the reversed one."""
    values = {"wordings": lesson.config.wordings, "length": lesson.length}
    exercise = Exercise("questions", Questions, with_headings(lesson.section), values=values)
    asked = await ask_each(lesson, exercise, as_rows(facts), "fact")
    return [candidate for place, item in asked for candidate in _candidates(lesson, facts[place], item)]


def as_rows(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """Facts as the rows of an exercise."""
    return [{"subject": fact.subject, "claim": fact.claim, "value": fact.value} for fact in facts]


def _candidates(lesson: Lesson, fact: Fact, item: Questions) -> list[Candidate]:
    quotes = tuple(quote.text for quote in fact.evidence)
    questions = list(dict.fromkeys(item.questions))[: lesson.config.wordings]
    candidates = [
        Candidate("fact", question, item.answer, quotes, fact.value, fact.aliases, fact.id, f"wording-{number}")
        for number, question in enumerate(questions, start=1)
    ]
    if lesson.config.reversed and (asked := _reversed(lesson, fact, item)) is not None:
        candidates.append(asked)
    return candidates


def _reversed(lesson: Lesson, fact: Fact, item: Questions) -> Candidate | None:
    """The fact asked for from its other end; it has to give the value, and must not give the subject away."""
    question, answer = item.reversed_question, item.reversed_answer
    if not question or not answer or not fact.subject:
        return None
    record = {"section": lesson.section.id, "fact": fact.id, "question": question, "answer": answer}
    if not contains_value(question, fact.value, fact.aliases):
        lesson.reject("value_not_in_question", record, f"asked without {fact.value!r}, many things fit")
        return None
    if contains(question, fact.subject):
        lesson.reject("subject_in_question", record, f"it gives away what it asks for: {fact.subject!r}")
        return None
    quotes = tuple(quote.text for quote in fact.evidence)
    return Candidate("reversed", question, answer, quotes, fact.subject, fact=fact.id, wording="reversed")
