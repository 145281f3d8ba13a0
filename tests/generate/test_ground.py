"""Does a fact stand in its section, and can its question stand alone?"""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.ground import fault, points_at_text
from tasks.generate.reply import TaughtFact
from tests.generate.school import LEAVE, TANK, fact, section

PUMP = section("The **KX-200** weighs 12 kg, runs from 08:30, and holds 1,250 litres at -5 °C.", "Pumps")


def reason(where: Any, value: str, evidence: str, **others: Any) -> str | None:
    found = fault(TaughtFact(**fact(value, evidence, "?", **others)), where)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("where", "value", "evidence"),
    [
        (PUMP, "12 kg", "The KX-200 weighs 12 kg"),
        (PUMP, "12kg", "the kx-200 WEIGHS 12　kg"),
        (PUMP, "1250 litres", "holds 1,250 litres"),
        (PUMP, "-5 °C", "at -5 °C"),
        (PUMP, "KX-200", "KX-200"),
        (LEAVE, "25", "| Senior | 25 |"),
        (LEAVE, "25", "Senior 25"),
        (TANK, "１２０升", "容量: 120升"),
        (TANK, "TX 型水箱", "TX型水箱"),
    ],
)
def test_words_of_the_section_are_found_whatever_their_marks(where: Any, value: str, evidence: str) -> None:
    assert reason(where, value, evidence) is None


@pytest.mark.parametrize(
    ("where", "value", "evidence", "expected"),
    [
        (PUMP, "12 kg", "The KX-200 weighs about 12 kg", "evidence_not_in_section"),
        (PUMP, "2 kg", "weighs 2 kg", "evidence_not_in_section"),
        (PUMP, "2 kg", "weighs 12 kg", "value_not_in_evidence"),
        (PUMP, "5 °C", "at 5 °C", "evidence_not_in_section"),
        (PUMP, "12", "", "evidence_not_in_section"),
        (PUMP, "8:3", "runs from 08:30", "value_not_in_evidence"),
        (LEAVE, "Senior", "| Senior | 2 |", "evidence_not_in_section"),
        (TANK, "四年", "保修期：三年", "value_not_in_evidence"),
        (TANK, "120 升", "容量：210 升", "evidence_not_in_section"),
        (PUMP, "", "weighs 12 kg", "no_answer"),
    ],
)
def test_what_the_section_does_not_hold_is_named(where: Any, value: str, evidence: str, expected: str) -> None:
    assert reason(where, value, evidence) == expected


def test_the_answer_must_hold_the_value_or_an_alias() -> None:
    assert reason(TANK, "三年", "保修期：三年", answer="保修期很长。") == "value_not_in_answer"
    assert reason(TANK, "三年", "保修期：三年", answer="保修期是 3 年。", aliases=["3年"]) is None


@pytest.mark.parametrize(
    "question",
    [
        "According to the text, what does the KX-200 weigh?",
        "What is mentioned in the table about the KX-200?",
        "What does the passage say about leave?",
        "How much leave is described above?",
        "Which pump is listed in this section?",
        "What is the maximum weight given in the document?",
    ],
)
def test_an_english_question_about_the_text_cannot_stand_alone(question: str) -> None:
    assert points_at_text(question, "en")


@pytest.mark.parametrize(
    "question",
    [
        "根据上文，水箱的容量是多少？",
        "文中提到的保修期多长？",
        "本节介绍了什么水箱？",
        "上表中水箱有多大？",
        "该文档规定的保修期是多久？",
        "这段文字讲了什么？",
    ],
)
def test_a_chinese_question_about_the_text_cannot_stand_alone(question: str) -> None:
    assert points_at_text(question, "zh")


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What does the KX-200 weigh?", "en"),
        ("What is the weight of the table of the canteen?", "en"),
        ("According to the leave policy, how many days does a senior get?", "en"),
        ("Which list price does the KX-200 have?", "en"),
        ("版本文件保存在哪里？", "zh"),
        ("日本文化节在几月？", "zh"),
        ("中文中如何称呼 KX-200？", "zh"),
        ("网上文档保留多久？", "zh"),
        ("这段时间内保修期如何计算？", "zh"),
        ("公司的基本章程由谁批准？", "zh"),
        ("成本表由谁填写？", "zh"),
    ],
)
def test_a_question_with_like_words_can(question: str, language: str) -> None:
    assert not points_at_text(question, language)
