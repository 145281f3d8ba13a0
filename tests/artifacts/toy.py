"""A pipeline of two small stages over real files, to try the store with."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from artifacts.progress import Progress
from artifacts.records import Record, digest
from artifacts.stage import Outcome, StageConfig, Work, produce, unkeyed
from artifacts.store import Ref, Store


class Line(Record):
    id: str
    text: str


class ReadConfig(StageConfig):
    stage: ClassVar[str] = "parse"
    version: ClassVar[int] = 1
    source: Path
    upper: bool = False
    workers: int = unkeyed(1)

    def outside(self) -> dict[str, str]:
        return {path.name: digest(path.read_text(encoding="utf-8")) for path in sorted(self.source.iterdir())}


class CountConfig(StageConfig):
    stage: ClassVar[str] = "count"
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("parse",)


def read(work: Work[ReadConfig]) -> None:
    """One row for each different line of the source's files."""
    texts: dict[str, None] = {}
    for path in sorted(work.config.source.iterdir()):
        for line in path.read_text(encoding="utf-8").splitlines():
            work.counts["in"] += 1
            if line in texts:
                work.reject("duplicate", {"text": line}, path.name)
            texts.setdefault(line.upper() if work.config.upper else line)
    work.counts["kept"] = work.write("lines.jsonl", (Line(id=digest(text)[:8], text=text) for text in texts))


def count(work: Work[CountConfig]) -> None:
    work.counts["in"] = sum(1 for _ in work.read("parse", "lines.jsonl", Line))
    work.counts["kept"] = work.write("count.jsonl", [{"id": "count", "count": work.counts["in"]}])


def run_read(store: Store, config: ReadConfig, **options: bool) -> Outcome:
    return produce(store, config, {}, read, progress=Progress(terminal=False), **options)


def run_count(store: Store, parsed: Ref, config: CountConfig | None = None) -> Outcome:
    return produce(store, config or CountConfig(), {"parse": parsed}, count, progress=Progress(terminal=False))
