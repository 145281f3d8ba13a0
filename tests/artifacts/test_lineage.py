"""From a training row back to its page and forward to its models, over artifacts written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import pytest

from artifacts.lineage import trace
from artifacts.progress import Progress
from artifacts.records import Conversation, Message, Origin, PreferencePair, QAPair, Record, Section
from artifacts.stage import StageConfig, Work, produce
from artifacts.store import Ref, Store

HANDBOOK = Section(
    id="s1", document="d1", file="手册/handbook.pdf", page=3, headings=("Handbook", "保修"), text="质保期为 24 个月。"
)
NOTES = Section(id="s2", document="d2", file="notes.md", text="Never asked about.")


def pair(name: str, section: Section) -> QAPair:
    origin = Origin(document=section.document, file=section.file, section=section.id, page=section.page)
    return QAPair(id=name, fact=f"fact-{name}", question="质保期多长？", answer="24 个月。", origin=origin)


def row(source: QAPair) -> Conversation:
    messages: tuple[Message, ...] = ({"role": "user", "content": source.question},)
    return Conversation(id=source.id, messages=messages, source="domain", fact=source.fact)


WARRANTY, DROPPED, HELD_OUT = pair("p1", HANDBOOK), pair("p2", HANDBOOK), pair("p3", NOTES)
PREFERRED = PreferencePair(
    id="pair",
    prompt=({"role": "user", "content": "质保期多长？"},),
    chosen=({"role": "assistant", "content": "24 个月。"},),
    rejected=({"role": "assistant", "content": "2 个月。"},),
    chosen_source="reference",
    rejected_source="tuned",
    margin=0.5,
    fact=WARRANTY.fact,
)


def artifact(
    store: Store, stage: str, files: Mapping[str, Iterable[Record]], rejected: Iterable[QAPair] = (), **inputs: Ref
) -> Ref:
    kind: Any = type(
        "Kind", (StageConfig,), {"__annotations__": {"stage": ClassVar[str]}, "stage": stage, "version": 1}
    )

    def make(work: Work[StageConfig]) -> None:
        for name, rows in files.items():
            work.write(name, rows)
        for reject in rejected:
            work.reject("near_duplicate", reject)

    return produce(store, kind(), inputs, make, progress=Progress(terminal=False)).ref


class Read(Record):
    """What parse tells of a document."""

    file: str
    aliases: tuple[str, ...] = ()


@pytest.fixture
def pipeline(store: Store) -> dict[str, Ref]:
    documents = [Read(file=HANDBOOK.file, aliases=("手册/copy.pdf",)), Read(file=NOTES.file)]
    parsed = artifact(store, "parse", {"sections.jsonl": [HANDBOOK, NOTES], "about/documents.jsonl": documents})
    generated = artifact(store, "generate", {"qa.jsonl": [WARRANTY, DROPPED, HELD_OUT]}, parse=parsed)
    cleaned = artifact(store, "clean", {"qa.jsonl": [WARRANTY, HELD_OUT]}, [DROPPED], generate=generated)
    files = {"train.jsonl": [row(WARRANTY)], "validation.jsonl": [row(HELD_OUT)]}
    mixed = artifact(store, "mix", files, clean=cleaned)
    tuned = artifact(store, "sft", {}, mix=mixed)
    preferred = artifact(store, "prefer", {"pairs.jsonl": [PREFERRED]}, clean=cleaned, sft=tuned)
    return {"sft": tuned, "align": artifact(store, "align", {}, sft=tuned, prefer=preferred)}


def test_a_training_row_leads_back_to_its_page_and_on_to_its_models(store: Store, pipeline: dict[str, Ref]) -> None:
    found = trace(store, "p1")
    assert list(found.sections) == ["s1"]
    assert (found.sections["s1"]["file"], found.sections["s1"]["page"]) == ("手册/handbook.pdf", 3)
    assert [(hit.ref.stage, hit.file) for hit in found.hits] == [
        ("clean", "qa.jsonl"),
        ("generate", "qa.jsonl"),
        ("mix", "train.jsonl"),
    ]
    assert [manifest.key for manifest in found.models] == [pipeline["sft"].key, pipeline["align"].key]


def test_a_row_that_was_left_out_or_held_out_trained_nothing(store: Store, pipeline: dict[str, Ref]) -> None:
    assert pipeline
    dropped = trace(store, "p2")
    assert dict(dropped.left_out) == {("clean", "near_duplicate"): 1}
    assert dropped.models == []
    assert trace(store, "p3").models == []


@pytest.mark.parametrize("name", ["d1", "手册/handbook.pdf", "手册/copy.pdf", "s1"])
def test_a_document_leads_to_all_that_was_made_of_it(store: Store, pipeline: dict[str, Ref], name: str) -> None:
    found = trace(store, name)
    assert {hit.row["id"] for hit in found.hits} == {"s1", "p1", "p2", "pair"}
    assert found.left_out.total() == 1
    assert pipeline["sft"].key in {manifest.key for manifest in found.models}


def test_text_that_only_mentions_a_name_is_no_hit(store: Store, pipeline: dict[str, Ref]) -> None:
    assert pipeline
    assert not trace(store, "24 个月。").hits
    assert not trace(store, "p").hits


@pytest.mark.parametrize("name", ["pair", "fact-p1"])
def test_a_row_without_an_origin_leads_back_by_its_fact(store: Store, pipeline: dict[str, Ref], name: str) -> None:
    found = trace(store, name)
    assert list(found.sections) == ["s1"]
    assert pipeline["align"].key in {manifest.key for manifest in found.models}
