"""What a teacher might reply, made up for a rehearsal: of the right form, and of about the right length."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from artifacts.records import Message
from tasks.generate.config import GenerateConfig
from tasks.models.endpoint.rehearse import count_tokens

ENTRIES = 2  # of a list in a reply
DETAILED = 3  # sentences of a detailed answer
SOURCE_TOKENS_A_FACT = 30  # a text states about one fact in as many of its tokens
MATERIAL = re.compile(r"<(context|rows) \w+>\n(.*?)\n</\1 \w+>", re.S)
SENTENCE = re.compile(
    r"^(?!#)[^\n.!?。！？]+[.!?。！？]?|(?<=[.!?。！？])[^\n.!?。！？]+[.!?。！？]?", re.M
)  # of no heading


@dataclass(frozen=True)
class Material:
    """What an item is made of."""

    definitions: dict[str, Any]  # of the schema
    sentence: str  # of the section; all of the row's text where there is no other
    row: dict[str, Any]  # that the item is about
    detailed: int  # times the sentence, a detailed answer


@dataclass(frozen=True)
class MadeUp:
    """Makes replies up: of the teacher, or of its judge."""

    config: GenerateConfig

    def __call__(self, messages: Sequence[Message], schema: dict[str, Any]) -> str:
        return json.dumps({"items": self._items(messages[1]["content"], schema)}, ensure_ascii=False)

    def _items(self, material: str, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """One item for each row of the material, or else as many as a text of its length gives."""
        parts = dict(MATERIAL.findall(material))
        text = parts.get("context", "")
        rows: list[dict[str, Any]] = json.loads(parts.get("rows", "[]"))
        if text or not rows:
            sentences = [found.strip() for found in SENTENCE.findall(text) if len(found.strip()) > 3] or [text.strip()]
        else:  # each row brings the text that it asks about
            sentences = [max(map(str, row.values()), key=len) for row in rows]
        facts = min(self.config.max_facts, max(1, round(count_tokens(text) / SOURCE_TOKENS_A_FACT)))
        wanted = rows or [{}] * facts
        return [
            self._item(
                schema["properties"]["items"]["items"],
                Material(schema.get("$defs", {}), sentence, row, DETAILED if text else 1),
            )
            for sentence, row in zip(islice(cycle(sentences), len(wanted)), wanted, strict=True)
        ]

    def _item(self, kind: dict[str, Any], material: Material) -> dict[str, Any]:
        """An object of the schema, its texts made of one sentence of the section."""
        kind = material.definitions[kind["$ref"].rsplit("/", 1)[-1]] if "$ref" in kind else kind
        return {name: self._value(name, inner, material) for name, inner in kind["properties"].items()}

    def _value(self, name: str, kind: dict[str, Any], material: Material, number: int = 0) -> Any:
        if "$ref" in kind or kind.get("type") == "object":
            return self._item(kind, material)
        match kind.get("type"):
            case "integer":
                return material.row.get(name, 1)
            case "boolean":
                return True
            case "array":
                return [self._value(name, kind["items"], material, place) for place in range(self._length(name))]
        if "enum" in kind:
            return kind["enum"][0]
        if "const" in kind:
            return kind["const"]
        return self._text(name, material, number)

    def _length(self, name: str) -> int:
        """How many entries a list of a reply has."""
        probes = self.config.probes
        lengths = {
            "questions": self.config.wordings,
            "paraphrases": probes.paraphrases + probes.choice,
            "distractors": 3,
        }
        return lengths.get(name, 0 if name == "aliases" else ENTRIES)

    def _text(self, name: str, material: Material, number: int) -> str:
        sentence = material.sentence
        words = sentence.split() or [""]
        if name in ("value", "short_answer"):
            return words[-1].strip(".。")
        if name == "subject":
            return " ".join(words[:4])[:30]
        if "question" in name or name in ("paraphrases", "false_premise"):
            return f"{sentence[:60]} {number}?"
        if name in ("answer", "reasoning") and self.config.answers == "detailed":
            return " ".join([sentence] * material.detailed)
        return sentence
