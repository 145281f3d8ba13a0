"""What an endpoint was asked and what it billed, for tests and benchmarks to read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tasks.models.scripted.script import Answer, Dropped, Failure, Request, Response

BITS = 60  # of a request's digest that are remembered: about 100 bytes of memory for each different request


@dataclass
class Counters:
    """Chat requests alone, those in batches among them; other addresses are not counted."""

    requests: int = 0
    batched: int = 0
    """Those of the requests that came in a batch."""
    repeated: int = 0
    """Requests with a body that had been sent before, tries again after a fault among them."""
    paid_again: int = 0
    """Completions that were billed for a body that a completion had been billed for before."""
    input_tokens: int = 0
    output_tokens: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """By what was asked for: the schema's name, or "plain"."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """By "answered", "length", "broken off", a failure's status, "dropped" or "garbage"."""
    _times: dict[int, int] = field(default_factory=dict)
    _billed: set[int] = field(default_factory=set)

    def ask(self, request: Request) -> int:
        """Count a request; returns how many times the same one was sent before."""
        name = _short(request)
        before = self._times.get(name, 0)
        self._times[name] = before + 1
        self.requests += 1
        self.repeated += before > 0
        self.kinds[kind(request)] += 1
        return before

    def answer(self, request: Request, response: Response) -> None:
        match response:
            case Answer(finish_reason=finish_reason, broken_off=broken_off):
                self.input_tokens += request.tokens
                self.output_tokens += response.tokens
                self.paid_again += _short(request) in self._billed
                self._billed.add(_short(request))
                reason = "broken off" if broken_off else finish_reason
                self.outcomes["answered" if reason == "stop" else reason] += 1
            case Failure(status):
                self.outcomes[str(status)] += 1
            case Dropped():
                self.outcomes["dropped"] += 1
            case _:
                self.outcomes["garbage"] += 1

    def enter(self) -> None:
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)

    def leave(self) -> None:
        self.in_flight -= 1

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


def kind(request: Request) -> str:
    wanted = request.body.get("response_format") or {}
    return str((wanted.get("json_schema") or {}).get("name") or "plain")


def _short(request: Request) -> int:
    return int(request.digest[: BITS // 4], 16)
