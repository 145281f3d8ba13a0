"""The stage that makes questions and answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Probe, QAPair, Record, Section, probes_digest, read_jsonl
from artifacts.report.pages import render
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import ABOUT, Ref
from tasks.generate.config import GenerateConfig, OfflineTeacher
from tasks.generate.corpus import distinct_sections, reject_repeated
from tasks.generate.coverage import Coverage, samples
from tasks.generate.drafts import Drafts
from tasks.generate.offline.teach import teach as teach_offline
from tasks.generate.own import own_rows
from tasks.generate.probing.invented import unanswerable
from tasks.generate.schooling import teach_by_model
from tasks.generate.sources.find import fits
from tasks.generate.taught import Taught
from tasks.models.endpoint.ledger import price_list


@task(name="generate", persist_result=False, cache_policy=NO_CACHE)
def generate(run: Run, config: GenerateConfig, parse: Ref) -> Ref | State[Ref]:
    """Questions and answers from sections, and questions that are held out from training."""
    return run_stage(run, config, {"parse": parse}, make)


def make(work: Work[GenerateConfig]) -> None:
    config = work.config
    drafts = Drafts(work.scratch / "drafts.sqlite")
    take_in_own(work, drafts)
    reject_repeated(work)
    if isinstance(config.teacher, OfflineTeacher):
        teach_by_rules(work, config.teacher, drafts)
    else:
        asyncio.run(teach_by_model(work, config.teacher, drafts))
    drafts.keep_apart(work.reject)
    if not drafts.count("pairs"):
        raise nothing_made(work)
    work.counts["facts"] = work.write("facts.jsonl", drafts.facts())
    work.counts["kept"] = work.write("qa.jsonl", drafts.pairs())
    work.counts["probes"] = work.write("probes.jsonl", held_out(work, drafts))
    freeze(work)
    if not drafts.count("probes"):
        work.notes.append("no fact is probed, so that nothing will prove what was learned")
    tell(work, drafts)
    drafts.close()


def nothing_made(work: Work[GenerateConfig]) -> StageError:
    """What was left out of all sections, and where it can be read: no artifact will show it."""
    work.finish()
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in work.rejects.most_common())
    where = f"{reasons}; they are in {work.out / ABOUT / 'rejects.jsonl'} until the next run" if reasons else "nothing"
    return StageError(f"no row could be made from {work.counts['in']:,} sections; left out: {where}")


def take_in_own(work: Work[GenerateConfig], drafts: Drafts) -> None:
    """Rows of the user's own come first, so that a bad file is told before anything is paid for."""
    for path in work.config.own:
        pairs = list(own_rows(path))
        drafts.add(Taught(pairs=pairs))
        work.counts["own"] += len(pairs)


def teach_by_rules(work: Work[GenerateConfig], teacher: OfflineTeacher, drafts: Drafts) -> None:
    """Have the sections taught without a model."""

    def reject(reason: str, record: Record | dict[str, Any], detail: str) -> None:
        work.reject(reason, record, detail)
        if isinstance(record, Section | QAPair):
            drafts.note(record.id if isinstance(record, Section) else record.origin.section, [reason])

    drafts.add(teach_offline(distinct_sections(work), teacher, work.config.seed, reject))
    work.models["teacher"] = "offline"
    work.notes.append("The teacher was no language model: rules made the questions from the structure of the text.")


def held_out(work: Work[GenerateConfig], drafts: Drafts) -> Iterator[Probe]:
    """The probes of the facts, and questions about invented things."""
    yield from drafts.probes()
    yield from unanswerable(work.config.probes.unanswerable, lambda: distinct_sections(work), work.config.seed)


def freeze(work: Work[GenerateConfig]) -> None:
    """Note which questions these are, so that two nights' scores can be known to be about the same ones."""
    path = work.out / "probes.jsonl"
    work.facts["probes_digest"] = probes_digest(read_jsonl(path, Probe))
    work.facts["probes"] = dict(sorted(Counter(probe.kind for probe in read_jsonl(path, Probe)).items()))


def tell(work: Work[GenerateConfig], drafts: Drafts) -> None:
    """Write down which sections and facts have rows, and give the stage's page its figures."""
    coverage = Coverage()
    work.write("about/coverage.jsonl", coverage.follow(distinct_sections(work), drafts))
    work.facts |= coverage.figures()
    files = {section.file for section in distinct_sections(work)}
    for pattern in work.config.sources:
        if not any(fits(file, pattern) for file in files):
            work.notes.append(f"generate.sources: no file that was read fits {pattern!r}")
    bare = coverage.sections["none"]
    if bare:
        work.notes.append(f"{bare} of {coverage.sections.total()} sections have no row; about/coverage.jsonl says why")
    page = render(
        "generate.md.jinja",
        **coverage.figures(),
        bare_sections=coverage.bare_sections,
        bare_facts=coverage.bare_facts,
        spent=work.facts.get("spent"),
        prices=price_list(work.config.prices),
        currency=work.config.currency,
        samples=samples(drafts.pairs()),
    )
    work.write_page(page)
