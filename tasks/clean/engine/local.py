"""Rows worked on in this process, or in as many as there are cores where rows are many."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

from artifacts.records import QAPair
from tasks.clean.config import CleanConfig

T = TypeVar("T")
Work = Callable[[Sequence[QAPair]], list[T]]
"""Gives something for each row."""
Make = Callable[[CleanConfig], Work[T]]
"""Makes the work in the process that does it: a function at the top of a module, which a process finds by its name."""

CHUNK = 500  # rows
FEW = 4000  # rows, up to which starting processes (each imports data-juicer) takes longer than the work
AHEAD = 2  # chunks for each process that wait for it: more would only fill memory


class Local:
    """An engine: `map` gives what the work made of each row, in the order of the rows."""

    def __init__(self, config: CleanConfig, rows: int) -> None:
        self._config = config
        workers = config.workers or os.cpu_count() or 1
        self._workers = workers if rows > FEW else 1
        self._pool: ProcessPoolExecutor | None = None

    def map(self, make: Make[T], pairs: Iterable[QAPair]) -> Iterator[T]:
        """What `make(config)` makes of each row; memory holds some chunks at a time."""
        if self._workers == 1:
            for chunk in chunks(pairs):
                yield from _made(make, self._config.model_dump_json())(chunk)
            return
        self._pool = self._pool or ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"))
        values, waiting = self._config.model_dump_json(), deque[Future[list[T]]]()
        for chunk in chunks(pairs):
            waiting.append(self._pool.submit(_work, make, values, chunk))
            if len(waiting) > self._workers * AHEAD:
                yield from waiting.popleft().result()
        for future in waiting:
            yield from future.result()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def chunks(pairs: Iterable[QAPair]) -> Iterator[list[QAPair]]:
    rows = iter(pairs)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _work(make: Make[T], config: str, chunk: Sequence[QAPair]) -> list[T]:
    return _made(make, config)(chunk)


@lru_cache(maxsize=4)
def _made(make: Make[T], config: str) -> Work[T]:
    return make(CleanConfig.model_validate_json(config))
