"""Where a causal model places a text: the mean of its last hidden states, as a vector of length 1."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from artifacts.records import Message
from tasks.models.local import render
from tasks.models.scoring.reader import Reader

if TYPE_CHECKING:
    from torch import Tensor

Pooling = Literal["mean", "position_weighted"]
"""`position_weighted`: the n-th token counts n times, since later ones have read more: arXiv 2202.08904, equation 3."""


class Embedded(NamedTuple):
    vectors: Tensor  # rows x hidden size, in single precision, on the CPU
    cut: int  # rows that have tokens behind max_length


class Embeddings:
    """Given by one causal model; a vector is kept in half precision, which is as much as its model is sure of."""

    def __init__(self, reader: Reader, pooling: Pooling) -> None:
        self._reader, self._pooling = reader, pooling

    def of_prompts(self, conversations: Sequence[Sequence[Message]]) -> Embedded:
        """Of all but the last answer of each conversation."""
        return self._of([render(self._reader.tokenizer, messages[:-1]) for messages in conversations])

    def of_conversations(self, conversations: Sequence[Sequence[Message]]) -> Embedded:
        return self._of(["".join(self._reader.said(messages)) for messages in conversations])

    def _of(self, texts: Sequence[str]) -> Embedded:
        import numpy
        import torch

        kept = self._reader.remember(f"{self._pooling}_embedding", [(text,) for text in texts], self._embed)
        vectors = [numpy.frombuffer(base64.b64decode(each["vector"]), dtype="<f2") for each in kept]
        return Embedded(torch.from_numpy(numpy.stack(vectors).astype("float32")), sum(each["cut"] > 0 for each in kept))

    def _embed(self, texts: list[tuple[str, ...]]) -> list[Any]:
        import torch

        tokens = [self._reader.ids(text) for (text,) in texts]
        inputs = self._reader.padded([row[: self._reader.max_length] for row in tokens])
        with torch.inference_mode():
            states = self._reader.model.base_model(**inputs, use_cache=False).last_hidden_state.float()
        weights = inputs["attention_mask"].float()
        if self._pooling == "position_weighted":
            weights = weights * torch.arange(1, weights.shape[1] + 1, device=weights.device)
        means = torch.nn.functional.normalize((states * weights.unsqueeze(-1)).sum(dim=1), dim=1)
        vectors = means.cpu().numpy().astype("<f2")
        return [
            {"vector": base64.b64encode(vector.tobytes()).decode(), "cut": max(len(row) - self._reader.max_length, 0)}
            for vector, row in zip(vectors, tokens, strict=True)
        ]
