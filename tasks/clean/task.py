"""Clean: which rows are worth training on, and why the others are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Message, Probe, QAPair
from artifacts.runs import Run
from artifacts.stage import Work
from artifacts.store import Ref
from tasks.clean.config import CleanConfig
from tasks.clean.duplicates import find
from tasks.clean.engine.local import Local
from tasks.clean.operators import load
from tasks.clean.rows import Rows
from tasks.clean.steps import steps
from tasks.models.language.leak import Guard

SHOWN_FACTS = 5
STATISTICS = "statistics.jsonl"  # in the scratch folder: of every row read, what each filter measured


@task(name="clean", persist_result=False, cache_policy=NO_CACHE)
def clean(run: Run, config: CleanConfig, generate: Ref) -> Ref | State[Ref]:
    """Repair and filter rows with data-juicer's operators, and drop leaked probes and duplicates."""
    return run_stage(run, config, {"generate": generate}, make)


def make(work: Work[CleanConfig]) -> None:
    load(work.config.operators)  # what can't work is said before the first row is
    with ExitStack() as stack:

        def kept(title: str, pairs: Iterator[QAPair]) -> Rows:
            """The rows that a pass leaves, on disk."""
            return stack.enter_context(closing(Rows(work.scratch / f"{title}.jsonl", pairs)))

        rows = kept("read", work.read("generate", "qa.jsonl", QAPair))
        work.counts["in"] = len(rows)
        engine = stack.enter_context(closing(Local(work.config, len(rows))))
        left = kept("steps", each_alone(work, engine, rows))
        left = kept("probes", without_probes(work, left))
        left = kept("duplicates", find.without_duplicates(work, left))
        work.counts["kept"] = work.write("qa.jsonl", left)
        write_statistics(work, left)
        tell_lost_facts(work, rows, left)


def each_alone(work: Work[CleanConfig], engine: Local, rows: Rows) -> Iterator[QAPair]:
    """The rows that the steps leave, which look at each alone; what filters measured is put down for all of them."""
    path = work.scratch / STATISTICS
    with path.open("w", encoding="utf-8") as file, work.progress.task("operators", len(rows)) as progress:
        for read, outcome in zip(rows, engine.map(steps, rows), strict=True):
            file.write(json.dumps({"id": read.id, "stats": outcome.statistics}, ensure_ascii=False) + "\n")
            work.counts.update(outcome.counts)
            if outcome.left is None:
                yield outcome.pair
            else:
                record = outcome.pair if outcome.left.masked else read
                work.reject(outcome.left.reason, record, outcome.left.detail)
            progress.advance()


def without_probes(work: Work[CleanConfig], pairs: Rows) -> Iterator[QAPair]:
    """Rows that do not ask what a held-out probe asks, however a mapper left them."""
    guard = Guard(work.read("generate", "probes.jsonl", Probe))
    for pair in pairs:
        told: Message = {"role": "assistant", "content": pair.answer}
        if (leak := guard.find((*pair.prompt(), told), pair.fact)) is None:
            yield pair
        else:
            work.reject("probe_leak", pair, f"asks the question of probe {leak.probe}: {leak.question}")


def write_statistics(work: Work[CleanConfig], left: Rows) -> None:
    """What filters measured, of every row read, and whether it stayed."""
    kept = {pair.id for pair in left}
    with (work.scratch / STATISTICS).open(encoding="utf-8") as file:
        measured = map(json.loads, file)
        work.write("about/stats.jsonl", ({"id": row["id"], "kept": row["id"] in kept, **row} for row in measured))


def tell_lost_facts(work: Work[CleanConfig], rows: Rows, left: Rows) -> None:
    """Count and name the facts that no row is left of: the model can't learn them."""
    lost = {pair.fact for pair in rows} - {pair.fact for pair in left}
    work.counts["facts_lost"] = len(lost)
    if lost:
        last = {pair.fact: pair.question for pair in rows if pair.fact in lost}
        shown = "; ".join(list(last.values())[:SHOWN_FACTS])
        more = ", ..." if len(lost) > SHOWN_FACTS else ""
        work.notes.append(f"{len(lost)} facts have no row left (see the rejects), such as: {shown}{more}")
