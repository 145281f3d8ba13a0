"""How a section is taught: as what it is, and each row held against it; a document's facts first, then its probes."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Sequence
from itertools import chain

from artifacts.records import Fact, QAPair
from tasks.generate.grounding.ground import grounded
from tasks.generate.lesson import Lesson
from tasks.generate.probing.ask import ask_probes
from tasks.generate.probing.controls import is_control
from tasks.generate.retrieval.rag import answer_from_all
from tasks.generate.sources.book import from_book
from tasks.generate.sources.code import from_code
from tasks.generate.sources.find import source_kind
from tasks.generate.sources.headings import ask_headings
from tasks.generate.sources.log import from_log
from tasks.generate.strategies.direct import direct
from tasks.generate.strategies.evolve import evolve
from tasks.generate.strategies.facts import ask_for, find_facts
from tasks.generate.strategies.multihop import multihop
from tasks.generate.strategies.multiturn import multiturn
from tasks.generate.strategies.reasoning import reasoning
from tasks.generate.strategies.study import study
from tasks.generate.taught import Candidate
from tasks.models.endpoint.rounds import together

LEAST_TEXT = 2  # letters and digits of a section that is worth a request
FACTS_FIRST = {"facts", "multihop"}  # strategies that begin with the facts of a section
PROBED = {"facts", "direct"}  # strategies that ask for each fact, so that it can be examined
RETRIEVED = ("fact", "direct")  # kinds of rows that `answering: rag` answers from all documents


async def teach(lesson: Lesson) -> Lesson:
    """Fill a lesson with the facts, probes and rows of its section; what is no document has rows alone."""
    if sum(map(str.isalnum, lesson.section.text)) < LEAST_TEXT:
        lesson.reject("no_text", lesson.section, "it has no word to ask about")
        return lesson
    match source_kind(lesson.section, lesson.config):
        case "document":
            await _document(lesson)
        case "book":
            lesson.taught.pairs = await grounded(lesson, await from_book(lesson))
        case "code":
            lesson.taught.pairs = await grounded(lesson, await from_code(lesson))
        case "log":
            lesson.taught.pairs = await grounded(lesson, await from_log(lesson))
    return lesson


async def _document(lesson: Lesson) -> None:
    taught = lesson.taught
    facts, candidates = await _facts(lesson)
    taught.facts = [
        fact.model_copy(update={"control": is_control(fact, lesson.school.control_share)}) for fact in facts
    ]
    if PROBED & set(lesson.config.strategies):
        taught.probes = await ask_probes(lesson, taught.facts)
    trained = [fact for fact in taught.facts if not fact.control]
    candidates += chain.from_iterable(await together(_routes(lesson, trained)))
    taught.pairs = await _grounded(lesson, candidates)
    if lesson.config.evolve:
        taught.pairs += await grounded(lesson, await evolve(lesson, taught.pairs))


async def teach_pair(lesson: Lesson) -> Lesson:
    """Fill a lesson of two sections, which were taught before, with the rows that need both."""
    lesson.taught.pairs = await grounded(lesson, await multihop(lesson))
    return lesson


async def _facts(lesson: Lesson) -> tuple[list[Fact], list[Candidate]]:
    """What is to be known of the section; the plain route finds it along with its questions."""
    asked, candidates = await direct(lesson) if "direct" in lesson.config.strategies else ([], [])
    found = await find_facts(lesson) if FACTS_FIRST & set(lesson.config.strategies) else []
    return list({fact.id: fact for fact in [*found, *asked]}.values()), candidates


async def _grounded(lesson: Lesson, candidates: Sequence[Candidate]) -> list[QAPair]:
    """The rows that are borne out by their section, or by the best sections of all where answers are retrieved."""
    if lesson.config.answering == "section" or lesson.school.index is None:
        return await grounded(lesson, candidates)
    asked = [candidate for candidate in candidates if candidate.kind in RETRIEVED]
    answered = await answer_from_all(lesson, lesson.school.index, asked)
    own = grounded(lesson, [candidate for candidate in candidates if candidate.kind not in RETRIEVED])
    return [*chain.from_iterable(await together([*(grounded(*rows) for rows in answered), own]))]


def _routes(lesson: Lesson, facts: Sequence[Fact]) -> Iterator[Awaitable[list[Candidate]]]:
    """The ways to make rows that the configuration names."""
    for strategy in lesson.config.strategies:
        match strategy:
            case "facts":
                yield ask_for(lesson, facts)
            case "study":
                yield study(lesson)
            case "multiturn":
                yield multiturn(lesson)
            case "reasoning":
                yield reasoning(lesson)
    if lesson.config.heading_questions:
        yield ask_headings(lesson)
