"""Runs mix on rows that a test names, through a real store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import pytest

from artifacts.progress import Progress
from artifacts.records import Conversation, Fact, Message, Origin, Probe, QAPair, Reject, Section, read_jsonl
from artifacts.stage import StageConfig, Work, produce
from artifacts.store import Manifest, Store
from tasks.mix.config import MixConfig
from tasks.mix.task import make
from tasks.models.language.private import MASKS, hand_on

PROGRESS = Progress(terminal=False)


class Parsed(StageConfig):
    stage: ClassVar[str] = "parse"
    version: ClassVar[int] = 1

    sections: tuple[Section, ...] = ()


class Cleaned(StageConfig):
    stage: ClassVar[str] = "clean"
    version: ClassVar[int] = 1

    rows: str = ""


class Generated(StageConfig):
    stage: ClassVar[str] = "generate"
    version: ClassVar[int] = 1

    probes: tuple[Probe, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass
class Mixed:
    manifest: Manifest
    train: list[Conversation]
    validation: list[Conversation]
    retention: list[Conversation]
    rejects: list[Reject]

    def domain(self) -> list[Conversation]:
        return [row for row in self.train if row.source == "domain"]

    def general(self) -> list[Conversation]:
        return [row for row in self.train if row.source != "domain"]


def pairs(count: int, *, language: str = "en", documents: int = 10, wordings: int = 3) -> list[QAPair]:
    """Domain rows: `wordings` of each fact, the facts dealt out to the documents."""
    rows = []
    for n in range(count):
        fact = n // wordings
        asked = f"Part {fact}, wording {n}?" if language == "en" else f"零件{fact}，问法{n}？"
        document = f"document {language} {fact % documents}"
        origin = Origin(document=document, file=f"{document}.md")
        rows.append(
            QAPair(
                id=f"{language}{n}", fact=f"{language} {fact}", question=asked, answer="Yes.", language=language
            ).model_copy(update={"origin": origin})
        )
    return rows


def chats(count: int, *, language: str = "en", start: int = 0) -> list[dict[str, Any]]:
    """General rows in the messages format."""
    texts = ("Say {}", "This is {}") if language == "en" else ("请说{}", "这是{}")
    return [
        {"messages": [said("user", texts[0].format(n)), said("assistant", texts[1].format(n))]}
        for n in range(start, start + count)
    ]


def said(role: str, content: str) -> Message:
    return {"role": role, "content": content}


Run = Callable[..., Mixed]
Save = Callable[[str, Sequence[Any]], str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save_(name: str, rows: Sequence[Any]) -> str:
        lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(tmp_path / name)

    return save_


@pytest.fixture
def mixed(tmp_path: Path) -> Run:
    store = Store(tmp_path / "store")

    def run(
        rows: Sequence[QAPair],
        /,
        *general: str | dict[str, Any],
        probes: tuple[Probe, ...] = (),
        facts: tuple[Fact, ...] | None = None,
        sections: tuple[Section, ...] = (),
        privacy: Mapping[str, str] = MappingProxyType({}),
        force: bool = False,
        **dials: Any,
    ) -> Mixed:
        def parse(work: Work[Parsed]) -> None:
            work.write("sections.jsonl", work.config.sections)

        def generate(work: Work[Generated]) -> None:
            work.write("probes.jsonl", work.config.probes)
            work.write("facts.jsonl", work.config.facts)

        def clean(work: Work[Cleaned]) -> None:
            work.write("qa.jsonl", rows)
            hand_on(work.out, {**dict.fromkeys(MASKS, "keep"), **privacy})

        if facts is None:
            ids = dict.fromkeys(row.fact for row in rows if row.kind == "fact")
            facts = tuple(Fact(id=fact, subject="", claim="", value="") for fact in ids)
        text = json.dumps([dict(privacy), *(row.model_dump_json() for row in rows)])
        given = produce(store, Cleaned(rows=text), {}, clean, progress=PROGRESS).ref
        held_out = produce(store, Generated(probes=probes, facts=facts), {}, generate, progress=PROGRESS).ref
        read = produce(store, Parsed(sections=sections), {}, parse, progress=PROGRESS).ref
        sources = [{"path": each} if isinstance(each, str) else each for each in general]
        config = MixConfig.model_validate({"general": sources, **dials})
        inputs = {"parse": read, "clean": given, "generate": held_out}
        ref = produce(store, config, inputs, make, progress=PROGRESS, force=force).ref
        folder = store.path(ref)

        def written(name: str) -> list[Conversation]:
            return list(read_jsonl(folder / f"{name}.jsonl", Conversation))

        rejects = list(read_jsonl(folder / "about/rejects.jsonl", Reject))
        return Mixed(store.manifest(ref), written("train"), written("validation"), written("retention"), rejects)

    return run
