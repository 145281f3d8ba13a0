"""Questions that need several statements of a section put together, answered step by step."""

from __future__ import annotations

from tasks.generate.exercise import Exercise
from tasks.generate.grounding.sums import sums
from tasks.generate.lesson import Lesson
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.taught import Candidate

QUESTIONS = 5  # at most, of one section


class Step(Item):
    """One thought: a statement with what proves it, or an equation."""

    step: str
    evidence: list[str]


class Reasoned(Item):
    """A question, the steps to its answer, and the answer."""

    question: str
    steps: list[Step]
    answer: str
    short_answer: str


async def reasoning(lesson: Lesson) -> list[Candidate]:
    """Rows with their steps in `reasoning`. The last steps may conclude from those before; one at least is quoted."""
    values = {"most": QUESTIONS}
    candidates = []
    for item in await lesson.ask(Exercise("reasoning", Reasoned, with_headings(lesson.section), values=values)):
        record = {"section": lesson.section.id, **item.model_dump()}
        if len(item.steps) < 2:
            lesson.reject("no_steps", record, "an answer without steps is no reasoning")
        elif unproved := [step.step for step in item.steps[:-1] if not step.evidence and not sums(step.step)]:
            lesson.reject("step_without_evidence", record, f"neither quoted nor computed: {unproved}")
        else:
            candidates.append(_candidate(item))
    return candidates


def _candidate(item: Reasoned) -> Candidate:
    return Candidate(
        kind="reasoning",
        question=item.question,
        answer=item.answer,
        quotes=tuple(dict.fromkeys(quote for step in item.steps for quote in step.evidence)),
        value=item.short_answer,
        reasoning="\n".join(step.step for step in item.steps),
    )
