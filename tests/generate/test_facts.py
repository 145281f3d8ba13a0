"""Facts of a section, and the questions for them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from artifacts.records import Fact, QAPair, Reject, Section, read_jsonl
from tasks.models.scripted import Request, ScriptedEndpoint, teach_by_rule
from tests.generate.school import PUMP, TANK, dials, pairs, rejects, run, section
from tests.generate.teachers import Items, by_prompt, prompt_of

ALONE = {"heading_questions": False, "probes": {"unanswerable": 0, "control_share": 0, "paraphrases": 0}}
WEIGHT = {
    "subject": "KX-200",
    "claim": "The KX-200 weighs 12 kg.",
    "value": "12 kg",
    "aliases": ["12 kilograms", "12 kg", ""],
    "evidence": ["Weight: 12 kg"],
}
ASKED = {
    "questions": ["What does the KX-200 weigh?", "How heavy is the KX-200?", "Name the weight of the KX-200."],
    "answer": "The KX-200 weighs 12 kg.",
    "reversed_question": "Which pump weighs 12 kg?",
    "reversed_answer": "The KX-200 weighs 12 kg.",
}


def ask_like(asked: dict[str, Any]) -> Any:
    """A teacher's questions for each fact that it is given."""

    def questions(request: Request) -> Items:
        rows = json.loads(re.search(r"<rows \w+>(.*)</rows", request.prompt, re.S)[1])  # type: ignore[index]
        return [{"fact": row["fact"], **asked} for row in rows]

    return questions


def taught(
    root: Path, facts: Items, asked: dict[str, Any], sections: Sequence[Section] = (PUMP,), **values: Any
) -> tuple[list[Fact], list[QAPair], list[Reject], ScriptedEndpoint]:
    with ScriptedEndpoint(by_prompt(facts=facts, questions=ask_like(asked))) as server:
        store, outcome = run(root, dials(server.url, **{**ALONE, **values}), sections)
    found = list(read_jsonl(store.path(outcome.ref) / "facts.jsonl", Fact))
    return found, pairs(store, outcome), rejects(store, outcome), server


def test_a_fact_is_asked_in_several_questions_and_from_its_other_end(tmp_path: Path) -> None:
    (fact,), rows, left_out, _ = taught(tmp_path, [WEIGHT], ASKED, wordings=2)
    assert (fact.subject, fact.value, fact.aliases) == ("KX-200", "12 kg", ("12 kilograms",))
    assert fact.evidence[0].start == 0
    assert [(row.kind, row.wording, row.value) for row in rows] == [
        ("fact", "wording-1", "12 kg"),
        ("fact", "wording-2", "12 kg"),
        ("reversed", "reversed", "KX-200"),
    ]
    assert {row.fact for row in rows} == {fact.id}
    assert left_out == []


def test_reversed_questions_are_a_dial(tmp_path: Path) -> None:
    _, rows, _, _ = taught(tmp_path, [WEIGHT], ASKED, reversed=False)
    assert {row.kind for row in rows} == {"fact"}


def test_a_chinese_fact_is_asked_from_its_other_end(tmp_path: Path) -> None:
    fact = {
        "subject": "TX 型水箱",
        "claim": "TX 型水箱的容量为 120 升。",
        "value": "120 升",
        "aliases": [],
        "evidence": ["容量：120 升"],
    }
    asked = {
        "questions": ["TX 型水箱有多大？"],
        "answer": "TX 型水箱的容量为 120 升。",
        "reversed_question": "容量为120升的是哪种水箱？",
        "reversed_answer": "容量为 120 升的是 TX型水箱。",
    }
    _, rows, left_out, _ = taught(tmp_path, [fact], asked, [TANK])
    assert [(row.kind, row.value) for row in rows] == [("fact", "120 升"), ("reversed", "TX 型水箱")]
    assert left_out == []


def test_a_reversed_question_that_cannot_be_answered_or_tells_is_left_out(tmp_path: Path) -> None:
    for number, (question, reason) in enumerate(
        {
            "Which pump has a weight?": "value_not_in_question",
            "Which KX-200 weighs 12 kg?": "subject_in_question",
        }.items()
    ):
        _, rows, left_out, _ = taught(tmp_path / str(number), [WEIGHT], {**ASKED, "reversed_question": question})
        assert {row.kind for row in rows} == {"fact"}
        assert [entry.reason for entry in left_out] == [reason]


def test_facts_that_the_section_does_not_hold_are_left_out(tmp_path: Path) -> None:
    bad = {
        "no_value": [{**WEIGHT, "value": " "}, {**WEIGHT, "claim": ""}],
        "evidence_not_in_section": [{**WEIGHT, "evidence": ["Weight: 13 kg"]}, {**WEIGHT, "evidence": []}],
        "value_not_in_evidence": [{**WEIGHT, "value": "3.5 bar"}],
    }
    found, _, left_out, _ = taught(tmp_path, [WEIGHT, *(fact for some in bad.values() for fact in some)], ASKED)
    assert [fact.value for fact in found] == ["12 kg"]
    assert Counter(entry.reason for entry in left_out) == {reason: len(some) for reason, some in bad.items()}


def test_more_facts_than_wanted_are_left_out(tmp_path: Path) -> None:
    pressure = {**WEIGHT, "value": "3.5 bar", "claim": "It runs at 3.5 bar.", "evidence": ["Pressure: 3.5 bar"]}
    found, _, left_out, server = taught(tmp_path, [WEIGHT, pressure], ASKED, max_facts=1)
    assert [fact.value for fact in found] == ["12 kg"]
    assert [entry.reason for entry in left_out] == ["over_max_facts"]
    asked = next(request for request in server.requests if prompt_of(request) == "facts")
    assert "at most 1," in asked.messages[0]["content"]


def test_the_length_of_answers_is_a_dial(tmp_path: Path) -> None:
    *_, detailed = taught(tmp_path / "detailed", [WEIGHT], ASKED)
    *_, short = taught(tmp_path / "short", [WEIGHT], ASKED, answers="short")
    assert "Answer in full" in detailed.requests[-1].messages[0]["content"]
    assert "Answer in one plain sentence" in short.requests[-1].messages[0]["content"]


def test_a_fact_is_the_same_one_after_an_edit_elsewhere_and_another_one_elsewhere(tmp_path: Path) -> None:
    edited = section(f"Colour: blue\n{PUMP.text}", *PUMP.headings)
    other = section(PUMP.text, "Pumps", "Spare KX-200", file="other.md")
    ids = [taught(tmp_path / where.id, [WEIGHT], ASKED, [where])[0][0].id for where in (PUMP, edited, other)]
    assert ids[0] == ids[1]
    assert ids[0] != ids[2]


def test_a_table_with_many_cells_is_asked_about_in_parts(tmp_path: Path) -> None:
    rows = [f"| KX-{number} | {number} kg | {number}.5 bar |" for number in range(40)]
    table = section("\n".join(["| Pump | Weight | Pressure |", "|---|---|---|", *rows]), "Pumps")
    with ScriptedEndpoint(teach_by_rule) as server:
        store, outcome = run(tmp_path, dials(server.url, max_facts=30, **ALONE), [table])
        asked = [request.prompt for request in server.requests if '"claim"' in request.messages[0]["content"]]
    assert len(asked) >= 3
    assert all("| Pump | Weight | Pressure |" in prompt for prompt in asked)
    facts = list(read_jsonl(store.path(outcome.ref) / "facts.jsonl", Fact))
    assert {fact.value for fact in facts} >= {"0 kg", "39 kg", "39.5 bar"}
    assert len(facts) == 80
