"""What is written of each row after the steps, made where the steps are: the stage's own process only copies it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from artifacts.records import QAPair
from tasks.clean.config import CleanConfig
from tasks.clean.rows import Left, Outcome
from tasks.clean.steps import steps


class Written(NamedTuple):
    """A row after the steps, as JSON."""

    row: bytes  # as it stays or, where it is left out, as it may be told
    statistics: str  # {"id": ..., "language": ..., "stats": [what each filter measured]}
    left: Left | None
    counts: tuple[str, ...]


def written(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[Written]]:
    work_on = steps(config)

    def write(pairs: Sequence[QAPair]) -> list[Written]:
        return [_written(*each) for each in zip(pairs, work_on(pairs), strict=True)]

    return write


def _written(read: QAPair, outcome: Outcome) -> Written:
    row = read if outcome.left and not outcome.left.masked else outcome.pair
    statistics = json.dumps({"id": read.id, "language": read.language, "stats": outcome.statistics}, ensure_ascii=False)
    return Written(row.model_dump_json().encode(), statistics, outcome.left, outcome.counts)
