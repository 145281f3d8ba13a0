"""Letting what was sent come in when a run is cancelled: it may be paid for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger("graft")

T = TypeVar("T")

SECONDS = 10.0  # that are waited for it


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """The result. Who is cancelled while waiting for it waits on for some seconds, and is cancelled then; who is
    cancelled a second time waits no more."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=SECONDS)
        raise
    finally:
        task.cancel()
        if task.done() and not task.cancelled():
            task.exception()  # seen, also where nobody waits for it any more
