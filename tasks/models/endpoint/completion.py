"""What a chat endpoint gave back for one question, as it is kept, and what of it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

EMPTY_REPLIES = 3  # paid for at most, where one after another says nothing
MOST_TOKENS = 10**9  # of a request; a larger count is none


@dataclass(frozen=True)
class Reply:
    """What a completion says; `finish_reason` is "stop", or "length" for one that was cut off, or "content_filter".

    Tokens are None where the endpoint does not report them.
    """

    text: str
    finish_reason: str
    input_tokens: int | None = None
    output_tokens: int | None = None
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

    @classmethod
    def read(cls, value: Any) -> Kept:
        """What the memo holds, which an older version may have written; what can't be read counts as not kept."""
        value = _object(value)
        completions, refusal = value.get("completions"), value.get("refusal")
        return cls(
            [one for one in completions if is_completion(one)] if isinstance(completions, list) else [],
            refusal if isinstance(refusal, str) else "",
        )

    @property
    def done(self) -> bool:
        """Whether there is nothing more to ask."""
        if self.refusal or not self.completions:
            return bool(self.refusal)
        return len(self.completions) >= EMPTY_REPLIES or not self.reply().empty

    def reply(self) -> Reply:
        if self.refusal:
            raise RequestError(self.refusal, refused=True)
        return read_reply(self.completions[-1])


def is_completion(body: Any) -> bool:
    """Whether a body is of the form of a completion, whatever it says."""
    choices = _object(body).get("choices")
    return (
        isinstance(choices, list) and bool(choices) and isinstance(_object(choices[0]).get("message", 0), dict | None)
    )


def read_reply(completion: dict[str, Any]) -> Reply:
    """What a completion says. Endpoints leave fields out, send null for them, or other kinds of values: what can't be
    read counts as not said."""
    choice, usage = _object(completion["choices"][0]), _object(completion.get("usage"))
    message = _object(choice.get("message"))
    content, finish_reason = message.get("content"), choice.get("finish_reason")
    parts = content if isinstance(content, list) else []
    reasoning = "".join(_text(_object(part).get("thinking")) for part in parts)
    text = _text(content)
    sent, received = _tokens(usage, said=bool(text))
    cached = _count(_object(usage.get("prompt_tokens_details")).get("cached_tokens"))
    return Reply(
        text=text,
        finish_reason=finish_reason if finish_reason and isinstance(finish_reason, str) else "stop",
        input_tokens=sent,
        output_tokens=received,
        cached_tokens=min(cached or _count(usage.get("prompt_cache_hit_tokens")) or 0, sent or 0),
        reasoning=_text(message.get("reasoning_content")) or _text(message.get("reasoning")) or reasoning,
    )


def _tokens(usage: dict[str, Any], *, said: bool) -> tuple[int | None, int | None]:
    """Tokens sent and received; each may follow from the sum. No request has none, nor a reply that says something."""
    sent, total = _count(usage.get("prompt_tokens")) or None, _count(usage.get("total_tokens"))
    received = _count(usage.get("completion_tokens"))
    if not received and said:
        received = None
    if total is not None and sent is not None and received is None and total > sent:
        received = total - sent
    elif total is not None and sent is None and received is not None and total > received:
        sent = total - received
    return sent, received


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A text, which may come in parts, bare or as {"type": "text", "text": ...}."""
    parts = value if isinstance(value, list) else [value]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str)).encode(errors="replace").decode()


def _count(value: Any) -> int | None:
    """A number of tokens; also out of a text."""
    try:
        count = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return count if 0 <= count <= MOST_TOKENS else None
