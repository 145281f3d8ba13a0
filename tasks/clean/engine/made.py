"""The work that is done on rows, made once in each process that does it."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

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


def answer(make: Make[T], config: str, lines: Sequence[bytes]) -> bytes:
    """What the work makes of rows, or the exception that it raises, pickled; rows and configuration come as JSON."""
    try:
        found = made(make, config)([QAPair.model_validate_json(line) for line in lines])
        if len(found) != len(lines):
            raise ValueError(f"{make.__name__} made {len(found)} of {len(lines)} rows; it must give one for each")
        return pickle.dumps(found)
    except Exception as error:
        error.add_note(f"where clean works on rows:\n{traceback.format_exc()}")
        try:
            pickle.loads(pickled := pickle.dumps(error))  # noqa: S301
        except Exception:  # one that pickle can't make again
            return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))
        return pickled


def opened(pickled: bytes) -> list[Any]:
    """What an answer says: the work, or its exception raised."""
    found = pickle.loads(pickled)  # noqa: S301 - of a process that this one started
    if isinstance(found, Exception):
        raise found
    return found  # type: ignore[no-any-return]


@lru_cache(maxsize=4)
def made(make: Make[T], config: str) -> Work[T]:
    return make(CleanConfig.model_validate_json(config))
