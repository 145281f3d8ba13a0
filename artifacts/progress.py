"""Progress of long work: a line that moves on a terminal, a log line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.progress import Task as Bar
from rich.text import Text

log = logging.getLogger("graft")


class Task:
    """One counted piece of work; `advance` as it goes, `say` for a word beside the bar (a loss, tokens and money)."""

    def __init__(self, title: str, total: int | None, bars: Bars | None, every: float) -> None:
        self.title, self.total, self.done, self.note = title, total, 0, ""
        self._bars, self._every = bars, every
        self._last, self._done_then = time.monotonic(), 0
        self._id = bars.add_task(title, total=total, note="") if bars else None

    def say(self, note: str) -> None:
        """Change the word beside the bar."""
        self.advance(0, note)

    def advance(self, amount: int = 1, note: str | None = None) -> None:
        self.done += amount
        self.note = self.note if note is None else note
        if self._bars is not None and self._id is not None:
            self._bars.update(self._id, completed=self.done, note=self.note)
        elif (passed := time.monotonic() - self._last) >= self._every:
            self._log((self.done - self._done_then) / passed if passed else 0.0)
            self._last, self._done_then = time.monotonic(), self.done

    def _log(self, rate: float) -> None:
        """A line with the rate since the last one: what was kept from an earlier run goes fast and tells nothing."""
        parts = [f"{self.title}: {self.done:,} of {f'{self.total:,}' if self.total else '?'}"]
        if rate:
            parts.append(told_rate(rate))
            parts += [f"{told_time((self.total - self.done) / rate)} to go"] if self.total else []
        log.info("%s", ", ".join([*parts, self.note] if self.note else parts))


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
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
            yield Task(title, total, bars, self._every)


class _Rate(ProgressColumn):
    def render(self, task: Bar) -> Text:
        return Text(told_rate(task.speed) if task.speed else "", style="progress.data.speed")


def told_rate(rate: float) -> str:
    """Things a second or, where that is slow, a minute."""
    return f"{rate:,.1f}/s" if rate >= 1 else f"{rate * 60:,.1f}/min"


def told_time(seconds: float) -> str:
    """Hours, minutes and seconds, as 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
