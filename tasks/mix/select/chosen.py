"""Select: the general rows that a method keeps, and flags on the domain rows that it would not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from artifacts.records import Conversation
from artifacts.stage import Work
from tasks.mix.config import IFD, RDS, Chosen, MixConfig, MoDS, Superfilter
from tasks.mix.select.chance import by_chance
from tasks.mix.select.difficulty import by_difficulty
from tasks.mix.select.mods import by_mods
from tasks.mix.select.rds import by_representation
from tasks.mix.select.verdict import Verdict


def chosen(work: Work[MixConfig], pool: list[Conversation], domain: Sequence[Conversation]) -> list[Conversation]:
    """The rows of the pool that `select` keeps, in their order; domain rows are flagged at most, and all stay."""
    dials = work.config.select
    if dials is None or not pool:
        return pool
    work.models |= dials.models()
    verdicts = judged(work, dials, pool, domain)
    work.write("about/select.jsonl", told(pool, verdicts))
    for row, verdict in zip(pool, verdicts, strict=True):
        if not verdict.keep:
            work.reject(verdict.reason, row, verdict.detail)
    kept = [row for row, verdict in zip(pool, verdicts, strict=True) if verdict.keep]
    sizes, left = Counter(map(cell, pool)), Counter(map(cell, kept))
    work.facts["select"] = {"method": dials.method, "kept": {name: [left[name], size] for name, size in sizes.items()}}
    work.counts.update({"selected": len(kept)})
    if dials.flag_domain:
        flag(work, dials, domain)
    return kept


def flag(work: Work[MixConfig], dials: Chosen, domain: Sequence[Conversation]) -> None:
    """Put down the domain rows that the method would leave out: a hint to look at them, and no more."""
    verdicts = judged(work, dials, domain, domain)
    flagged = (entry for entry in told(domain, verdicts) if not entry["keep"])
    work.counts["flagged_domain"] = work.write("about/flags.jsonl", flagged)


def judged(
    work: Work[MixConfig], dials: Chosen, rows: Sequence[Conversation], domain: Sequence[Conversation]
) -> list[Verdict]:
    """A verdict on each row, by the method of the dials."""
    match dials:
        case Superfilter() | IFD():
            return by_difficulty(work, dials, rows)
        case MoDS():
            return by_mods(work, dials, rows)
        case RDS():
            return by_representation(work, dials, rows, domain)
        case _:
            return by_chance(rows, dials.keep, work.config.seed)


def told(rows: Sequence[Conversation], verdicts: Sequence[Verdict]) -> Iterator[dict[str, Any]]:
    """A line of each row for who looks at what was selected."""
    for row, verdict in zip(rows, verdicts, strict=True):
        line = {"id": row.id, "source": row.source, "language": row.language, "score": verdict.score}
        yield {**line, "keep": verdict.keep, "reason": verdict.reason, "detail": verdict.detail}


def cell(row: Conversation) -> str:
    return f"{row.source}, {row.language}"
