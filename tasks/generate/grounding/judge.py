"""A second model's verdict on each answer, claim by claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import field_validator

from artifacts.records import QAPair
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item

Verdict = Literal["supported", "contradicted", "absent"]
CLAIMLESS = ("continuation", "style", "code_complete", "code_translate")
"""Kinds of rows that claim nothing of their section: they go on with its own words, or say it in another language."""


class Claim(Item):
    """One thing that an answer says, and what the text says to it."""

    claim: str
    verdict: Verdict

    @field_validator("verdict", mode="before")
    @classmethod
    def _plain(cls, verdict: object) -> object:
        return verdict.strip().lower() if isinstance(verdict, str) else verdict


class Judged(Item):
    """All that one answer says."""

    row: int
    claims: list[Claim]


async def faults(lesson: Lesson, rows: Sequence[QAPair]) -> list[tuple[str, str] | None]:
    """Why each row can't be trained by the judge's verdicts: a reason and the claim; None for one that can.

    Wordings of one fact that share an answer share a verdict, so that a further wording costs nothing.
    """
    if lesson.school.judge is None:
        return [None] * len(rows)
    claiming = [row for row in rows if row.kind not in CLAIMLESS]
    first = {_said_of(row): row for row in reversed(claiming)}
    judged = list(dict.fromkeys(map(_said_of, claiming)))
    text = "\n\n".join(with_headings(section) for section in lesson.sections)
    asked = [{"question": first[fact, said].question, "answer": said} for fact, said in judged]
    claims: dict[tuple[str, str], list[Claim]] = {key: [] for key in judged}
    exercise = Exercise("judge", Judged, text)
    for place, item in await ask_each(lesson, exercise, asked, "row", chat=lesson.school.judge, recorded=False):
        claims[judged[place]] += item.claims
    return [None if row.kind in CLAIMLESS else _fault(claims[_said_of(row)]) for row in rows]


def _said_of(row: QAPair) -> tuple[str, str]:
    """The fact of a row (its own question, where it has none) and what it would train the model to say of it, its steps
    and the earlier answers of its conversation included."""
    earlier = [turn["content"] for turn in row.turns if turn["role"] == "assistant"]
    return row.fact, "\n\n".join(part for part in (*earlier, row.reasoning, row.answer) if part)


def _fault(claims: Sequence[Claim]) -> tuple[str, str] | None:
    if not claims:
        return "not_judged", "the judge says nothing about this answer"
    for verdict in ("contradicted", "absent"):
        found = [claim.claim for claim in claims if claim.verdict == verdict]
        if found:
            return f"judged_{verdict}", f"{verdict} by the section: {'; '.join(found)}"
    return None
