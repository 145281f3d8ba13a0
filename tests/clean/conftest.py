"""Runs clean on rows that a test names, through a real store."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from artifacts.progress import Progress
from artifacts.records import Fact, Probe, QAPair, Reject, read_jsonl
from artifacts.stage import StageConfig, Work, produce
from artifacts.store import Manifest, Store
from tasks.clean.config import CleanConfig
from tasks.clean.task import make

PROGRESS = Progress(terminal=False)


class Generated(StageConfig):
    stage: ClassVar[str] = "generate"
    version: ClassVar[int] = 1

    rows: str = ""


@dataclass
class Cleaned:
    manifest: Manifest
    pairs: list[QAPair]
    rejects: list[Reject]
    statistics: dict[str, dict[str, Any]]

    @property
    def ids(self) -> list[str]:
        return [pair.id for pair in self.pairs]

    def reject(self, id_: str) -> Reject:
        (found,) = [reject for reject in self.rejects if reject.record["id"] == id_]
        return found


def pair(id_: str, question: str, answer: str, **values: Any) -> QAPair:
    return QAPair(id=id_, question=question, answer=answer, **{"fact": f"fact of {id_}", **values})


Run = Callable[..., Cleaned]


@pytest.fixture
def cleaned(tmp_path: Path) -> Run:
    store = Store(tmp_path / "store")

    def run(pairs: Sequence[QAPair], probes: Sequence[Probe] = (), **dials: Any) -> Cleaned:
        def generate(work: Work[Generated]) -> None:
            facts = dict.fromkeys(row.fact for row in pairs if row.kind != "section")
            work.write("facts.jsonl", (Fact(id=fact, subject="", claim="", value="") for fact in facts))
            work.write("qa.jsonl", pairs)
            work.write("probes.jsonl", probes)
            ids = dict.fromkeys(row.fact for row in pairs if row.kind == "fact")
            work.write("facts.jsonl", [Fact(id=fact, subject="", claim="", value="") for fact in ids])

        rows = json.dumps([row.model_dump_json() for row in (*pairs, *probes)])
        given = produce(store, Generated(rows=rows), {}, generate, progress=PROGRESS).ref
        ref = produce(store, CleanConfig(**dials), {"generate": given}, make, progress=PROGRESS).ref
        folder = store.path(ref)
        statistics = map(json.loads, (folder / "about/stats.jsonl").read_text(encoding="utf-8").splitlines())
        return Cleaned(
            store.manifest(ref),
            list(read_jsonl(folder / "qa.jsonl", QAPair)),
            list(read_jsonl(folder / "about/rejects.jsonl", Reject)),
            {row["id"]: row for row in statistics},
        )

    return run
