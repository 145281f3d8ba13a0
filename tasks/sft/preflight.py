"""What would go wrong in training without a word, found before it starts: rows too long, answers not trained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from artifacts.records import Conversation, Message
from artifacts.stage import StageError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Epochs by the number of rows; between the anchors on a logarithmic scale. A practitioners' rule, not a law.
EPOCHS = ((100, 15.0), (1000, 10.0), (10_000, 2.0))


def epochs_for(rows: int) -> float:
    """How often to go over a dataset of this size."""
    if rows <= EPOCHS[0][0]:
        return EPOCHS[0][1]
    for (low, most), (high, least) in pairwise(EPOCHS):
        if rows <= high:
            share = math.log(rows / low) / math.log(high / low)
            return round(most + (least - most) * share, 2)
    return EPOCHS[-1][1]


def training_template(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """A template that marks the assistant's tokens, where the model's own does not; None where it does.

    Raises StageError where neither does, or where the end of a turn would not be trained: the model would never stop.
    """
    from trl.chat_template_utils import (
        get_training_chat_template,
        has_generation_markers,
        is_chat_template_stop_token_trained,
    )

    template: str | None = None
    if not tokenizer.chat_template:
        raise StageError(
            "sft.model: the model has no chat template; use an instruct model, or add one to its tokenizer"
        )
    if not has_generation_markers(tokenizer.chat_template):
        try:
            template = get_training_chat_template(tokenizer)
        except ValueError as error:
            raise StageError(
                "sft.model: the chat template does not mark the assistant's tokens with {% generation %}, and trl "
                "knows no such template for this model; add the marks to the template in the model's folder"
            ) from error
    if not is_chat_template_stop_token_trained(tokenizer, chat_template=template):
        raise StageError(
            "sft.model: the chat template leaves the end of the assistant's turn out of training, so the tuned model "
            "would not stop; put the end token between {% generation %} and {% endgeneration %}"
        )
    return template


def tokens(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], template: str | None) -> tuple[int, int]:
    """How many tokens a conversation has, and how many of them are trained."""
    output: Any = tokenizer.apply_chat_template(
        list(messages), tokenize=True, return_dict=True, return_assistant_tokens_mask=True, chat_template=template
    )
    return len(output["input_ids"]), sum(output["assistant_masks"])


def why_not(row: Conversation, length: int, trained: int, max_length: int) -> tuple[str, str] | None:
    """Why a row can't be trained on (a reason, and what was seen), or None."""
    if any(not message["content"].strip() for message in row.messages):
        return "empty_turn", "a message has no text"
    if trained == 0:
        return "no_trained_token", "no token of the assistant's is in the loss"
    if length > max_length:
        return (
            "longer_than_max_length",
            f"{length} tokens, sft.max_length is {max_length}; raise it, or make rows shorter",
        )
    return None


def percentiles(lengths: Iterable[int]) -> dict[str, int]:
    """Lengths in tokens, for the report."""
    ordered = sorted(lengths)
    if not ordered:
        return {}
    return {
        **{f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)},
        "max": ordered[-1],
    }
