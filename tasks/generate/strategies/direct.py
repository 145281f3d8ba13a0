"""Questions and answers of a section in one call: the plain route."""

from __future__ import annotations

from artifacts.records import Fact
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.strategies.facts import Found, borne_out
from tasks.generate.taught import Candidate


class Direct(Item):
    """One thing that the text states, and the questions that ask for it."""

    subject: str = ""
    questions: list[str]
    answer: str
    short_answer: str
    aliases: list[str]
    evidence: list[str]

    @property
    def found(self) -> Found:
        """The fact that the questions ask for; its claim is their answer."""
        return Found(
            subject=self.subject,
            claim=self.answer,
            value=self.short_answer,
            aliases=self.aliases,
            evidence=self.evidence,
        )


async def direct(lesson: Lesson) -> tuple[list[Fact], list[Candidate]]:
    """What the teacher asks of a section, at most `max_questions`, and the facts that are asked for."""
    config = lesson.config
    values = {"most": config.max_questions, "wordings": config.wordings, "length": lesson.length}
    facts: dict[str, Fact] = {}
    candidates: list[Candidate] = []
    asked = await lesson.ask(Exercise("direct", Direct, with_headings(lesson.section), values=values))
    async with lesson.paced(asked) as paced:
        async for item in paced:
            fact, questions = borne_out(lesson, item.found), list(dict.fromkeys(item.questions))
            record = {"section": lesson.section.id, **item.model_dump()}
            if not isinstance(fact, Fact):
                lesson.reject(fact[0], record, fact[1])
            elif not questions:
                lesson.reject("no_question", record, "the fact comes without a question")
            elif len(candidates) + len(questions) > config.max_questions:
                lesson.reject("over_max_questions", record, f"more than {config.max_questions} were asked")
            else:
                facts.setdefault(fact.id, fact)
                candidates += _candidates(fact, item.answer, questions)
    return list(facts.values()), candidates


def _candidates(fact: Fact, answer: str, questions: list[str]) -> list[Candidate]:
    quotes = tuple(quote.text for quote in fact.evidence)
    return [
        Candidate("direct", question, answer, quotes, fact.value, fact.aliases, fact.id, f"wording-{number}")
        for number, question in enumerate(questions, start=1)
    ]
