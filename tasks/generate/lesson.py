"""One section, or a few, being taught: what the teacher is asked, and how its replies become items."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from artifacts.records import Message, Origin, Record, Section
from tasks.generate.config import GenerateConfig
from tasks.generate.exercise import Exercise
from tasks.generate.prompts import Prompts
from tasks.generate.reply import BadReplyError, I, broken_off, read_items, salvage, schema_of
from tasks.generate.taught import Taught
from tasks.models.config import OpenAIEndpoint
from tasks.models.endpoint.completion import Reply, RequestError

T = TypeVar("T")
AGAIN = 2  # times that an unreadable reply is asked for once more


class Asked(Protocol):
    """Who answers: a Chat, or the rehearsal that stands in for one when a run is planned."""

    @property
    def endpoint(self) -> OpenAIEndpoint: ...

    async def ask(
        self, messages: Sequence[Message], *, schema: dict[str, Any] | None = None, sample: int = 0
    ) -> Reply: ...


class Searched(Protocol):
    """Where sections are found: an Index, or what stands in for one."""

    async def best(self, question: str, count: int) -> list[Section]: ...


@dataclass(frozen=True)
class School:
    """What all lessons share."""

    config: GenerateConfig
    chat: Asked
    prompts: Prompts
    judge: Asked | None = None
    control_share: float = 0.0  # of the facts, which are probed and not trained
    index: Searched | None = None  # of all sections, where rows are made of more than their own
    desk: asyncio.Lock = field(default_factory=asyncio.Lock)  # one lesson at a time looks at what came back
    rehearsed: bool = False  # replies are made up, so nothing of them is held against the sections


@dataclass
class Lesson:
    """What is made of a section; of more than one where a question goes over several."""

    school: School
    sections: tuple[Section, ...]
    taught: Taught = field(default_factory=Taught)
    rejects: list[tuple[str, Record | dict[str, Any], str]] = field(default_factory=list)

    @property
    def section(self) -> Section:
        return self.sections[0]

    @property
    def config(self) -> GenerateConfig:
        return self.school.config

    @property
    def teacher(self) -> str:
        return self.school.chat.endpoint.model

    @property
    def origin(self) -> Origin:
        section = self.section
        return Origin(document=section.document, file=section.file, section=section.id, page=section.page)

    @property
    def length(self) -> str:
        """How long answers are to be, in the words of a prompt."""
        return self.school.prompts.fill(self.config.answers, self.section.language, {})

    def reject(self, reason: str, record: Record | dict[str, Any], detail: str) -> None:
        self.rejects.append((reason, record, detail))

    @asynccontextmanager
    async def paced(self, items: Iterable[T]) -> AsyncIterator[AsyncIterator[T]]:
        """Items to be looked at, which takes time: requests go out between any two, before the next is looked at."""
        async with self.school.desk:
            yield _between_requests(items)

    async def ask(self, exercise: Exercise[I], chat: Asked | None = None) -> list[I]:
        """The items of the teacher's reply (or of another model's).

        A reply that can't be read is asked for again with what is wrong with it; one that was cut off is asked for in
        two halves. What can't be read even so is a reject with its whole text.
        """
        chat = chat or self.school.chat
        language = self.section.language
        schema = schema_of(exercise.prompt, exercise.kind)
        talk = self.school.prompts.messages(
            exercise.prompt, language, text=exercise.text, rows=exercise.rows, values=exercise.values
        )
        for attempt in range(AGAIN + 1):
            try:
                reply = await chat.ask(talk, schema=schema, sample=attempt)
            except RequestError as error:
                if not error.refused:
                    raise
                self._set_aside("refused_by_endpoint", exercise, "", str(error))
                return []
            if reply.finish_reason == "content_filter":
                self._set_aside("content_filter", exercise, reply.text, "the endpoint's filter ended the reply")
                return []
            cut = _is_cut(reply)
            if cut and (parts := exercise.halves()) is not None:
                return [item for part in parts for item in await self.ask(part, chat)]
            try:
                if cut:
                    raise BadReplyError("it was cut off; be shorter")
                return self._complete(exercise, *read_items(reply.text, exercise.kind))
            except BadReplyError as error:
                wrong = str(error)
                talk = self._once_more(talk, reply, wrong)
        return self._last_resort(exercise, reply, wrong)

    def _once_more(self, talk: list[Message], reply: Reply, wrong: str) -> list[Message]:
        """Repeat the request with what was wrong, or as it is where the reply has nothing to show."""
        if reply.empty or reply.finish_reason == "length":
            return talk
        return self.school.prompts.again(talk, reply.text, wrong, self.section.language)

    def _complete(self, exercise: Exercise[I], good: list[I], bad: Sequence[tuple[dict[str, Any], str]]) -> list[I]:
        for item, wrong in bad:
            self.reject("malformed_item", {**self._where(exercise), "item": item}, wrong)
        return good

    def _last_resort(self, exercise: Exercise[I], reply: Reply, wrong: str) -> list[I]:
        """The items that were complete when the reply broke off; the reply is set aside whole."""
        cut = _is_cut(reply)
        good = salvage(reply.text, exercise.kind) if cut else []
        kept = f"; {len(good)} complete items of it are kept" if good else ""
        reason = "reply_cut_off" if cut else "empty_reply" if reply.empty else "unreadable_reply"
        self._set_aside(reason, exercise, reply.text, f"after {AGAIN + 1} replies: {wrong}{kept}")
        return good

    def _set_aside(self, reason: str, exercise: Exercise[I], text: str, detail: str) -> None:
        self.reject(reason, {**self._where(exercise), "rows": list(exercise.rows), "reply": text}, detail)

    def _where(self, exercise: Exercise[I]) -> dict[str, Any]:
        return {"file": self.section.file, "section": self.section.id, "prompt": exercise.prompt}


def _is_cut(reply: Reply) -> bool:
    """Whether its end is missing, which some endpoints don't say."""
    return reply.finish_reason == "length" or broken_off(reply.text)


async def _between_requests(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        await asyncio.sleep(0)
        yield item
