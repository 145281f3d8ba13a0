"""What a script is given and what it may answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from artifacts.records import Message, digest

CHARACTERS_PER_TOKEN = 4  # what is billed here is counted by length, in place of a tokenizer


@dataclass(frozen=True)
class Request:
    """A chat request as it was received."""

    body: dict[str, Any]
    authorization: str = ""

    @property
    def messages(self) -> list[Message]:
        messages: list[Message] = self.body["messages"]
        return messages

    @property
    def prompt(self) -> str:
        """The last message."""
        return self.messages[-1]["content"]

    @property
    def tokens(self) -> int:
        return math.ceil(sum(len(message["content"] or "") for message in self.messages) / CHARACTERS_PER_TOKEN)

    @cached_property
    def digest(self) -> str:
        """Names what is asked, whoever asks it."""
        return digest(self.body)


@dataclass(frozen=True)
class Answer:
    """A chat completion; give `finish_reason="length"` for one that was cut off."""

    text: str
    finish_reason: str = "stop"
    reasoning: str = ""
    """Goes into a field of its own, `reasoning_content`; write `<think>` into the text for reasoning inside it."""
    pieces: int = 1
    """The body is sent in so many pieces ..."""
    pause: float = 0.0
    """... with so many seconds between them."""
    broken_off: bool = False
    """The connection is closed when half of the body is sent; such a reply is billed all the same."""

    @property
    def tokens(self) -> int:
        return math.ceil((len(self.text) + len(self.reasoning)) / CHARACTERS_PER_TOKEN)

    def completion(self, request: Request, *, usage: bool = True) -> dict[str, Any]:
        message = {"role": "assistant", "content": self.text}
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        sent, received = request.tokens, self.tokens
        counted = {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}
        return {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": request.body.get("model", "scripted"),
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish_reason}],
            **({"usage": counted} if usage else {}),
        }


@dataclass(frozen=True)
class Failure:
    """A status other than 200, with what the endpoint says of it."""

    status: int
    message: str = "scripted failure"
    retry_after: str | None = None
    code: str | None = None

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {"message": self.message, "code": self.code, "type": None, "param": None}}


@dataclass(frozen=True)
class Dropped:
    """The connection is closed without a word."""


@dataclass(frozen=True)
class Garbage:
    """Status 200 and a body that is no chat completion."""

    body: str = "<html>gateway</html>"
    content_type: str = "application/json"


Response = Answer | Failure | Dropped | Garbage
Script = Callable[[Request], Response | str] | Sequence[Response | str]
