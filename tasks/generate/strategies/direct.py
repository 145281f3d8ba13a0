"""Questions and answers of a section in one call: the plain route."""

from __future__ import annotations

from artifacts.records import Fact, short_id
from tasks.generate.exercise import Exercise
from tasks.generate.grounding.quotes import locate
from tasks.generate.lesson import Lesson
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.taught import Candidate


class Direct(Item):
    """One thing that the text states, and the questions that ask for it."""

    questions: list[str]
    answer: str
    short_answer: str
    aliases: list[str]
    evidence: list[str]


async def direct(lesson: Lesson) -> tuple[list[Fact], list[Candidate]]:
    """What the teacher asks of a section, at most `max_questions`, and the facts that are asked for."""
    config, section = lesson.config, lesson.section
    values = {"most": config.max_questions, "wordings": config.wordings, "length": lesson.length}
    items = await lesson.ask(Exercise("direct", Direct, with_headings(section), values=values))
    facts: dict[str, Fact] = {}
    candidates: list[Candidate] = []
    for item in items:
        if len(candidates) + len(item.questions) > config.max_questions:
            lesson.reject("over_max_questions", item.model_dump(), f"more than {config.max_questions} were asked")
            continue
        key = short_id(section.id, item.evidence, item.short_answer)
        facts[key] = Fact(
            id=key,
            subject="",
            claim=item.answer,
            value=item.short_answer,
            aliases=tuple(item.aliases),
            evidence=tuple(quote for text in item.evidence if (quote := locate(text, lesson.sections))),
            language=section.language,
            origin=lesson.origin,
        )
        candidates += [
            Candidate(
                kind="direct",
                question=question,
                answer=item.answer,
                quotes=tuple(item.evidence),
                value=item.short_answer,
                aliases=tuple(item.aliases),
                fact=key,
                wording=f"wording-{number}",
            )
            for number, question in enumerate(item.questions, start=1)
        ]
    return list(facts.values()), candidates
