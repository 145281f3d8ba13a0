"""How fast an endpoint may be asked: requests and tokens a minute, and pauses that it asks for itself."""

from __future__ import annotations

import asyncio
import email.utils
import re
import time
from collections.abc import Mapping

BURST = 1.0  # seconds' worth that may be sent at once after a quiet time; providers count by the second or longer
LONGEST_NAP = 0.25  # seconds, after which it is looked whether real usage made room earlier
BYTES_PER_TOKEN = 3.5  # about; Chinese has three bytes and about one token a character, English four
FIRST_OUTPUT = 500.0  # tokens of a reply, before the first is there
LEARNING = 0.1  # share of the newest reply in the mean
EPOCH = 1e9  # a number of seconds as large as this is a date
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Bucket:
    """A token bucket: lets `rate` units a minute pass, in the order of asking, and delays what comes too early."""

    def __init__(self, rate: float | None) -> None:
        self._per_second = rate / 60 if rate else None
        self._free_at = 0.0  # when all that was taken is paid off, by the monotonic clock
        self._turn = asyncio.Lock()

    async def take(self, amount: float = 1.0) -> None:
        """Wait for room and use it. An amount that no burst holds passes too; what comes after it waits longer."""
        if self._per_second is None:
            return
        async with self._turn:
            while (wait := self._free_at - time.monotonic()) > 0:
                await asyncio.sleep(min(wait, LONGEST_NAP))
            self._free_at = max(self._free_at, time.monotonic() - self._credit()) + amount / self._per_second

    def correct(self, amount: float) -> None:
        """Take so much more, without waiting; less than nothing gives back what was taken too much."""
        if self._per_second is not None:
            self._free_at += amount / self._per_second

    def _credit(self) -> float:
        """Seconds of quiet that count: a whole unit's worth is never to be saved up."""
        assert self._per_second is not None
        return max(0.0, BURST - 1.0 / self._per_second)


class RateLimits:
    """Requests and tokens a minute at one address. Tokens are guessed before sending and set right by the reply."""

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._requests, self._tokens = Bucket(requests_per_minute), Bucket(tokens_per_minute)
        self._output = FIRST_OUTPUT

    async def take(self, sent_bytes: int) -> float:
        """Wait until a request may be sent; the tokens that it is taken to have, sent and received."""
        guess = sent_bytes / BYTES_PER_TOKEN + self._output
        await self._tokens.take(guess)
        await self._requests.take()
        return guess

    def correct(self, guess: float, input_tokens: int, output_tokens: int) -> None:
        """Set right what `take` guessed."""
        self._tokens.correct(input_tokens + output_tokens - guess)
        self._output += LEARNING * (output_tokens - self._output)


def wait_asked_for(headers: Mapping[str, str]) -> float | None:
    """Seconds that an endpoint asks to wait: `retry-after(-ms)` as a number or a date, else what OpenAI calls
    `x-ratelimit-reset-...`, of those limits of which nothing remains."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        if (wait := _seconds(headers.get(name, ""), unit)) is not None:
            return wait
    waits = [
        _seconds(value)
        for name, value in headers.items()
        if name.lower().startswith("x-ratelimit-reset")
        and headers.get(name.lower().replace("reset", "remaining"), "0").strip() == "0"
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds(value: str, unit: float = 1.0) -> float | None:
    """A number, a duration such as 6m0s or 120ms, a moment since 1970, or a date, as seconds from now."""
    try:
        number = float(value)
        return max(0.0, number - time.time() if number > EPOCH else number * unit)
    except ValueError:
        pass
    if (parts := DURATION.findall(value)) and "".join(map("".join, parts)) == value.strip():
        return sum(float(amount) * UNIT[name] for amount, name in parts)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
