"""Clean: which rows are worth training on, and why the others are not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import ExitStack, closing
from itertools import islice

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Fact, QAPair
from artifacts.report.pages import render
from artifacts.runs import Run
from artifacts.stage import Work
from artifacts.store import ABOUT, Ref
from tasks.clean.config import CleanConfig
from tasks.clean.decontaminate import without_leaks
from tasks.clean.duplicates import find
from tasks.clean.engine.start import Engine, start
from tasks.clean.operators.loaded import load
from tasks.clean.outliers import without_outliers
from tasks.clean.page import tell
from tasks.clean.quality.judge import by_judge
from tasks.clean.quality.model import by_perplexity, by_reward
from tasks.clean.rows import Rows
from tasks.clean.written import written
from tasks.models.language.private import hand_on, handling_of, mask

SHOWN_FACTS = 5
STATISTICS = "statistics.jsonl"  # in the scratch folder: of every row read, what each filter measured


@task(name="clean", persist_result=False, cache_policy=NO_CACHE)
def clean(run: Run, config: CleanConfig, generate: Ref) -> Ref | State[Ref]:
    """Repair and filter rows with data-juicer's operators, and drop leaked probes and duplicates."""
    return run_stage(run, config, {"generate": generate}, make)


def make(work: Work[CleanConfig]) -> None:
    operators = load(work.config.operators)  # what can't work is said before the first row is
    with ExitStack() as stack:
        engine = stack.enter_context(closing(start(work.config)))
        rows = left = stack.enter_context(closing(Rows(work.inputs["generate"] / "qa.jsonl")))
        work.counts["in"] = len(rows)

        def kept(title: str, pairs: Iterable[QAPair | bytes]) -> Rows:
            """The rows that a pass leaves, on disk, in place of those that it was given."""
            found = stack.enter_context(closing(Rows(work.scratch / f"{title}.jsonl", pairs)))
            if left is not rows:
                left.close()
            return found

        left = kept("steps", each_alone(work, engine, rows))
        if work.config.outliers:
            left = kept("outliers", without_outliers(work, left, work.scratch / STATISTICS))
        left = kept("decontaminated", without_leaks(work, engine, left))
        left = kept("duplicates", find.without_duplicates(work, engine, left))
        if (dials := work.config.perplexity) is not None:
            left = kept("perplexity", by_perplexity(work, dials, left))
        if (reward := work.config.reward) is not None:
            left = kept("reward", by_reward(work, reward, left))
        if (judge := work.config.judge) is not None:
            left = kept("judge", by_judge(work, judge, left))
        work.counts["kept"] = work.write("qa.jsonl", left)
        hand_on(work.out, work.config.privacy.model_dump())
        stay = staying(rows, left)
        write_statistics(work, stay)
        tell_lost_facts(work, rows, left, stay)
        work.write_page(render("clean.md.jinja", **tell(work, operators, rows, left)))


def each_alone(work: Work[CleanConfig], engine: Engine, rows: Rows) -> Iterator[bytes]:
    """The rows that the steps leave, which look at each alone; what filters measured is put down for all of them."""
    path = work.scratch / STATISTICS
    with path.open("w", encoding="utf-8") as file, work.progress.task("operators", len(rows)) as progress:
        for row in engine.map(written, rows):
            file.write(row.statistics + "\n")
            work.counts.update(row.counts)
            if row.left is None:
                yield row.row
            else:
                work.reject(row.left.reason, QAPair.model_validate_json(row.row), row.left.detail)
            progress.advance()


def staying(rows: Rows, left: Rows) -> bytearray:
    """For each row read, whether it is left; no pass changes ids or the order."""
    ids = (pair.id for pair in left)
    awaited, found = next(ids, None), bytearray(len(rows))
    for number, pair in enumerate(rows):
        if pair.id == awaited:
            awaited, found[number] = next(ids, None), True
    assert awaited is None, f"a pass of clean moved row {awaited}"
    return found


def write_statistics(work: Work[CleanConfig], stay: bytearray) -> None:
    """What filters measured, of every row read, and whether it stayed."""
    path = work.out / ABOUT / "stats.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with (work.scratch / STATISTICS).open(encoding="utf-8") as measured, path.open("w", encoding="utf-8") as file:
        for stays, line in zip(
            stay, measured, strict=True
        ):  # as text: to read and write JSON again takes ten times as long
            file.write(line.replace(', "stats": ', f', "kept": {json.dumps(bool(stays))}, "stats": ', 1))


def tell_lost_facts(work: Work[CleanConfig], rows: Rows, left: Rows, stay: bytearray) -> None:
    """Count and name the facts that no row is left of: the model can't learn them. What is asked of a section as a
    whole is none of generate's facts."""
    facts = {fact.id for fact in work.read("generate", "facts.jsonl", Fact)}
    gone = {rows[number].fact: number for number, stays in enumerate(stay) if not stays}
    kept = {pair.fact for pair in left}
    lost = {fact: number for fact, number in gone.items() if fact in facts and fact not in kept}
    work.counts["facts"] = len(facts & (gone.keys() | kept))
    work.counts["facts_lost"] = len(lost)
    if not kept:
        why = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in work.rejects.most_common())
        work.notes.append(f"NO ROW IS LEFT of {len(rows):,}, so nothing can be trained: {why}")
    if lost:
        questions = [rows[number].question for number in islice(lost.values(), SHOWN_FACTS)]
        shown = "; ".join(mask(questions, handling_of(work.out)).texts)
        more = ", ..." if len(lost) > SHOWN_FACTS else ""
        work.notes.append(f"{len(lost)} facts have no row left ({losing(work, lost)}), such as: {shown}{more}")


def losing(work: Work[CleanConfig], lost: Container[str]) -> str:
    """How many of the facts were lost to what, by the reason that most of a fact's rows were left out for."""
    reasons: dict[str, Counter[str]] = {}
    for reject in work.left_out():
        if (fact := reject["record"].get("fact")) in lost:
            reasons.setdefault(fact, Counter())[reject["reason"]] += 1
    most = Counter(counts.most_common(1)[0][0] for counts in reasons.values())
    return ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in most.most_common())
