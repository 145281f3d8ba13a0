"""Candidates held against the sections that they were made from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, replace
from typing import Any

from artifacts.records import QAPair, Quote, short_id
from tasks.generate.grounding import judge
from tasks.generate.grounding.evidence import Proof, affirms, evidence_of
from tasks.generate.grounding.language import wrong_language
from tasks.generate.grounding.quotes import locate
from tasks.generate.grounding.standalone import points_at_text, stand_alone
from tasks.generate.lesson import Lesson
from tasks.generate.taught import Candidate
from tasks.models.language.match import contains, contains_value, normalise

ECHO = 12  # characters, from which on an answer that stands in its question teaches nothing; "yes" may stand there


async def grounded(lesson: Lesson, candidates: Sequence[Candidate]) -> list[QAPair]:
    """The rows that their sections bear out; the others are rejects, each whole and with its reason.

    What costs nothing is looked at first; then questions that can't stand alone are rewritten, and what is left is
    judged where a judge is configured.
    """
    held, proofs = [], dict[Hashable, Proof]()
    async with lesson.paced(candidates) as paced:
        async for candidate in paced:
            evidence, fault = _evidence(candidate, lesson, proofs)
            fault = fault or _fault(candidate, lesson)
            if fault is None or lesson.school.rehearsed:
                held.append((candidate, evidence))
            else:
                lesson.reject(fault[0], _record(lesson, candidate, evidence), fault[1])
    rows = [(_row(lesson, candidate, quotes), candidate, quotes) for candidate, quotes in await _alone(lesson, held)]
    good = []
    verdicts = await judge.faults(lesson, [row for row, _, _ in rows])
    for (row, candidate, quotes), fault in zip(rows, verdicts, strict=True):
        if fault is None:
            good.append(row)
        else:
            lesson.reject(fault[0], _record(lesson, candidate, quotes), fault[1])
    return good


def _evidence(candidate: Candidate, lesson: Lesson, proofs: dict[Hashable, Proof]) -> Proof:
    """What proves a candidate; wordings of one question share an answer, which is held against the section once."""
    if candidate.turns or candidate.reasoning or affirms(candidate.answer):
        return evidence_of(candidate, lesson.sections)
    same = (candidate.answer, candidate.quotes, candidate.figures)
    if same not in proofs:
        proofs[same] = evidence_of(candidate, lesson.sections)
    return proofs[same]


def _fault(candidate: Candidate, lesson: Lesson) -> tuple[str, str] | None:
    """Why a candidate can't be trained, whatever its evidence: a reason and what was seen."""
    if not normalise(candidate.question):
        return "no_question", "the question is empty"
    if not normalise(candidate.answer):
        return "no_answer", "the answer is empty"
    if candidate.value and not contains_value(candidate.answer, candidate.value, candidate.aliases):
        return "value_not_in_answer", f"the answer does not hold: {candidate.value!r}"
    if contains(candidate.question, candidate.answer) and len(normalise(candidate.answer)) >= ECHO:
        return "answer_in_question", "the question holds the whole answer"
    if candidate.kind not in judge.CLAIMLESS and (foreign := _foreign(candidate, lesson)):
        return "wrong_language", f"not in the language of the section ({lesson.section.language}): {foreign}"
    points = not candidate.context and points_at_text(candidate.answer, lesson.section.language)
    if (
        points and locate(candidate.answer, lesson.sections) is None
    ):  # the section's own words may point where they like
        return "answer_points_at_text", "the answer speaks of a text that nobody has at hand"
    return None


def _foreign(candidate: Candidate, lesson: Lesson) -> str:
    """What of a candidate's questions and answers is in another language."""
    parts = [*(turn["content"] for turn in candidate.turns), candidate.question, candidate.reasoning, candidate.answer]
    names = (candidate.value, *candidate.aliases)
    return next((part for part in parts if wrong_language(part, lesson.sections, names)), "")


async def _alone(
    lesson: Lesson, held: Sequence[tuple[Candidate, tuple[Quote, ...]]]
) -> list[tuple[Candidate, tuple[Quote, ...]]]:
    """The candidates whose question can stand alone, some in other words. One with a context brings its text along."""
    bare = [candidate for candidate, _ in held if not candidate.context]
    asked = await stand_alone(lesson, [(candidate.opening, candidate.answer) for candidate in bare])
    wordings = iter(asked)
    alone = []
    for candidate, quotes in held:
        question = candidate.opening if candidate.context else next(wordings)
        if question is None:
            record = _record(lesson, candidate, quotes)
            lesson.reject("points_at_text", record, f"cannot be asked on its own: {candidate.opening}")
        else:
            alone.append((_opened_by(candidate, question), quotes))
    return alone


def _opened_by(candidate: Candidate, question: str) -> Candidate:
    if not candidate.turns:
        return replace(candidate, question=question)
    first, *others = candidate.turns
    return replace(candidate, turns=({**first, "content": question}, *others))


def _record(lesson: Lesson, candidate: Candidate, quotes: Sequence[Quote]) -> dict[str, Any]:
    """A candidate whole, with where it came from and what was found of its evidence."""
    where = {"file": lesson.section.file, "section": lesson.section.id}
    return {**where, **asdict(candidate), "evidence": [quote.model_dump() for quote in quotes]}


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
