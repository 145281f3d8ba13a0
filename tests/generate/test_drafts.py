"""What hangs on all rows: nothing twice, nothing that a probe asks, no probe of what is not trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from artifacts.records import Fact, Origin, Probe, QAPair
from tasks.generate.drafts import Drafts
from tasks.generate.taught import Taught

ORIGIN = Origin(file="a.md", section="s1")


def fact(name: str, **values: Any) -> Fact:
    return Fact(id=name, subject="KX-200", claim=name, value=name, origin=ORIGIN, **values)


def pair(name: str, of: str, question: str, **values: Any) -> QAPair:
    return QAPair(id=name, fact=of, question=question, answer="a", origin=ORIGIN, **values)


def probe(name: str, of: str, question: str) -> Probe:
    return Probe(id=name, fact=of, kind="paraphrase", question=question, answer="a", origin=ORIGIN)


def kept_apart(root: Path, *parts: Taught) -> tuple[Drafts, list[tuple[str, str]]]:
    drafts, left_out = Drafts(root / "scratch" / "drafts.sqlite"), []
    for part in parts:
        drafts.add(part)
    drafts.keep_apart(lambda reason, record, detail: left_out.append((reason, record.id)))  # type: ignore[union-attr]
    return drafts, left_out


def test_rows_come_out_in_the_order_they_went_in(tmp_path: Path) -> None:
    first = Taught([fact("f2")], [pair("p2", "f2", "二？"), pair("p1", "f2", "One?")], [probe("b1", "f2", "Three?")])
    drafts, left_out = kept_apart(tmp_path, first, Taught([fact("f1")], [pair("p0", "f1", "Zero?")]))
    assert [row.id for row in drafts.facts()] == ["f2", "f1"]
    assert [row.id for row in drafts.pairs()] == ["p2", "p1", "p0"]
    assert list(drafts.probes()) == first.probes
    assert (drafts.count("pairs"), left_out) == (3, [])


def test_a_row_that_asks_what_a_probe_asks_is_left_out(tmp_path: Path) -> None:
    rows = [pair("p1", "f1", "Weight of the ＫＸ-200 ?"), pair("p2", "f1", "How heavy?"), pair("p3", "f1", "多重？")]
    held = [probe("b1", "f1", "weight of the KX-200"), probe("b2", "f1", "多重")]
    drafts, left_out = kept_apart(tmp_path, Taught([fact("f1")], rows, held))
    assert [row.id for row in drafts.pairs()] == ["p2"]
    assert left_out == [("probe_leak", "p1"), ("probe_leak", "p3")]


def test_what_is_there_twice_is_kept_once(tmp_path: Path) -> None:
    once = Taught([fact("f1")], [pair("p1", "f1", "One?")], [probe("b1", "f1", "Two?")])
    drafts, left_out = kept_apart(tmp_path, once, once)
    assert (drafts.count("facts"), drafts.count("pairs"), drafts.count("probes")) == (1, 1, 1)
    assert left_out == [("duplicate_fact", "f1"), ("duplicate_row", "p1"), ("duplicate_probe", "b1")]


def test_a_probe_of_a_fact_without_rows_goes_unless_it_is_a_control(tmp_path: Path) -> None:
    facts = [fact("f1"), fact("f2", control=True)]
    drafts, left_out = kept_apart(tmp_path, Taught(facts, [], [probe("b1", "f1", "A?"), probe("b2", "f2", "B?")]))
    assert [row.id for row in drafts.probes()] == ["b2"]
    assert left_out == [("untrained_probe", "b1")]


def test_the_drafts_of_a_run_that_was_killed_are_forgotten(tmp_path: Path) -> None:
    Drafts(tmp_path / "drafts.sqlite").add(Taught([fact("f1")]))
    assert Drafts(tmp_path / "drafts.sqlite").count("facts") == 0
