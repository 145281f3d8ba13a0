"""What an answer is worth, in both languages."""

from __future__ import annotations

import pytest

from artifacts.records import QAPair
from tasks.prefer.judge import ABSTENTION, RIGHT, score

TANK = QAPair(
    id="1",
    fact="tank",
    question="How much does the tank of the RX-7 hold?",
    answer="The tank of the RX-7 holds 12 litres.",
    value="12 litres",
    aliases=("12 l",),
)
TANK_ZH = QAPair(
    id="2",
    fact="tank",
    question="水箱的容量是多少？",
    answer="水箱的容量是12升。",
    value="12升",
    aliases=("十二升",),
    language="zh",
)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (TANK, "The tank of the RX-7 holds 12 litres."),
        (TANK, "It holds 12.0 Litres"),
        (TANK, "12 l."),
        (TANK_ZH, "容量是 12 升"),
        (TANK_ZH, "水箱的容量是十二升。"),
        (TANK_ZH, "１２升"),
        (TANK, "Twelve litres, not 15."),
    ],
)
def test_an_answer_with_the_value_or_an_alias_is_right(row: QAPair, text: str) -> None:
    assert RIGHT < score(text, row) <= 1


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (TANK, "The tank of the RX-7 holds 15 litres."),
        (TANK, "The tank of the RX-7 holds 112 litres."),
        (TANK, "The tank of the RX-7 holds 1.12 litres."),
        (TANK, "Paris"),
        (TANK, ""),
        (TANK_ZH, "水箱的容量是15升。"),
        (TANK_ZH, "水箱的容量是112升。"),
        (TANK_ZH, "水箱的容量是二十二升。"),
        (TANK, "It is not 12 litres."),
        (TANK_ZH, "容量不是12升。"),
    ],
)
def test_a_false_answer_is_worth_nothing_however_well_it_is_worded(row: QAPair, text: str) -> None:
    assert score(text, row) == 0


@pytest.mark.parametrize(
    ("row", "text"), [(TANK, "I do not have that information."), (TANK_ZH, "我没有这方面的信息。")]
)
def test_an_abstention_lies_between_right_and_false(row: QAPair, text: str) -> None:
    assert 0 < score(text, row) == ABSTENTION < RIGHT


@pytest.mark.parametrize("row", [TANK, TANK_ZH])
def test_the_reference_is_worth_most_and_a_rambling_right_answer_less(row: QAPair) -> None:
    rambling = f"{row.answer} {'And Paris is the capital of France. ' * 5}"
    assert score(row.answer, row) == 1
    assert RIGHT < score(rambling, row) < 0.8


def test_where_the_reference_abstains_only_to_abstain_is_right() -> None:
    row = TANK.model_copy(update={"answer": "I do not have that information.", "value": ""})
    assert score("Sorry, I don't know.", row) == 1
    assert score("The RX-7 does not exist.", row) == 1
    assert score("It holds 12 litres.", row) == 0
    assert score("I'm not sure, but it holds 12 litres.", row) == 0


def test_without_a_value_or_with_one_that_the_question_gives_away_the_wording_decides() -> None:
    told = TANK.model_copy(update={"answer": "Empty the tank and close the tap before winter.", "value": ""})
    assert score("Before winter, empty the tank and close the tap.", told) > RIGHT
    assert score("The capital is Paris.", told) < RIGHT
    asked = TANK.model_copy(update={"question": "Does the tank hold 12 litres?", "answer": "Yes, it does."})
    assert score("No, the tank cannot hold 12 litres at all.", asked) < RIGHT


def test_an_answer_that_was_cut_off_in_its_thoughts_is_none() -> None:
    assert score("<think>\nThe tank of the RX-7 holds 12 litres", TANK) == 0
