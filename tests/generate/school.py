"""Sections to teach, and the stage run on them against a scripted endpoint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from artifacts.progress import Progress
from artifacts.records import Probe, QAPair, Reject, Section, read_jsonl, short_id
from artifacts.stage import Outcome, StageConfig, Work, produce
from artifacts.store import Store
from tasks.generate.config import GenerateConfig
from tasks.generate.lesson import Lesson, School
from tasks.generate.prompts import Prompts
from tasks.generate.task import make
from tasks.models.endpoint.chat import Chat
from tasks.models.scripted import Script, ScriptedEndpoint

T = TypeVar("T")


def section(text: str, *headings: str, language: str = "en", file: str = "handbook.md") -> Section:
    key = short_id(headings, text)
    return Section(id=key, document=short_id(file), file=file, page=2, headings=headings, text=text, language=language)


PUMP = section("Weight: 12 kg\nPressure: 3.5 bar", "Pumps", "KX-200")
LEAVE = section("| Grade | Days |\n|---|---|\n| Senior | 25 |\n| Junior | 20 |", "Leave")
TANK = section("容量：120 升\n保修期：三年", "水箱", "TX 型水箱", language="zh", file="手册.docx")
SECTIONS = [PUMP, LEAVE, TANK]


class ParseConfig(StageConfig):
    stage: ClassVar[str] = "parse"
    version: ClassVar[int] = 1
    sections: tuple[Section, ...]


def dials(url: str, *, teacher: dict[str, Any] | None = None, **values: Any) -> GenerateConfig:
    endpoint = {"kind": "openai", "base_url": url, "model": "m", "api_key_env": None, "max_retries": 1}
    return GenerateConfig.model_validate({"teacher": {**endpoint, **(teacher or {})}, **values})


def run(root: Path, config: GenerateConfig, sections: Iterable[Section] = SECTIONS) -> tuple[Store, Outcome]:
    """Run the stage on a store in `root`, after a stand-in for parse that publishes the sections."""
    store, quiet = Store(root), Progress(terminal=False)

    def publish(work: Work[ParseConfig]) -> None:
        work.counts["kept"] = work.write("sections.jsonl", work.config.sections)

    parse = produce(store, ParseConfig(sections=tuple(sections)), {}, publish, progress=quiet)
    return store, produce(store, config, {"parse": parse.ref}, make, progress=quiet)


def attend(
    root: Path,
    script: Script,
    work: Callable[[Lesson], Awaitable[T]],
    *sections: Section,
    judge: Script | None = None,
    **values: Any,
) -> tuple[T, Lesson, ScriptedEndpoint]:
    """What `work` makes in a lesson with a scripted teacher (and judge), the lesson, and the teacher."""

    async def hold() -> tuple[T, Lesson]:
        config = dials(server.url, **values)
        async with AsyncExitStack() as stack:
            chat = await stack.enter_async_context(Chat(config.endpoints()[0], memo))
            second = None
            if judge is not None:
                endpoint = stack.enter_context(ScriptedEndpoint(judge))
                second_dials = dials(endpoint.url, teacher={"model": "judge"}).endpoints()[0]
                second = await stack.enter_async_context(Chat(second_dials, memo))
            lesson = Lesson(School(config, chat, Prompts(config), second), sections or (PUMP,))
            return await work(lesson), lesson

    memo = Store(root).memo
    with ScriptedEndpoint(script) as server:
        made, lesson = asyncio.run(hold())
    return made, lesson, server


def pairs(store: Store, outcome: Outcome) -> list[QAPair]:
    return list(read_jsonl(store.path(outcome.ref) / "qa.jsonl", QAPair))


def probes(store: Store, outcome: Outcome) -> list[Probe]:
    return list(read_jsonl(store.path(outcome.ref) / "probes.jsonl", Probe))


def rejects(store: Store, outcome: Outcome) -> list[Reject]:
    return list(read_jsonl(store.path(outcome.ref) / "about" / "rejects.jsonl", Reject))


def fact(value: str, evidence: str, *questions: str, **others: Any) -> dict[str, Any]:
    """An item of a reply."""
    item = {"questions": list(questions), "answer": f"It is {value}.", "short_answer": value, "aliases": []}
    return {**item, "evidence": evidence, **others}


def reply(*facts: dict[str, Any]) -> str:
    return json.dumps({"items": list(facts)}, ensure_ascii=False)
