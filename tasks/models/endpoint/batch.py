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
import time
from collections import defaultdict
from types import TracebackType
from typing import TYPE_CHECKING, Any

from artifacts.memo import Item, Memo
from artifacts.records import digest
from artifacts.stage import StageError
from tasks.models.config import BatchApi, OpenAIEndpoint
from tasks.models.endpoint.completion import RequestError, TryAgainError, is_completion
from tasks.models.endpoint.line import HOPELESS, MAY_BE_BILLED, TRY_AGAIN
from tasks.models.endpoint.orders import PATH, NeverPlacedError, Order, Orders
from tasks.models.endpoint.redact import shorten

if TYPE_CHECKING:
    from openai.types import Batch

REQUEST_KIND = "batch request"  # of the memo's items: an order's name by request


class BatchTransport:
    """Gathers requests, orders them as batches, and hands each its completion when its batch has ended."""

    def __init__(self, endpoint: OpenAIEndpoint, memo: Memo, dials: BatchApi | None = None) -> None:
        self._endpoint, self._memo, self._dials = endpoint, memo, dials or BatchApi()
        self._orders = Orders(endpoint, memo, self._dials)
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
        await self._orders.close()

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
                self._follow(self._orders.kept(name))
            else:
                self._gather(request, body)
            try:
                return await future
            except NeverPlacedError:
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
        self._orders.keep(order, *(Item(REQUEST_KIND, request, order.name) for request in lines))
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
                await self._orders.upload(order, lines)
                await self._orders.create(order)
            elif not order.batch:
                await self._orders.recover(order)
            await self._collect(order, await self._orders.wait(order))
        except APIError as error:
            gone = isinstance(error, NotFoundError) and bool(order.batch)  # the batch or its files were deleted
            failure = TryAgainError(f"batch {order.batch} is not there any more") if gone else self._orders.judge(error)
            self._fail(order, failure, forget=gone)
        except (httpx2.HTTPError, ValueError) as error:  # while a file was read
            self._fail(order, TryAgainError(shorten(f"the batch's file can't be read: {error!r}")))
        except Exception as error:  # nobody may wait for ever
            self._fail(order, error, forget=isinstance(error, NeverPlacedError))

    async def _collect(self, order: Order, batch: Batch) -> None:
        """Hand out a batch's lines; requests that came back without a completion are in no order any more."""
        for file in (batch.output_file_id, batch.error_file_id):
            if file is not None:
                async for line in self._orders.lines(file):
                    self._settle(line)
        errors = batch.errors.data if batch.errors and batch.errors.data else []
        why = "; ".join(filter(None, (error.message for error in errors)))
        text = shorten(f"batch {batch.id} is {batch.status} and came back without this request; {why}".rstrip("; "))
        self._fail(order, TryAgainError(text), forget=True)

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

    def _forget(self, requests: list[str]) -> None:
        self._memo.put_all([Item(REQUEST_KIND, request, None) for request in requests])


def _judge_line(line: dict[str, Any]) -> Exception:
    """What it means that a line of a batch has no completion."""
    response = line.get("response") or {}
    status, body = response.get("status_code"), response.get("body")
    said = line.get("error") or (body.get("error") if isinstance(body, dict) else None)
    if isinstance(said, dict):
        said = " ".join(str(said[name]) for name in ("code", "message") if said.get(name))
    text = shorten(f"status {status}: {said or body}")
    if status in HOPELESS:
        return StageError(text)
    if status is None or status == 200 or status in TRY_AGAIN or status >= 500:
        return TryAgainError(text, may_be_billed=status == 200 or status in MAY_BE_BILLED)
    return RequestError(text, refused=True)
