"""A stand-in for an endpoint that is asked nothing: it counts what would be asked, and about what that costs.

Replies are made up, so that the requests which follow from a reply are made by the same code as in a run. Replies that
are kept are given as they are, and cost nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from artifacts.memo import Memo
from artifacts.records import Message
from tasks.models.config import OpenAIEndpoint, Price
from tasks.models.endpoint.chat import KIND, request_key
from tasks.models.endpoint.completion import Kept, Reply
from tasks.models.endpoint.ledger import billed
from tasks.models.language.match import CJK

CHARACTERS_A_TOKEN, CJK_CHARACTERS_A_TOKEN = 4.0, 1.5
ONE_CJK = re.compile(rf"[{CJK}]")

MakeUp = Callable[[Sequence[Message], dict[str, Any]], str]
"""A reply to messages, in the form of a schema and of about the right length."""


@dataclass(frozen=True)
class Estimate:
    """What is still to be asked of one model, and about what it costs, in the currency of the prices."""

    model: str
    requests: int
    kept: int  # replies that are in the memo
    input_tokens: int
    output_tokens: int
    money: float | None  # None where the model's price is not known


@dataclass
class Rehearsal:
    """Takes the place of a Chat."""

    endpoint: OpenAIEndpoint
    make_up: MakeUp
    memo: Memo | None = None
    requests: int = 0  # still to be sent, with their tokens
    kept: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    async def ask(self, messages: Sequence[Message], *, schema: dict[str, Any] | None = None, sample: int = 0) -> Reply:
        assert schema is not None
        if self.memo is not None:
            kept = Kept.read(self.memo.get(KIND, request_key(self.endpoint, messages, schema, sample)))
            if kept.done:
                self.kept += 1
                return kept.reply()
        sent = sum(count_tokens(message["content"]) for message in messages)
        text = self.make_up(messages, schema)
        received = int(min(count_tokens(text), self.endpoint.max_tokens or math.inf))
        self.requests += 1
        self.input_tokens += sent
        self.output_tokens += received
        return Reply(text, "stop", sent, received)

    def estimate(self, prices: Mapping[str, Price]) -> Estimate:
        name, price = billed(self.endpoint, prices)
        money = None if price is None else price.cost(self.input_tokens, self.output_tokens)
        return Estimate(name, self.requests, self.kept, self.input_tokens, self.output_tokens, money)


def count_tokens(text: str) -> int:
    """About how many tokens a text has, by its characters: tokenizers differ, and endpoints don't lend theirs."""
    chinese = len(ONE_CJK.findall(text))
    return round(chinese / CJK_CHARACTERS_A_TOKEN + (len(text) - chinese) / CHARACTERS_A_TOKEN)
