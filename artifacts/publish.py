"""The one room of the store that knows Prefect: a stage's outcome as a task state and as an artifact in the UI."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.states import Completed

from artifacts.records import Reject, read_jsonl
from artifacts.report.pages import escape_markdown
from artifacts.runs import Run
from artifacts.stage import C, Outcome, Work, produce
from artifacts.store import ABOUT, PAGE, Manifest, Ref, Store

log = logging.getLogger("graft")

STOPPED = "stopped by Ctrl-C"  # what a run says of the stage that it was at
SAMPLE_ROWS = 3
REJECTS = 3  # of each reason
NAMES = ("question", "file", "id")  # what a reject is told by: the first of these that its record has
NAME_WIDTH = 60  # characters, so that the columns behind it stay in sight
SAMPLE_WIDTH = 200
FIGURES_LENGTH = 4000


def run_stage(
    run: Run, config: C, inputs: Mapping[str, Ref], make: Callable[[Work[C]], None], **beside: Ref
) -> Ref | State[Ref]:
    """Make or reuse a stage's artifact, write it into the run's record and, inside a Prefect task, into the UI.

    `beside` are artifacts that the stage checks itself against and does not make anything from.
    Returns the artifact's Ref or, inside a Prefect task where it was reused, a `Completed` state named `Cached`.
    """
    stage, started = config.stage, time.monotonic()
    context = TaskRunContext.get()
    flow_run = str(context.task_run.flow_run_id or "") if context else ""
    log.info("%s: started", stage)
    try:
        outcome = produce(
            run.store,
            config,
            inputs,
            make,
            beside=beside,
            progress=run.progress,
            force=stage in run.force,
            run=run.record.id,
            flow_run=flow_run,
            git=run.git,
        )
    except BaseException as error:
        said = STOPPED if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        run.failed(stage, said, time.monotonic() - started)
        raise
    run.done(stage, outcome)
    manifest = run.store.manifest(outcome.ref)
    log.info("%s: %s", stage, one_line(manifest, outcome))
    if context is None:
        return outcome.ref
    text = summary(run.store, manifest, outcome)
    create_markdown_artifact(key=f"graft-{stage}", markdown=text, description=one_line(manifest, outcome))
    if outcome.reused:
        return Completed(
            name="Cached", message=f"{stage} {outcome.ref.digest[:12]} was there already", data=outcome.ref
        )
    return outcome.ref


def one_line(manifest: Manifest, outcome: Outcome) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in manifest.counts.items())
    how = "cached" if outcome.reused else f"made in {outcome.seconds:.1f} s"
    return f"{how}; {manifest.facts.get('headline') or counts or f'{manifest.rows} rows'}"


def summary(store: Store, manifest: Manifest, outcome: Outcome) -> str:
    """The stage's Markdown artifact: what was kept and left out, why it ran, and what the stage
    itself has to show, or else its figures and a few rows."""
    lines = [f"# {manifest.stage}: {'cached' if outcome.reused else 'made'}", ""]
    lines += [f"Artifact `{outcome.ref.key[:16]}`, digest `{outcome.ref.digest[:16]}`, {manifest.bytes:,} bytes.", ""]
    lines += [f"- why: {escape_markdown(reason)}" for reason in outcome.why]
    lines += [f"- note: {escape_markdown(note)}" for note in manifest.notes]
    lines += ["", "| what | count |", "|---|---|"]
    lines += [f"| {escape_markdown(name)} | {count:,} |" for name, count in manifest.counts.items()]
    lines += [f"| left out: {escape_markdown(reason)} | {count:,} |" for reason, count in manifest.rejects.items()]
    lines += _left_out(store.path(outcome.ref) / ABOUT / "rejects.jsonl")
    page = store.path(outcome.ref) / ABOUT / PAGE
    if page.is_file():
        return "\n".join([*lines, "", page.read_text(encoding="utf-8")])
    if manifest.facts:
        figures = json.dumps(manifest.facts, ensure_ascii=False, indent=1)
        lines += ["", "## figures", "```json", _cut(figures, FIGURES_LENGTH), "```"]
    for file in manifest.files:
        if file.rows:
            lines += ["", f"## {file.path} ({file.rows:,} rows)", *_sample(store, outcome.ref, file.path)]
    return "\n".join(lines)


def _left_out(path: Path) -> list[str]:
    """The first rejects of each reason, with what they are about."""
    shown: Counter[str] = Counter()
    lines = ["", "| why | left out | what was seen, what to do |", "|---|---|---|"]
    for reject in read_jsonl(path, Reject):
        shown[reject.reason] += 1
        if shown[reject.reason] <= REJECTS:
            named = next((reject.record[name] for name in NAMES if reject.record.get(name)), "")
            cells = (reject.reason, _cut(str(named), NAME_WIDTH), _cut(reject.detail, SAMPLE_WIDTH))
            lines.append(f"| {' | '.join(map(escape_markdown, cells))} |")
    return lines if shown else []


def _sample(store: Store, ref: Ref, name: str) -> list[str]:
    lines = ["```json"]
    with (store.path(ref) / name).open(encoding="utf-8") as file:
        for _, line in zip(range(SAMPLE_ROWS), file, strict=False):
            row: dict[str, Any] = json.loads(line)
            lines.append(_cut(json.dumps(row, ensure_ascii=False), SAMPLE_WIDTH))
    return [*lines, "```"]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + " ..."
