"""The score of every row that a pass looked at, in about/scores.jsonl: there a bound can be chosen by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from artifacts.records import QAPair
from artifacts.stage import Work
from artifacts.store import ABOUT
from tasks.clean.config import CleanConfig

FILE = "scores.jsonl"


@contextmanager
def scores_of(work: Work[CleanConfig]) -> Iterator[TextIO]:
    """The file, to which each pass adds its lines."""
    path = work.out / ABOUT / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        yield file


def put_down(file: TextIO, by: str, pair: QAPair, keep: bool, score: Any, **more: Any) -> None:
    """A line of one row; `score` is null where there is none."""
    line = {"by": by, "id": pair.id, "language": pair.language, "keep": keep, "score": score, **more}
    file.write(json.dumps(line, ensure_ascii=False) + "\n")
