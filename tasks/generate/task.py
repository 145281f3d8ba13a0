"""The stage that makes questions and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Section
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import Ref
from tasks.generate import offline
from tasks.generate.config import GenerateConfig, OfflineTeacher, OpenAITeacher
from tasks.generate.probes import keep_apart, unanswerable
from tasks.generate.taught import Taught
from tasks.generate.teacher import teach
from tasks.models.chat import Chat


@task(name="generate", persist_result=False, cache_policy=NO_CACHE)
def generate(run: Run, config: GenerateConfig, parse: Ref) -> Ref | State[Ref]:
    """Questions and answers from sections, and questions that are held out from training."""
    return run_stage(run, config, {"parse": parse}, make)


def make(work: Work[GenerateConfig]) -> None:
    sections = distinct_sections(work)
    with work.progress.task("generate", len(sections)) as progress:
        teacher = work.config.teacher
        if isinstance(teacher, OfflineTeacher):
            taught = offline.teach(sections, teacher, work.config.seed, work.reject)
            work.models["teacher"] = "offline"
            work.notes.append(
                "The teacher was no language model: rules made the questions from the structure of the text."
            )
        else:
            taught = asyncio.run(teach_by_model(work, teacher, sections, progress.advance))
    taught = keep_apart(in_order(taught, sections), work.reject)
    if not taught.pairs:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in work.rejects.most_common())
        raise StageError(f"no row could be made from {len(sections)} sections; left out: {reasons or 'nothing'}")
    invented = unanswerable(work.config.probes.unanswerable, sections, work.config.seed)
    work.write("qa.jsonl", taught.pairs)
    work.counts["kept"] = len(taught.pairs)
    work.counts["facts"] = len({pair.fact for pair in taught.pairs})
    work.counts["probes"] = work.write("probes.jsonl", [*taught.probes, *invented])


def distinct_sections(work: Work[GenerateConfig]) -> list[Section]:
    """The sections, each once: a second document with the same section has nothing more to teach."""
    sections: dict[str, Section] = {}
    for section in work.read("parse", "sections.jsonl", Section):
        work.counts["in"] += 1
        first = sections.setdefault(section.id, section)
        if first is not section:
            work.reject("duplicate_section", section, f"stands in {first.file} too")
    return list(sections.values())


async def teach_by_model(
    work: Work[GenerateConfig], teacher: OpenAITeacher, sections: list[Section], advance: Callable[[], None]
) -> Taught:
    """Have the sections taught by a model, and account for what it cost."""
    work.models["teacher"] = teacher.model
    work.notes.append(f"The teacher was {teacher.model} behind an OpenAI-compatible endpoint.")
    async with Chat(teacher, work.memo) as chat:
        taught = await teach(sections, work.config, chat, work.reject, advance)
    usage = chat.usage
    work.counts["requests"], work.counts["reused"] = usage.requests, usage.reused
    work.spent.requests, work.spent.currency = usage.requests, teacher.currency
    work.spent.input_tokens, work.spent.output_tokens = usage.input_tokens, usage.output_tokens
    work.spent.money = round(teacher.money(usage.input_tokens, usage.output_tokens), 6)
    return taught


def in_order(taught: Taught, sections: list[Section]) -> Taught:
    """Rows and probes in the order of the sections that they come from."""
    place = {section.id: number for number, section in enumerate(sections)}
    return Taught(
        sorted(taught.pairs, key=lambda pair: place[pair.origin.section]),
        sorted(taught.probes, key=lambda probe: place[probe.origin.section]),
    )
