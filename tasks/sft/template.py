"""What a chat template must do so that training on it teaches what the rows say; seen on a sample conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from artifacts.records import Message
from artifacts.stage import StageError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

THOUGHTS = {"<think>", "</think>"}  # special to some tokenizers, and written by mix where it is asked to
SAMPLE: tuple[Message, ...] = (
    {"role": "system", "content": "Sample rule: quote <b>exactly</b>."},
    {"role": "user", "content": "Sample question one?\n\n  indented  twice"},
    {"role": "assistant", "content": 'Sample "answer" one & more.\n\n- 第一\n- 第二'},
    {"role": "user", "content": "Sample question two?"},
    {"role": "assistant", "content": "Sample answer two."},
)


@dataclass(frozen=True)
class Rendered:
    """A conversation as it is trained on."""

    text: str
    ids: list[int]
    mask: list[int]  # 1 where a token is in the loss

    @property
    def trained(self) -> int:
        return sum(self.mask)

    def spans(self) -> Iterator[list[int]]:
        """The tokens of each stretch that is in the loss: an answer and its end."""
        for in_loss, places in groupby(range(len(self.ids)), key=self.mask.__getitem__):
            if in_loss:
                yield [self.ids[place] for place in places]


class Template:
    """A tokenizer with the template that it is trained with.

    Raises StageError for one that training can't use: one that fails, where the assistant's tokens are not all marked,
    where others are in the loss, where the end of a turn is not (the model would never stop), where turns are lost or
    changed (a system's turn aside: rows that have one are looked at by themselves), and where a special token stands
    twice.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer, self._template = tokenizer, training_template(tokenizer)
        special = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
        names = sorted({*special, *tokenizer.all_special_tokens} - THOUGHTS, key=len, reverse=True)
        self._special = re.compile("|".join(map(re.escape, names)) or r"(?!)")
        self._end = self._checked()

    def render(self, messages: Sequence[Message]) -> Rendered:
        """Raises what the template raises, such as jinja2.TemplateError where it knows no system's turn."""
        values: dict[str, Any] = {"chat_template": self._template}
        output: Any = self._tokenizer.apply_chat_template(
            list(messages), tokenize=True, return_dict=True, return_assistant_tokens_mask=True, **values
        )
        text: Any = self._tokenizer.apply_chat_template(list(messages), tokenize=False, **values)
        return Rendered(text, list(output["input_ids"]), list(output["assistant_masks"]))

    def special(self, text: str) -> str | None:
        """The first special token that is written in a text, where it would be more than text."""
        found = self._special.search(text)
        return found[0] if found else None

    def ends(self, rendered: Rendered) -> bool:
        """Whether each answer's end is in the loss."""
        return all(self._last(span) == self._end for span in rendered.spans())

    def _checked(self) -> int | None:
        """Looks at the sample; returns the token that ends a turn."""
        messages, rendered = self._sample()
        trained = self._tokenizer.decode([token for span in rendered.spans() for token in span])
        for message in messages:
            if message["role"] != "assistant" and message["content"].splitlines()[0] in trained:
                raise StageError(
                    f"sft.model: the chat template puts the {message['role']}'s turn into the loss; close "
                    "{% generation %} before it"
                )
        marked, answers = len(list(rendered.spans())), sum(message["role"] == "assistant" for message in messages)
        if marked < answers:
            raise StageError(
                f"sft.model: the chat template marks {marked} of the {answers} answers of a conversation; put "
                "{% generation %} and {% endgeneration %} around each"
            )
        if not is_end_trained(self._tokenizer, self._template):
            raise StageError(
                "sft.model: the chat template leaves the end of the assistant's turn out of training, so the tuned "
                "model would not stop; put the end token between {% generation %} and {% endgeneration %}"
            )
        if lost := lost_turn(rendered.text, messages):
            raise StageError(
                f"sft.model: the chat template does not give the {lost['role']}'s turn back as it was: "
                f"{lost['content']!r}; let it write message['content'] unchanged, each turn in its place"
            )
        for one, other in pairwise(rendered.ids):
            if one == other and self.special(name := self._tokenizer.decode([one])):
                raise StageError(
                    f"sft.model: the chat template writes {name} twice in a row; take one out of the template"
                )
        return self._last(next(rendered.spans()))

    def _sample(self) -> tuple[Sequence[Message], Rendered]:
        """The sample, without its system's turn where the template takes none or puts it somewhere else."""
        try:
            rendered = self.render(SAMPLE)
        except Exception:  # a template raises what it likes
            rendered = None
        if rendered is None or lost_turn(rendered.text, SAMPLE):
            return SAMPLE[1:], self.render(SAMPLE[1:])
        return SAMPLE, rendered

    def _last(self, span: list[int]) -> int | None:
        return next((token for token in reversed(span) if not self._blank(token)), None)

    @lru_cache(maxsize=4096)  # noqa: B019 (lives as long as the stage)
    def _blank(self, token: int) -> bool:
        return not self._tokenizer.decode([token]).strip()


def lost_turn(text: str, messages: Sequence[Message], *, strip: bool = True) -> Message | None:
    """The first turn that a rendered text does not hold, in its order; with `strip` white space around it aside."""
    place = 0
    for message in messages:
        content = message["content"].strip() if strip else message["content"]
        if (place := text.find(content, place)) < 0:
            return message
        place += len(content)
    return None


def training_template(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """A template that marks the assistant's tokens, where the model's own does not; None where it does.

    Raises StageError where there is none, where it fails on a talk without a system's turn, and where neither does.
    """
    from trl.chat_template_utils import get_training_chat_template, has_generation_markers

    if not tokenizer.chat_template:
        raise StageError(
            "sft.model: the model has no chat template; use an instruct model, or add one to its tokenizer"
        )
    try:
        tokenizer.apply_chat_template(list(SAMPLE[1:]), tokenize=False)
    except Exception as error:
        raise StageError(f"sft.model: the chat template fails on a talk of two questions: {error}") from error
    if has_generation_markers(tokenizer.chat_template):
        return None
    try:
        return str(get_training_chat_template(tokenizer))
    except ValueError as error:
        raise StageError(
            "sft.model: the chat template does not mark the assistant's tokens with {% generation %}, and trl "
            "knows no such template for this model; add the marks to the template in the model's folder"
        ) from error


def is_end_trained(tokenizer: PreTrainedTokenizerBase, template: str | None) -> bool:
    from trl.chat_template_utils import is_chat_template_stop_token_trained

    return bool(is_chat_template_stop_token_trained(tokenizer, chat_template=template))
