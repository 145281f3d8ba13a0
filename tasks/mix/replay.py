"""The base model's own answers to general prompts, each kept in the memo as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from artifacts.records import Conversation, Message, digest
from artifacts.stage import Work
from tasks.mix.config import MixConfig, Replay
from tasks.mix.screen import Screen
from tasks.models.language.match import is_blank
from tasks.models.local import Reply, load_model, load_tokenizer, pinned, replies

KIND = "replay"
VERSION = 1  # raised when the same model would answer otherwise


class Replayed:
    """General rows as the base model would answer them: every turn in its own words, greedily."""

    def __init__(self, work: Work[MixConfig], config: Replay, screen: Screen) -> None:
        self._work, self._config, self._screen = work, config, screen
        self._base = pinned(config.model)
        self._weights = self._base.identity()
        self._rows: dict[str, Conversation] = {}
        self._refused: set[str] = set()
        work.models["replay"] = f"{self._base.path} {self._weights}"

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        return load_model(self._base), load_tokenizer(self._base)

    def row(self, row: Conversation) -> Conversation:
        """The row with the model's answers, or as it is where it was not asked yet."""
        return self._rows.get(row.id, row)

    def refused(self, row: Conversation) -> bool:
        return row.id in self._refused

    def ask(self, rows: Sequence[Conversation]) -> bool:
        """Answer the rows that were not asked before; False where there are none. What can't be used is a reject."""
        new = {row.id: row for row in rows if row.id not in self._rows and row.id not in self._refused}
        told: dict[str, list[Message]] = {name: [] for name in new}
        turns = {name: list(_turns(row)) for name, row in new.items()}
        with self._work.progress.task("replay", sum(map(len, turns.values()))) as bar:
            for number in range(max(map(len, turns.values()), default=0)):
                asked = [name for name in told if name not in self._refused and number < len(turns[name])]
                for name in asked:
                    told[name] += turns[name][number]
                for name, reply in zip(asked, self._answers([told[name] for name in asked], bar.advance), strict=True):
                    if reason := _why_not(reply):
                        self._refused.add(name)
                        self._screen.reject(reason, new[name], f"the base model says: {reply.text[:200]!r}")
                    told[name].append({"role": "assistant", "content": reply.text})
        for name, row in new.items():
            if name in self._refused:
                continue
            said = self._screen.row(row.model_copy(update={"messages": tuple(told[name])}))
            if said is None:
                self._refused.add(name)
            else:
                self._rows[name] = said
        return bool(new)

    def _answers(self, prompts: list[list[Message]], advance: Any) -> list[Reply]:
        """Greedy replies, in batches of prompts of like length."""
        size, most = self._config.batch_size, self._config.max_new_tokens
        settings = [VERSION, self._weights, self._base.dtype, self._base.attention, size, most]
        keys = [digest([*settings, prompt]) for prompt in prompts]
        found: list[Any] = [None if self._work.force else self._work.memo.get(KIND, key) for key in keys]
        missing = [place for place, value in enumerate(found) if value is None]
        advance(len(prompts) - len(missing))
        missing.sort(key=lambda place: sum(len(message["content"]) for message in prompts[place]))
        for start in range(0, len(missing), size):
            batch = missing[start : start + size]
            asked = [prompts[place] for place in batch]
            drawn = replies(*self._model, asked, max_new_tokens=most, batch_size=size)
            for place, said in zip(batch, drawn, strict=True):
                found[place] = list(said[0])
                self._work.memo.put(KIND, keys[place], found[place])
            advance(len(batch))
        return [Reply(*value) for value in found]


def _turns(row: Conversation) -> Iterator[list[Message]]:
    """What is said to the model before each of its answers: the system's turn, if there is one, and the user's."""
    said: list[Message] = []
    for message in row.messages:
        if message["role"] == "assistant":
            yield said
            said = []
        else:
            said.append(message)


def _why_not(reply: Reply) -> str | None:
    if not reply.ended:
        return "replay_cut_off"
    return "replay_empty" if is_blank(reply.text) else None
