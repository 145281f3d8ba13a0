"""From documents to training rows: at each step what came, what was left out and why, and what went on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifacts.records import DOCUMENTS, DOMAIN
from artifacts.store import ABOUT, Manifest

Reasons = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Step:
    """`came` and what was added, less what was left out, is `kept`; what it is not is the `gap`."""

    title: str
    stage: str
    what: str  # came
    came: int
    left: Reasons
    kept: int
    added: Reasons = ()

    @property
    def lost(self) -> int:
        return sum(count for _, count in self.left)

    @property
    def gap(self) -> int:
        """What the figures do not tell; 0 unless an artifact is damaged or was made by older code."""
        return self.came + sum(count for _, count in self.added) - self.lost - self.kept


def steps(manifests: Mapping[str, Manifest], folders: Mapping[str, Path]) -> list[Step]:
    """The steps of the stages that ran, by what their manifests and rejects say."""
    made = {"parse": _parsed, "generate": _generated, "clean": _cleaned, "mix": _mixed}
    return [
        step for stage, tell in made.items() if stage in manifests for step in tell(manifests[stage], folders[stage])
    ]


def _parsed(manifest: Manifest, folder: Path) -> Iterator[Step]:
    counts = Counter(manifest.counts)
    unread = Counter(reject["reason"] for reject in _rejects(folder) if reject["record"].keys() == {"file"})
    copies = sum(len(row["aliases"]) for row in _rows(folder / ABOUT / "documents.jsonl"))
    left = _ranked(unread + Counter({"copy_of_another": copies}))
    yield Step("documents", "parse", "files", counts["in"], left, counts["documents"])
    repeated = manifest.rejects.get("duplicate_section", 0)
    cut = counts["kept"] + repeated
    left = _ranked(Counter({"duplicate_section": repeated}))
    yield Step("sections", "parse", "cut from the documents", cut, left, counts["kept"])


def _generated(manifest: Manifest, folder: Path) -> Iterator[Step]:
    counts, found = Counter(manifest.counts), manifest.facts
    drafts, claims = Counter[str](), Counter[str]()
    for reject in _rejects(folder):
        if _is_row(reject["record"]):
            drafts[reject["reason"]] += 1
        elif "claim" in reject["record"]:
            claims[reject["reason"]] += 1
    if {"sections", "facts"} <= found.keys():
        bare = Counter(_why_bare(row) for row in _rows(folder / ABOUT / "coverage.jsonl") if not row["rows"])
        bare["duplicate_section"] += manifest.rejects.get("duplicate_section", 0)
        with_rows = found["sections"]["one"] + found["sections"]["many"]
        yield Step("sections with rows", "generate", "sections", counts["in"], _ranked(bare), with_rows)
        facts = found["facts"]
        without = Counter({"held_back_as_control": facts["control"], "no_row_left_of_it": facts["none"]}) + claims
        came = counts["facts"] + claims.total()
        yield Step("facts with rows", "generate", "facts found", came, _ranked(without), facts["one"] + facts["many"])
    came = counts["kept"] + drafts.total()
    yield Step("questions made", "generate", "questions drafted", came, _ranked(drafts), counts["kept"])


def _is_row(record: Mapping[str, Any]) -> bool:
    """Whether a reject is a training row or a draft of one; probes have choices, and drafts of them no answer."""
    return {"question", "answer"} <= record.keys() and "choices" not in record


def _why_bare(section: Mapping[str, Any]) -> str:
    """The most frequent reason that something of a section was left out."""
    reasons: dict[str, int] = section["left_out"]
    return max(reasons, key=lambda reason: reasons[reason]) if reasons else "nothing_found_in_it"


def _cleaned(manifest: Manifest, folder: Path) -> Iterator[Step]:
    counts, left = Counter(manifest.counts), _ranked(Counter(manifest.rejects))
    if "facts" in counts:
        lost = _ranked(Counter({"no_row_left_of_it": counts["facts_lost"]}))
        yield Step(
            "facts kept", "clean", "facts with rows", counts["facts"], lost, counts["facts"] - counts["facts_lost"]
        )
    yield Step("questions kept", "clean", "questions made", counts["in"], left, counts["kept"])


def _mixed(manifest: Manifest, folder: Path) -> Iterator[Step]:
    counts, shown = Counter(manifest.counts), Counter[str]()
    trained = set()
    for row in _rows(folder / "train.jsonl"):
        shown[row["source"]] += 1
        if row["source"] == DOMAIN:
            trained.add(row["id"])
    held_out = {row["id"] for row in _rows(folder / "validation.jsonl") if row["source"] == DOMAIN}
    left = Counter(
        reject["reason"]
        for reject in _rejects(folder)
        if _is_row(reject["record"]) or reject["record"].get("source") == DOMAIN
    )
    left["held_out_for_validation"] += len(held_out)
    left["not_drawn"] += counts["not_drawn"]
    yield Step("questions trained", "mix", "questions kept", counts["in"], _ranked(left), len(trained))
    added = Counter(
        {
            "shown again": shown[DOMAIN] - len(trained),
            "of the documents' text": shown[DOCUMENTS],
            "general": shown.total() - shown[DOMAIN] - shown[DOCUMENTS],
        }
    )
    yield Step("training rows", "mix", "questions trained", len(trained), (), counts["kept"], _ranked(added))


def _ranked(counts: Counter[str]) -> Reasons:
    return tuple((name, count) for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count)


def _rejects(folder: Path) -> Iterator[dict[str, Any]]:
    return _rows(folder / ABOUT / "rejects.jsonl")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a file; none where a stage left no such file."""
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
