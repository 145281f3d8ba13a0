"""All addresses of one model: who is asked next, and what is left when one goes down."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from artifacts.stage import StageError
from tasks.models.endpoint.completion import RequestError, TryAgainError
from tasks.models.endpoint.line import ElsewhereError, Line, LineDownError

log = logging.getLogger("graft")

Send = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""One try to have a request answered: takes the body of a chat request, gives the completion as it came. It raises
RequestError(refused=True) for a request that will never be taken, TryAgainError where another try may help, and
StageError where nothing will."""


class Pool:
    """Spreads requests by weight over the lines that are up and not paused."""

    def __init__(self, lines: Sequence[Line], max_failures: int) -> None:
        self._lines, self._max_failures = list(lines), max_failures
        self._served = [0.0] * len(lines)  # requests over weight
        self._left_out: list[Line] = []  # that were spoken of
        self._now_served = 0.0  # the last request's place in that; who was away does not catch up

    @property
    def concurrency(self) -> int:
        return sum(line.address.concurrency for line in self._lines)

    async def close(self) -> None:
        for line in self._lines:
            await line.close()

    @asynccontextmanager
    async def take(self, refused_by: list[Line]) -> AsyncIterator[Send]:
        """A slot on the line whose turn it is, to send one request by, if possible not on one that refused it; who
        refuses it now is added. Raises StageError where none is up any more."""
        while True:
            line = self._next(refused_by)
            async with line.slots:
                if line.paused and any(not other.paused for other in self._others(line, *refused_by)):
                    continue  # it was not when this request came to wait here
                try:
                    await line.ready()
                except LineDownError:
                    continue
                yield partial(self._send, line, refused_by)
                return

    def stop(self, why: str) -> None:
        """Send nothing more, anywhere."""
        for line in self._lines:
            line.stop(why)

    async def _send(self, line: Line, refused_by: list[Line], body: dict[str, Any]) -> dict[str, Any]:
        try:
            completion = await line.send(body)
        except TryAgainError as error:
            if line.failed_tries >= self._max_failures:
                self._leave_out(line, f"{line.failed_tries} tries in a row failed, the last with: {error}")
            elif line.down:
                self._leave_out(line, line.down)
            raise
        except RequestError as error:
            refused_by.append(line)
            if self._others(*refused_by):
                raise ElsewhereError(str(error)) from None
            raise
        line.refused_alone = 0
        for other in refused_by:
            other.refused_alone += 1
            if other.refused_alone >= self._max_failures:
                self._leave_out(other, f"{other.refused_alone} requests in a row were refused, but answered elsewhere")
        return completion

    def _others(self, *lines: Line) -> list[Line]:
        """The lines that are up, but for these."""
        return [line for line in self._lines if not line.down and line not in lines]

    def _leave_out(self, line: Line, why: str) -> None:
        """Ask there no more, while there are others, and say so once."""
        if others := self._others(line):
            line.stop(why)
            if line not in self._left_out:
                self._left_out.append(line)
                log.warning("%s: %s; it is left out, addresses that are left: %d", line.name, line.down, len(others))

    def _next(self, refused_by: Sequence[Line]) -> Line:
        """The line that can send soonest and, among those that can now, has had least for its weight."""
        up = [number for number, line in enumerate(self._lines) if not line.down]
        if not up:
            raise self._all_down()
        up = [number for number in up if self._lines[number] not in refused_by] or up
        now = time.monotonic()

        def turn(number: int) -> tuple[float, bool, float]:
            line = self._lines[number]
            return max(0.0, line.paused_until - now), line.slots.locked(), max(self._served[number], self._now_served)

        chosen = min(up, key=turn)
        self._now_served = max(self._served[chosen], self._now_served)
        self._served[chosen] = self._now_served + 1 / self._lines[chosen].address.weight
        return self._lines[chosen]

    def _all_down(self) -> StageError:
        told = "; ".join(f"{line.name}: {line.down}" for line in self._lines)
        return StageError(f"{told}. Every reply that came back is kept; put the endpoint right and run again")
