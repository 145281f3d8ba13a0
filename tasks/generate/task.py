"""The stage that makes questions and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import chain
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Probe, QAPair, Record, Section
from artifacts.report.pages import render
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import Ref
from tasks.generate.config import GenerateConfig, OfflineTeacher, OpenAITeacher
from tasks.generate.coverage import Coverage, samples
from tasks.generate.drafts import Drafts
from tasks.generate.lesson import Lesson, School
from tasks.generate.offline.teach import teach as teach_offline
from tasks.generate.probing.invented import unanswerable
from tasks.generate.prompts import Prompts
from tasks.generate.retrieval.embed import embedder_of
from tasks.generate.retrieval.index import Index
from tasks.generate.rounds import in_order
from tasks.generate.strategies.multihop import entities, pairs, place
from tasks.generate.teach import teach, teach_pair
from tasks.models.chat import Chat
from tasks.models.completion import RequestError
from tasks.models.ledger import Ledger

AHEAD = 8  # lessons under way for each request that may be: the slow ones hold the others back no sooner


@task(name="generate", persist_result=False, cache_policy=NO_CACHE)
def generate(run: Run, config: GenerateConfig, parse: Ref) -> Ref | State[Ref]:
    """Questions and answers from sections, and questions that are held out from training."""
    return run_stage(run, config, {"parse": parse}, make)


def make(work: Work[GenerateConfig]) -> None:
    config = work.config
    drafts = Drafts(work.scratch / "drafts.sqlite")
    reject_repeated(work)
    if isinstance(config.teacher, OfflineTeacher):
        teach_by_rules(work, config.teacher, drafts)
    else:
        asyncio.run(teach_by_model(work, config.teacher, drafts))
    drafts.keep_apart(work.reject)
    if not drafts.count("pairs"):
        reasons = ", ".join(f"{reason} ({count})" for reason, count in work.rejects.most_common())
        raise StageError(f"no row could be made from {work.counts['in']} sections; left out: {reasons or 'nothing'}")
    work.counts["facts"] = work.write("facts.jsonl", drafts.facts())
    work.counts["kept"] = work.write("qa.jsonl", drafts.pairs())
    work.counts["probes"] = work.write("probes.jsonl", held_out(work, drafts))
    tell(work, drafts)
    drafts.close()


def reject_repeated(work: Work[GenerateConfig]) -> None:
    """A second document with the same section has nothing more to teach."""
    first: dict[str, str] = {}
    for section in work.read("parse", "sections.jsonl", Section):
        work.counts["in"] += 1
        if section.id in first:
            work.reject("duplicate_section", section, f"stands in {first[section.id]} too")
        first.setdefault(section.id, section.file)


def distinct_sections(work: Work[GenerateConfig]) -> Iterator[Section]:
    """The sections, each once, one at a time: a corpus may have more of them than memory holds."""
    seen: set[str] = set()
    for section in work.read("parse", "sections.jsonl", Section):
        if section.id not in seen:
            seen.add(section.id)
            yield section


def teach_by_rules(work: Work[GenerateConfig], teacher: OfflineTeacher, drafts: Drafts) -> None:
    """Have the sections taught without a model."""

    def reject(reason: str, record: Record | dict[str, Any], detail: str) -> None:
        work.reject(reason, record, detail)
        if isinstance(record, Section | QAPair):
            drafts.note(record.id if isinstance(record, Section) else record.origin.section, reason)

    drafts.add(teach_offline(distinct_sections(work), teacher, work.config.seed, reject))
    work.models["teacher"] = "offline"
    work.notes.append("The teacher was no language model: rules made the questions from the structure of the text.")


async def teach_by_model(work: Work[GenerateConfig], teacher: OpenAITeacher, drafts: Drafts) -> None:
    """Have the sections taught by a model, and account for what it cost."""
    work.models["teacher"] = teacher.model
    work.notes.append(f"The teacher was {teacher.model} behind an OpenAI-compatible endpoint.")
    config = work.config
    ledger = Ledger(work.memo, f"generate {work.key}", config.budget, config.prices, config.currency)
    async with Chat(teacher, work.memo, ledger) as chat:
        school = School(config, chat, Prompts(config), index=await open_index(work, teacher))
        lessons = (Lesson(school, (section,)) for section in distinct_sections(work))
        total = work.counts["in"] - work.rejects["duplicate_section"]
        await hold(work, drafts, "generate", lessons, teach, total=total)
        if "multihop" in config.strategies:
            await teach_pairs(work, drafts, school)
    account(work, ledger, [chat])


async def teach_pairs(work: Work[GenerateConfig], drafts: Drafts, school: School) -> None:
    """A second round over pairs of sections whose facts name the same things."""
    places = {section.id: place(section) for section in distinct_sections(work)}
    chosen = pairs(drafts.sharing(entities), places, work.config.max_hops, work.config.seed)
    wanted = set(chain.from_iterable(chosen))
    sections = {section.id: section for section in distinct_sections(work) if section.id in wanted}
    lessons = (Lesson(school, (sections[first], sections[second])) for first, second in chosen)
    teach = partial(teach_pair, controls=list(drafts.controls()))
    await hold(work, drafts, "multihop", lessons, teach, total=len(chosen))


async def open_index(work: Work[GenerateConfig], teacher: OpenAITeacher) -> Index | None:
    """All sections, to be searched, where rows are made of more than one; None where they are not."""
    if work.config.answering == "section" and not work.config.retrieval.raft_share:
        return None
    index = Index(work.scratch / "index", embedder_of(work.config.retrieval, teacher, work.memo))
    await index.fill(distinct_sections(work))
    return index


def account(work: Work[GenerateConfig], ledger: Ledger, chats: Sequence[Chat]) -> None:
    """Put into the manifest what making this artifact cost, over all runs that it took."""
    totals = ledger.totals()
    work.counts["requests"] = sum(chat.usage.requests for chat in chats)
    work.counts["reused"] = sum(chat.usage.reused for chat in chats)
    work.spent.requests = sum(total.requests for total in totals.values())
    work.spent.input_tokens = sum(total.input_tokens for total in totals.values())
    work.spent.output_tokens = sum(total.output_tokens for total in totals.values())
    work.spent.money, work.spent.currency = round(ledger.money, 6), ledger.currency
    work.facts["spent"] = {name: asdict(total) for name, total in totals.items()}
    doubtful = sum(total.possibly_billed.requests for total in totals.values())
    if doubtful:
        work.notes.append(f"{doubtful} requests got no reply and may have been billed all the same")


async def hold(
    work: Work[GenerateConfig],
    drafts: Drafts,
    title: str,
    lessons: Iterable[Lesson],
    teach: Callable[[Lesson], Awaitable[Lesson]],
    *,
    total: int | None = None,
) -> None:
    """Hold lessons side by side and put what they made into the drafts, in order.

    One that got no reply (the network, a busy server, no money left) stops the stage after all others were held,
    because publishing without it would leave it out for good.
    """
    assert isinstance(work.config.teacher, OpenAITeacher)
    failures = []
    with work.progress.task(title, total) as progress:
        async for outcome in in_order(lessons, teach, AHEAD * work.config.teacher.concurrency):
            progress.advance()
            if isinstance(outcome, RequestError | StageError):
                failures.append(outcome)
            elif isinstance(outcome, Exception):
                raise outcome
            else:
                drafts.add(outcome.taught)
                for reason, record, detail in outcome.rejects:
                    work.reject(reason, record, detail)
                    drafts.note(outcome.section.id, reason)
    if failures:
        last = next((failure for failure in failures if isinstance(failure, StageError)), failures[-1])
        raise StageError(
            f"{title}: {len(failures):,} of {progress.done:,} sections lack replies: {last}. "
            "Every reply that came back is kept; run again to go on"
        )


def held_out(work: Work[GenerateConfig], drafts: Drafts) -> Iterator[Probe]:
    """The probes of the facts, and questions about invented things."""
    yield from drafts.probes()
    yield from unanswerable(work.config.probes.unanswerable, list(distinct_sections(work)), work.config.seed)


def tell(work: Work[GenerateConfig], drafts: Drafts) -> None:
    """Write down which sections and facts have rows, and give the stage's page its figures."""
    coverage = Coverage()
    work.write("about/coverage.jsonl", coverage.follow(distinct_sections(work), drafts))
    work.facts |= coverage.figures()
    bare = coverage.sections["none"]
    if bare:
        work.notes.append(f"{bare} of {coverage.sections.total()} sections have no row; about/coverage.jsonl says why")
    page = render(
        "generate.md.jinja",
        **coverage.figures(),
        bare_sections=coverage.bare_sections,
        bare_facts=coverage.bare_facts,
        spent=work.facts.get("spent"),
        currency=work.config.currency,
        samples=samples(drafts.pairs()),
    )
    work.write_page(page)
