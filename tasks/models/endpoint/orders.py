"""Batches at the endpoint: a file uploaded, a batch made of it, waited for, and its lines read.

What is done is in the memo before the next step is taken, so that a later run goes on where one was killed.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from artifacts.memo import Item, Memo
from artifacts.stage import StageError
from tasks.models.config import BatchApi, OpenAIEndpoint
from tasks.models.endpoint.chat import read_key
from tasks.models.endpoint.completion import TryAgainError
from tasks.models.endpoint.line import TRY_AGAIN, backoff
from tasks.models.endpoint.redact import shorten

if TYPE_CHECKING:
    from openai import APIError
    from openai.types import Batch

log = logging.getLogger("graft")

KIND = "batch"  # of the memo's items: an order by its name
PATH: Literal["/v1/chat/completions"] = "/v1/chat/completions"
CALL_RETRIES = 8  # of a call that may be made twice; about half a minute with the client's own waits
POLL_GROWTH, LONGEST_POLL = 1.5, 120.0  # seconds between looks at a batch
FAILED_POLLS = 30  # in a row, before a batch that can't be looked at is given up for this run; an hour
CLOCK_SKEW = 3600  # seconds that the endpoint's clock may be behind when a batch is looked for by its time
NO_LISTING = {404, 405, 501}  # of an endpoint that can't list its batches
METADATA = "graft_requests"  # name of the batch's field that holds the order's name
ENDED = {"completed", "failed", "expired", "cancelled"}


@dataclass
class Order:
    """A batch on its way: each field is in the memo before the step after it is taken."""

    name: str
    created: float  # seconds since 1970
    requests: int
    file: str = ""  # id of the uploaded requests
    batch: str = ""  # id of the batch


class NeverPlacedError(Exception):
    """A run was killed before it had placed an order; what was to be asked in it is asked anew."""


class Orders:
    """Takes orders through their steps. Its calls raise the client's errors, which `judge` makes sense of."""

    def __init__(self, endpoint: OpenAIEndpoint, memo: Memo, dials: BatchApi) -> None:
        from openai import AsyncOpenAI

        self._endpoint, self._memo, self._poll_seconds = endpoint, memo, dials.poll_seconds
        self._reached = False  # whether a file or a batch was ever taken there
        self._client = AsyncOpenAI(
            base_url=endpoint.base_url, api_key=read_key(endpoint) or "none", max_retries=CALL_RETRIES
        )

    async def close(self) -> None:
        await self._client.close()

    def kept(self, name: str) -> Order:
        return Order(**(self._memo.get(KIND, name) or {}))

    async def upload(self, order: Order, lines: dict[str, bytes]) -> None:
        content = b"".join(lines.values())
        file = await self._client.files.create(file=(f"graft-{order.name[:16]}.jsonl", content), purpose="batch")
        order.file = file.id
        self.keep(order)

    async def create(self, order: Order) -> None:
        """Place the batch of an uploaded file, and not twice, though a try may succeed that nobody hears of."""
        from openai import APIConnectionError, InternalServerError

        for number in range(1, CALL_RETRIES + 1):
            try:
                batch = await self._client.with_options(max_retries=0).batches.create(
                    input_file_id=order.file,
                    endpoint=PATH,
                    completion_window="24h",
                    metadata={METADATA: order.name},
                )
            except (APIConnectionError, InternalServerError):
                await asyncio.sleep(backoff(number))
                found = await self._find(order)
                if found is None and number < CALL_RETRIES:
                    continue
                if found is None:
                    raise
                batch = found
            self._keep_id(order, batch)
            return

    async def recover(self, order: Order) -> None:
        """Find the batch of an order of a run that was killed before it had the batch's id."""
        batch = await self._find(order) if order.file else None
        if batch is None:
            raise NeverPlacedError
        self._keep_id(order, batch)

    def _keep_id(self, order: Order, batch: Batch) -> None:
        order.batch = batch.id
        self.keep(order)
        log.info("%s: batch %s of %d requests is placed", self._endpoint.base_url, batch.id, order.requests)

    async def _find(self, order: Order) -> Batch | None:
        """The batch of an order's file, if there is one, among those that are not older."""
        from openai import APIStatusError

        try:
            async for batch in self._client.batches.list(limit=100):
                if (batch.metadata or {}).get(METADATA) == order.name or batch.input_file_id == order.file:
                    return batch
                if batch.created_at < order.created - CLOCK_SKEW:
                    break
        except APIStatusError as error:
            if error.status_code not in NO_LISTING:
                raise
        return None

    async def wait(self, order: Order) -> Batch:
        """The batch when it has ended. An endpoint that is away for a while does not end the waiting."""
        from openai import APIConnectionError, InternalServerError

        pause, failures, counted = self._poll_seconds, 0, -1
        while True:
            try:
                batch = await self._client.batches.retrieve(order.batch)
            except (APIConnectionError, InternalServerError):
                if (failures := failures + 1) >= FAILED_POLLS:
                    raise
            else:
                failures = 0
                if batch.status in ENDED:
                    return batch
                done = batch.request_counts.completed if batch.request_counts else 0
                if done != counted:
                    log.info("batch %s: %s, %d of %d requests done", batch.id, batch.status, done, order.requests)
                counted = done
            await asyncio.sleep(pause)
            pause = min(pause * POLL_GROWTH, max(LONGEST_POLL, self._poll_seconds))

    async def lines(self, file: str) -> AsyncIterator[dict[str, Any]]:
        """The rows of a file, parted at line feeds alone: texts may hold what else ends a line."""
        rest = b""
        async with self._client.files.with_streaming_response.content(file) as response:
            async for chunk in response.iter_bytes():
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield json.loads(line)
        if rest.strip():
            yield json.loads(rest)

    def judge(self, error: APIError) -> Exception:
        """What an error of files or batches means for all who wait for them."""
        status = getattr(error, "status_code", None)
        text = shorten(f"the batch can't be placed or read: {error.message.rstrip('.')}")
        if status in TRY_AGAIN or (status or 0) >= 500 or (status is None and self._reached):
            return TryAgainError(text)
        return StageError(f"{self._endpoint.base_url}: {text}. Every reply that came back is kept; run again to go on")

    def keep(self, order: Order, *items: Item) -> None:
        self._reached |= bool(order.file)
        self._memo.put_all([Item(KIND, order.name, asdict(order)), *items])
