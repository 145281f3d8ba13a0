"""A client for OpenAI-compatible chat endpoints that never pays twice for a reply.

Every reply is put into the memo whole, as it came, before anybody parses or judges it, under a key made of what was
asked. So a killed run repeats only what was in flight. A refusal is kept too.
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import os
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from artifacts.memo import Memo
from artifacts.records import Message, digest
from artifacts.stage import SettingError, StageError
from tasks.models.completion import Kept, Reply, RequestError
from tasks.models.config import OpenAIEndpoint

if TYPE_CHECKING:
    from types import TracebackType

    from openai import APIStatusError

log = logging.getLogger("graft")

KIND = "chat"  # of the memo's items
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds between tries, where the endpoint names no time
LONGEST_RETRY_AFTER = 600.0  # an endpoint that asks for a longer pause is out of quota, not busy
TRY_AGAIN = {408, 409, 425, 429}  # and all 5xx
HOPELESS = {401, 402, 403, 404}  # a wrong key, no credit, a wrong address or model: so would every request be
KEY_LIKE = re.compile(r"\b(?:sk|pk|rk)-[\w*-]{6,}|Bearer\s+\S+", re.I)


@dataclass
class Usage:
    """What was asked and what it cost; replies taken from the memo cost nothing."""

    requests: int = 0  # replies that came from the endpoint
    reused: int = 0  # replies that were in the memo
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class _RetryableError(Exception):
    def __init__(self, text: str, after: float | None = None) -> None:
        super().__init__(text)
        self.after = after  # seconds, where the endpoint named a time


def parameters(endpoint: OpenAIEndpoint, sample: int = 0) -> dict[str, Any]:
    """The sampling fields of a request; another sample of one question has another seed."""
    seed = None if endpoint.seed is None else endpoint.seed + sample
    fields = {"temperature": endpoint.temperature, "max_tokens": endpoint.max_tokens, "seed": seed}
    return {name: value for name, value in fields.items() if value is not None}


def request_key(
    endpoint: OpenAIEndpoint, messages: Sequence[Message], schema: dict[str, Any] | None = None, sample: int = 0
) -> str:
    """What a reply is kept under: all that can change it. `identity` stands for the address, so a model can move."""
    wanted = schema if endpoint.structured else None
    settings = [parameters(endpoint, sample), endpoint.extra_body]
    return digest([endpoint.identity, endpoint.model, list(messages), settings, wanted, sample])


class Chat:
    """Asks one model; use it as `async with Chat(endpoint, memo) as chat`."""

    def __init__(self, endpoint: OpenAIEndpoint, memo: Memo) -> None:
        from openai import AsyncOpenAI

        self.endpoint, self.usage = endpoint, Usage()
        self._memo = memo
        self._key = read_key(endpoint)
        self._client = AsyncOpenAI(
            base_url=endpoint.base_url, api_key=self._key or "none", timeout=endpoint.timeout, max_retries=0
        )
        self._slots = asyncio.Semaphore(endpoint.concurrency)
        self._takes_schema: bool | None = None  # not known before the first reply
        self._paused_until = 0.0  # a rate limit holds all requests back, not only the one that met it
        self._failures = 0  # requests in a row
        self._stopped: StageError | None = None

    async def __aenter__(self) -> Chat:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def ask(self, messages: Sequence[Message], *, schema: dict[str, Any] | None = None, sample: int = 0) -> Reply:
        """The kept reply to these messages, or a new one.

        Raises RequestError where this request got none, and StageError where the endpoint is of no use at all.
        """
        key = request_key(self.endpoint, messages, schema, sample)
        kept = Kept(**(self._memo.get(KIND, key) or {}))
        if kept.done:
            self.usage.reused += 1
            return kept.reply()
        body = self._body(messages, schema, sample)
        async with self._slots:
            while not kept.done:
                await self._ask_once(body, kept)
                self._memo.put(KIND, key, asdict(kept))
        return kept.reply()

    async def _ask_once(self, body: dict[str, Any], kept: Kept) -> None:
        """Add a completion to what is kept, or a refusal: it speaks of this question, not of the endpoint's health."""
        try:
            completion = await self._persist(body)
        except RequestError as error:
            if not error.refused:
                self._count_failure(str(error))
                raise
            kept.refusal = str(error)
            return
        kept.completions.append(completion)
        reply = kept.reply()
        self.usage.requests += 1
        self.usage.input_tokens += reply.input_tokens
        self.usage.output_tokens += reply.output_tokens
        if not reply.empty:
            self._failures = 0
        elif kept.done:
            self._count_failure("the reply is empty")
        else:
            self.usage.retries += 1

    def _body(self, messages: Sequence[Message], schema: dict[str, Any] | None, sample: int) -> dict[str, Any]:
        body = {"model": self.endpoint.model, "messages": list(messages), **parameters(self.endpoint, sample)}
        if self.endpoint.extra_body:
            body["extra_body"] = self.endpoint.extra_body
        if schema is not None and self.endpoint.structured:
            described = {"name": schema.get("title", "reply"), "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": described}
        return body

    async def _persist(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send a request until it is answered or its tries are used up."""
        tries = self.endpoint.max_retries + 1
        for number in range(1, tries + 1):
            await asyncio.sleep(max(0.0, self._paused_until - time.monotonic()))
            if self._stopped is not None:
                raise self._stopped
            try:
                return await self._send(body)
            except _RetryableError as error:
                failure = self._redact(str(error))
                if number == tries:
                    break
                self.usage.retries += 1
                log.info("%s: %s; trying again", self.endpoint.base_url, failure)
                self._paused_until = max(self._paused_until, time.monotonic() + (error.after or 0.0))
                await asyncio.sleep(random.uniform(0.5, 1.0) * min(FIRST_WAIT * 2 ** (number - 1), LONGEST_WAIT))
        raise RequestError(f"{failure} (tried {tries} times)" if tries > 1 else failure)

    async def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        if self._takes_schema is False:
            body = _without_schema(body)
        try:
            completion = await self._client.chat.completions.create(**body)
        except APITimeoutError:
            raise _RetryableError(f"no reply within {self.endpoint.timeout:g} s") from None
        except APIConnectionError as error:
            raise _RetryableError(f"the connection failed: {error.__cause__ or error}") from None
        except ValueError:
            raise _RetryableError("the reply is not JSON") from None
        except APIStatusError as error:
            if "response_format" not in body or self._takes_schema or error.status_code not in (400, 422):
                raise self._judge(error) from None
            # the schema may be what is refused: the reply, or the refusal, to the same request without it tells
            kept = await self._send(_without_schema(body))
            if self._takes_schema is None:
                self._takes_schema = False
                log.warning("%s takes no JSON schema; it is asked without", self.endpoint.base_url)
            return kept
        if not getattr(completion, "choices", None):  # also a page of HTML, which the library hands on as a string
            raise _RetryableError(
                "the reply is no chat completion; is the address that of an OpenAI-compatible endpoint?"
            )
        if "response_format" in body:
            self._takes_schema = True
        whole: dict[str, Any] = completion.model_dump()
        return whole

    def _judge(self, error: APIStatusError) -> Exception:
        """What a status other than 200 means for this request and for the others."""
        text = f"status {error.status_code}: {self._redact(error.message)}"
        after = _retry_after(error.response.headers)
        out_of_quota = error.code == "insufficient_quota" or (after or 0.0) > LONGEST_RETRY_AFTER
        if error.status_code in HOPELESS or out_of_quota:
            return self._stop(text)
        if error.status_code in TRY_AGAIN or error.status_code >= 500:
            return _RetryableError(text, after)
        return RequestError(text, refused=True)

    def _count_failure(self, why: str) -> None:
        self._failures += 1
        if self._failures >= self.endpoint.max_failures:
            self._stop(f"{self._failures} requests in a row failed, the last with: {why}")

    def _stop(self, why: str) -> StageError:
        """Send nothing more; requests in flight may still come back and be kept."""
        if self._stopped is None:
            where = f"{self.endpoint.base_url} (model {self.endpoint.model})"
            self._stopped = StageError(
                f"{where}: {why}. Every reply that came back is kept; put the endpoint right and run again"
            )
        return self._stopped

    def _redact(self, text: str) -> str:
        """Error text without the key, which endpoints like to repeat; and not a whole page of it."""
        text = text.replace(self._key, "[key]") if self._key else text
        text = " ".join(KEY_LIKE.sub("[key]", text).split())
        return text if len(text) <= 500 else text[:500] + " ..."


def read_key(endpoint: OpenAIEndpoint) -> str:
    """The key out of the environment; empty where the endpoint wants none."""
    if endpoint.api_key_env is None:
        return ""
    if key := os.environ.get(endpoint.api_key_env, "").strip():
        return key
    raise SettingError(
        f"the environment variable {endpoint.api_key_env} is not set; put the key of {endpoint.base_url} into it, "
        "or write `api_key_env: null` for an endpoint that wants no key"
    )


def _without_schema(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "response_format"}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait, given as a number or as a date."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
