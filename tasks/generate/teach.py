"""How a section is taught: its facts first, then the probes, then the rows, each held against the section."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Awaitable, Iterator, Sequence
from itertools import chain

from artifacts.records import Fact
from tasks.generate.grounding.ground import grounded
from tasks.generate.lesson import Lesson
from tasks.generate.probing.ask import ask_probes
from tasks.generate.probing.controls import is_control
from tasks.generate.strategies.direct import direct
from tasks.generate.strategies.facts import ask_for, find_facts
from tasks.generate.taught import Candidate


async def teach(lesson: Lesson) -> Lesson:
    """Fill a lesson with the facts, probes and rows of its section."""
    taught = lesson.taught
    facts, candidates = await _facts(lesson)
    taught.facts = [fact.model_copy(update={"control": is_control(fact, lesson.config)}) for fact in facts]
    taught.probes = await ask_probes(lesson, taught.facts)
    trained = [fact for fact in taught.facts if not fact.control]
    candidates += chain.from_iterable(await gather(*_routes(lesson, trained)))
    taught.pairs = await grounded(lesson, candidates)
    return lesson


async def _facts(lesson: Lesson) -> tuple[list[Fact], list[Candidate]]:
    """What is to be known of the section; the plain route finds it along with its questions."""
    if "direct" not in lesson.config.strategies:
        return await find_facts(lesson), []
    asked, candidates = await direct(lesson)
    if lesson.config.strategies == ("direct",):
        return asked, candidates
    return [*await find_facts(lesson), *asked], candidates


def _routes(lesson: Lesson, facts: Sequence[Fact]) -> Iterator[Awaitable[list[Candidate]]]:
    """The ways to make rows that the configuration names."""
    for strategy in lesson.config.strategies:
        match strategy:
            case "facts":
                yield ask_for(lesson, facts)
