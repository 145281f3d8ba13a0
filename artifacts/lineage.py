"""From a row back to the page that it came from, and forward to the models that were trained on it.

`trace` takes what a user has at hand: the id of a row (section, pair, conversation, preference pair, probe), of a
fact, of a document, or a document's file name, be it that of a copy.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from artifacts.store import ABOUT, Manifest, Ref, Store

TRAINING = {"mix": "train.jsonl", "prefer": "pairs.jsonl"}  # the files that models are trained on
TAUGHT, QA = ("generate", "clean"), "qa.jsonl"  # where rows still have their origin
MODELS = ("sft", "align", "export")
DOCUMENTS_READ = f"{ABOUT}/documents.jsonl"


@dataclass(frozen=True)
class Hit:
    """A row that was asked for, and the artifact and file that hold it."""

    ref: Ref
    file: str
    row: dict[str, Any]


@dataclass
class Lineage:
    hits: list[Hit] = field(default_factory=list)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)  # id -> Section that the rows came from
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)  # (stage, reason) -> rows; of the newest alone
    models: list[Manifest] = field(default_factory=list)  # artifacts trained on the rows


def trace(store: Store, wanted: str) -> Lineage:
    """Find the rows of an id, fact, document or file in every artifact of the store."""
    refs = list(store.refs())
    wanted = _read_as(store, wanted)
    found = Lineage()
    for ref in refs:
        for file, row in _rows(store, ref, wanted):
            if file == f"{ABOUT}/rejects.jsonl":
                if ref == store.latest(ref.stage) and _names(row.get("record", {}), wanted):
                    found.left_out[row["stage"], row["reason"]] += 1
            elif _names(row, wanted):
                found.hits.append(Hit(ref, file, row))
    found.hits += _trained_rows(store, refs, found.hits, wanted)
    wanted_sections = _sections_of(store, refs, found.hits)
    for ref in refs:
        if ref.stage == "parse":
            for row in _read(store, ref, "sections.jsonl"):
                if row["id"] in wanted_sections:
                    found.sections[row["id"]] = row
    found.models = _trained(store, refs, found.hits)
    return found


def _read_as(store: Store, wanted: str) -> str:
    """The file that stands for one of the same content, which has no rows of its own; any other name as it is."""
    newest = store.latest("parse")
    documents = _read(store, newest, DOCUMENTS_READ) if newest else ()
    return next((str(row["file"]) for row in documents if wanted in row["aliases"]), wanted)


def _trained_rows(store: Store, refs: list[Ref], hits: list[Hit], wanted: str) -> list[Hit]:
    """Rows of the training files that were made from those found: they carry no origin, so that a document that was
    moved or saved anew retrains nothing. A row is followed by its id, a whole document or section by its facts too.
    """
    taught = [hit for hit in hits if hit.ref.stage in TAUGHT and hit.file == QA]
    ids = {hit.row["id"] for hit in taught}
    facts = set() if wanted in ids else {hit.row["fact"] for hit in taught}
    facts |= {hit.row["id"] for hit in hits if hit.ref.stage == "parse"}  # rows that hold a section's own text
    known = {(hit.ref.key, hit.row["id"]) for hit in hits}
    return [
        Hit(ref, TRAINING[ref.stage], row)
        for ref in refs
        if ref.stage in TRAINING
        for row in _read(store, ref, TRAINING[ref.stage])
        if (row["id"] in ids or row["fact"] in facts) and (ref.key, row["id"]) not in known
    ]


def _sections_of(store: Store, refs: list[Ref], hits: list[Hit]) -> set[str]:
    """The sections that rows came from; those of a row without an origin are found by its fact."""
    sections = {hit.row["origin"]["section"] for hit in hits if "origin" in hit.row}
    sections |= {hit.row["id"] for hit in hits if hit.ref.stage == "parse"}
    if not sections:
        facts = {hit.row["fact"] for hit in hits if hit.row.get("fact")}
        taught = (row for ref in refs if ref.stage in TAUGHT for row in _read(store, ref, QA))
        sections = {row["origin"]["section"] for row in taught if row["fact"] in facts}
    return sections


def _names(row: dict[str, Any], wanted: str) -> bool:
    origin = row.get("origin") or {}
    names = [row.get(key) for key in ("id", "fact", "document", "file")]
    names += [origin.get(key) for key in ("document", "file", "section")]
    return wanted in names


def _rows(store: Store, ref: Ref, wanted: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of an artifact that may name what is wanted; the text is searched before it is parsed."""
    needle = json.dumps(wanted, ensure_ascii=False)
    for stored in store.manifest(ref).files:
        if stored.rows is None or (stored.path.startswith(ABOUT) and stored.path != f"{ABOUT}/rejects.jsonl"):
            continue
        for line in (store.path(ref) / stored.path).open(encoding="utf-8"):
            if needle in line:
                yield stored.path, json.loads(line)


def _read(store: Store, ref: Ref, name: str) -> Iterator[dict[str, Any]]:
    with (store.path(ref) / name).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _trained(store: Store, refs: list[Ref], hits: list[Hit]) -> list[Manifest]:
    """The models whose training data hold a row, and the models made from those."""
    reached = {(hit.ref.stage, hit.ref.digest) for hit in hits if TRAINING.get(hit.ref.stage) == hit.file}
    manifests = [store.manifest(ref) for ref in refs if ref.stage in MODELS]
    models: list[Manifest] = []
    for stage in MODELS:  # in the order of the pipeline, so one pass follows every chain
        for manifest in (each for each in manifests if each.stage == stage):
            if any((name, ref.digest) in reached for name, ref in manifest.inputs.items()):
                reached.add((stage, manifest.digest))
                models.append(manifest)
    return models
