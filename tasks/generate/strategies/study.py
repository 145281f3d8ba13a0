"""Long pieces to learn a section from, by a fixed set of study prompts.

Material that is worked through in several ways is remembered better than material that is reworded: Active Reading
(https://arxiv.org/abs/2508.09494); the set is that of SPA (https://arxiv.org/abs/2603.22213).
"""

from __future__ import annotations

from itertools import chain

from tasks.generate.config import StudyPrompt
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.taught import Candidate
from tasks.models.endpoint.rounds import together

PIECES = 5  # at most, of each study prompt


class Piece(Item):
    """What is asked for, and the long answer to it."""

    instruction: str
    answer: str
    evidence: list[str]


async def study(lesson: Lesson) -> list[Candidate]:
    """Pieces by each study prompt of the configuration, a call each."""
    return list(chain.from_iterable(await together(_pieces(lesson, name) for name in lesson.config.study)))


async def _pieces(lesson: Lesson, name: StudyPrompt) -> list[Candidate]:
    task = lesson.school.prompts.fill(f"study_{name}", lesson.section.language, {})
    exercise = Exercise("study", Piece, with_headings(lesson.section), values={"task": task, "most": PIECES})
    return [
        Candidate(
            kind="study", question=item.instruction, answer=item.answer, quotes=tuple(item.evidence), wording=name
        )
        for item in await lesson.ask(exercise)
    ]
