"""What a run would do, and why: the same keys as the run's, without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table

from artifacts.stage import plan_for, reasons
from artifacts.store import Ref, Store
from configs.schema import Config


@dataclass(frozen=True)
class Planned:
    stage: str
    state: Literal["cached", "will run", "unknown"]
    why: tuple[str, ...] = ()
    ref: Ref | None = None


def make_plan(config: Config, store: Store, force: frozenset[str] = frozenset()) -> list[Planned]:
    """Each stage's outlook; a stage whose input is not there yet can't be known, as that may come out the same."""
    there: dict[str, Ref] = {}
    planned = []
    for section in config.sections():
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
        table.add_row(entry.stage, f"[{colours[entry.state]}]{entry.state}[/]", why)
    console = Console()
    console.print(table)
