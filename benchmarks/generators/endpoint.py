"""The endpoint that all of them ask, and what it saw of them."""

from __future__ import annotations

import json
import re
import time

from tasks.models.scripted import Answer, Failure, Faults, Request, Response, ScriptedEndpoint, teach_by_rule

PROMPT = """Make questions about the text below, and answer each from the text alone. Ask for every `key: value` line \
and every cell of a table. Reply with nothing but JSON: {"pairs": [{"question": "...", "answer": "..."}]}

Text:
{text}"""
PAIR = re.compile(r"^([^:：|\n{}\"]{2,40})[:：] *([^|\n]{1,80})$", re.M)
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)


def reply_by_rule(request: Request) -> Response:
    """Pairs from the `key: value` lines and tables that stand after "Text:", for any prompt that asks for JSON pairs.

    synthetic-data-kit wants the bare list, and anything for the summary that it asks for first.
    """
    if not request.messages:
        return Failure(400, "there are no messages")  # curator looks so for rate limits in the headers
    prompt = "\n".join(message["content"] for message in request.messages)
    _, marked, text = prompt.partition("Text:\n")
    if not marked:
        return Answer(teach_by_rule(request))  # curator tries so whether a JSON schema is heeded
    name = re.search(r"MX-\d+", text)
    thing = name.group() if name else "it"
    found = [(key, value) for key, value in PAIR.findall(text)]
    header, *rows = [row for row in ROW.findall(text) if not row[0].startswith("---")] or [()]
    found += [(f"{row[0]} {column}", value) for row in rows for column, value in zip(header[1:], row[1:], strict=True)]
    pairs = [{"question": f"{thing}: {key}?", "answer": value} for key, value in found]
    return Answer(json.dumps({"pairs": pairs} if '"pairs"' in prompt else pairs, ensure_ascii=False))


class Teacher:
    """A ScriptedEndpoint whose runs are told apart, with the times at which it was asked first and answered last."""

    def __init__(self, *, graft: bool, latency: float, truncated: float = 0.0, keep_requests: bool = True) -> None:
        self._reply = teach_by_rule if graft else reply_by_rule
        self._latency = latency
        self._first = self._last = 0.0
        self._before = 0
        faults = Faults(truncated=truncated)
        self._endpoint = ScriptedEndpoint(
            self._answer, latency=self._arrive, faults=faults, keep_requests=keep_requests
        )
        self.url = self._endpoint.url
        self.counters = self._endpoint.counters

    def __enter__(self) -> Teacher:
        self._endpoint.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._endpoint.__exit__(None, None, None)

    def begin(self) -> None:
        """A run begins."""
        self._before = self.asked
        self._first = self._last = 0.0
        self.counters.peak_in_flight = 0

    @property
    def asked(self) -> int:
        """Requests since the first run began, those without a message left out."""
        return self.counters.requests - self.counters.outcomes["400"]

    @property
    def calls(self) -> int:
        """Requests of this run."""
        return self.asked - self._before

    @property
    def span(self) -> float:
        """Seconds from the run's first request to its last answer, which leaves `latency` after its request came."""
        return self._last + self._latency - self._first

    def _arrive(self, request: Request) -> float:
        self._last = time.perf_counter()
        self._first = self._first or self._last
        return self._latency if request.messages else 0.0

    def _answer(self, request: Request) -> Response:
        response = self._reply(request)
        return Answer(response) if isinstance(response, str) else response
