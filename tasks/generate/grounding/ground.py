"""Candidates held against the sections that they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from artifacts.records import QAPair, Quote, short_id
from tasks.generate.grounding.quotes import locate
from tasks.generate.grounding.standalone import points_at_text
from tasks.generate.lesson import Lesson
from tasks.generate.taught import Candidate
from tasks.models.match import contains_value, normalise


async def grounded(lesson: Lesson, candidates: Sequence[Candidate]) -> list[QAPair]:
    """The rows that their sections bear out; the others are rejects."""
    rows = []
    for candidate in candidates:
        quotes = [locate(text, lesson.sections) for text in candidate.quotes]
        if (found := _fault(candidate, quotes, lesson.section.language)) is not None:
            lesson.reject(found[0], asdict(candidate), found[1])
        else:
            rows.append(_row(lesson, candidate, tuple(quote for quote in quotes if quote is not None)))
    return rows


def _fault(candidate: Candidate, quotes: Sequence[Quote | None], language: str) -> tuple[str, str] | None:
    """Why a candidate can't be trained: a reason and what was seen."""
    if not normalise(candidate.question):
        return "no_question", "the question is empty"
    if not candidate.answer:
        return "no_answer", "the answer is empty"
    if not quotes or None in quotes:
        return "evidence_not_in_section", f"the section does not hold: {candidate.quotes}"
    if candidate.value and not contains_value(candidate.answer, candidate.value, candidate.aliases):
        return "value_not_in_answer", f"the answer does not hold: {candidate.value!r}"
    if not candidate.context and points_at_text(candidate.question, language):
        return "points_at_text", "cannot be asked on its own"
    return None


def _row(lesson: Lesson, candidate: Candidate, quotes: tuple[Quote, ...]) -> QAPair:
    fact = candidate.fact or short_id(lesson.section.id, candidate.kind, candidate.question)
    return QAPair(
        id=short_id(fact, candidate.kind, candidate.question, candidate.context, candidate.turns),
        fact=fact,
        question=candidate.question,
        answer=candidate.answer,
        value=candidate.value,
        aliases=candidate.aliases,
        evidence=quotes,
        language=lesson.section.language,
        kind=candidate.kind,
        wording=candidate.wording,
        context=candidate.context,
        turns=candidate.turns,
        reasoning=candidate.reasoning,
        teacher=lesson.teacher,
        origin=lesson.origin,
    )
