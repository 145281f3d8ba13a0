"""The work that is done on rows, made once in each process that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from artifacts.records import QAPair
from tasks.clean.config import CleanConfig
from tasks.clean.rows import Rows

T = TypeVar("T")
Work = Callable[[Sequence[QAPair]], list[T]]
"""Gives something for each row."""
Make = Callable[[CleanConfig], Work[T]]
"""Makes the work in the process that does it: a function at the top of a module, which a process finds by its name."""

CHUNK = 500  # rows that are worked on together


def chunks(rows: Rows) -> Iterator[list[bytes]]:
    """The rows as JSON, some at a time: to send lines costs a twentieth of what it costs to send rows."""
    lines = rows.lines()
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def work_on(make: Make[T], config: str, lines: Sequence[bytes]) -> list[T]:
    """What the work makes of rows, which, as the configuration, come as JSON."""
    found = made(make, config)([QAPair.model_validate_json(line) for line in lines])
    if len(found) != len(lines):
        raise ValueError(f"{make.__name__} made {len(found)} of {len(lines)} rows; it must give one for each")
    return found


@lru_cache(maxsize=4)
def made(make: Make[T], config: str) -> Work[T]:
    return make(CleanConfig.model_validate_json(config))
