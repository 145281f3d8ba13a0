"""How likely a causal model finds a text: the mean negative log likelihood of its tokens, in nats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from artifacts.records import Message
from tasks.models.scoring.reader import Reader, rounded

ANSWER, TEXT = "answer_loss", "text_loss"  # of the memo's items


class AnswerLoss(NamedTuple):
    """Of the same tokens of an answer: given all that was said before, and alone. None where none of them stands within
    max_length. `cut`: tokens that stand behind it, and are not weighed."""

    given: float | None
    alone: float | None
    cut: int

    @property
    def ratio(self) -> float | None:
        """Instruction-following difficulty: https://arxiv.org/abs/2308.12032, equation 4."""
        return None if self.given is None or not self.alone else self.given / self.alone

    @property
    def perplexity_ratio(self) -> float | None:
        """The same of perplexities: https://arxiv.org/abs/2402.00530, equation 2."""
        return None if self.given is None or self.alone is None else math.exp(self.given - self.alone)


class TextLoss(NamedTuple):
    """Of a whole conversation; None where it is nothing but the template's own text."""

    mean: float | None
    cut: int

    @property
    def perplexity(self) -> float | None:
        return None if self.mean is None else math.exp(self.mean)


class Losses:
    """Measured by one causal model."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def of_answers(self, conversations: Sequence[Sequence[Message]]) -> list[AnswerLoss]:
        """Of the last answer of each conversation.

        Alone it stands behind the template's opening of an answer, so that its first token is weighed both times.
        """
        texts = [(*self._reader.said(messages), self._opening(messages)) for messages in conversations]
        return [AnswerLoss(*values) for values in self._reader.remember(ANSWER, texts, self._weigh_answers)]

    def of_texts(self, conversations: Sequence[Sequence[Message]]) -> list[TextLoss]:
        """Of all that is said in each conversation, from the first turn's first word on, its template included."""
        texts = [self._from_first_word(messages) for messages in conversations]
        return [TextLoss(*values) for values in self._reader.remember(TEXT, texts, self._weigh_texts)]

    def _opening(self, messages: Sequence[Message]) -> str:
        """What the template puts between the user's last word and an answer."""
        tokenizer = self._reader.tokenizer
        asked = tokenizer.apply_chat_template(list(messages[:-1]), tokenize=False)
        prompt, _ = self._reader.said(messages)
        opening = prompt[len(asked) :] if prompt.startswith(asked) else ""
        return opening or self._start()

    def _start(self) -> str:
        """A token for the first word to follow."""
        return str(self._reader.tokenizer.bos_token or self._reader.tokenizer.eos_token)

    def _from_first_word(self, messages: Sequence[Message]) -> tuple[str, str]:
        prompt, answer = self._reader.said(messages)
        before, found, rest = prompt.partition(messages[0]["content"].strip())
        return (before or self._start(), found + rest + answer) if found else (self._start(), prompt + answer)

    def _weigh_answers(self, texts: list[tuple[str, ...]]) -> list[Any]:
        """[given, alone, cut] of each (prompt, answer, opening)."""
        limit = self._reader.max_length
        given, alone, cut = [], [], []
        for prompt, answer, opening in texts:
            before, ids = self._reader.ids(prompt), self._reader.ids(answer)
            weighed = ids[: max(limit - len(before), 0)]
            given.append((before, weighed))
            alone.append((self._reader.ids(opening), weighed))
            cut.append(len(ids) - len(weighed))
        return [list(values) for values in zip(self._means(given), self._means(alone), cut, strict=True)]

    def _weigh_texts(self, texts: list[tuple[str, ...]]) -> list[Any]:
        """[mean, cut] of each (what stands before, text)."""
        limit = self._reader.max_length
        rows, cut = [], []
        for before, text in texts:
            start, ids = self._reader.ids(before), self._reader.ids(text)
            weighed = ids[: max(limit - len(start), 0)]
            rows.append((start, weighed))
            cut.append(len(ids) - len(weighed))
        return [list(values) for values in zip(self._means(rows), cut, strict=True)]

    def _means(self, rows: Sequence[tuple[list[int], list[int]]]) -> list[float | None]:
        """The mean over the second part of each row, which follows the first; None where it is empty."""
        import torch
        from torch.nn.functional import cross_entropy

        full = [place for place, (_, weighed) in enumerate(rows) if weighed]
        means: list[float | None] = [None] * len(rows)
        if not full:
            return means
        inputs = self._reader.padded([rows[place][0] + rows[place][1] for place in full])
        with torch.inference_mode():
            logits = self._reader.model(**inputs, use_cache=False).logits
            for line, place in enumerate(full):
                before, weighed = map(len, rows[place])
                # a row at a time: in single precision a batch's logits would be twice as large again
                says = logits[line, before - 1 : before + weighed - 1].float()
                loss = cross_entropy(says, inputs["input_ids"][line, before : before + weighed])
                means[place] = rounded(loss.item())
        return means
