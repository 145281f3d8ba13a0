"""What a chat endpoint gave back for one question, as it is kept, and what of it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from artifacts.records import encodable

EMPTY_REPLIES = 3  # paid for at most, where one after another says nothing


@dataclass(frozen=True)
class Reply:
    """What a completion says; `finish_reason` is "stop", or "length" for one that was cut off, or "content_filter"."""

    text: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0  # among the input tokens
    reasoning: str = ""  # where the endpoint gives it apart from the text

    @property
    def empty(self) -> bool:
        return not self.text.strip() and self.finish_reason == "stop"


class RequestError(Exception):
    """One request got no reply. `refused`: the endpoint will not take it, so that asking again is of no use."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused


class TryAgainError(Exception):
    """One try got no reply, and another may. `may_be_billed`: the endpoint may have done the work all the same."""

    def __init__(self, text: str, *, may_be_billed: bool = False) -> None:
        super().__init__(text)
        self.may_be_billed = may_be_billed


@dataclass
class Kept:
    """What the memo holds for one question: all completions that were paid for, as they came, or why it is refused."""

    completions: list[dict[str, Any]] = field(default_factory=list)
    refusal: str = ""

    @property
    def done(self) -> bool:
        """Whether there is nothing more to ask."""
        if not self.completions:
            return bool(self.refusal)
        return len(self.completions) >= EMPTY_REPLIES or not self.reply().empty

    def reply(self) -> Reply:
        if self.refusal:
            raise RequestError(self.refusal, refused=True)
        return read_reply(self.completions[-1])


def is_completion(body: Any) -> bool:
    """Whether a body has the fields that `read_reply` can't do without."""
    choices = body.get("choices") if isinstance(body, dict) else None
    return isinstance(choices, list) and bool(choices) and isinstance(choices[0], dict) and "message" in choices[0]


def read_reply(completion: dict[str, Any]) -> Reply:
    """What a completion says; endpoints leave out fields, or send null for them."""
    choice, usage = completion["choices"][0], completion.get("usage") or {}
    message = choice["message"] or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or usage.get("prompt_cache_hit_tokens")
    return Reply(
        text=encodable(message.get("content") or ""),
        finish_reason=choice.get("finish_reason") or "stop",
        input_tokens=usage.get("prompt_tokens") or 0,
        output_tokens=usage.get("completion_tokens") or 0,
        cached_tokens=cached or 0,
        reasoning=encodable(message.get("reasoning_content") or message.get("reasoning") or ""),
    )
