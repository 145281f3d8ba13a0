"""Progress of long work: a line that moves on a terminal, a log line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

log = logging.getLogger("graft")


class Task:
    """One counted piece of work; `advance` as it goes, `say` for a word beside the bar (a loss, a rate)."""

    def __init__(self, title: str, total: int | None, bars: Bars | None, every: float) -> None:
        self.title, self.total, self.done, self.note = title, total, 0, ""
        self._bars, self._every, self._last = bars, every, time.monotonic()
        self._id = bars.add_task(title, total=total, note="") if bars else None

    def advance(self, amount: int = 1, note: str | None = None) -> None:
        self.done += amount
        self.note = self.note if note is None else note
        if self._bars is not None and self._id is not None:
            self._bars.update(self._id, completed=self.done, note=self.note)
        elif time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            log.info("%s: %s of %s %s", self.title, self.done, self.total or "?", self.note)


class Progress:
    """Makes tasks; `Progress(terminal=False)` logs every `every` seconds (a worker, a file, CI)."""

    def __init__(self, terminal: bool | None = None, every: float = 10.0) -> None:
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._every = every

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        if not self._terminal:
            yield Task(title, total, None, self._every)
            return
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
            yield Task(title, total, bars, self._every)
