"""Rows worked on in this process, and in processes beside it where that takes less time."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path
from queue import SimpleQueue

from artifacts.stage import StageError
from tasks.clean.config import CleanConfig
from tasks.clean.engine.made import Make, T, answer, chunks, made, opened
from tasks.clean.rows import Rows

PAYS = 10.0  # seconds of work from which processes pay: each imports data-juicer first, in 4 seconds of a core
AHEAD = 2  # chunks for each process, with the one that it works on: more would only fill memory
ROOT = Path(__file__).parents[3]  # where a process finds this package, wherever this one runs


class Local:
    """An engine: `map` gives what the work made of each row, in the order of the rows."""

    def __init__(self, config: CleanConfig) -> None:
        self._config = config.model_dump_json()
        self._workers = config.workers or os.cpu_count() or 1
        self._children: list[_Child] = []
        self._idle = SimpleQueue[_Child]()
        self._threads: ThreadPoolExecutor | None = None  # one for each process, which waits for its answers

    def map(self, make: Make[T], rows: Rows) -> Iterator[T]:
        """What `make(config)` makes of each row; memory holds some chunks at a time."""
        pieces = chunks(rows)
        if not self._children:
            yield from self._here(make, pieces, len(rows))
        yield from self._beside(make, pieces)

    def _here(self, make: Make[T], pieces: Iterator[list[bytes]], left: int) -> Iterator[T]:
        """Work in this process, as long as what is left does not pay for others."""
        made(make, self._config)
        seconds, worked = 0.0, 0
        for lines in pieces:
            started = time.monotonic()
            found = opened(answer(make, self._config, lines))
            seconds, worked, left = seconds + time.monotonic() - started, worked + len(lines), left - len(lines)
            yield from found
            if self._workers > 1 and left * seconds / worked >= PAYS:
                return

    def _beside(self, make: Make[T], pieces: Iterator[list[bytes]]) -> Iterator[T]:
        waiting = deque[Future[bytes]]()
        for lines in pieces:
            waiting.append(self._started().submit(self._ask, pickle.dumps((make, self._config, lines))))
            if len(waiting) >= self._workers * AHEAD:
                yield from opened(waiting.popleft().result())
        while waiting:
            yield from opened(waiting.popleft().result())

    def _started(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._workers)
            for _ in range(self._workers):
                self._children.append(_Child())
                self._idle.put(self._children[-1])
        return self._threads

    def _ask(self, request: bytes) -> bytes:
        child = self._idle.get()
        try:
            return child.ask(request)
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for child in self._children:
            child.kill()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for child in self._children:
            child.close()


class _Child:
    """A process that runs `tasks.clean.engine.child`, in a session of its own: Ctrl-C reaches this process alone.

    It is no `multiprocessing.Process`: that one imports the main module again, which under Prefect is all of it, and
    outlives a parent that is killed.
    """

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tasks.clean.engine.child", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.PIPE,  # never written to: it ends when this process does
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env={"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        theirs.close()

    def ask(self, request: bytes) -> bytes:
        try:
            self._connection.send_bytes(request)
            return self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise StageError(self._why()) from error

    def _why(self) -> str:
        status = self._process.wait()
        if status >= 0:
            return f"clean: a process that worked on rows ended with exit status {status}; its words stand above"
        return (
            f"clean: a process that worked on rows was killed ({signal.Signals(-status).name}); where memory ran out, "
            "give clean.workers a smaller number"
        )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._connection.close()
