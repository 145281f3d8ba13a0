"""What `graft run` ends with: what each stage kept and left out, what the model learned, and where things lie."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from artifacts.runs import RunRecord, StageRun
from artifacts.store import Store


def print_summary(store: Store, record: RunRecord, config: Path) -> None:
    """The tables and paths of a run that is done."""
    console = Console()
    console.print(stage_table(store, record))
    folder = store.root / "runs" / record.id
    for path in sorted(folder.glob("*.*")):
        console.print(f"{path.stem:<11} {path}", highlight=False, soft_wrap=True)
    for stage in ("align", "sft"):
        if (ref := record.ref(stage)) is not None:
            console.print(f"{'adapter':<11} {store.path(ref) / 'adapter'}", highlight=False, soft_wrap=True)
            command = f"graft chat -c {shlex.quote(str(config))} --stage {stage}"
            console.print(f"{'try it':<11} {command}", highlight=False, soft_wrap=True)
            break


def stage_table(store: Store, record: RunRecord) -> Table:
    """A line a stage."""
    table = Table("stage", "", box=None)
    for title in ("in", "kept", "left out", "seconds"):
        table.add_column(title, justify="right")
    for entry in record.stages:
        table.add_row(*_cells(store, entry))
    return table


def _cells(store: Store, entry: StageRun) -> list[str]:
    if entry.ref is None:
        return [entry.stage, f"[red]{entry.state}[/]", "", "", "", f"{entry.seconds:.1f}"]
    manifest = store.manifest(entry.ref)
    colour = "green" if entry.state == "reused" else "yellow"
    counts = [f"{manifest.counts[name]:,}" if name in manifest.counts else "" for name in ("in", "kept")]
    left_out = f"{sum(manifest.rejects.values()):,}" if manifest.rejects else ""
    return [entry.stage, f"[{colour}]{escape(entry.state)}[/]", *counts, left_out, f"{entry.seconds:.1f}"]
