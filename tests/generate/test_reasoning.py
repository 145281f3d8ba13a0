"""Answers with their steps, and the sums among them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import QAPair, Reject, Section
from tasks.generate.grounding.sums import sound, sums
from tasks.models.scripted import ScriptedEndpoint
from tests.generate.school import LEAVE, dials, pairs, rejects, run, section
from tests.generate.teachers import by_prompt

ALONE = {"strategies": ["reasoning"], "heading_questions": False, "probes": {"unanswerable": 0, "control_share": 0}}
MORE = {
    "question": "How many more days of leave does a senior get than a junior?",
    "steps": [
        {"step": "A senior gets 25 days.", "evidence": ["| Senior | 25 |"]},
        {"step": "A junior gets 20 days.", "evidence": ["| Junior | 20 |"]},
        {"step": "25 - 20 = 5", "evidence": []},
    ],
    "answer": "A senior gets 5 days of leave more than a junior.",
    "short_answer": "5 days",
}


def held(root: Path, where: Section, *items: dict[str, Any]) -> tuple[list[QAPair], list[Reject]]:
    with ScriptedEndpoint(by_prompt(reasoning=list(items))) as server:
        found = run(root, dials(server.url, **ALONE), [where])
    return pairs(*found), [entry for entry in rejects(*found) if entry.reason != "no_facts"]


def test_steps_and_answer_are_fields_of_their_own(tmp_path: Path) -> None:
    (row,), left_out = held(tmp_path, LEAVE, MORE)
    assert row.kind == "reasoning"
    assert row.reasoning == "A senior gets 25 days.\nA junior gets 20 days.\n25 - 20 = 5"
    assert (row.answer, row.value) == (MORE["answer"], "5 days")
    assert [quote.text for quote in row.evidence] == ["| Senior | 25 |", "| Junior | 20 |"]
    assert left_out == []


def test_chinese_sums_are_read_too(tmp_path: Path) -> None:
    where = section("每台水泵重 12 公斤。每辆车装 40 台水泵。", "运输", language="zh")
    item = {
        "question": "一辆车所装的水泵共重多少？",
        "steps": [
            {"step": "每台水泵重 12 公斤。", "evidence": ["每台水泵重 12 公斤。"]},
            {"step": "每辆车装 40 台水泵。", "evidence": ["每辆车装 40 台水泵。"]},
            {"step": "12公斤 × 40 ＝ 480公斤", "evidence": []},
        ],
        "answer": "一辆车所装的水泵共重 480 公斤。",
        "short_answer": "480 公斤",
    }
    (row,), _ = held(tmp_path, where, item)
    assert row.value == "480 公斤"


def changed(place: int = 0, step: str = "", *evidence: str, **fields: Any) -> dict[str, Any]:
    """The item with another step."""
    steps = list(MORE["steps"])
    if step:
        steps[place] = {"step": step, "evidence": list(evidence)}
    return {**MORE, "steps": steps, **fields}


def test_what_is_not_proved_step_by_step_is_left_out(tmp_path: Path) -> None:
    bad = {
        "no_steps": [changed(steps=MORE["steps"][:1])],
        "step_without_evidence": [changed(0, "Seniors get a lot.")],
        "evidence_not_in_section": [changed(0, "A senior gets 25.", "Seniors have 25 days")],
        "value_not_in_answer": [changed(answer="A senior gets many days more.")],
        "figure_not_in_evidence": [
            changed(2, "25 - 20 = 6", answer="It is 6 days.", short_answer="6 days"),  # it is not
            changed(2, "85 - 20 = 65", answer="It is 65 days.", short_answer="65 days"),  # 85 comes from nowhere
            changed(answer="It is 9 days.", short_answer="9 days"),  # nor does 9
        ],
    }
    items = [item for some in bad.values() for item in some]
    rows, left_out = held(tmp_path, LEAVE, MORE, *items)
    assert len(rows) == 1
    assert Counter(entry.reason for entry in left_out) == {reason: len(some) for reason, some in bad.items()}


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("12 * 3 = 36", "12 kg each, 3 of them"),
        ("12 kg × 3 = 36 kg", "12 kg each, 3 of them"),
        ("1,250 + 10 - 2 * 5 = 1,250", "1250, 10 and 5"),
        ("10 / 3 = 3.33", "10 or 3"),
        ("200 * 15% = 30", "15% of 200"),
        ("3 / 12 = 25%", "3 months"),
        ("2026 - 2019 = 7", "from 2019-03-01 to 2026-03-01"),
        ("每台 12 公斤 × 3 台 = 36 公斤", "每台 12 公斤，共 3 台"),
        ("20 - 12 = 8", "12-20 days"),
        ("3 * 12 = 36", "保修期：三年"),
        ("3 * 12 = 36", "a warranty of three years"),
    ],
)
def test_a_sum_of_given_figures_is_sound(text: str, given: str) -> None:
    assert len(sound(text, [given])) == 1


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("12 * 3 = 37", "12 and 3"),
        ("10 / 3 = 3.34", "10 and 3"),
        ("9 * 3 = 27", "12 and 3"),
        ("1 / 0 = 0", "1 and 0"),
        ("200 * 3 = 600", "KX-200, 3 times"),
        ("It is 36.", "36"),
    ],
)
def test_others_are_not(text: str, given: str) -> None:
    assert sound(text, [given]) == []


def test_a_sum_may_start_from_an_earlier_result() -> None:
    steps = "12 * 4 = 48\n48 + 50 = 98"
    assert sound(steps, ["12, 4 and 50"]) == ["12 * 4 = 48", "48 + 50 = 98"]
    assert sound(steps, ["12 and 50"]) == []
    assert len(sums(steps)) == 2
