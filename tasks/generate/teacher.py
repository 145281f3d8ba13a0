"""The teacher behind an endpoint: what it is asked about each section, and what is made of its replies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from artifacts.records import Origin, Probe, ProbeKind, QAPair, Record, Section, short_id
from artifacts.stage import StageError
from tasks.generate.config import GenerateConfig
from tasks.generate.ground import fault, points_at_text
from tasks.generate.probes import hold_out
from tasks.generate.prompts import Prompts
from tasks.generate.reply import BadReplyError, FactsReply, I, Paraphrases, ParaphrasesReply, TaughtFact, read_items
from tasks.generate.split import halves
from tasks.generate.taught import RejectRow, Taught
from tasks.models.chat import Chat
from tasks.models.completion import Reply, RequestError
from tasks.models.match import normalise

FACTS_SCHEMA = FactsReply.model_json_schema()
PARAPHRASES_SCHEMA = ParaphrasesReply.model_json_schema()


async def teach(
    sections: Sequence[Section], config: GenerateConfig, chat: Chat, reject: RejectRow, advance: Callable[[], None]
) -> Taught:
    """Have every section taught, as many at a time as the endpoint takes; the order is that of the sections.

    A section that the endpoint refuses is a reject. One that got no reply (the network, a busy server) stops the
    stage after all others were asked, because publishing without it would leave it out for good.
    """
    prompts = Prompts(config)
    lessons = [Lesson(section, config, chat, prompts) for section in sections]

    async def hold(lesson: Lesson) -> None:
        await lesson.hold()
        advance()

    outcomes = await asyncio.gather(*(hold(lesson) for lesson in lessons), return_exceptions=True)
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for failure in failures:
        if not isinstance(failure, RequestError):
            raise failure
    if failures:
        raise StageError(
            f"{chat.endpoint.base_url}: {len(failures)} of {len(sections)} sections got no reply, the last with: "
            f"{failures[-1]}. Every reply that came back is kept; run again to ask for the rest"
        )
    taught = Taught()
    for lesson in lessons:
        taught.pairs += lesson.taught.pairs
        taught.probes += lesson.taught.probes
        for reason, record, detail in lesson.rejects:
            reject(reason, record, detail)
    return taught


@dataclass
class Known:
    """A fact that is borne out by its section: what of it is trained, and what is held out."""

    id: str
    fact: TaughtFact
    trained: list[str]
    held: str | None


@dataclass
class Lesson:
    """One section being taught."""

    section: Section
    config: GenerateConfig
    chat: Chat
    prompts: Prompts
    taught: Taught = field(default_factory=Taught)
    rejects: list[tuple[str, Record | dict[str, Any], str]] = field(default_factory=list)

    async def hold(self) -> None:
        try:
            facts = await self._ask_facts(self.section.text, self.config.max_questions)
            known = self._check(facts)
            frames = await self._ask_paraphrases(known) if known and self.config.probes.paraphrases else {}
        except RequestError as error:
            if not error.refused:
                raise
            self._reject("refused_by_endpoint", self.section, str(error))
            return
        for entry in known:
            self._write(entry, frames.get(entry.id, []))

    async def _ask_facts(self, text: str, most: int) -> list[TaughtFact]:
        """The facts of a text; where the reply about it is too long, those of its halves."""
        messages = self.prompts.teach(self.section, text, most)
        reply = await self.chat.ask(messages, schema=FACTS_SCHEMA)
        if reply.finish_reason == "length" and (parts := halves(text)) is not None:
            share = (most + 1) // 2
            return [fact for part in parts for fact in await self._ask_facts(part, share)]
        set_aside = len(self.rejects)
        facts = await self._read(reply, messages, TaughtFact, FACTS_SCHEMA)
        asked, kept = 0, []
        for fact in facts:
            asked += len(fact.questions)
            if asked > most:
                self._reject("over_max_questions", fact.model_dump(), f"more than {most} questions were asked")
            else:
                kept.append(fact)
        if not facts and len(self.rejects) == set_aside:
            self._reject("no_facts", self.section.model_copy(update={"text": text}), "the teacher found nothing to ask")
        return kept

    async def _read(self, reply: Reply, messages: list[Any], kind: type[I], schema: dict[str, Any]) -> list[I]:
        """The items of a reply, after one more try where it can't be read; what can't be read then is set aside."""
        try:
            good, bad = _items(reply, kind)
        except BadReplyError as error:
            if reply.finish_reason == "stop" and not reply.empty:
                again = self.prompts.again(messages, reply.text, str(error), self.section.language)
                reply = await self.chat.ask(again, schema=schema)
            try:
                good, bad = _items(reply, kind)
            except BadReplyError as last:
                reason = {"length": "reply_cut_off", "content_filter": "content_filter"}.get(
                    reply.finish_reason, "unreadable_reply"
                )
                self._reject(reason, {"section": self.section.id, "reply": reply.text}, str(last))
                return []
        for item, wrong in bad:
            self._reject("malformed_item", item, wrong)
        return good

    def _check(self, facts: Sequence[TaughtFact]) -> list[Known]:
        """The facts that the section bears out, with the questions that can stand alone, one of them set aside."""
        merged: dict[str, tuple[TaughtFact, dict[str, str]]] = {}
        for fact in facts:
            if (found := fault(fact, self.section)) is not None:
                self._reject(found[0], fact.model_dump(), found[1])
                continue
            key = short_id(self.section.id, fact.evidence, fact.short_answer)
            _, questions = merged.setdefault(key, (fact, {}))
            for question in fact.questions:
                if points_at_text(question, self.section.language):
                    self._reject("points_at_text", {"question": question, "fact": key}, "cannot be asked on its own")
                elif normalise(question):
                    questions.setdefault(normalise(question), question)
        known = []
        for key, (fact, questions) in merged.items():
            held, trained = hold_out(key, list(questions.values()))
            if trained:
                known.append(Known(key, fact, trained, held))
            else:
                self._reject("no_question", fact.model_dump(), "no question of this fact can be asked on its own")
        return known

    async def _ask_paraphrases(self, known: Sequence[Known]) -> dict[str, list[str]]:
        """Further held-out questions for each fact, by a prompt of their own."""
        facts = [([*entry.trained, *([entry.held] if entry.held else [])], entry.fact.answer) for entry in known]
        messages = self.prompts.paraphrase(facts, self.section.language)
        reply = await self.chat.ask(messages, schema=PARAPHRASES_SCHEMA)
        found: dict[str, list[str]] = {}
        for item in await self._read(reply, messages, Paraphrases, PARAPHRASES_SCHEMA):
            if not 1 <= item.fact <= len(known):
                self._reject("malformed_item", item.model_dump(), f"there is no fact {item.fact}")
                continue
            taken = {normalise(question) for question in facts[item.fact - 1][0]}
            for question in item.questions[: self.config.probes.paraphrases]:
                if points_at_text(question, self.section.language):
                    self._reject("points_at_text", {"question": question}, "cannot be asked on its own")
                elif normalise(question) not in taken:  # the same again is no new wording
                    found.setdefault(known[item.fact - 1].id, []).append(question)
        return found

    def _write(self, entry: Known, frames: Sequence[str]) -> None:
        fact, section = entry.fact, self.section
        same: dict[str, Any] = {
            "fact": entry.id,
            "answer": fact.answer,
            "value": fact.short_answer,
            "aliases": tuple(dict.fromkeys(name for name in fact.aliases if name and name != fact.short_answer)),
            "language": section.language,
            "origin": Origin(document=section.document, file=section.file, section=section.id, page=section.page),
        }
        for number, question in enumerate(entry.trained, start=1):
            self.taught.pairs.append(
                QAPair(
                    id=short_id(entry.id, question),
                    question=question,
                    evidence=fact.evidence,
                    wording=f"wording-{number}",
                    teacher=self.chat.endpoint.model,
                    **same,
                )
            )
        held: list[tuple[ProbeKind, str]] = [("wording", entry.held)] if entry.held else []
        held += [("frame", question) for question in frames]
        for kind, question in held:
            self.taught.probes.append(
                Probe(id=short_id(entry.id, kind, question), kind=kind, question=question, **same)
            )

    def _reject(self, reason: str, record: Record | dict[str, Any], detail: str) -> None:
        self.rejects.append((reason, record, detail))


def _items(reply: Reply, kind: type[I]) -> tuple[list[I], list[tuple[dict[str, Any], str]]]:
    if reply.finish_reason in ("length", "content_filter"):  # half a list can look like a whole one
        raise BadReplyError(f"it ended early ({reply.finish_reason})")
    return read_items(reply.text, kind)
