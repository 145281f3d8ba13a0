"""What endpoints do wrong, mixed by shares: which request meets what hangs on the seed and on the request alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from tasks.models.scripted.script import Answer, Dropped, Failure, Request, Response

SHARES = (
    *("rate_limited", "failing", "dropped", "broken_off", "trickled"),
    *("truncated", "malformed", "reasoning", "empty"),
)
THOUGHT = "First I look for what is asked: {not yet the reply}."
MALFORMED: tuple[Callable[[str], str], ...] = (
    lambda text: text[: max(1, len(text) * 2 // 3)],  # broken off, though it says that it is whole
    lambda text: text.replace('"', "'"),
    lambda text: f"Sure! Here is the JSON you asked for:\n\n{text}\n\nLet me know if you need more.",
    lambda text: f"```json\n{text}\n```",
    lambda text: f'{{"result": {text}}}',
    lambda text: "I am sorry, but I can't help with that.",
)


@dataclass(frozen=True)
class Faults:
    """Shares (0 to 1, their sum at most 1) of the requests that meet each fault; the others are answered.

    A request that is sent again is drawn for again, so that tries again come through.
    """

    rate_limited: float = 0.0
    """429, with `retry_after`."""
    failing: float = 0.0
    """500, 502 or 503."""
    dropped: float = 0.0
    """The connection is closed before the headers."""
    broken_off: float = 0.0
    """The connection is closed within the body."""
    trickled: float = 0.0
    """The body comes in `pieces`, one every `pause`."""
    truncated: float = 0.0
    """The text is cut at `cut_at`, with finish_reason "length"."""
    malformed: float = 0.0
    """Broken JSON, single quotes, prose around it, fences, another shape, or no JSON at all."""
    reasoning: float = 0.0
    """`<think>` in the text, or a field `reasoning_content`."""
    empty: float = 0.0
    """No text."""
    retry_after: float = 1.0
    """Seconds."""
    cut_at: float = 0.5
    """Share of the text."""
    pieces: int = 20
    pause: float = 0.05
    """Seconds."""
    seed: int = 0

    def __post_init__(self) -> None:
        shares = self.shares()
        if min(shares.values()) < 0 or sum(shares.values()) > 1 + 1e-9:
            raise ValueError(f"the shares of faults must not be negative, nor more than 1 in all: {shares}")

    def shares(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in SHARES}

    def draw(self, request: Request, before: int) -> str | None:
        """The fault that this request meets, sent for the `before + 1`st time."""
        point = drawn(self.seed, request, before, "fault")
        for name, share in self.shares().items():
            if point < share:
                return name
            point -= share
        return None

    def instead(self, name: str, request: Request, before: int) -> Response | None:
        """What comes in place of an answer, or None for a fault that an answer has."""
        match name:
            case "rate_limited":
                return Failure(429, "too many requests", retry_after=f"{self.retry_after:g}")
            case "failing":
                status = (500, 502, 503)[int(drawn(self.seed, request, before, name) * 3)]
                return Failure(status, "the server failed")
            case "dropped":
                return Dropped()
        return None

    def spoil(self, name: str, answer: Answer, request: Request, before: int) -> Answer:
        """The answer with a fault in it."""
        chance = drawn(self.seed, request, before, name)
        text = answer.text
        match name:
            case "broken_off":
                return replace(answer, broken_off=True)
            case "trickled":
                return replace(answer, pieces=self.pieces, pause=self.pause)
            case "truncated":
                return replace(answer, text=text[: int(len(text) * self.cut_at)], finish_reason="length")
            case "malformed":
                return replace(answer, text=MALFORMED[int(chance * len(MALFORMED))](text))
            case "reasoning" if chance < 0.5:
                return replace(answer, text=f"<think>\n{THOUGHT}\n</think>\n\n{text}")
            case "reasoning":
                return replace(answer, reasoning=THOUGHT)
        return replace(answer, text="")


def drawn(seed: int, request: Request, before: int, purpose: str) -> float:
    """A number in [0, 1) that hangs on these alone."""
    text = f"{seed} {purpose} {before} {request.digest}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest()) / 2**56
