"""How makers of questions and answers treat the endpoint, side by side in one run over the same sections.

    python -m benchmarks.generate [--tool curator=PYTHON] [--tool sdg_hub=PYTHON] [--tool distilabel=PYTHON]
                                  [--tool synthetic_data_kit=PYTHON] [--budget] [--memory 1000 20000]

Each tool is named with the Python of the environment that it is installed in; Graft runs by its own command. All ask
one scripted endpoint, which answers by rule after `--latency` seconds, and which counts.

span         from the first request to the last answer, over what the calls take when `--concurrency` are always in
             flight: ceil(calls / concurrency) x latency. The best of the rounds, in which the tools take turns.
wall         seconds of the whole command, its imports and, for Graft, its parsing included
repeated     requests that had been sent before, after `kill -9` at half of the calls and the same command again
one more     requests after a document with one section came in, all else as it was
one less     requests after that document went away again
at 20 % cut  every fifth reply is cut off (finish_reason "length"): rows, of those without cuts; and the sections
             without any row for which the tool gives no reason
A run that takes longer than `--timeout` is killed and said to hang. --budget and --memory measure Graft alone.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.generators.documents import write_document, write_documents
from benchmarks.generators.endpoint import Teacher
from benchmarks.generators.own import WEIGHED, hold_budget, weigh
from benchmarks.generators.process import Ended, run
from benchmarks.generators.tools import DISTRIBUTIONS, ONE_REQUEST, Foreign, Graft, Made, Tool

PATIENCE = 40  # seconds that a round may take for a tool to have another
EXTRA = 9000  # number of the document that comes in
CUT = 0.2  # share of the replies


@dataclass(frozen=True)
class Bench:
    """What is the same for all tools."""

    work: Path
    documents: Path
    latency: float
    concurrency: int
    timeout: float

    def folder(self, name: str) -> Path:
        folder = self.work / name
        folder.mkdir()
        return folder

    def ideal(self, calls: int) -> float:
        return math.ceil(calls / self.concurrency) * self.latency

    def start(
        self, tool: Tool, folder: Path, teacher: Teacher, documents: Path, kill_when: Callable[[], bool] | None = None
    ) -> Ended:
        command = tool.command(documents, folder, teacher.url, self.concurrency)
        teacher.begin()
        return run(
            command,
            folder,
            timeout=self.timeout,
            environment=tool.environment(folder),
            kill_when=kill_when or (lambda: False),
        )


@dataclass
class Figures:
    """What one tool did."""

    calls: int = 0
    ratio: float = math.inf
    wall: float = math.inf
    in_flight: int = 0
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    killed: str = "–"
    more: str = "–"
    less: str = "–"
    cut: str = "–"
    lost: str = "–"
    fault: str = ""  # why there are no figures


def undisturbed(bench: Bench, tool: Tool, figures: Figures, turn: int) -> None:
    """One round; the first also sees a document come and go."""
    folder = bench.folder(f"{tool.name}-{turn}")
    documents = folder / "documents"
    shutil.copytree(bench.documents, documents)
    with Teacher(graft=tool.graft, latency=bench.latency) as teacher:
        ended = bench.start(tool, folder, teacher, documents)
        if fault := wrong(ended, folder):
            figures.fault = figures.fault or fault
            return
        figures.calls = teacher.calls
        figures.in_flight = max(figures.in_flight, teacher.counters.peak_in_flight)
        figures.ratio = min(figures.ratio, teacher.span / bench.ideal(teacher.calls))
        figures.wall = min(figures.wall, ended.seconds)
        if turn:
            return
        made = tool.made(folder)
        figures.rows = Counter(made.rows)
        extra = write_document(documents, EXTRA, 1)
        figures.more = again(bench, tool, folder, teacher, lambda after: after > figures.rows)
        extra.unlink()
        figures.less = again(bench, tool, folder, teacher, lambda after: after == figures.rows)


def again(
    bench: Bench, tool: Tool, folder: Path, teacher: Teacher, right: Callable[[Counter[tuple[str, str]]], bool]
) -> str:
    """Run once more: the requests, and whether the rows are those that they should be."""
    ended = bench.start(tool, folder, teacher, folder / "documents")
    if fault := wrong(ended, folder):
        return f"{teacher.calls}, {fault}"
    return f"{teacher.calls}" if right(Counter(tool.made(folder).rows)) else f"{teacher.calls}, wrong rows"


def killed(bench: Bench, tool: Tool, figures: Figures) -> None:
    """`kill -9` after half of the calls, and the same command again.

    What was answered in the last half of the latency may not have been stored yet, and counts as in flight.
    """
    folder = bench.folder(f"{tool.name}-killed")
    with Teacher(graft=tool.graft, latency=bench.latency) as teacher:
        answered, since = 0, math.inf

        def half() -> bool:
            nonlocal answered, since
            if since == math.inf and teacher.calls >= figures.calls // 2:
                answered, since = teacher.calls - teacher.counters.in_flight, time.perf_counter()
            return time.perf_counter() - since >= bench.latency / 2

        bench.start(tool, folder, teacher, bench.documents, half)
        in_flight = teacher.calls - answered
        time.sleep(2 * bench.latency)  # what was in flight is answered, and nobody hears it
        ended = bench.start(tool, folder, teacher, bench.documents)
        repeated = teacher.counters.repeated
        figures.killed = f"{repeated} (of {in_flight} in flight)"
        if fault := wrong(ended, folder):
            figures.killed += f", {fault}"
            return
        rows = Counter(tool.made(folder).rows)
        if twice := (rows - figures.rows).total():
            figures.killed += f", {twice} rows too many"
        if missing := (figures.rows - rows).total():
            figures.killed += f", {missing} rows missing"


def cut_off(bench: Bench, tool: Tool, figures: Figures) -> None:
    """A fifth of the replies is cut off."""
    folder = bench.folder(f"{tool.name}-cut")
    with Teacher(graft=tool.graft, latency=bench.latency, truncated=CUT) as teacher:
        ended = bench.start(tool, folder, teacher, bench.documents)
    if fault := wrong(ended, folder):
        figures.cut = fault
        return
    made = tool.made(folder)
    figures.cut = f"{len(made.rows) / figures.rows.total():.0%}"
    figures.lost = str(len(unexplained(made, figures)))


def unexplained(made: Made, figures: Figures) -> set[str]:
    """Sections that had rows without cuts, and now have neither a row nor a reason."""
    return {section for section, _ in figures.rows} - {section for section, _ in made.rows} - made.explained


def wrong(ended: Ended, folder: Path) -> str:
    """What kept a command from its end."""
    if ended.timed_out:
        return f"hung ({ended.seconds:.0f} s)"
    if ended.status:
        lines = (folder / "log.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"failed: {lines[-1][:160] if lines else ended.status}"
    return ""


def measure(bench: Bench, tools: list[Tool], rounds: int) -> dict[str, Figures]:
    figures = {tool.name: Figures() for tool in tools}
    for turn in range(rounds):
        for tool in tools:
            own = figures[tool.name]
            if not own.fault and not (turn and own.wall > PATIENCE):
                sys.stderr.write(f"{tool.name}: round {turn + 1}\n")
                undisturbed(bench, tool, own, turn)
    for step in (killed, cut_off):
        for tool in tools:
            if not figures[tool.name].fault:
                sys.stderr.write(f"{tool.name}: {step.__name__}\n")
                step(bench, tool, figures[tool.name])
    return figures


def table(figures: dict[str, Figures], tools: list[Tool]) -> str:
    lines = [
        "| tool | calls | span / ideal | wall | most in flight | repeated after kill -9 | one more | one less "
        "| rows at 20 % cut | sections lost silently |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for tool in tools:
        own = figures[tool.name]
        name = f"{tool.name} {tool.version}".strip()
        if own.fault:
            lines.append(f"| {name} | {own.fault} |" + " |" * 8)
            continue
        lines.append(
            f"| {name} | {own.calls} | {own.ratio:.2f} | {own.wall:.1f} s | {own.in_flight} | {own.killed} "
            f"| {own.more} | {own.less} | {own.cut} | {own.lost} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", action="append", default=[], metavar="NAME=PYTHON", help=", ".join(DISTRIBUTIONS))
    parser.add_argument("--sections", type=int, default=134)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3, help="0: no table")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds")
    parser.add_argument("--budget", action="store_true", help="whether a budget holds, and is gone on from")
    parser.add_argument("--memory", type=int, nargs="+", default=[], metavar="SECTIONS", help="at no latency")
    parser.add_argument("--keep", type=Path, help="a new folder to work in, which is kept")
    arguments = parser.parse_args()
    own = [Graft("graft direct", ONE_REQUEST), Graft("graft facts", {})]
    tools: list[Tool] = [*own, *(Foreign(*named.split("=", 1)) for named in arguments.tool)]
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.keep.absolute() if arguments.keep else Path(temporary)
        work.mkdir(exist_ok=True)
        documents = work / "documents"
        write_documents(documents, arguments.sections)
        bench = Bench(work, documents, arguments.latency, arguments.concurrency, arguments.timeout)
        if arguments.rounds:
            print(table(measure(bench, tools, arguments.rounds), tools), flush=True)
        for tool in own if arguments.budget else ():
            print(hold_budget(tool, work, documents, bench.latency, bench.concurrency), flush=True)
        if arguments.memory:
            print(WEIGHED)
        for tool in own:
            for sections in arguments.memory:
                print(weigh(tool, work, sections, bench.concurrency), flush=True)


if __name__ == "__main__":
    main()
