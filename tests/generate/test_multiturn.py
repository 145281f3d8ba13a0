"""Conversations over a section."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import QAPair, Reject, Section
from artifacts.stage import StageError
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import PUMP, TANK, dials, pairs, rejects, run
from tests.generate.teachers import Items, by_prompt

ALONE = {"strategies": ["multiturn"], "heading_questions": False, "probes": {"unanswerable": 0, "control_share": 0}}
WEIGHT = {
    "question": "What does the KX-200 weigh?",
    "answer": "The KX-200 weighs 12 kg.",
    "evidence": ["Weight: 12 kg"],
}
PRESSURE = {"question": "And the pressure of it?", "answer": "It runs at 3.5 bar.", "evidence": ["Pressure: 3.5 bar"]}


def held(root: Path, section: Section, *talks: list[dict[str, Any]]) -> tuple[list[QAPair], list[Reject]]:
    """The rows and rejects of conversations."""
    with ScriptedEndpoint(by_prompt(multiturn=[{"turns": turns} for turns in talks])) as server:
        found = run(root, dials(server.url, **ALONE), [section])
    return pairs(*found), [entry for entry in rejects(*found) if entry.reason != "no_facts"]


def test_a_conversation_is_one_row_that_ends_with_its_last_answer(tmp_path: Path) -> None:
    (row,), left_out = held(tmp_path, PUMP, [WEIGHT, PRESSURE])
    assert (row.kind, row.question, row.answer) == ("multiturn", "And the pressure of it?", "It runs at 3.5 bar.")
    assert [message["role"] for message in row.prompt()] == ["user", "assistant", "user"]
    assert row.turns[0]["content"] == "What does the KX-200 weigh?"
    assert row.turns[1]["content"] == "The KX-200 weighs 12 kg."
    assert [quote.text for quote in row.evidence] == ["Weight: 12 kg", "Pressure: 3.5 bar"]
    assert left_out == []


def test_a_chinese_conversation_leans_on_what_was_said(tmp_path: Path) -> None:
    first = {"question": "TX 型水箱的容量是多少？", "answer": "容量是 120 升。", "evidence": ["容量：120 升"]}
    second = {"question": "那它保修多久？", "answer": "保修期为三年。", "evidence": ["保修期：三年"]}
    (row,), _ = held(tmp_path, TANK, [first, second])
    assert (row.language, row.question) == ("zh", "那它保修多久？")


def test_one_bad_turn_leaves_the_conversation_out(tmp_path: Path) -> None:
    bad = {
        "not_multiturn": [[WEIGHT], [WEIGHT, PRESSURE] * 3],
        "turn_without_evidence": [[{**WEIGHT, "evidence": []}, PRESSURE], [WEIGHT, {**PRESSURE, "answer": ""}]],
        "evidence_not_in_section": [[{**WEIGHT, "evidence": ["Weight: 13 kg"]}, PRESSURE]],
        "points_at_text": [[{**WEIGHT, "question": "What is the weight given in this section?"}, PRESSURE]],
        "figure_not_in_evidence": [[{**WEIGHT, "answer": "The KX-200 weighs 47 kg."}, PRESSURE]],
    }
    rows, left_out = held(tmp_path, PUMP, [PRESSURE, WEIGHT], *chain.from_iterable(bad.values()))
    assert [row.question for row in rows] == [WEIGHT["question"]]
    assert Counter(entry.reason for entry in left_out) == {reason: len(talks) for reason, talks in bad.items()}


def test_quotes_of_a_turn_that_are_no_list_are_read_all_the_same(tmp_path: Path) -> None:
    loose = {**WEIGHT, "evidence": "Weight: 12 kg", "speaker": "user"}
    (row,), _ = held(tmp_path, PUMP, [loose, PRESSURE])
    assert row.evidence[0].text == "Weight: 12 kg"


def test_a_judge_sees_every_answer_of_a_conversation(tmp_path: Path) -> None:
    def verdicts(request: Request) -> Items:
        verdict = "contradicted" if WEIGHT["answer"] in request.prompt else "supported"
        return [{"row": 1, "claims": [{"claim": "It weighs 12 kg.", "verdict": verdict}]}]

    script = by_prompt(multiturn=[{"turns": [WEIGHT, PRESSURE]}], judge=verdicts)
    with ScriptedEndpoint(script) as server:
        config = dials(server.url, judge={"base_url": server.url, "model": "judge", "api_key_env": None}, **ALONE)
        with pytest.raises(StageError, match="judged_contradicted"):
            run(tmp_path, config, [PUMP])
