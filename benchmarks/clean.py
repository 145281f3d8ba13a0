"""How fast rows are cleaned, and in how much memory, by Graft and by what it is built on.

    python -m benchmarks.clean --rows 10000 100000 300000 [--rounds 3] [--only "graft clean" "data-juicer"]

The rows are made from a seed: questions and answers in English and Chinese, with 5 % near-duplicates. Each contestant
runs in a fresh process with the preset's operators, and they take turns in each round.

rows/s       rows over the seconds of the whole command, its imports included: the best of the rounds
CPU          processor seconds of all of its processes; another's work on the machine tells less on these
memory       the most that was resident in all of its processes at a time; what they share is counted for each
graft / it   the seconds of Graft's stage over those of this one; in brackets, of CPU
kept         rows that it left. data-juicer's deduplicator drops what simhash finds near (at its default distance, since
             at the preset's its pairs grow with the square of the rows); Graft compares first

graft clean                       the whole stage: rejects, statistics, verified duplicates, digests
data-juicer                       `NestedDataset.process` with num_proc, as its own command runs the operators
data-juicer's operators ...       called on chunks of rows in processes, which is the least that they can take
simhash alone                     hashes and near pairs of one text a row with simhash-pybind, in one process
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from artifacts.records import write_jsonl
from benchmarks.cleaning.contestants import CONTESTANTS
from benchmarks.cleaning.rows import rows
from benchmarks.generators.process import Ended, run

BASE = "graft clean"
HOUR = 3600.0
HEADER = (
    "| rows | cleaner | seconds | CPU | rows/s | memory | graft / it (of CPU) | kept |\n|--:|---" + "|--:" * 6 + "|"
)


@dataclass(frozen=True)
class Measured:
    """A contestant's run."""

    ended: Ended
    cpu: float  # seconds
    kept: str  # rows, or why there are none


def measure(name: str, source: Path, work: Path, workers: int) -> Measured:
    folder = work / "contestant"
    folder.mkdir()
    command = [sys.executable, "-m", "benchmarks.cleaning.contestants", name, str(source), str(folder), str(workers)]
    here = {"PYTHONPATH": str(Path(__file__).parents[1]), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    before = processor_seconds()
    ended = run(command, folder, timeout=HOUR, environment=here, weigh=True)
    cpu = processor_seconds() - before
    said = (folder / "log.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines() or [""]
    shutil.rmtree(folder)
    return Measured(ended, cpu, said[-1].removeprefix("kept ") if ended.status == 0 else f"failed: {said[-1][:160]}")


def processor_seconds() -> float:
    """Of all processes that ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def contest(names: list[str], count: int, rounds: int, workers: int, work: Path) -> None:
    """Print the lines of one size."""
    source = work / f"{count}.jsonl"
    write_jsonl(source, rows(count))
    best: dict[str, Measured] = {}
    for _ in range(rounds):
        for name in names:
            sys.stderr.write(f"{count:,} rows: {name}\n")
            found = measure(name, source, work, workers)
            if name not in best or found.ended.seconds < best[name].ended.seconds:
                best[name] = found
    own = best.get(BASE)
    for name, found in best.items():
        seconds, megabytes = found.ended.seconds, found.ended.megabytes
        ratio = f"{own.ended.seconds / seconds:.2f} ({own.cpu / found.cpu:.2f})" if own else "–"
        print(
            f"| {count:,} | {name} | {seconds:.1f} s | {found.cpu:.1f} s | {count / seconds:,.0f} "
            f"| {megabytes:,.0f} MB | {ratio} | {found.kept} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=list(CONTESTANTS), choices=list(CONTESTANTS))
    arguments = parser.parse_args()
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory() as work:
        for count in arguments.rows:
            contest(arguments.only, count, arguments.rounds, arguments.workers, Path(work))


if __name__ == "__main__":
    main()
