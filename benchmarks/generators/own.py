"""What only Graft is measured for: that a budget holds, and how its memory grows with the sections."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.generators.documents import write_documents
from benchmarks.generators.endpoint import Teacher
from benchmarks.generators.process import Ended, run
from benchmarks.generators.tools import Graft

INPUT_PRICE, OUTPUT_PRICE = 1.0, 4.0  # for a million tokens
PATIENCE = 3600.0  # seconds that a run may take


def hold_budget(tool: Graft, work: Path, documents: Path, latency: float, concurrency: int) -> str:
    """Make the rows with no limit; then with half of that money, and once more with that limit gone."""
    prices = {"prices": {"scripted": {"input": INPUT_PRICE, "output": OUTPUT_PRICE}}}

    def go(folder: Path, teacher: Teacher, **dials: object) -> tuple[float, Ended]:
        """The money that the endpoint billed for this run."""
        before = billed(teacher)
        priced = Graft(tool.name, {**tool.generate, **prices, **dials})
        teacher.begin()
        ended = run(priced.command(documents, folder, teacher.url, concurrency), folder, timeout=PATIENCE)
        time.sleep(2 * latency)
        return billed(teacher) - before, ended

    with Teacher(graft=True, latency=latency) as teacher:
        whole, _ = go(_folder(work, f"{tool.name}-unlimited"), teacher)
        calls = teacher.calls
    with Teacher(graft=True, latency=latency) as teacher:
        folder = _folder(work, f"{tool.name}-limited")
        spent, stopped = go(folder, teacher, budget={"money": whole / 2})
        first = teacher.calls
        _, raised = go(folder, teacher)
    return (
        f"{tool.name}: {spent:.4f} of a budget of {whole / 2:.4f} was billed for {first} requests (overshoot "
        f"{max(0.0, spent - whole / 2):.4f}; exit code {stopped.status}); with the limit gone, {teacher.calls} more "
        f"(exit code {raised.status}), in all {first + teacher.calls} of {calls} without a limit, "
        f"{teacher.counters.paid_again} paid twice"
    )


def billed(teacher: Teacher) -> float:
    counters = teacher.counters
    return (counters.input_tokens * INPUT_PRICE + counters.output_tokens * OUTPUT_PRICE) / 1e6


def weigh(tool: Graft, work: Path, sections: int, concurrency: int) -> str:
    """A line of the table: the run of `generate` alone, over sections that were read before, at no latency."""
    folder = _folder(work, f"{tool.name}-{sections}")
    documents = folder / "documents"
    write_documents(documents, sections)
    with Teacher(graft=True, latency=0.0, keep_requests=False) as teacher:
        run(tool.command(documents, folder, teacher.url, concurrency, until="parse"), folder, timeout=PATIENCE)
        command = tool.command(documents, folder, teacher.url, concurrency)
        ended = run(command, folder, timeout=PATIENCE, weigh=True)
        rows = len(tool.made(folder).rows)
        return (
            f"| {tool.name} | {sections} | {teacher.calls} | {rows} | {ended.seconds:.0f} s "
            f"| {ended.megabytes:.0f} MB | {ended.status} |"
        )


WEIGHED = "| tool | sections | calls | rows | wall | most memory | exit code |\n|---|--:|--:|--:|--:|--:|--:|"


def _folder(work: Path, name: str) -> Path:
    folder = work / name
    folder.mkdir()
    return folder
