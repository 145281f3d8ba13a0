"""Requests sent as batches, which OpenAI's Batch API answers within a day at half the price.

    async with BatchTransport(endpoint, memo) as transport, Chat(endpoint, memo, transport=transport.send) as chat:
        ...

A batch is an order that outlives the process. Which requests it holds is in the memo before it is placed, then its
file, then its own id; so a run that was killed between any two steps finds it again and waits for it, and nothing is
ordered twice. A request is named by its body, and by how many others with the same body are asked beside it.

https://developers.openai.com/api/docs/guides/batch
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from artifacts.memo import Item, Memo
from artifacts.records import digest
from artifacts.stage import StageError
from tasks.models.chat import read_key
from tasks.models.completion import RequestError, TryAgainError, is_completion
from tasks.models.config import BatchApi, OpenAIEndpoint
from tasks.models.line import HOPELESS, MAY_BE_BILLED, TRY_AGAIN, backoff
from tasks.models.redact import shorten

if TYPE_CHECKING:
    from openai import APIError
    from openai.types import Batch

log = logging.getLogger("graft")

SHARE_OF_PRICE = 0.5  # of what a request costs otherwise; the price table's entry for a batch holds it
KIND, REQUEST_KIND = "batch", "batch request"  # of the memo's items: an order by its name, an order's name by request
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


class BatchTransport:
    """Gathers requests, orders them as batches, and hands each its completion when its batch has ended."""

    def __init__(self, endpoint: OpenAIEndpoint, memo: Memo, dials: BatchApi | None = None) -> None:
        from openai import AsyncOpenAI

        self._endpoint, self._memo, self._dials = endpoint, memo, dials or BatchApi()
        self._client = AsyncOpenAI(
            base_url=endpoint.base_url, api_key=read_key(endpoint) or "none", max_retries=CALL_RETRIES
        )
        self._numbers: dict[str, set[int]] = defaultdict(set)  # of the requests with one body that are asked
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}  # by request
        self._unclaimed: dict[str, dict[str, Any]] = {}  # completions of requests that were not asked again yet
        self._delivered: set[str] = set()  # requests whose completion somebody has
        self._gathered: dict[str, bytes] = {}  # lines of the next batch, by request
        self._size = 0  # bytes of these
        self._timer: asyncio.TimerHandle | None = None
        self._followed: dict[str, asyncio.Task[None]] = {}  # by order

    async def __aenter__(self) -> BatchTransport:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave what is under way to the next run. What was delivered is forgotten where all went well, since who asked
        has kept it by then; otherwise the next run may ask for it, and reads it out of its batch again."""
        if self._timer is not None:
            self._timer.cancel()
        tasks = list(self._followed.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for future in self._waiting.values():
            future.cancel()
        if kind is None:
            self._forget(sorted(self._delivered))
        await self._client.close()

    async def send(self, body: dict[str, Any]) -> dict[str, Any]:
        """The completion of a request, out of the batch that it is under way in or of the next.

        Raises RequestError where the endpoint refuses the request, TryAgainError where its batch came back without
        it, and StageError where no batch can be placed.
        """
        content = digest([self._endpoint.identity, body])
        taken = self._numbers[content]
        number = next(number for number in range(len(taken) + 1) if number not in taken)
        taken.add(number)
        request = f"{content[:48]}-{number}"
        try:
            completion = await self._complete(request, body)
        except (TryAgainError, RequestError, StageError):
            taken.discard(number)  # whoever asks again asks for the same
            raise
        self._delivered.add(request)
        return completion

    async def _complete(self, request: str, body: dict[str, Any]) -> dict[str, Any]:
        future: asyncio.Future[dict[str, Any]]
        while True:
            if (completion := self._unclaimed.pop(request, None)) is not None:
                return completion
            future = self._waiting[request] = asyncio.get_running_loop().create_future()
            if name := self._memo.get(REQUEST_KIND, request):
                self._follow(Order(**(self._memo.get(KIND, name) or {})))
            else:
                self._gather(request, body)
            try:
                return await future
            except _NeverPlacedError:
                continue

    def _gather(self, request: str, body: dict[str, Any]) -> None:
        line = {"custom_id": request, "method": "POST", "url": PATH, "body": body}
        data = json.dumps(line).encode() + b"\n"
        if self._size + len(data) > self._dials.max_bytes:
            self._place()
        self._gathered[request] = data
        self._size += len(data)
        if self._timer is not None:
            self._timer.cancel()
        if len(self._gathered) >= self._dials.max_requests:
            self._place()
        else:
            self._timer = asyncio.get_running_loop().call_later(self._dials.gather_seconds, self._place)

    def _place(self) -> None:
        """Make an order of what is gathered; from here on its requests belong to it, in this run or another."""
        if not self._gathered:
            return
        lines, self._gathered, self._size = self._gathered, {}, 0
        created = time.time()
        order = Order(digest([created, sorted(lines)]), created, len(lines))
        self._keep(order, *(Item(REQUEST_KIND, request, order.name) for request in lines))
        self._follow(order, lines)

    def _follow(self, order: Order, lines: dict[str, bytes] | None = None) -> None:
        """See an order through, unless that is being done."""
        if order.name not in self._followed:
            task = asyncio.create_task(self._see_through(order, lines or {}))
            self._followed[order.name] = task
            task.add_done_callback(lambda _: self._followed.pop(order.name, None))

    async def _see_through(self, order: Order, lines: dict[str, bytes]) -> None:
        """Place an order as far as it is not, wait for it, and hand out what comes. What fails goes to all who wait."""
        import httpx2
        from openai import APIError, NotFoundError

        try:
            if lines:
                await self._upload(order, lines)
                await self._create(order)
            elif not order.batch:
                await self._recover(order)
            await self._collect(order, await self._wait(order))
        except APIError as error:
            gone = isinstance(error, NotFoundError) and bool(order.batch)  # the batch or its files were deleted
            failure = TryAgainError(f"batch {order.batch} is not there any more") if gone else self._judge(error)
            self._fail(order, failure, forget=gone)
        except (httpx2.HTTPError, ValueError) as error:  # while a file was read
            self._fail(order, TryAgainError(shorten(f"the batch's file can't be read: {error!r}")))
        except Exception as error:  # nobody may wait for ever
            self._fail(order, error, forget=isinstance(error, _NeverPlacedError))

    async def _upload(self, order: Order, lines: dict[str, bytes]) -> None:
        content = b"".join(lines.values())
        file = await self._client.files.create(file=(f"graft-{order.name[:16]}.jsonl", content), purpose="batch")
        order.file = file.id
        self._keep(order)

    async def _create(self, order: Order) -> None:
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
            self._place_under(order, batch)
            return

    async def _recover(self, order: Order) -> None:
        """Find the batch of an order of a run that was killed before it had the batch's id."""
        batch = await self._find(order) if order.file else None
        if batch is None:
            raise _NeverPlacedError
        self._place_under(order, batch)

    def _place_under(self, order: Order, batch: Batch) -> None:
        order.batch = batch.id
        self._keep(order)
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

    async def _wait(self, order: Order) -> Batch:
        """The batch when it has ended. An endpoint that is away for a while does not end the waiting."""
        from openai import APIConnectionError, InternalServerError

        pause, failures, counted = self._dials.poll_seconds, 0, -1
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
            pause = min(pause * POLL_GROWTH, max(LONGEST_POLL, self._dials.poll_seconds))

    async def _collect(self, order: Order, batch: Batch) -> None:
        """Hand out a batch's lines; requests that came back without a completion are in no order any more."""
        for file in (batch.output_file_id, batch.error_file_id):
            if file is not None:
                async for line in self._lines(file):
                    self._settle(line)
        errors = batch.errors.data if batch.errors and batch.errors.data else []
        why = "; ".join(filter(None, (error.message for error in errors)))
        text = shorten(f"batch {batch.id} is {batch.status} and came back without this request; {why}".rstrip("; "))
        self._fail(order, TryAgainError(text), forget=True)

    async def _lines(self, file: str) -> AsyncIterator[dict[str, Any]]:
        """The rows of a file, parted at line feeds alone: texts may hold what else ends a line."""
        rest = b""
        async with self._client.files.with_streaming_response.content(file) as response:
            async for chunk in response.iter_bytes():
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield json.loads(line)
        if rest.strip():
            yield json.loads(rest)

    def _settle(self, line: dict[str, Any]) -> None:
        """Hand one line of a batch's output to whoever waits for it."""
        request, response = str(line["custom_id"]), line.get("response") or {}
        future = self._waiting.pop(request, None)
        wanted = future is not None and not future.done()
        body: dict[str, Any] = response.get("body") or {}
        if response.get("status_code") == 200 and is_completion(body):
            if future is not None and wanted:
                future.set_result(body)
            elif request not in self._delivered:
                self._unclaimed[request] = body
            return
        self._forget([request])
        if future is not None and wanted:
            future.set_exception(_judge_line(line))

    def _fail(self, order: Order, error: Exception, *, forget: bool = False) -> None:
        """Tell all who still wait for an order; one that is forgotten is placed anew by whoever asks again."""
        left = [name for name in self._waiting if self._memo.get(REQUEST_KIND, name) == order.name]
        if forget:
            self._forget(left)
        for request in left:
            future = self._waiting.pop(request)
            if not future.done():
                future.set_exception(error)

    def _judge(self, error: APIError) -> Exception:
        """What an error of files or batches means for all who wait for them."""
        status = getattr(error, "status_code", None)
        text = shorten(f"the batch can't be placed or read: {error.message}")
        if status is None or status in TRY_AGAIN or status >= 500:
            return TryAgainError(text)
        return StageError(f"{self._endpoint.base_url}: {text}. Every reply that came back is kept; run again to go on")

    def _keep(self, order: Order, *items: Item) -> None:
        self._memo.put_all([Item(KIND, order.name, asdict(order)), *items])

    def _forget(self, requests: list[str]) -> None:
        self._memo.put_all([Item(REQUEST_KIND, request, None) for request in requests])


class _NeverPlacedError(Exception):
    """A run was killed before it had placed an order; what was to be asked in it is asked anew."""


def _judge_line(line: dict[str, Any]) -> Exception:
    """What it means that a line of a batch has no completion."""
    response = line.get("response") or {}
    status, body = response.get("status_code"), response.get("body")
    said = line.get("error") or (body.get("error") if isinstance(body, dict) else None) or {}
    text = shorten(f"status {status}: {said.get('message') or said.get('code') or body}")
    if status in HOPELESS:
        return StageError(text)
    if status is None or status == 200 or status in TRY_AGAIN or status >= 500:
        return TryAgainError(text, may_be_billed=status == 200 or status in MAY_BE_BILLED)
    return RequestError(text, refused=True)
