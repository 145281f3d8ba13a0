"""How well a reward model likes an answer: the one logit of a sequence classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from artifacts.memo import Memo
from artifacts.records import Message
from artifacts.stage import StageError
from tasks.models.config import ModelConfig, folder_sha256
from tasks.models.local import Model, load_tokenizer, pick_device
from tasks.models.scoring.reader import Amounts, Reader, rounded

KIND = "reward"  # of the memo's items


class Reward(NamedTuple):
    score: float
    cut: int  # tokens that stand behind max_length


class Rewards:
    """Given by a reward model.

    One whose tokenizer has a chat template reads the whole conversation in it; an older one, as OpenAssistant's, reads
    what was said before and the last answer as a pair of texts.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def of(self, conversations: Sequence[Sequence[Message]]) -> list[Reward]:
        tokenizer = self._reader.tokenizer
        texts: list[tuple[str, ...]] = []
        for messages in conversations:
            if tokenizer.chat_template:
                texts.append((str(tokenizer.apply_chat_template(list(messages), tokenize=False)),))
            else:
                before = "\n".join(message["content"] for message in messages[:-1])
                texts.append((before, messages[-1]["content"]))
        return [Reward(*values) for values in self._reader.remember(KIND, texts, self._judge)]

    def _judge(self, texts: list[tuple[str, ...]]) -> list[Any]:
        """[score, cut] of each text, or pair of texts."""
        import torch

        reader = self._reader
        tokens = [reader.tokenizer(*text, add_special_tokens=len(text) > 1)["input_ids"] for text in texts]
        reader.model.config.pad_token_id = reader.tokenizer.pad_token_id  # else a decoder takes no batch
        inputs = reader.padded([row[: reader.max_length] for row in tokens])
        with torch.inference_mode():
            scores = reader.model(**inputs).logits[:, 0].tolist()
        return [
            [rounded(score), max(len(row) - reader.max_length, 0)] for score, row in zip(scores, tokens, strict=True)
        ]


def reward_reader(
    memo: Memo, path: str, amounts: Amounts, advance: Callable[[int], Any] = lambda amount: None
) -> Reader:
    """Reads by the reward model of a folder."""
    folder = Path(path).expanduser()
    config = ModelConfig(path=str(folder))
    return Reader(
        memo,
        (folder_sha256(folder),),
        load_tokenizer(config),
        lambda: load_classifier(folder, pick_device(config)),
        amounts=amounts,
        advance=advance,
    )


def load_classifier(folder: Path, device: str) -> Model:
    """A sequence classifier in the precision that it was saved in, but not half of it on a CPU, which is slow at it."""
    import torch
    from transformers import AutoModelForSequenceClassification

    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype="auto" if device == "cuda" else torch.float32,
        )
    except Exception as error:  # the libraries raise many kinds
        said = " ".join(str(error).split())[:300]
        raise StageError(f"the reward model {folder} can't be loaded ({type(error).__name__}: {said})") from error
    return model.to(device)
