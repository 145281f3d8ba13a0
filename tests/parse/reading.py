"""The stage run on a folder, and what it left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifacts.progress import Progress
from artifacts.records import Reject, Section, read_jsonl
from artifacts.stage import produce
from artifacts.store import Manifest, Store
from tasks.parse.config import ParseConfig
from tasks.parse.task import make


@dataclass(frozen=True)
class Parsed:
    sections: list[Section]
    rejects: list[Reject]
    documents: list[dict[str, Any]]
    manifest: Manifest
    texts: dict[str, str]  # by the document's id

    def text(self, file: str) -> str:
        """All that a file says, headings included."""
        own = [section for section in self.sections if section.file == file]
        return "\n".join("\n".join([*section.headings, section.text]) for section in own)

    def reasons(self) -> dict[str, str]:
        return {reject.record["file"]: reject.reason for reject in self.rejects}


def parse(folder: Path, store: Path, **dials: Any) -> Parsed:
    kept = Store(store)
    config = ParseConfig(source=folder, workers=2, **dials)
    outcome = produce(kept, config, {}, make, progress=Progress(terminal=False), force=True)
    root = kept.path(outcome.ref)
    return Parsed(
        list(read_jsonl(root / "sections.jsonl", Section)),
        list(read_jsonl(root / "about" / "rejects.jsonl", Reject)),
        rows(root / "about" / "documents.jsonl"),
        kept.manifest(outcome.ref),
        {row["document"]: row["text"] for row in rows(root / "about" / "texts.jsonl")},
    )


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
