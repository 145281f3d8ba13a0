"""What the model is measured by and must not be trained on: this run's probes, and named evaluation sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat

from artifacts.records import Message, Probe, QAPair
from artifacts.stage import Work
from tasks.clean.config import CleanConfig
from tasks.clean.engine.start import Engine
from tasks.clean.evaluation import read_sets
from tasks.clean.privacy import sought
from tasks.clean.rows import Rows
from tasks.models.language.contamination import FILE, Contamination, Overlap
from tasks.models.language.leak import Guard
from tasks.models.language.private import with_masked


def without_leaks(work: Work[CleanConfig], engine: Engine, rows: Rows) -> Iterator[QAPair]:
    """Rows that ask what no held-out probe asks, however mappers and masks left them, and hold no question of a set.

    The questions go into the artifact: later stages hold their own rows against them.
    """
    overlaps: Iterable[Overlap | None] = repeat(None)
    if work.config.decontamination.sets:
        sets = read_sets(work.config.decontamination)
        work.counts["evaluation_questions"] = len(sets.questions)
        (work.out / FILE).write_text(sets.model_dump_json(), encoding="utf-8")
        overlaps = engine.map(overlapping, rows)
    guard = Guard(with_masked(work.read("generate", "probes.jsonl", Probe), sought(work.config.privacy)))
    with work.progress.task("decontamination", len(rows)) as progress:
        for pair, overlap in zip(rows, overlaps, strict=False):
            progress.advance()
            if (leak := guard.find(said(pair), pair.fact, quoted=True)) is not None:
                work.reject("probe_leak", pair, f"asks the question of probe {leak.probe}: {leak.question}")
            elif overlap is not None:
                work.reject("evaluation_leak", pair, overlap.told())
            else:
                yield pair


def overlapping(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[Overlap | None]]:
    """For an engine: what each row shares with a question of the evaluation sets."""
    guard = Contamination(read_sets(config.decontamination))
    return lambda pairs: [guard.find(said(pair)) for pair in pairs]


def said(pair: QAPair) -> tuple[Message, ...]:
    """All that is trained of a row, its steps too."""
    told: Message = {"role": "assistant", "content": pair.reply()}
    return (*pair.prompt(), told)
