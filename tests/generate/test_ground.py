"""Candidates held against their sections: quotations, figures, values, pointers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from artifacts.records import QAPair, Section
from tasks.generate.grounding.ground import grounded
from tasks.generate.lesson import Lesson
from tasks.generate.taught import Candidate
from tests.generate.school import LEAVE, TANK, attend, section
from tests.generate.teachers import by_prompt

PUMP = section(
    "The **KX-200** weighs 12 kg, runs from 08:30, and holds 1,250 litres at -5 °C.\n\nIt was built on 1 March 2026.",
    "Pumps",
)


def made(question: str, answer: str, *quotes: str, **others: Any) -> Candidate:
    return Candidate("fact", question, answer, quotes, **others)


def ground(
    root: Path, candidates: list[Candidate], *sections: Section, script: Any = None
) -> tuple[list[QAPair], list[tuple[str, Any, str]]]:
    async def work(lesson: Lesson) -> list[QAPair]:
        return await grounded(lesson, candidates)

    rows, lesson, _ = attend(root, script or by_prompt(), work, *sections)
    return rows, lesson.rejects


def of_pump(answer: str, *, asked: str = "What does the KX-200 weigh?") -> Candidate:
    return made(asked, answer, "The KX-200 weighs 12 kg")


WEIGHS = made("What does the KX-200 weigh?", "The KX-200 weighs 12 kg.", "The KX-200 weighs 12 kg", value="12 kg")


def test_a_row_carries_its_quotations_with_their_places(tmp_path: Path) -> None:
    (row,), left_out = ground(tmp_path, [WEIGHS], PUMP)
    (quote,) = row.evidence
    assert (quote.text, quote.section) == ("The **KX-200** weighs 12 kg", PUMP.id)
    assert PUMP.text[quote.start : quote.end] == quote.text
    assert left_out == []


@pytest.mark.parametrize(
    ("candidate", "where", "reason", "named"),
    [
        (of_pump("12 kg", asked="？"), PUMP, "no_question", "empty"),
        (of_pump("-"), PUMP, "no_answer", "empty"),
        (made("Weight of the KX-200?", "12 kg"), PUMP, "evidence_not_in_section", "no quotation"),
        (made("Weight of the KX-200?", "12 kg", "It has twelve"), PUMP, "evidence_not_in_section", "It has twelve"),
        (
            made("The KX-200 weighs 12 kg", "The KX-200 weighs 12 kg.", "The KX-200 weighs 12 kg"),
            PUMP,
            "answer_in_question",
            "whole",
        ),
        (of_pump("It weighs 13 kg."), PUMP, "figure_not_in_evidence", "13 kg"),
        (of_pump("It weighs 12 g."), PUMP, "figure_not_in_evidence", "12 g"),
        (of_pump("The KX-300."), PUMP, "figure_not_in_evidence", "kx-300"),
        (made("水箱的保修期多长？", "保修期为四年。", "保修期：三年"), TANK, "figure_not_in_evidence", "四年"),
        (made("水箱多大？", "很大。", "容量：120 升", value="120 升"), TANK, "value_not_in_answer", "120 升"),
        (of_pump("12 kg, as the table above shows."), PUMP, "answer_points_at_text", "text"),
        (made("水箱多大？", "如上表所示，120 升。", "容量：120 升"), TANK, "answer_points_at_text", "text"),
        (of_pump("12 kg", asked="What does it weigh?"), PUMP, "points_at_text", "What does it weigh?"),
    ],
)
def test_what_fails_is_set_aside_whole_with_its_reason(
    candidate: Candidate, where: Section, reason: str, named: str, tmp_path: Path
) -> None:
    (row,), ((found, record, detail),) = ground(tmp_path, [candidate, _good(where)], where)
    assert row.answer == _good(where).answer
    assert found == reason
    assert named in detail
    assert (record["section"], record["question"], record["quotes"]) == (where.id, candidate.question, candidate.quotes)


def _good(where: Section) -> Candidate:
    return WEIGHS if where is PUMP else made("TX 型水箱的容量是多少？", "容量是 120 升。", "容量：120 升")


def test_a_figure_that_was_quoted_too_briefly_brings_its_sentence_along(tmp_path: Path) -> None:
    more = made("Tell me of the KX-200.", "It weighs 12 kg, was built on 2026-03-01.", "The KX-200 weighs")
    pump = section("The KX-200 weighs 12 kg. It was built on 1 March 2026.", "Pumps")
    (row,), left_out = ground(tmp_path, [more], pump)
    assert left_out == []
    whole = {"The KX-200 weighs 12 kg.", "It was built on 1 March 2026."}
    assert {quote.text for quote in row.evidence[1:]} == whole
    assert all(pump.text[quote.start : quote.end] == quote.text for quote in row.evidence)


MODELS = section(
    "| Model | Weight in 2026 |\n|---|---|\n| KX-200 | 12 kg |\n| KX-300 | 18 kg |\n\n"
    "Senior staff get 25 days. Junior staff get 20 days.\n\n高级员工年假二十五天。初级员工年假二十天。",
    "Pumps",
)


@pytest.mark.parametrize(
    ("answer", "quote", "kept"),
    [
        ("The KX-200 weighs 18 kg.", "| KX-200 | 12 kg |", False),
        ("The KX-200 weighs 12 kg, the KX-300 18 kg.", "| KX-200 | 12 kg |", True),
        ("In 2026 the KX-200 weighed 12 kg.", "| KX-200 | 12 kg |", True),
        ("Junior staff get 25 days.", "Junior staff get 20 days", False),
        ("Junior staff get 20 days, and senior staff 25.", "Junior staff get 20 days", True),
        ("Junior staff get 20 days with 12 kg.", "Junior staff get 20 days", False),
    ],
)
def test_what_stands_beside_a_quotation_proves_only_what_is_about_the_same(
    answer: str, quote: str, kept: bool, tmp_path: Path
) -> None:
    rows, left_out = ground(tmp_path, [made("What of the KX-200 and of Junior?", answer, quote)], MODELS)
    assert ([row.answer for row in rows], [reason for reason, _, _ in left_out]) == (
        ([answer], []) if kept else ([], ["figure_not_in_evidence"])
    )


def test_a_chinese_neighbour_is_told_by_its_first_characters(tmp_path: Path) -> None:
    staff = section("高级员工年假二十五天。初级员工年假二十天。", "年假", language="zh")
    candidates = [
        made("初级员工年假几天？", answer, "初级员工年假二十天")
        for answer in ("初级员工有25天年假。", "初级员工20天，高级员工25天。")
    ]
    rows, left_out = ground(tmp_path, candidates, staff)
    assert [row.answer for row in rows] == [candidates[1].answer]
    assert [reason for reason, _, _ in left_out] == ["figure_not_in_evidence"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("A KX-200 of 47 kg costs 900 euros: list it.", "12 kg, or 47 kg, and 900 euros."),
        ("Does the KX-200 weigh 99 kg?", "Yes, the KX-200 weighs 99 kg."),
        ("Does the KX-200 weigh 99 kg?", "Yes."),
        ("Does the KX-200 weigh 99 kg?", "It does."),
        ("Do two KX-200 weigh 47 kg each?", "They weigh 2 * 47 = 94 kg."),
        ("KX-200 重 99 千克吗？", "是的。"),
    ],
)
def test_figures_that_the_teacher_asks_with_prove_nothing(question: str, answer: str, tmp_path: Path) -> None:
    pump = PUMP.model_copy(update={"language": "zh"}) if "吗" in question else PUMP
    rows, left_out = ground(tmp_path, [made(question, answer, "The KX-200 weighs 12 kg")], pump)
    assert rows == []
    assert [reason for reason, _, _ in left_out] == ["figure_not_in_evidence"]


def test_a_question_that_is_answered_by_no_may_hold_any_figure(tmp_path: Path) -> None:
    denied = made("Does the KX-200 weigh 99 kg?", "No, it weighs 12 kg.", "The KX-200 weighs 12 kg")
    affirmed = made("Does the KX-200 weigh 12 kg?", "Yes, it does.", "The KX-200 weighs 12 kg")
    rows, left_out = ground(tmp_path, [denied, affirmed], PUMP)
    assert len(rows) == 2
    assert left_out == []


@pytest.mark.parametrize(
    ("question", "answer", "kept"),
    [
        ("水箱的保修期多长？", "The tank: 三年 it is.", False),
        ("How about the water tank number a?", "保修期为三年。", False),
        ("水箱的保修期多长？", "三年", True),
        ("TX 型水箱叫什么？", "TX", True),
        ("如何查询 TX 型水箱的保修期？", "运行 `show warranty of tank` 并查看 Warranty 一栏：三年。", True),
    ],
)
def test_a_chinese_section_has_rows_in_chinese(question: str, answer: str, kept: bool, tmp_path: Path) -> None:
    rows, left_out = ground(tmp_path, [made(question, answer, "保修期：三年", value="三年" if not kept else "")], TANK)
    assert (len(rows), [reason for reason, _, _ in left_out]) == ((1, []) if kept else (0, ["wrong_language"]))


def test_an_english_section_has_rows_in_english_and_no_translation_of_code_is_told_by_its_words(tmp_path: Path) -> None:
    quote = "The KX-200 weighs 12 kg"
    chinese = made("KX-200 有多重？", "KX-200 重 12 千克。", quote)
    code = Candidate("code_translate", "把代码改写成 Go。", "package main func main", ("容量：120 升",), context="x")
    _, left_out = ground(tmp_path / "en", [chinese], PUMP)
    assert [reason for reason, _, _ in left_out] == ["wrong_language"]
    rows, left_out = ground(tmp_path / "zh", [code], TANK)
    assert (len(rows), left_out) == (1, [])


def test_quotations_may_come_from_several_sections(tmp_path: Path) -> None:
    both = made(
        "Weight of the KX-200, and days of a senior?",
        "12 kg, and 25 days.",
        "The KX-200 weighs 12 kg",
        "| Senior | 25 |",
    )
    (row,), _ = ground(tmp_path, [both], PUMP, LEAVE)
    assert [quote.section for quote in row.evidence] == [PUMP.id, LEAVE.id]


def test_a_sum_that_is_worked_out_is_borne_out_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    right = made("Weight of three KX-200?", "Three weigh 36 kg.", "The KX-200 weighs 12 kg", reasoning="3 * 12 = 36")
    wrong = made("Weight of four KX-200?", "Four weigh 50 kg.", "The KX-200 weighs 12 kg", reasoning="4 * 12 = 50")
    rows, left_out = ground(tmp_path, [right, wrong], PUMP)
    assert [row.answer for row in rows] == ["Three weigh 36 kg."]
    assert [reason for reason, _, _ in left_out] == ["figure_not_in_evidence"]


def test_a_rewritten_question_takes_the_place_of_its_first(tmp_path: Path) -> None:
    turns = ({"role": "user", "content": "What does it weigh?"}, {"role": "assistant", "content": "12 kg"})
    quote = "The KX-200 weighs 12 kg"
    candidates = [made("What does it weigh?", "12 kg", quote), made("Is it heavy?", "It is 12 kg.", quote, turns=turns)]
    script = by_prompt(rewrite=[{"row": row, "question": "What does the KX-200 weigh?"} for row in (1, 2)])
    rows, left_out = ground(tmp_path, candidates, PUMP, script=script)
    assert rows[0].question == "What does the KX-200 weigh?"
    assert rows[1].turns[0]["content"] == "What does the KX-200 weigh?"
    assert rows[1].question == "Is it heavy?"
    assert left_out == []


def test_a_row_with_a_context_may_point_at_it(tmp_path: Path) -> None:
    shown = made("What does the text say of the KX-200?", "12 kg", "The KX-200 weighs 12 kg", context=PUMP.text)
    (row,), _ = ground(tmp_path, [shown], PUMP)
    assert row.question == shown.question
