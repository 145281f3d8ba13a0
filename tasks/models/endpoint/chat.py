"""A client for OpenAI-compatible chat endpoints that never pays twice for a reply.

Every reply is put into the memo whole, as it came, before anybody parses or judges it, under a key made of what was
asked. So a killed run repeats only what was in flight. A refusal is kept too, unless the endpoint refuses everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from artifacts.memo import Item, Memo
from artifacts.records import Message, digest
from artifacts.stage import SettingError, StageError
from tasks.models.config import Address, OpenAIEndpoint
from tasks.models.endpoint.completion import Kept, Reply, RequestError, TryAgainError
from tasks.models.endpoint.grace import finish
from tasks.models.endpoint.ledger import Count, Ledger, Reservation, worst_case
from tasks.models.endpoint.line import ElsewhereError, Line, backoff
from tasks.models.endpoint.pool import Pool, Send
from tasks.models.endpoint.redact import guard, without_keys
from tasks.models.endpoint.refusals import Refusals, alike
from tasks.models.endpoint.structured import response_format

if TYPE_CHECKING:
    from types import TracebackType

log = logging.getLogger("graft")

KIND = "chat"  # of the memo's items
RETRIES_TOLD_EVERY = 10.0  # seconds
READY = 0.25  # requests that wait for a slot with their cost reserved, of those that may be in flight
REASONS_TOLD = 3  # the most frequent


@dataclass
class Usage:
    """What one client asked in this run; replies taken from the memo cost nothing."""

    requests: int = 0  # replies that came from the endpoint
    reused: int = 0  # replies that were in the memo
    refused: int = 0  # requests, now or in an earlier run
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0  # among the input tokens


class Retries:
    """Tells of requests that are tried again, every few seconds and by reason: there may be many in a second."""

    def __init__(self, name: str) -> None:
        self._name, self._reasons, self._told_at = name, Counter[str](), -math.inf

    def note(self, reason: str) -> None:
        self._reasons[alike(reason)] += 1
        if time.monotonic() >= self._told_at + RETRIES_TOLD_EVERY:
            self.tell()

    def tell(self) -> None:
        if self._reasons:
            told = [f"{reason} ({count:,})" for reason, count in self._reasons.most_common(REASONS_TOLD)]
            log.info("%s: trying again after %s", self._name, "; ".join(told))
        self._reasons.clear()
        self._told_at = time.monotonic()


def parameters(endpoint: OpenAIEndpoint, sample: int = 0) -> dict[str, Any]:
    """The sampling fields of a request; another sample of one question has another seed."""
    seed = None if endpoint.seed is None else endpoint.seed + sample
    fields = {"temperature": endpoint.temperature, endpoint.token_limit: endpoint.max_tokens, "seed": seed}
    return {name: value for name, value in fields.items() if value is not None}


def request_key(
    endpoint: OpenAIEndpoint, messages: Sequence[Message], schema: dict[str, Any] | None = None, sample: int = 0
) -> str:
    """What a reply is kept under: all that can change it. `identity` stands for the address, so a model can move."""
    wanted = schema if endpoint.structured else None
    settings = [parameters(endpoint, sample), endpoint.extra_body]
    return digest([endpoint.identity, endpoint.model, list(messages), settings, wanted, sample])


def request_body(
    endpoint: OpenAIEndpoint, messages: Sequence[Message], schema: dict[str, Any] | None = None, sample: int = 0
) -> dict[str, Any]:
    """The JSON of a chat request."""
    body = {"model": endpoint.model, "messages": list(messages), **parameters(endpoint, sample)}
    if schema is not None and endpoint.structured:
        body["response_format"] = response_format(schema)
    return body | endpoint.extra_body


@dataclass
class Question:
    """One request, while it is asked."""

    body: dict[str, Any]
    key: str
    kept: Kept
    worst: Count
    refused_by: list[Line] = field(default_factory=list)

    def item(self) -> Item:
        return Item(KIND, self.key, asdict(self.kept))


class Chat:
    """Asks one model; use it as `async with Chat(endpoint, memo, ledger) as chat`.

    `transport` takes the place of sending over HTTP (a batch of requests at half price): it is given the body of each
    request that is not in the memo, as many at a time as are asked, after its worst case was reserved, and no limit,
    slot or breaker of the endpoint holds for it. What it has not answered when a run ends, the next run resumes.
    `billed_as` is the model's name in the ledger and its prices, where it is another than at the endpoint.
    `ask_refused`: ask again what was refused in an earlier run; the endpoint may have changed.
    """

    def __init__(
        self,
        endpoint: OpenAIEndpoint,
        memo: Memo,
        ledger: Ledger | None = None,
        *,
        transport: Send | None = None,
        billed_as: str = "",
        ask_refused: bool = False,
    ) -> None:
        self.endpoint, self.usage = endpoint, Usage()
        self.ledger = ledger or Ledger(memo, account="")
        self._memo, self._transport, self._billed_as = memo, transport, billed_as or endpoint.model
        lines = [Line(endpoint, address, read_key(address)) for address in endpoint.addresses]
        self._pool = Pool(lines, endpoint.max_failures)
        # held while a request waits for its next try, too; some are ready when a slot of the pool becomes free
        self._slots = asyncio.Semaphore(self._pool.concurrency + math.ceil(READY * self._pool.concurrency))
        self._failures = 0  # requests in a row
        self._refusals = Refusals(endpoint.max_failures)
        self._refuses_all = ""  # what is said of an endpoint that does
        self._ask_refused = ask_refused
        self._retries = Retries(endpoint.base_url)

    async def __aenter__(self) -> Chat:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._retries.tell()
        await self._pool.close()

    async def ask(self, messages: Sequence[Message], *, schema: dict[str, Any] | None = None, sample: int = 0) -> Reply:
        """The kept reply to these messages, or a new one.

        Raises RequestError where this request got none, StageError where the endpoint is of no use at all, and
        BudgetError, which is one, where nothing more may be spent.
        """
        key = request_key(self.endpoint, messages, schema, sample)
        kept = Kept.read(self._memo.get(KIND, key))
        if self._ask_refused:
            kept.refusal = ""
        if kept.done:
            self.usage.reused += 1
            self.usage.refused += bool(kept.refusal)
            return kept.reply()
        async with contextlib.nullcontext() if self._transport else self._slots:
            body = request_body(self.endpoint, messages, schema, sample)
            asked = Question(body, key, kept, worst_case(body))
            while not kept.done:
                await self._complete(asked)
        return kept.reply()

    async def _complete(self, asked: Question) -> None:
        """Try until there is one completion more, or a refusal by every address, or no try left."""
        tries, number = self.endpoint.max_retries + 1, 1
        while True:
            try:
                await self._try(asked)
                return
            except ElsewhereError:
                continue  # on another line, or there is none and it is said so
            except TryAgainError as error:
                failure = str(error)
            if number == tries:
                break
            self.usage.retries += 1
            self._retries.note(failure)
            await asyncio.sleep(backoff(number))
            number += 1
        self._count_failure(failure)
        raise RequestError(f"{failure} (tried {tries} times)" if tries > 1 else failure)

    async def _try(self, asked: Question) -> None:
        """Send a request once, with its worst case reserved, and put what comes back into the memo."""
        reserved = self.ledger.reserve(self._billed_as, asked.worst, resumes=self._transport is not None)
        sender = contextlib.nullcontext(self._transport) if self._transport else self._pool.take(asked.refused_by)
        async with reserved as reservation, contextlib.AsyncExitStack() as slot:  # no slot waits for the disk
            send = await slot.enter_async_context(sender)
            if self._refuses_all:
                raise StageError(self._refuses_all)
            reservation.sent = True
            with self._refusals.sent() as number:
                exchange = self._exchange(send, slot, asked, number, reservation)
                await (exchange if self._transport else finish(exchange))

    async def _exchange(
        self, send: Send, slot: contextlib.AsyncExitStack, asked: Question, number: int, reservation: Reservation
    ) -> None:
        """Send a request, leave the slot to another, and put what came back into the memo with what it cost."""
        try:
            completion = await send(asked.body)
        except TryAgainError as error:
            if error.may_be_billed:
                reservation.lose()
            else:
                await reservation.release()
            raise
        except RequestError as error:
            asked.kept.refusal = str(error)
            known = self._refusals.refused(number, str(error), asked.item())
            await reservation.release(*known)
            self._count_refusal(number, str(error))
            return
        await slot.aclose()
        asked.kept.completions.append(without_keys(completion))
        reply = asked.kept.reply()
        known = self._refusals.answered(number)
        await reservation.settle(reply, asked.item(), *known)
        self._count(reply, last=asked.kept.done)

    def _count_refusal(self, number: int, text: str) -> None:
        """Raise StageError where one more shows that the endpoint refuses whatever is asked; then it is not kept."""
        self.usage.refused += 1
        if row := self._refusals.row(number):
            self._refuses_all = (
                f"{self.endpoint.base_url} (model {self.endpoint.model}): {row} requests in a row were refused alike, "
                f"the last with: {text.rstrip('.')}. Every reply that came back is kept, these refusals are not; put "
                "the endpoint right and run again, or raise max_failures if it refuses only what these ask"
            )
            raise StageError(self._refuses_all)

    def _count(self, reply: Reply, *, last: bool) -> None:
        self.usage.requests += 1
        self.usage.input_tokens += reply.input_tokens or 0
        self.usage.output_tokens += reply.output_tokens or 0
        self.usage.cached_tokens += reply.cached_tokens
        if not reply.empty:
            self._failures = 0
        elif last:
            self._count_failure("the reply is empty")
        else:
            self.usage.retries += 1

    def _count_failure(self, why: str) -> None:
        self._failures += 1
        if self._failures >= self.endpoint.max_failures:
            self._pool.stop(f"{self._failures} requests in a row failed, the last with: {why}")


def read_key(address: Address) -> str:
    """The key out of the environment; empty where the endpoint wants none. It is kept out of all logs from here on."""
    if address.api_key_env is None:
        return ""
    if key := os.environ.get(address.api_key_env, "").strip():
        guard(key)
        return key
    raise SettingError(
        f"the environment variable {address.api_key_env} is not set; put the key of {address.base_url} into it, "
        "or write `api_key_env: null` for an endpoint that wants no key"
    )
