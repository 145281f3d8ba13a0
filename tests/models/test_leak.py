"""Which questions are one, and which only look alike."""

from __future__ import annotations

import pytest

from artifacts.records import Probe
from artifacts.stage import StageError
from tasks.models.leak import Guard, same_question


def guard(*questions: str, fact: str = "f", choices: tuple[str, ...] = ()) -> Guard:
    return Guard(
        Probe(id=question, fact=fact, kind="paraphrase", question=question, answer="x", choices=choices)
        for question in questions
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


def test_a_probe_is_found_in_a_line_and_without_its_options() -> None:
    held = guard("What does it weigh?\nA. 1 kg\nB. 2 kg", choices=("1 kg", "2 kg"))
    assert leaks(held, "Some context of the question.\n\nWhat does it weigh?")
    assert guard("What does it weigh?").find(({"role": "assistant", "content": "What does it weigh?"},)) is None


def test_a_stage_is_stopped_and_told_where() -> None:
    with pytest.raises(StageError, match=r"align: row r asks what the held-out probe Why\? asks: 'Why\?'; make"):
        guard("Why?").refuse("align", "r", ({"role": "user", "content": "why"},))
