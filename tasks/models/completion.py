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

    @property
    def empty(self) -> bool:
        return not self.text.strip() and self.finish_reason == "stop"


class RequestError(Exception):
    """One request got no reply. `refused`: the endpoint will not take it, so that asking again is of no use."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused


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


def read_reply(completion: dict[str, Any]) -> Reply:
    """What a completion says; fields that an endpoint leaves out are null in it."""
    choice, usage = completion["choices"][0], completion["usage"] or {}
    return Reply(
        text=encodable((choice["message"] or {}).get("content") or ""),
        finish_reason=choice["finish_reason"] or "stop",
        input_tokens=usage.get("prompt_tokens") or 0,
        output_tokens=usage.get("completion_tokens") or 0,
    )
