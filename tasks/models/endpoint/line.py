"""The line to one address: its client, its slots, its limits, and whether it is up."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING, Any

from tasks.models.config import Address, OpenAIEndpoint, Replica
from tasks.models.endpoint.completion import RequestError, TryAgainError, is_completion, read_reply
from tasks.models.endpoint.ledger import sent_bytes
from tasks.models.endpoint.limits import RateLimits, wait_asked_for
from tasks.models.endpoint.redact import shorten
from tasks.models.endpoint.structured import FORMS, in_form

if TYPE_CHECKING:
    from openai import APIConnectionError, APIStatusError

log = logging.getLogger("graft")

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds between tries, where the endpoint names no time
LONGEST_PAUSE = 600.0  # seconds; an endpoint that asks for a longer one is out of quota, not busy
CONNECT_TIMEOUT = 10.0  # seconds
FIRST_CALLS = 4  # times in a row that nobody is there before it is believed, of an address that was never reached
TRY_AGAIN = {408, 409, 425, 429}  # and all 5xx
HOPELESS = {401, 402, 403, 404}  # a wrong key, no credit, a wrong address or model: so would every request be
MAY_BE_BILLED = {408, 502, 504, 520, 522, 524}  # a gateway gave up; the model behind it may have gone on
NOT_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout"}  # the transport's exceptions before a request is out


class ElsewhereError(TryAgainError):
    """An address is of no use for a request; another may be."""


class LineDownError(ElsewhereError):
    """An address is of no use any more, in this run."""


def backoff(number: int) -> float:
    """Seconds to wait after the try of this number, from 1 on, with jitter."""
    return random.uniform(0.5, 1.0) * min(FIRST_WAIT * 2.0 ** (number - 1), LONGEST_WAIT)


def advice(status: int, address: Address) -> str:
    """What to look at where an endpoint takes no request at all; empty where it says so itself."""
    key = f"the key in {address.api_key_env}" if address.api_key_env else "api_key_env, which names no key"
    return {
        401: f"check {key}",
        402: "check the account's balance",
        403: f"check {key}, and that it may use this model",
        404: "check base_url, up to and with /v1, and the model's name",
    }.get(status, "")


class Line:
    """Sends requests to one address; what it says of its health holds for all of them."""

    def __init__(self, endpoint: OpenAIEndpoint, address: OpenAIEndpoint | Replica, key: str) -> None:
        import httpx2
        from openai import AsyncOpenAI

        self.address, self._endpoint = address, endpoint
        self._client = AsyncOpenAI(
            base_url=address.base_url,
            api_key=key or "none",
            timeout=httpx2.Timeout(endpoint.timeout, connect=min(CONNECT_TIMEOUT, endpoint.timeout)),
            max_retries=0,
        )
        self.slots = asyncio.Semaphore(address.concurrency)
        self.down = ""  # why nothing is sent here any more
        self.failed_tries = 0  # in a row
        self.refused_alone = 0  # requests in a row that another address answered
        self.paused_until = 0.0  # a rate limit holds all requests back, not only the one that met it
        self._limits = RateLimits(address.requests_per_minute, address.tokens_per_minute)
        self._reached = False  # whether anything ever came back from there
        self._calls_in_vain = 0  # in a row, at which nobody was there; those at one moment are one
        self._forms: dict[str, int] = {}  # by the schema's name, what of FORMS the endpoint takes
        self._proven: set[tuple[str, int]] = set()  # schemas and forms that were answered

    @property
    def name(self) -> str:
        return f"{self.address.base_url} (model {self.address.model or self._endpoint.model})"

    @property
    def paused(self) -> bool:
        return self.paused_until > time.monotonic()

    async def close(self) -> None:
        await self._client.close()

    async def ready(self) -> None:
        """Wait until nothing holds requests back. Raises LineDownError."""
        while not self.down and (wait := self.paused_until - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        if self.down:
            raise LineDownError(self.down)

    async def send(self, body: dict[str, Any]) -> dict[str, Any]:
        """One try to have a request answered: the completion, as it came.

        Raises TryAgainError, RequestError for one that is refused, and LineDownError where all would be.
        """
        if self.address.model:
            body = {**body, "model": self.address.model}
        if "response_format" not in body:
            return await self._send(body)
        schema = str(body["response_format"].get("json_schema", {}).get("name"))
        for number in range(self._forms.get(schema, 0), len(FORMS)):
            try:
                completion = await self._send(in_form(body, FORMS[number]))
            except RequestError:
                # the form may be what is refused: the reply, or the refusal, to the same request without it tells
                if (schema, number) in self._proven or FORMS[number] == FORMS[-1]:
                    raise
                continue
            if number > self._forms.get(schema, 0):
                log.warning("%s does not take the schema %s; it is asked for %s", self.name, schema, FORMS[number])
                self._forms[schema] = number
            self._proven.add((schema, number))
            return completion
        raise AssertionError("the last form is answered or refused")

    async def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        from openai import APIConnectionError, APIStatusError

        guess = await self._limits.take(sent_bytes(body))
        await self.ready()
        try:
            async with asyncio.timeout(self._endpoint.timeout):  # the client's own is for each read, however small
                completion: dict[str, Any] = await self._post(body)
        except TimeoutError:
            raise self._slow() from None
        except APIConnectionError as error:
            raise self._lost(error) from None
        except APIStatusError as error:
            self._reached, self._calls_in_vain = True, 0
            raise self._judge(error) from None
        self._reached, self._calls_in_vain = True, 0
        if not is_completion(completion):  # also a page of HTML
            self.failed_tries += 1
            raise TryAgainError(
                "the reply is no chat completion; is the address that of an OpenAI-compatible endpoint?",
                may_be_billed=True,
            )
        self.failed_tries = 0
        reply = read_reply(completion)
        if reply.input_tokens is not None and reply.output_tokens is not None:
            self._limits.correct(guess, reply.input_tokens, reply.output_tokens)
        return completion

    async def _post(self, body: dict[str, Any]) -> Any:
        """The body of the response as it is, not as the library's classes have it: other endpoints say more."""
        import httpx2

        response = await self._client.post("/chat/completions", cast_to=httpx2.Response, body=body)
        try:
            return response.json()
        except (ValueError, RecursionError):
            return None

    def _slow(self) -> Exception:
        self.failed_tries += 1
        text = f"no reply within {self._endpoint.timeout:g} s"
        if not self._reached and self.failed_tries >= self._endpoint.max_failures:
            why = f"{text}, {self.failed_tries} times in a row, and none before"
            return self.stop(why, may_be_billed=True)
        return TryAgainError(text, may_be_billed=True)

    def _lost(self, error: APIConnectionError) -> Exception:
        """What a connection that failed means; where nobody is there, all requests wait for the next call."""
        cause = error.__cause__ or error
        text = shorten(f"the connection failed: {cause or type(cause).__name__}")
        if type(cause).__name__ not in NOT_SENT:
            if type(cause).__name__.endswith("Timeout"):
                return self._slow()
            self.failed_tries += 1
            return TryAgainError(text, may_be_billed=True)
        self.failed_tries += 1
        if time.monotonic() >= self.paused_until:
            self._calls_in_vain += 1
            self.paused_until = time.monotonic() + backoff(self._calls_in_vain)
        tries = self._endpoint.max_retries + 1
        if self._calls_in_vain >= (tries if self._reached else min(tries, FIRST_CALLS)):
            return self.stop(f"nobody answers there: {text} (tried {self._calls_in_vain} times)")
        return TryAgainError(text)

    def _judge(self, error: APIStatusError) -> Exception:
        """What a status other than 200 means for this request and for the others."""
        status, code = error.status_code, f" ({error.code})" if isinstance(error.code, str) else ""
        text = f"status {status}{code}: {shorten(error.message.removeprefix(f'Error code: {status} - '))}"
        wait = wait_asked_for(error.response.headers) or 0.0
        out_of_quota = error.code == "insufficient_quota" or wait > LONGEST_PAUSE
        if status in HOPELESS or out_of_quota:
            return self.stop(f"{text}; {hint}" if (hint := advice(status, self.address)) else text)
        if status not in TRY_AGAIN and status < 500:
            return RequestError(text, refused=True)
        self.failed_tries += status != 429
        self.paused_until = max(self.paused_until, time.monotonic() + wait)
        return TryAgainError(text, may_be_billed=status in MAY_BE_BILLED)

    def stop(self, why: str, *, may_be_billed: bool = False) -> LineDownError:
        """Send nothing more; requests in flight may still come back and be kept."""
        self.down = self.down or why
        return LineDownError(self.down, may_be_billed=may_be_billed)
