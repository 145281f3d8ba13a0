"""Which questions are one, and which only look alike."""

from __future__ import annotations

from typing import Any

import pytest

from artifacts.records import Probe, ProbeKind
from artifacts.stage import StageError
from tasks.models.language.leak import Guard, same_question


def guard(*questions: str, fact: str = "f", kind: ProbeKind = "paraphrase", **values: Any) -> Guard:
    return Guard(
        Probe(id=question, fact=fact, kind=kind, question=question, answer="x", **values) for question in questions
    )


def leaks(guard: Guard, question: str, fact: str = "") -> bool:
    return guard.find(({"role": "user", "content": question},), fact) is not None


@pytest.mark.parametrize(
    ("probe", "row"),
    [
        ("What is the weight of the KX-200?", "what is weight of KX-200"),
        ("What is the weight of the KX-200?", "What's the weight of a KX-200, please?"),
        ("How long do pumps last?", "How long does the pump last?"),
        ("Does it take 1,500 kg?", "does it take 1500kg"),
        ("水泵的重量是多少？", "请问水泵重量为多少"),
        ("保修期有 ２ 年吗？", "保修期有2年吗"),
        ("年假是几天？", "年假有几天？"),
        ("What is the weight of the KX-200?", "Tell me: what is the weight of the KX-200?"),
        ("What is the weight of the KX-200?", "Hello, can you please tell me what the weight of the KX-200 is?"),
        ("Please let me know what the KX-200 weighs.", "I'd like to know what the KX-200 weighs"),
        ("水泵的重量是多少？", "您好，能告诉我水泵的重量为多少吗？"),
        ("水泵的重量是多少？", "我想知道水泵的重量有多少。"),
    ],
)
def test_the_same_words_are_one_question_whatever_the_fact(probe: str, row: str) -> None:
    assert leaks(guard(probe), row, "another fact")
    assert same_question(probe, row)


@pytest.mark.parametrize(
    ("probe", "row"),
    [
        ("What is the weight of Tank A?", "What is the weight of Tank S?"),
        ("What is the weight of Tank A?", "What is the weight of the tank?"),
        ("What is the weight of the Kavenlor 90 pump?", "What is the weight of the Kavenlor 90 pump housing?"),
        ("Which filter does the pump have?", "Which pump does the filter have?"),
        ("财务部在年度预算审批流程中的负责人是谁？", "法务部在年度预算审批流程中的负责人是谁？"),
        ("水泵的重量是多少？", "高压水泵的重量是多少？"),
        ("第三章讲什么？", "第五章讲什么？"),
        ("Does the boat go in water?", "Does the boat go on water?"),
        ("What did IT do?", "What is IT?"),
        ("谁为经理服务？", "谁请经理服务？"),
    ],
)
def test_questions_of_one_form_about_other_things_are_not(probe: str, row: str) -> None:
    assert not leaks(guard(probe), row, "another fact")


def test_of_one_fact_most_of_the_text_and_all_numbers_make_one_question() -> None:
    held = guard("How many litres does the large tank in hall 3 hold?", "3号车间的大水箱在装满水时能装多少升水？")
    assert leaks(held, "How many litres does the large tank in hall 3 hold now?", "f")
    assert leaks(held, "3号车间的大水箱在装满水时能装多少升水呢？", "f")
    assert not leaks(held, "How many litres does the large tank in hall 4 hold?", "f")
    assert not leaks(held, "What is the volume of the large tank in hall 3?", "f")
    assert not leaks(held, "How many litres does the large tank in hall 3 hold now?", "another fact")


@pytest.mark.parametrize(
    ("row", "one"),
    [
        ("KX-200水泵的重量是多少公斤？", True),
        ("KX-200水泵重量多少？", True),
        ("KX-200水泵的高度是多少？", False),
        ("KX-300水泵的重量是多少？", False),
    ],
)
def test_short_chinese_questions_about_one_fact_are_told_by_their_words(row: str, one: bool) -> None:
    assert leaks(guard("KX-200 水泵的重量是多少？"), row, "f") is one


@pytest.mark.parametrize(
    ("probe", "row", "answer", "one"),
    [
        (
            "Who signs orders of the northern plant?",
            "Who now signs orders of the northern plant?",
            "Ann Lee does.",
            True,
        ),
        ("Who signs orders of the northern plant?", "Who now signs orders of the northern plant?", "Bo does.", False),
        ("Who signs orders of the northern plant?", "Who signs orders of the southern plant?", "Ann Lee does.", False),
        ("北方工厂的采购订单由谁签字？", "北方工厂的采购订单应由谁签字？", "由 Ann Lee 签字。", True),
        ("北方工厂的采购订单由谁签字？", "南方工厂的采购订单应由谁签字？", "由 Ann Lee 签字。", False),
        ("3号工厂的采购订单由谁签字？", "4号工厂的采购订单应由谁签字？", "由 Ann Lee 签字。", False),
    ],
)
def test_the_answer_tells_whether_a_row_of_no_known_fact_asks_the_same(
    probe: str, row: str, answer: str, one: bool
) -> None:
    said = ({"role": "user", "content": row}, {"role": "assistant", "content": answer})
    assert (guard(probe, value="Ann Lee").find(said, "a fact of its own") is not None) is one


def test_a_frame_that_is_held_out_is_no_courtesy() -> None:
    for probe, row in (("Tell me the weight of it.", "The weight of it?"), ("我想知道泵的重量。", "泵的重量？")):
        assert not leaks(guard(probe, kind="frame"), row, "f")
        assert leaks(guard(probe), row, "f")


def test_a_probe_is_found_in_a_line_and_without_its_options() -> None:
    held = guard("What does it weigh?\nA. 1 kg\nB. 2 kg", choices=("1 kg", "2 kg"))
    assert leaks(held, "Some context of the question.\n\nWhat does it weigh?")
    assert guard("What does it weigh?").find(({"role": "assistant", "content": "What does it weigh?"},)) is None


def test_a_stage_is_stopped_and_told_where() -> None:
    with pytest.raises(StageError, match=r"align: row r asks what the held-out probe Why\? asks: 'Why\?'; make"):
        guard("Why?").refuse("align", "r", ({"role": "user", "content": "why"},))
