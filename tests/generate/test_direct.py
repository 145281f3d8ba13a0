"""Questions and answers of a section in one call."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from artifacts.records import Fact, read_jsonl
from artifacts.stage import Outcome
from artifacts.store import Store
from tasks.models.scripted import ScriptedEndpoint
from tests.generate.school import PUMP, TANK, dials, fact, pairs, rejects, run
from tests.generate.teachers import by_prompt, prompt_of

ALONE = {"heading_questions": False, "probes": {"unanswerable": 0, "control_share": 0, "paraphrases": 0}}
WEIGHT = fact("12 kg", "Weight: 12 kg", "What does the KX-200 weigh?", "How heavy is the KX-200?", subject="KX-200")
PRESSURE = fact("3.5 bar", "Pressure: 3.5 bar", "Pressure of the KX-200?", subject="KX-200")


def taught(root: Path, *items: dict[str, Any], **values: Any) -> tuple[Any, list[str]]:
    with ScriptedEndpoint(by_prompt(direct=list(items))) as server:
        found = run(root, dials(server.url, **{"strategies": ["direct"], **ALONE, **values}), [PUMP])
    return found, [prompt_of(request) for request in server.requests]


def facts_of(store: Store, outcome: Outcome) -> list[Fact]:
    return list(read_jsonl(store.path(outcome.ref) / "facts.jsonl", Fact))


def test_one_call_gives_facts_and_rows(tmp_path: Path) -> None:
    found, asked = taught(tmp_path, WEIGHT, PRESSURE)
    assert asked == ["direct"]
    assert [(row.kind, row.question, row.value) for row in pairs(*found)] == [
        ("direct", "What does the KX-200 weigh?", "12 kg"),
        ("direct", "How heavy is the KX-200?", "12 kg"),
        ("direct", "Pressure of the KX-200?", "3.5 bar"),
    ]
    facts = facts_of(*found)
    assert [(one.subject, one.claim, one.value) for one in facts] == [
        ("KX-200", "It is 12 kg.", "12 kg"),
        ("KX-200", "It is 3.5 bar.", "3.5 bar"),
    ]
    assert {row.fact for row in pairs(*found)} == {one.id for one in facts}


def test_what_the_section_does_not_bear_out_is_neither_fact_nor_row(tmp_path: Path) -> None:
    bad = {
        "evidence_not_in_section": fact("13 kg", "Weight: 13 kg", "Weight of the KX-200?"),
        "value_not_in_evidence": fact("13 kg", "Weight: 12 kg", "Weight of the KX-200?"),
        "no_value": fact("", "Weight: 12 kg", "Weight of the KX-200?"),
        "no_question": fact("3.5 bar", "Pressure: 3.5 bar"),
    }
    found, _ = taught(tmp_path, WEIGHT, *bad.values())
    assert {row.value for row in pairs(*found)} == {"12 kg"}
    assert len(facts_of(*found)) == 1
    assert Counter(entry.reason for entry in rejects(*found)) == dict.fromkeys(bad, 1)


def test_questions_past_the_limit_are_left_out(tmp_path: Path) -> None:
    found, _ = taught(tmp_path, WEIGHT, PRESSURE, max_questions=2)
    assert {row.value for row in pairs(*found)} == {"12 kg"}
    assert [entry.reason for entry in rejects(*found)] == ["over_max_questions"]


def test_a_chinese_section_is_asked_in_chinese(tmp_path: Path) -> None:
    item = fact("120 升", "容量：120 升", "TX 型水箱有多大？", answer="容量为 120 升。", subject="TX 型水箱")
    with ScriptedEndpoint(by_prompt(direct=[item])) as server:
        found = run(tmp_path, dials(server.url, strategies=["direct"], **ALONE), [TANK])
    assert [(row.question, row.language) for row in pairs(*found)] == [("TX 型水箱有多大？", "zh")]
    assert "总共最多提出 30 个问题" in server.requests[0].messages[0]["content"]


def test_a_fact_that_two_strategies_find_is_one(tmp_path: Path) -> None:
    same = {
        "subject": "KX-200",
        "claim": "The KX-200 weighs 12 kg.",
        "value": "12 kg",
        "aliases": [],
        "evidence": ["Weight: 12 kg"],
    }
    asked = {"fact": 1, "questions": ["To carry a KX-200, what must one lift?"], "answer": "A KX-200 weighs 12 kg."}
    with ScriptedEndpoint(by_prompt(direct=[WEIGHT], facts=[same], questions=[asked])) as server:
        found = run(tmp_path, dials(server.url, strategies=["direct", "facts"], **ALONE), [PUMP])
    (one,) = facts_of(*found)
    assert {(row.kind, row.fact) for row in pairs(*found)} == {("direct", one.id), ("fact", one.id)}
    assert rejects(*found) == []


def test_a_control_fact_has_no_rows(tmp_path: Path) -> None:
    share = {"probes": {"unanswerable": 0, "control_share": 0.5, "paraphrases": 1}}
    asked = {"paraphrases": ["To lift a KX-200, what must one carry?"], "distractors": []}
    probing = by_prompt(direct=[WEIGHT, PRESSURE], probes=[{"fact": number, **asked} for number in (1, 2)])
    with ScriptedEndpoint(probing) as server:
        store, outcome = run(tmp_path, dials(server.url, strategies=["direct"], **ALONE | share), [PUMP])
    facts = facts_of(store, outcome)
    kept_back = {one.id for one in facts if one.control}
    assert len(kept_back) == 1
    assert not kept_back & {row.fact for row in pairs(store, outcome)}
