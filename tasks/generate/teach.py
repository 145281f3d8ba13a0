"""How a section is taught: its facts first, then the probes, then the rows, each held against the section."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Awaitable, Iterator, Sequence
from itertools import chain

from artifacts.records import Fact, QAPair
from tasks.generate.grounding.ground import grounded
from tasks.generate.lesson import Lesson
from tasks.generate.probing.ask import ask_probes
from tasks.generate.probing.controls import is_control
from tasks.generate.retrieval.rag import answer_from_all, with_context
from tasks.generate.strategies.direct import direct
from tasks.generate.strategies.facts import ask_for, find_facts
from tasks.generate.taught import Candidate

RETRIEVED = ("fact", "direct")  # kinds of rows that `answering: rag` answers from all documents


async def teach(lesson: Lesson) -> Lesson:
    """Fill a lesson with the facts, probes and rows of its section."""
    taught = lesson.taught
    facts, candidates = await _facts(lesson)
    taught.facts = [fact.model_copy(update={"control": is_control(fact, lesson.config)}) for fact in facts]
    taught.probes = await ask_probes(lesson, taught.facts)
    trained = [fact for fact in taught.facts if not fact.control]
    candidates += chain.from_iterable(await gather(*_routes(lesson, trained)))
    taught.pairs = await _grounded(lesson, candidates)
    if lesson.school.index is not None:
        taught.pairs += await with_context(lesson, lesson.school.index, taught.pairs)
    return lesson


async def _facts(lesson: Lesson) -> tuple[list[Fact], list[Candidate]]:
    """What is to be known of the section; the plain route finds it along with its questions."""
    if "direct" not in lesson.config.strategies:
        return await find_facts(lesson), []
    asked, candidates = await direct(lesson)
    if lesson.config.strategies == ("direct",):
        return asked, candidates
    return [*await find_facts(lesson), *asked], candidates


async def _grounded(lesson: Lesson, candidates: Sequence[Candidate]) -> list[QAPair]:
    """The rows that are borne out by their section, or by the best sections of all where answers are retrieved."""
    if lesson.config.answering == "section" or lesson.school.index is None:
        return await grounded(lesson, candidates)
    asked = [candidate for candidate in candidates if candidate.kind in RETRIEVED]
    answered = await answer_from_all(lesson, lesson.school.index, asked)
    own = grounded(lesson, [candidate for candidate in candidates if candidate.kind not in RETRIEVED])
    return [*chain.from_iterable(await gather(*(grounded(*rows) for rows in answered), own))]


def _routes(lesson: Lesson, facts: Sequence[Fact]) -> Iterator[Awaitable[list[Candidate]]]:
    """The ways to make rows that the configuration names."""
    for strategy in lesson.config.strategies:
        match strategy:
            case "facts":
                yield ask_for(lesson, facts)
