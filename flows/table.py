"""What `graft run` ends with: what each stage kept and left out, what the model learned, and where things lie."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from artifacts.runs import RunRecord, StageRun
from artifacts.store import Store
from tasks.evaluate.scores import ALL, Invented, Scores, Tally

MODELS = ("base", "sft", "aligned")


def print_summary(store: Store, record: RunRecord, config: Path, overrides: Sequence[str]) -> None:
    """The tables and paths of a run that is done, and the command to talk to its model."""
    console = Console()
    console.print(stage_table(store, record))
    for stage, note in notes(store, record):
        console.print(f"[yellow]{stage}:[/] {escape(note)}", highlight=False, soft_wrap=True)
    if (ref := record.ref("evaluate")) is not None:
        scores = Scores.model_validate_json((store.path(ref) / "scores.json").read_text(encoding="utf-8"))
        console.print()
        console.print(score_table(scores))
        for line in verdict_lines(scores):
            console.print(line, highlight=False, soft_wrap=True)
    folder = store.root / "runs" / record.id
    for path in sorted(folder.glob("*.*")):
        console.print(escape(f"{path.stem:<11} {path}"), highlight=False, soft_wrap=True)
    for stage in ("align", "sft"):
        if (ref := record.ref(stage)) is not None:
            console.print(escape(f"{'adapter':<11} {store.path(ref) / 'adapter'}"), highlight=False, soft_wrap=True)
            place = [word for override in overrides if override.startswith("store=") for word in ("--set", override)]
            command = shlex.join(["graft", "chat", "-c", str(config), *place, "--stage", stage])
            console.print(escape(f"{'try it':<11} {command}"), highlight=False, soft_wrap=True)
            break


def stage_table(store: Store, record: RunRecord) -> Table:
    """A line a stage."""
    table = Table("stage", "", box=None)
    for title in ("in", "kept", "left out", "seconds"):
        table.add_column(title, justify="right")
    for entry in record.stages:
        table.add_row(*_cells(store, entry))
    return table


def notes(store: Store, record: RunRecord) -> Iterator[tuple[str, str]]:
    """(stage, what a reader must know), of all artifacts of the run."""
    for entry in record.stages:
        if entry.ref is not None:
            yield from ((entry.stage, note) for note in store.manifest(entry.ref).notes)


def verdict_lines(scores: Scores) -> Iterator[str]:
    """Whether the model passed, with the figures in a sentence, and each gate that it failed."""
    verdict = scores.verdict
    told = "[green]passed[/]" if verdict.passed else "[red]did not pass[/]"
    yield f"{told}: {escape(verdict.headline)}"
    yield from (f"  {gate.name}: {escape(gate.reason)}" for gate in verdict.gates if not gate.passed)


def score_table(scores: Scores) -> Table:
    """What the base, the fine-tuned and the aligned model knew, kept and made up."""
    table = Table("closed book", "language", box=None)
    for title in ("questions", "before", "after SFT", "after DPO"):
        table.add_column(title, justify="right")
    recall = scores.recall
    for language in _all_last(recall["base"]):
        for kind in _all_last(recall["base"][language]):
            title = "recall" if kind == ALL else f"recall, {kind}"
            table.add_row(title, language, *_shares([recall[model][language].get(kind) for model in MODELS]))
    for language in _all_last(scores.retention["base"]):
        tallies = [scores.retention[model].get(language) for model in MODELS]
        table.add_row("general ability", language, *_shares(tallies))
        if scores.kept_by == "f1":
            f1 = (f"{tally.f1:.2f}" if tally and tally.total else "-" for tally in tallies)
            table.add_row("general ability, F1", language, "", *f1)
    for title, measure in (("invented answers", scores.hallucination), ("false premises accepted", scores.accepted)):
        for language in _all_last(measure["base"]):
            table.add_row(title, language, *_shares([measure[model].get(language) for model in MODELS]))
    return table


def _all_last(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name == ALL, name))


def _shares(parts: Sequence[Tally | Invented | None]) -> list[str]:
    total = next((part.total for part in parts if part), 0)
    return [f"{total:,}", *(f"{part.share:.1%}" if part and part.total else "-" for part in parts)]


def _cells(store: Store, entry: StageRun) -> list[str]:
    if entry.ref is None:
        return [entry.stage, f"[red]{entry.state}[/]", "", "", "", f"{entry.seconds:.1f}"]
    manifest = store.manifest(entry.ref)
    colour = "green" if entry.state == "reused" else "yellow"
    counts = [f"{manifest.counts[name]:,}" if name in manifest.counts else "" for name in ("in", "kept")]
    left_out = f"{sum(manifest.rejects.values()):,}" if manifest.rejects else ""
    return [entry.stage, f"[{colour}]{escape(entry.state)}[/]", *counts, left_out, f"{entry.seconds:.1f}"]
