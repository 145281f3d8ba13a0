"""Many things asked at a time, few in memory: they begin in order, go side by side, and come out in order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

log = logging.getLogger("graft")

T = TypeVar("T")
R = TypeVar("R")


async def in_order(items: Iterable[T], hold: Callable[[T], Awaitable[R]], width: int) -> AsyncIterator[R | Exception]:
    """What `hold` makes of each item, or the error it raised, in the order of the items.

    At most `width` items are under way or wait for an earlier one, so memory does not grow with their number.
    """
    under_way: deque[asyncio.Task[R]] = deque()

    async def first() -> R | Exception:
        await asyncio.wait({under_way[0]})  # which does not cancel it, as awaiting it would
        try:
            return under_way.popleft().result()
        except Exception as error:  # told with the others when all were asked
            return error

    try:
        for item in items:
            if len(under_way) >= width:
                yield await first()
            under_way.append(asyncio.ensure_future(hold(item)))
        while under_way:
            yield await first()
    finally:
        for task in under_way:
            task.cancel()
        if any(not task.done() for task in under_way):
            log.warning("waiting for replies that are under way; they may be paid for")
            await asyncio.wait(under_way)


async def together(asked: Iterable[Awaitable[R]]) -> list[R]:
    """All results in order. The first error is raised when all have come to an end: a reply under way is paid for."""
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
