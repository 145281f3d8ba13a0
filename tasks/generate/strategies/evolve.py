"""Instruction evolution: further tasks in the manner of a section's rows, and harder versions of them.

Self-Instruct: Wang et al. 2022, https://arxiv.org/abs/2212.10560. Evol-Instruct: Xu et al. 2023 (WizardLM),
https://arxiv.org/abs/2304.12244, with its changes that one section can bear out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from artifacts.records import QAPair, digest
from tasks.generate.config import Evolution
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.taught import Candidate
from tasks.models.endpoint.rounds import together
from tasks.models.language.match import normalise

MOST = 3  # rows of a section that are evolved, and new tasks for it
CHANGES = ("constrain", "deepen", "concretise", "reason", "combine")  # which prompts/evol_instruct.*.md explain


class Instructed(Item):
    """A new task and what it is answered by."""

    instruction: str
    answer: str
    evidence: list[str]


class Evolved(Item):
    """A harder question in place of a row's."""

    row: int
    question: str
    answer: str
    evidence: list[str]


async def evolve(lesson: Lesson, pairs: Sequence[QAPair]) -> list[Candidate]:
    """What the configured evolutions make of some of a section's rows."""
    if not (chosen := _chosen(lesson, pairs)):
        return []
    return list(chain.from_iterable(await together(_by(kind, lesson, chosen) for kind in lesson.config.evolve)))


async def _by(kind: Evolution, lesson: Lesson, pairs: Sequence[QAPair]) -> list[Candidate]:
    match kind:
        case "self_instruct":
            return await self_instruct(lesson, pairs)
        case "evol_instruct":
            return await evol_instruct(lesson, pairs)


def _chosen(lesson: Lesson, pairs: Sequence[QAPair]) -> list[QAPair]:
    """A few rows of different facts, by hash. One with a text or a conversation in its prompt is none without them."""
    alone = (pair for pair in pairs if not pair.context and not pair.turns)
    by_hash = sorted(alone, key=lambda pair: digest([lesson.config.seed, pair.id]))
    return list({pair.fact: pair for pair in reversed(by_hash)}.values())[::-1][:MOST]


async def self_instruct(lesson: Lesson, pairs: Sequence[QAPair]) -> list[Candidate]:
    """New tasks, shown the rows as those that exist already."""
    rows = tuple({"task": number, "instruction": pair.question} for number, pair in enumerate(pairs, start=1))
    values = {"most": MOST, "length": lesson.length}
    items = await lesson.ask(
        Exercise("self_instruct", Instructed, with_headings(lesson.section), rows, values, whole=True)
    )
    for item in items[MOST:]:
        lesson.reject("over_max_evolved", item.model_dump(), f"more than {MOST} tasks were made for one section")
    return [
        Candidate("self_instruct", item.instruction, item.answer, tuple(item.evidence))
        for item in items[:MOST]
        if _is_answered(lesson, item)
    ]


async def evol_instruct(lesson: Lesson, pairs: Sequence[QAPair]) -> list[Candidate]:
    """Each row made harder, in a way that its id decides."""
    rows = [{"question": pair.question, "answer": pair.answer, "change": _change(lesson, pair)} for pair in pairs]
    exercise = Exercise("evol_instruct", Evolved, with_headings(lesson.section), values={"length": lesson.length})
    found = []
    for place, item in await ask_each(lesson, exercise, rows, "row"):
        if normalise(item.question) == normalise(pairs[place].question):
            lesson.reject("not_evolved", item.model_dump(), "the question is as it was")
        elif _is_answered(lesson, item):
            change = _change(lesson, pairs[place])
            found.append(Candidate("evol_instruct", item.question, item.answer, tuple(item.evidence), wording=change))
    return found


def _change(lesson: Lesson, pair: QAPair) -> str:
    return CHANGES[int(digest([lesson.config.seed, "change", pair.id]), 16) % len(CHANGES)]


def _is_answered(lesson: Lesson, item: Instructed | Evolved) -> bool:
    """Whether the teacher found the answer in the section."""
    if not item.answer:
        lesson.reject("not_answerable", {"section": lesson.section.id, **item.model_dump()}, "the section does not say")
    return bool(item.answer)
