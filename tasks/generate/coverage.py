"""What became of each section and fact: rows, none or many, and what was left out on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from artifacts.records import QAPair, Section
from tasks.generate.drafts import Drafts

SHOWN = 15  # sections and facts without a row that the stage's page names; all are in about/coverage.jsonl
SAMPLES = 2  # rows of each kind on the stage's page


@dataclass
class Coverage:
    """Sections and facts by how many rows they have: none, one or many."""

    sections: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    bare_sections: list[dict[str, Any]] = field(default_factory=list)  # the first that have no row
    bare_facts: list[dict[str, Any]] = field(default_factory=list)

    def follow(self, sections: Iterable[Section], drafts: Drafts) -> Iterator[dict[str, Any]]:
        """A line for each section, counted as it is given out."""
        for section in sections:
            found = drafts.of_section(section.id)
            facts = [
                {"id": fact.id, "claim": fact.claim, "rows": found.rows_by_fact[fact.id], "control": fact.control}
                for fact in found.facts
            ]
            line = {
                "section": section.id,
                "file": section.file,
                "page": section.page,
                "headings": section.headings,
                "characters": len(section.text),
                "rows": found.rows,
                "probes": found.probes,
                "facts": facts,
                "left_out": dict(sorted(found.left_out.items())),
            }
            self._count(line)
            yield line

    def _count(self, line: dict[str, Any]) -> None:
        self.sections[_many(line["rows"])] += 1
        if not line["rows"] and len(self.bare_sections) < SHOWN:
            self.bare_sections.append(line)
        for fact in line["facts"]:
            self.facts["control" if fact["control"] else _many(fact["rows"])] += 1
            if not fact["rows"] and not fact["control"] and len(self.bare_facts) < SHOWN:
                self.bare_facts.append({**fact, "file": line["file"], "left_out": line["left_out"]})

    def figures(self) -> dict[str, dict[str, int]]:
        return {
            "sections": {name: self.sections[name] for name in ("none", "one", "many")},
            "facts": {name: self.facts[name] for name in ("none", "one", "many", "control")},
        }


def _many(count: int) -> str:
    return "none" if count == 0 else "one" if count == 1 else "many"


def samples(pairs: Iterable[QAPair]) -> dict[str, list[QAPair]]:
    """The first rows of each kind."""
    found: dict[str, list[QAPair]] = {}
    for pair in pairs:
        rows = found.setdefault(pair.kind, [])
        if len(rows) < SAMPLES:
            rows.append(pair)
    return found
