"""Reading the store on a terminal: runs, artifacts, what was left out, lineage, garbage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Column, Table

from artifacts.gc import Garbage
from artifacts.lineage import Hit, Lineage, trace
from artifacts.report.story import Story
from artifacts.runs import RunRecord, read_run, runs
from artifacts.store import ABOUT, PAGE, Manifest, Ref, Store, StoreError

WIDTH = 300  # characters of a row that are shown
MORE = "<!-- more -->"  # in a stage's page, before what is shown on request
COLOURS = {"done": "green", "failed": "red", "running": "cyan", "interrupted": "yellow"}


def print_status(store: Store, count: int) -> None:
    """The latest runs, a line each, and the error of those that failed."""
    console, table = Console(), Table(Column("run", no_wrap=True), "name", "state", "took", "stages", box=None)
    records = runs(store)[:count]
    if not records:
        raise StoreError(f"{store.root}: no run yet; start one with `graft run`")
    for record in records:
        state = f"[{COLOURS[record.state]}]{record.state}[/]"
        table.add_row(record.id, escape(record.name), state, _took(record), _stages(record))
    console.print(table)
    for record in records:
        for entry in record.stages:
            if entry.error:
                console.print(f"[red]{record.id} {entry.stage}:[/] {escape(entry.error)}")


def _stages(record: RunRecord) -> str:
    """Such as `parse to mix reused, sft made`."""
    spans = []
    for state, entries in groupby(record.stages, key=lambda entry: entry.state):
        names = [entry.stage for entry in entries]
        spans.append(f"{names[0]} to {names[-1]} {state}" if len(names) > 1 else f"{names[0]} {state}")
    return ", ".join(spans)


def _took(record: RunRecord) -> str:
    if not record.ended:
        return ""
    seconds = (datetime.fromisoformat(record.ended) - datetime.fromisoformat(record.started)).total_seconds()
    return f"{seconds / 60:.0f} min" if seconds > 600 else f"{seconds:.1f} s"


def print_funnel(store: Store, run: str = "") -> None:
    """From documents to training rows, of a run or of the latest, each loss with its reason."""
    record = read_run(store, run) if run else next(iter(runs(store)), None)
    if record is None:
        raise StoreError(f"{store.root}: no run yet; start one with `graft run`")
    table = Table("", "of", Column("in", justify="right"), "left out, and why", box=None)
    table.add_column("out", justify="right")
    for step in Story(store, record).funnel:
        told = [f"+ {count:,} {name}" for name, count in step.added]
        told += [f"{count:,} {reason.replace('_', ' ')}" for reason, count in step.left]
        told += [f"{step.gap:,} unaccounted for"] if step.gap else []
        table.add_row(step.title, step.what, f"{step.came:,}", escape("\n".join(told)), f"{step.kept:,}")
    Console().print(f"run {record.id}", table, sep="\n", highlight=False)


def find_artifact(store: Store, what: str) -> Ref:
    """The newest artifact of a stage, or the one whose key or digest starts so."""
    if (latest := store.latest(what)) is not None:
        return latest
    refs = list(store.refs())
    found = [ref for ref in refs if ref.key.startswith(what) or ref.digest.startswith(what)]
    if len(found) == 1:
        return found[0]
    stages = ", ".join(sorted({ref.stage for ref in refs})) or "none"
    told = f"{len(found)} artifacts start so; give more of the key" if found else f"stages that have one: {stages}"
    raise StoreError(f"{store.root}: no one artifact is called {what!r}; {told}")


def print_artifact(store: Store, what: str, *, rows: int, rejects: bool, whole: bool = False) -> None:
    """An artifact's manifest in words, and what it shows of itself or the first rows of its files; or its rejects."""
    console, ref = Console(), find_artifact(store, what)
    folder, manifest = store.path(ref), store.manifest(ref)
    if rejects:
        shown = list(islice(_lines(folder / ABOUT / "rejects.jsonl"), rows)) if rows else []
        for reason, count in manifest.rejects.items():
            console.print(f"{escape(reason)}: {count:,}")
        if not manifest.rejects:
            console.print(f"{manifest.stage} left nothing out")
        for row in shown:
            console.print(f"\n[bold]{escape(row['reason'])}[/] {escape(row['detail'])}\n{_brief(row['record'])}")
        if (more := sum(manifest.rejects.values()) - len(shown)) > 0:
            console.print(f"\nand {more:,} more; --rows {len(shown) + more} shows all")
        return
    console.print(_facts(manifest, folder))
    if rows and (page := folder / ABOUT / PAGE).is_file():
        summary, mark, details = page.read_text(encoding="utf-8").partition(MORE)
        console.print(Markdown(summary + details if whole else summary))
        if mark and not whole:
            console.print(f"the whole page, with histograms and examples: graft show {escape(what)} --page")
        return
    for file in manifest.files:
        if file.rows and rows and not file.path.startswith(f"{ABOUT}/"):
            console.print(f"\n[bold]{escape(file.path)}[/] ({file.rows:,} rows)")
            for row in islice(_lines(folder / file.path), rows):
                console.print(_brief(row))


def _facts(manifest: Manifest, folder: Path) -> Table:
    table = Table(box=None, show_header=False)
    table.add_row("stage", f"{manifest.stage}, version {manifest.version}")
    table.add_row("folder", escape(str(folder)))
    table.add_row("made", f"{manifest.created} by run {manifest.run} in {manifest.spent.seconds:.1f} s")
    for name, ref in manifest.inputs.items():
        table.add_row("from", f"{name} {ref.key[:16]}")
    for name, count in manifest.counts.items():
        table.add_row(name, f"{count:,}")
    for reason, count in manifest.rejects.items():
        table.add_row("left out", f"{escape(reason)}: {count:,}")
    for role, model in manifest.models.items():
        table.add_row(f"model, {role}", escape(model))
    for note in manifest.notes:
        table.add_row("note", escape(note))
    for file in manifest.files:
        table.add_row("file", f"{escape(file.path)}, {file.size:,} bytes")
    return table


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _brief(row: dict[str, Any]) -> str:
    text = json.dumps(row, ensure_ascii=False)
    return escape(text if len(text) <= WIDTH else text[:WIDTH] + " ...")


def print_lineage(store: Store, wanted: str) -> None:
    """Where a row came from, where it went, and the models that were trained on it."""
    found = trace(store, wanted)
    if not (found.hits or found.left_out):
        raise StoreError(
            f"{store.root}: no row, fact, document or file is called {wanted!r}; `graft show STAGE` has ids"
        )
    console = Console()
    _print_rows(console, found, store)
    for section in list(found.sections.values())[:10]:
        page = f", page {section['page']}" if section.get("page") else ""
        console.print(
            f"from {escape(section['file'])}{page}: {escape(' > '.join(section['headings']) or '(no heading)')}"
        )
        console.print(f"  section {section['id']} of document {section['document'][:16]}")
    if len(found.sections) > 10:
        console.print(f"  and {len(found.sections) - 10} more sections")
    for (stage, reason), count in sorted(found.left_out.items()):
        console.print(f"left out by {stage}: {escape(reason)} ({count:,})")
    for manifest in found.models:
        console.print(f"trained: {manifest.stage} {manifest.key[:16]}, {manifest.created}, run {manifest.run}")
    if not found.models:
        console.print("no model was trained on it")


def _print_rows(console: Console, found: Lineage, store: Store) -> None:
    by_file: dict[tuple[Ref, str], list[Hit]] = {}
    for hit in found.hits:
        by_file.setdefault((hit.ref, hit.file), []).append(hit)
    for (ref, file), hits in by_file.items():
        rows = f"{len(hits):,} row{'s' if len(hits) > 1 else ''}"
        newest = ", the newest" if ref == store.latest(ref.stage) else ""
        console.print(f"{ref.stage} {ref.key[:16]}/{escape(file)}: {rows}{newest}")
        if len(hits) == 1:
            console.print(f"  {_brief(hits[0].row)}")


def print_garbage(found: list[Garbage], *, dry_run: bool) -> None:
    """What went, or would go."""
    console, table = Console(), Table("folder", "what", "run", "MB", "days old", box=None)
    for garbage in found:
        place = f"{garbage.path.parent.name}/{garbage.path.name}"
        table.add_row(place, garbage.what, garbage.run, f"{garbage.bytes / 1e6:.1f}", f"{garbage.age / 86400:.1f}")
    if found:
        console.print(table)
    total = sum(garbage.bytes for garbage in found) / 1e6
    console.print(f"{'Would remove' if dry_run else 'Removed'} {len(found)} folders, {total:.1f} MB")
