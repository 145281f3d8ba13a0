"""What a run has to tell, gathered from its record, the manifests, and the files that tell of the artifacts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import yaml

from artifacts.report.funnel import Step, steps
from artifacts.runs import RunRecord, StageRun
from artifacts.store import ABOUT, Manifest, Store

MODELS = {"base": "base", "sft": "SFT", "aligned": "aligned"}
LANGUAGES = {"all": "all", "en": "English", "zh": "Chinese"}
KINDS = {
    "all": "all",
    "wording": "new wording",
    "noun_phrase": "new name for the thing",
    "frame": "new sentence frame",
    "paraphrase": "paraphrase by another prompt",
    "reversed": "reversed (asks for the subject)",
    "choice": "multiple choice",
    "false_premise": "false premise put right",
}
EMBEDDED, EMBEDDED_FOLDER = "embedded", "tasks/models/embedded/weights"  # the bundled toy, and where it lies
EXAMPLES = 3  # of each sort
LONG = 300  # characters of an answer that are shown


@dataclass(frozen=True)
class Row:
    """A line of a table: its names, then a share for each model, as scores.json has it."""

    names: tuple[str, ...]
    total: int
    cells: dict[str, dict[str, Any]]
    key: str = "right"

    def share(self, model: str) -> float:
        cell = self.cells[model]
        return float(cell[self.key]) / cell["total"] if cell["total"] else 0.0


@dataclass(frozen=True)
class Example:
    sort: str
    question: str
    expected: str
    file: str
    answers: dict[str, str]  # by the model's title


class Story:
    """Everything that the pages tell; a stage that did not run is simply missing from it."""

    titles = MODELS

    def __init__(self, store: Store, record: RunRecord) -> None:
        self.store, self.record = store, record
        self.refs = {entry.stage: entry.ref for entry in record.stages if entry.ref is not None}
        self.manifests: dict[str, Manifest] = {stage: store.manifest(ref) for stage, ref in self.refs.items()}

    # the run

    @property
    def failed(self) -> StageRun | None:
        return next((entry for entry in self.record.stages if entry.state == "failed"), None)

    @property
    def trained(self) -> str:
        """The last stage that left a model behind, if any did."""
        return next((stage for stage in ("export", "align", "sft") if stage in self.refs), "")

    @property
    def name(self) -> str:
        return self.record.name or "graft"

    @property
    def day(self) -> str:
        return f"{datetime.fromisoformat(self.record.started):%d %B %Y, %H:%M} UTC"

    @property
    def headline(self) -> str:
        """The verdict in one sentence, before everything else."""
        if self.failed is not None:
            return f"Stopped in {self.failed.stage}"
        if self.scores:
            text = str(self.scores["verdict"]["headline"])
            return text[:1].upper() + text[1:]
        made = self.record.stages[-1].stage if self.record.stages else "nothing"
        return f"Ran up to {made}; no model was evaluated"

    @property
    def notes(self) -> list[tuple[str, str]]:
        """(stage, what a reader must know)."""
        return [(stage, note) for stage, manifest in self.manifests.items() for note in manifest.notes]

    @property
    def seconds(self) -> float:
        return sum(entry.seconds for entry in self.record.stages)

    @property
    def config(self) -> str:
        """The dials of this run, as YAML."""
        return yaml.safe_dump(self.record.config, sort_keys=False, allow_unicode=True)

    @property
    def dials(self) -> str:
        """What decided the outcome: the keyed dials of each artifact, without addresses and workers, as YAML."""
        values = {stage: manifest.config for stage, manifest in self.manifests.items()}
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)

    def path(self, stage: str) -> str:
        return self.store.path(self.refs[stage]).as_posix()

    # the data

    @cached_property
    def documents(self) -> list[dict[str, Any]]:
        """The documents that something could be read of: `file`, `document` (content hash), `sections`, `aliases`."""
        return [row for row in self._rows("parse", f"{ABOUT}/documents.jsonl") if row["sections"]]

    @cached_property
    def funnel(self) -> list[Step]:
        """From documents to training rows, each loss with its reason."""
        return steps(self.manifests, {stage: self.store.path(ref) for stage, ref in self.refs.items()})

    @cached_property
    def distributions(self) -> list[dict[str, Any]]:
        """What each filter of `clean` measured, in each language: bars, bounds, and rows at the bounds."""
        return list(self._rows("clean", f"{ABOUT}/distributions.jsonl"))

    @property
    def losses(self) -> list[tuple[str, str, int]]:
        """(stage, reason, how many were left out)."""
        return [
            (stage, reason, count)
            for stage, manifest in self.manifests.items()
            for reason, count in sorted(manifest.rejects.items(), key=lambda item: -item[1])
        ]

    @cached_property
    def sources(self) -> list[tuple[str, str, int]]:
        """(source, language, training rows)."""
        counts = Counter((row["source"], row["language"]) for row in self._rows("mix", "train.jsonl"))
        return [(*name, count) for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    # the training

    def curve(self, stage: str) -> list[dict[str, Any]]:
        return list(self._rows(stage, f"{ABOUT}/curve.jsonl"))

    @property
    def base_path(self) -> str:
        """The base model as a loader is told it: a folder, or an id at a hub."""
        path = str(self.manifests["sft"].config.get("model", {}).get("path", ""))
        return EMBEDDED_FOLDER if path == EMBEDDED else path

    @property
    def hub_id(self) -> str:
        """The base model's id at a hub; empty for a folder, whose digest stands in the manifest."""
        name, _, identity = self.manifests["sft"].models.get("base", "").partition(" ")
        return "" if not identity or identity.startswith("sha256:") else name

    @property
    def is_adapter(self) -> bool:
        """Whether a LoRA adapter was trained, and not all weights."""
        return self.manifests["sft"].config.get("method") != "full"

    @property
    def seeds(self) -> list[tuple[str, int]]:
        return [(stage, kept.config["seed"]) for stage, kept in self.manifests.items() if "seed" in kept.config]

    @property
    def is_toy(self) -> bool:
        return self.base_path == EMBEDDED_FOLDER

    # the scores

    @cached_property
    def scores(self) -> dict[str, Any]:
        """scores.json of `evaluate`, or nothing."""
        if "evaluate" not in self.refs:
            return {}
        path = self.store.path(self.refs["evaluate"]) / "scores.json"
        scores: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return scores

    @property
    def recall(self) -> list[Row]:
        return self.by_kind("recall")

    def by_kind(self, name: str) -> list[Row]:
        """A table of scores.json that is split by language and kind of probe, the sums last."""
        table = self.scores[name]
        return [
            Row(
                (LANGUAGES.get(language, language), KINDS.get(kind, kind)), cell["total"], _cells(table, language, kind)
            )
            for language in _sums_last(table["base"])
            for kind, cell in ((kind, table["base"][language][kind]) for kind in _sums_last(table["base"][language]))
            if cell["total"]
        ]

    def table(self, name: str) -> list[Row]:
        """A table of scores.json that is split by language alone."""
        table, key = self.scores[name], "invented" if name in ("hallucination", "accepted") else "right"
        return [
            Row((LANGUAGES.get(language, language),), cell["total"], _cells(table, language), key)
            for language, cell in ((language, table["base"][language]) for language in _sums_last(table["base"]))
            if cell["total"]
        ]

    @property
    def transitions(self) -> list[tuple[str, int]]:
        """What became of the held-out questions from base over SFT to aligned, the most frequent first."""
        counts = self.scores["transitions"].get(">".join(MODELS), {})
        return [(path.replace(">", " → "), count) for path, count in sorted(counts.items(), key=lambda item: -item[1])]

    @cached_property
    def examples(self) -> list[Example]:
        """A few questions of each sort with what the models answered, one a fact, the worst sorts first."""
        found: dict[str, dict[str, Example]] = {sort: {} for sort in ("missed", "made up", "forgotten", "learned")}
        for row in self._rows("evaluate", "answers.jsonl"):
            question, marks = row["question"], row["marks"]
            sort = _sort(question["group"], marks)
            subject = question["fact"] or question["id"]
            if sort and len(found[sort]) < EXAMPLES and subject not in found[sort]:
                found[sort][subject] = Example(
                    sort,
                    _brief(question["prompt"][-1]["content"]),
                    _brief(question["expected"]),
                    question["file"],
                    {title: _brief(marks[model]["answer"]) for model, title in MODELS.items()},
                )
        return [example for examples in found.values() for example in examples.values()]

    def _rows(self, stage: str, name: str) -> Iterator[dict[str, Any]]:
        """Rows of an artifact's file; none where the stage did not run or left no such file."""
        path = self.store.path(self.refs[stage]) / name if stage in self.refs else None
        if path is not None and path.is_file():
            with path.open(encoding="utf-8") as file:
                yield from map(json.loads, file)


def _cells(table: dict[str, Any], *keys: str) -> dict[str, dict[str, Any]]:
    found = {}
    for model in MODELS:
        cell = table[model]
        for key in keys:
            cell = cell[key]
        found[model] = cell
    return found


def _sums_last(names: dict[str, Any]) -> list[str]:
    """English before Chinese, wordings before frames, and the sum of all at the end."""
    order = [*LANGUAGES, *KINDS]
    return sorted(names, key=lambda name: (name == "all", order.index(name) if name in order else len(order), name))


def _sort(group: str, marks: dict[str, Any]) -> str:
    right = {model: mark["right"] for model, mark in marks.items()}
    match group:
        case "recall" if not right["aligned"]:
            return "missed"
        case "recall" if not right["base"]:
            return "learned"
        case "unanswerable" if not right["aligned"]:
            return "made up"
        case "retention" if right["base"] and not right["aligned"]:
            return "forgotten"
    return ""


def _brief(text: str) -> str:
    return text if len(text) <= LONG else text[:LONG] + " …"
