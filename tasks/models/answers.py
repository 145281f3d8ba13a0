"""Answers of local models, kept in the memo as soon as they are there: a killed run asks only for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from artifacts.memo import Memo
from artifacts.records import Message, digest
from tasks.models.config import ModelConfig
from tasks.models.local import Model, answer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

KIND = "answer"
VERSION = 1  # raised when the same model would answer otherwise: another template, other decoding, other cleaning


@dataclass(frozen=True)
class Decoding:
    """How answers are drawn; a temperature of 0 is greedy."""

    max_new_tokens: int = 64
    samples: int = 1
    temperature: float = 0.0
    seed: int = 0


def remembered_answers(
    memo: Memo,
    weights: str,
    config: ModelConfig,
    load: Callable[[], Model],
    tokenizer: PreTrainedTokenizerBase,
    *,
    prompts: Sequence[Sequence[Message]],
    decoding: Decoding,
    batch_size: int = 32,
    afresh: bool = False,
    advance: Callable[[int], Any] = lambda amount: None,
) -> list[list[str]]:
    """Answers to each prompt in its order; `load` is called at the first one that the memo does not hold.

    `weights` names what is loaded, base or tuned, and `config` how. A sampled answer hangs on the batch that it is
    drawn in, so its key and its seed hold the batch: the same prompts give the same answers, whatever the memo held
    before. In half precision a greedy one may hang on how far it is padded, so the key holds the batch's size.
    `afresh` asks for every answer again.
    """
    settings = [VERSION, weights, config.dtype, config.attention, batch_size, decoding.max_new_tokens]
    answers: list[list[str]] = [[] for _ in prompts]
    for batch in _batches(prompts, batch_size):
        asked = [list(prompts[place]) for place in batch]
        sampled = [decoding.samples, decoding.temperature, decoding.seed, digest(asked)] if decoding.temperature else []
        keys = [digest([*settings, messages, *sampled]) for messages in asked]
        known: list[list[str] | None] = [None if afresh else memo.get(KIND, key) for key in keys]
        if None in known:
            wanted = [place for place, texts in enumerate(known) if texts is None or sampled]
            drawn = answer(
                load(),
                tokenizer,
                [asked[place] for place in wanted],
                max_new_tokens=decoding.max_new_tokens,
                batch_size=batch_size,
                samples=decoding.samples,
                temperature=decoding.temperature,
                seed=int(digest(sampled)[:8], 16),
            )
            for place, texts in zip(wanted, drawn, strict=True):
                known[place] = texts
                memo.put(KIND, keys[place], texts)
        for place, found in zip(batch, known, strict=True):
            answers[place] = found or []
        advance(len(batch))
    return answers


def _batches(prompts: Sequence[Sequence[Message]], size: int) -> Iterator[list[int]]:
    """Places of the prompts, those of like length together, so that little is padded."""
    order = sorted(range(len(prompts)), key=lambda place: sum(len(message["content"]) for message in prompts[place]))
    for start in range(0, len(order), size):
        yield order[start : start + size]
