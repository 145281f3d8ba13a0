"""What a run would do, and why: the same keys as the run's, without running anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from artifacts.memo import Memo
from artifacts.records import QAPair, Section, read_jsonl
from artifacts.stage import plan_for, reasons
from artifacts.store import Ref, Store
from configs.schema import Config, Stage
from flows.ready import lacking
from tasks.clean.quality import estimate as judging
from tasks.generate import estimate as teaching
from tasks.generate.config import GenerateConfig
from tasks.models.config import Budget
from tasks.models.endpoint.rehearse import Estimate
from tasks.parse.find import find


@dataclass(frozen=True)
class Planned:
    stage: str
    state: Literal["cached", "will run", "unknown"]
    why: tuple[str, ...] = ()
    ref: Ref | None = None


def make_plan(
    config: Config, store: Store, force: frozenset[str] = frozenset(), until: Stage | None = None
) -> list[Planned]:
    """Each stage's outlook, up to `until`; one whose input is not there yet can't be known, as that may come out the
    same."""
    there: dict[str, Ref] = {}
    planned = []
    stages = list(Stage)
    for section in config.sections()[: stages.index(until) + 1 if until else None]:
        awaited = [name for name in section.reads if name not in there]
        if awaited:
            planned.append(Planned(section.stage, "unknown", (f"depends on what comes out of {', '.join(awaited)}",)))
            continue
        plan = plan_for(section, {name: there[name] for name in section.reads})
        forced = section.stage in force
        damage = store.damage(plan.stage, plan.key)
        ref = None if forced or damage is not None else store.find(plan.stage, plan.key)
        if ref is None:
            planned.append(Planned(section.stage, "will run", reasons(store, plan, damage, force=forced)))
        else:
            there[section.stage] = ref
            planned.append(Planned(section.stage, "cached", (), ref))
    return planned


def print_plan(planned: list[Planned], config: Config, store: Store) -> None:
    colours = {"cached": "green", "will run": "yellow", "unknown": "dim"}
    table = Table("stage", "outlook", "why", box=None)
    for entry in planned:
        why = "\n".join(entry.why) or (f"{entry.ref.rows:,} rows are there" if entry.ref else "")
        table.add_row(entry.stage, f"[{colours[entry.state]}]{entry.state}[/]", escape(why))
    console = Console()
    console.print(table)
    outlook = teacher_outlook(planned, config, store)
    console.print(f"\n{documents(config):,} documents in {escape(str(config.parse.source))}; {escape(outlook)}")
    for line in judge_outlook(planned, config, store):
        console.print(escape(line))


def documents(config: Config) -> int:
    """How many files the parse stage would look at."""
    return len(find(config.parse.source))


def teacher_outlook(planned: list[Planned], config: Config, store: Store) -> str:
    """What the teacher would be asked, and about what that costs; the memo's replies are free."""
    by_stage = {entry.stage: entry for entry in planned}
    parsed = by_stage["parse"].ref
    if config.generate.teacher.kind == "offline":
        return "the offline teacher asks nothing and costs nothing"
    if by_stage["generate"].state == "cached":
        return "no teacher calls: generate is cached"
    if parsed is None:
        return "the teacher's calls can be counted when parse ran (graft run --until parse)"
    sections = read_jsonl(store.path(parsed) / "sections.jsonl", Section)
    estimates = teaching.estimate(sections, config.generate, kept_in(store))
    asked = (f"about {outlook(entry, 'generate', config.generate.currency)}" for entry in estimates)
    return "\n".join([*asked, *remarks(estimates, config.generate)])


def judge_outlook(planned: list[Planned], config: Config, store: Store) -> Iterator[str]:
    """What clean's judge would be asked at most, where there is one, and what would stop it."""
    by_stage = {entry.stage: entry for entry in planned}
    if (judge := config.clean.judge) is None or by_stage["clean"].state == "cached":
        return
    if (made := by_stage["generate"].ref) is None:
        yield f"clean.judge: requests to {judge.endpoint.model} can be counted when generate ran, at most one a row"
    else:
        most = judging.estimate(read_jsonl(store.path(made) / "qa.jsonl", QAPair), judge, kept_in(store))
        yield f"clean.judge: at most {outlook(most, 'clean.judge', judge.currency)}; rows left out before cost nothing"
        yield from beyond(judge.budget, [most], "clean.judge", "may not do: the run would then stop there")
    yield from (f"the run would not begin: {error}" for error in lacking(config.clean))


def kept_in(store: Store) -> Memo | None:
    """The memo of what was paid for, where there is one: to plan makes none."""
    return store.memo if (store.root / "memo.sqlite").is_file() else None


def remarks(estimates: Sequence[Estimate], config: GenerateConfig) -> Iterator[str]:
    """What the figures leave out, and what would stop a run."""
    if "multihop" in config.strategies:
        yield f"not counted: multihop, at most {config.max_hops:,} pairs of sections, a request each"
    yield from beyond(config.budget, estimates, "generate", "will not do: the run would stop there")
    yield from (f"the run would not begin: {error}" for error in lacking(config))


def beyond(budget: Budget, estimates: Sequence[Estimate], dials: str, verdict: str) -> Iterator[str]:
    """Which limits of a budget are below what is estimated."""
    limits: list[tuple[str, float | None, float]] = [
        ("money", budget.money, sum(entry.money or 0.0 for entry in estimates)),
        ("tokens", budget.tokens, sum(entry.input_tokens + entry.output_tokens for entry in estimates)),
        ("requests", budget.requests, sum(entry.requests for entry in estimates)),
    ]
    for name, limit, needed in limits:
        if limit is not None and needed > limit:
            yield f"{dials}.budget.{name}, {limit:,g}, {verdict}"


def outlook(entry: Estimate, dials: str, currency: str) -> str:
    """What one model would be asked, in words; `dials` is where its price is set."""
    tokens = f"{entry.input_tokens:,} tokens in, {entry.output_tokens:,} out"
    money = (
        f"no price of {entry.model} is configured ({dials}.prices)"
        if entry.money is None
        else f"about {entry.money:.2f} {currency}"
    )
    paid = f"; {entry.kept:,} replies are kept and cost nothing" if entry.kept else ""
    return f"{entry.requests:,} requests to {entry.model} ({tokens}; {money}){paid}"
