"""The sections that are taught, each once and one at a time."""

from __future__ import annotations

from collections.abc import Iterator

from artifacts.records import Section
from artifacts.stage import Work
from tasks.generate.config import GenerateConfig


def reject_repeated(work: Work[GenerateConfig]) -> None:
    """A second document with the same section has nothing more to teach."""
    first: dict[str, str] = {}
    for section in work.read("parse", "sections.jsonl", Section):
        work.counts["in"] += 1
        if section.id in first:
            work.reject("duplicate_section", section, f"stands in {first[section.id]} too")
        first.setdefault(section.id, section.file)


def distinct_sections(work: Work[GenerateConfig]) -> Iterator[Section]:
    """The sections, each once, one at a time: a corpus may have more of them than memory holds."""
    seen: set[str] = set()
    for section in work.read("parse", "sections.jsonl", Section):
        if section.id not in seen:
            seen.add(section.id)
            yield section
