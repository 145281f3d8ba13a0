"""Clean: which rows are worth training on, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Message, Probe, QAPair
from artifacts.runs import Run
from artifacts.stage import Work
from artifacts.store import Ref
from tasks.clean import duplicates
from tasks.clean.catalogue import DEDUPLICATOR
from tasks.clean.config import CleanConfig
from tasks.clean.operators import Loaded, load
from tasks.models.language.leak import Guard
from tasks.models.language.match import contains

BATCH = 1000
SHOWN_FACTS = 5
Statistics = dict[str, list[dict[str, Any]]]  # id of a row -> what each filter measured on it


@task(name="clean", persist_result=False, cache_policy=NO_CACHE)
def clean(run: Run, config: CleanConfig, generate: Ref) -> Ref | State[Ref]:
    """Repair and filter rows with data-juicer's operators, and drop leaked probes and duplicates."""
    return run_stage(run, config, {"generate": generate}, make)


def make(work: Work[CleanConfig]) -> None:
    operators = load(work.config.operators)
    rows = list(work.read("generate", "qa.jsonl", QAPair))
    statistics: Statistics = {pair.id: [] for pair in rows}

    pairs = rows
    for operator in operators:
        if operator.name != DEDUPLICATOR:
            pairs = list(run_operator(work, operator, pairs, statistics))
    pairs = list(without_probes(work, pairs))
    pairs = without(work, "duplicate", pairs, duplicates.exact(pairs))
    for operator in operators:
        if operator.name == DEDUPLICATOR:
            with work.progress.task(operator.name, len(pairs)) as progress:
                found = duplicates.near(pairs, operator, work.config.min_similarity, progress.advance)
                pairs = without(work, operator.name, pairs, found)

    work.write("qa.jsonl", pairs)
    kept = {pair.id for pair in pairs}
    work.write(
        "about/stats.jsonl", ({"id": id_, "kept": id_ in kept, "stats": all_} for id_, all_ in statistics.items())
    )
    work.counts["in"], work.counts["kept"] = len(rows), len(pairs)
    tell_lost_facts(work, rows, pairs)


def run_operator(
    work: Work[CleanConfig], operator: Loaded, pairs: list[QAPair], statistics: Statistics
) -> Iterator[QAPair]:
    """The rows that an operator leaves, a batch at a time."""
    step = repaired if operator.is_mapper else passed
    with work.progress.task(operator.name, len(pairs)) as progress:
        for start in range(0, len(pairs), BATCH):
            batch = pairs[start : start + BATCH]
            yield from step(work, operator, batch, statistics)
            progress.advance(len(batch))


def passed(work: Work[CleanConfig], operator: Loaded, pairs: list[QAPair], statistics: Statistics) -> Iterator[QAPair]:
    """Rows that a filter keeps; the others are rejected with what it measured and its bounds."""
    for pair, verdict in zip(pairs, operator.judge(pairs), strict=True):
        measured = {"operator": operator.name, "field": operator.field, "keep": verdict.keep, **verdict.statistics}
        statistics[pair.id].append(measured)
        if verdict.keep:
            yield pair
        else:
            values = ", ".join(f"{name} {value}" for name, value in verdict.statistics.items())
            work.reject(operator.name, pair, f"{operator.field}: {values or 'refused'} (allowed: {operator.bounds})")


def repaired(work: Work[CleanConfig], operator: Loaded, pairs: list[QAPair], _: Statistics) -> Iterator[QAPair]:
    """Rows as a mapper edits them; one that loses its question, its answer or the answer's value is rejected."""
    for pair, edited in zip(pairs, operator.edit(pairs), strict=True):
        empty = [name for name in ("question", "answer") if not getattr(edited, name).strip()]
        held = contains(pair.answer, pair.value)
        if empty:
            work.reject(operator.name, pair, f"left the {empty[0]} empty")
        elif held and not contains(edited.answer, pair.value):
            work.reject(operator.name, pair, f"took {pair.value!r} out of the answer: {edited.answer!r}")
        else:
            work.counts["edited"] += edited != pair
            yield edited


def without_probes(work: Work[CleanConfig], pairs: list[QAPair]) -> Iterator[QAPair]:
    """Rows that do not ask what a held-out probe asks, however a mapper left them."""
    guard = Guard(work.read("generate", "probes.jsonl", Probe))
    for pair in pairs:
        told: Message = {"role": "assistant", "content": pair.answer}
        if (leak := guard.find((*pair.prompt(), told), pair.fact)) is None:
            yield pair
        else:
            work.reject("probe_leak", pair, f"asks the question of probe {leak.probe}: {leak.question}")


def without(
    work: Work[CleanConfig], reason: str, pairs: list[QAPair], found: Iterator[duplicates.Duplicate]
) -> list[QAPair]:
    """The rows but the duplicates; each reject says which row stays in its place."""
    dropped = set()
    for duplicate in found:
        dropped.add(duplicate.row.id)
        of, alike = duplicate.of, duplicate.similarity
        work.reject(reason, duplicate.row, f"duplicates {of.id} (similarity {alike:.2f}): {of.question}")
    return [pair for pair in pairs if pair.id not in dropped]


def tell_lost_facts(work: Work[CleanConfig], rows: list[QAPair], pairs: list[QAPair]) -> None:
    """Count and name the facts that no row is left of: the model can't learn them."""
    lost = {pair.fact: pair for pair in rows}
    for pair in pairs:
        lost.pop(pair.fact, None)
    work.counts["facts_lost"] = len(lost)
    if lost:
        shown = "; ".join(pair.question for pair in list(lost.values())[:SHOWN_FACTS])
        more = ", ..." if len(lost) > SHOWN_FACTS else ""
        work.notes.append(f"{len(lost)} facts have no row left (see the rejects), such as: {shown}{more}")
