"""A model that reads texts and writes none: in batches of like length, each text's result remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from artifacts.memo import Item, Memo
from artifacts.records import Message, digest
from tasks.models.config import ModelConfig
from tasks.models.local import Model, load_model, load_tokenizer, pinned, render

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

VERSION = 1  # raised when the same model would give another number for the same text
DECIMALS = 5  # of a number that is kept; in single precision, what hangs on a row's padding stands behind them


class Amounts(Protocol):
    """How much is read: of a text, in tokens, and at once, in texts. What a pass is configured by has both."""

    @property
    def max_length(self) -> int: ...
    @property
    def batch_size(self) -> int: ...


class Reader:
    """A model, loaded at the first text that the memo does not know.

    `identity` names the weights and how they are loaded. No number depends on the size of batches beyond the rounding
    of the precision: rows are padded on the right, behind what is weighed, and masked.
    """

    def __init__(
        self,
        memo: Memo,
        identity: Sequence[str],
        tokenizer: PreTrainedTokenizerBase,
        load: Callable[[], Model],
        *,
        amounts: Amounts,
        advance: Callable[[int], Any],
    ) -> None:
        self.tokenizer, self.max_length = tokenizer, amounts.max_length
        self._memo, self._load, self._batch_size, self._advance = memo, load, amounts.batch_size, advance
        self._settings = [VERSION, *identity, digest(tokenizer.chat_template or ""), amounts.max_length]

    @cached_property
    def model(self) -> Model:
        return self._load().eval()

    def remember(
        self, kind: str, texts: Sequence[tuple[str, ...]], compute: Callable[[list[tuple[str, ...]]], list[Any]]
    ) -> list[Any]:
        """What `compute` gives for each of the texts, as JSON, in their order; a text that comes twice is read once."""
        keys = [digest([*self._settings, *text]) for text in texts]
        found = {key: value for key in dict.fromkeys(keys) if (value := self._memo.get(kind, key)) is not None}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        self._advance(len(texts) - len(missing))
        ordered = sorted(missing, key=lambda key: (sum(map(len, missing[key])), key))
        for start in range(0, len(ordered), self._batch_size):
            batch = ordered[start : start + self._batch_size]
            values = compute([missing[key] for key in batch])
            self._memo.put_all([Item(kind, key, value) for key, value in zip(batch, values, strict=True)])
            found.update(zip(batch, values, strict=True))
            self._advance(len(batch))
        return [found[key] for key in keys]

    def ids(self, text: str) -> list[int]:
        """The tokens of a text in which a template has put all special ones already."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def padded(self, rows: Sequence[Sequence[int]]) -> dict[str, Tensor]:
        """A batch on the model's device: `input_ids` and `attention_mask`, each of rows x the longest row's tokens."""
        import torch

        width = max(map(len, rows))
        ids = torch.full((len(rows), width), self.tokenizer.pad_token_id)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row)
            mask[place, : len(row)] = 1
        return {"input_ids": ids.to(self.model.device), "attention_mask": mask.to(self.model.device)}

    def said(self, messages: Sequence[Message]) -> tuple[str, str]:
        """A conversation as the chat template writes it up to the last answer, and that answer."""
        return render(self.tokenizer, messages[:-1]), messages[-1]["content"]


def causal_reader(
    memo: Memo, config: ModelConfig, amounts: Amounts, advance: Callable[[int], Any] = lambda amount: None
) -> Reader:
    """Reads by a causal language model."""
    config = pinned(config)
    return Reader(
        memo,
        (config.identity(), config.dtype, config.attention),
        load_tokenizer(config),
        lambda: load_model(config),
        amounts=amounts,
        advance=advance,
    )


def rounded(number: float) -> float:
    return round(number, DECIMALS)
