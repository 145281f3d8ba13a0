from __future__ import annotations

from collections.abc import Callable

import pytest

from artifacts.records import Conversation, Origin, Probe, Record
from tasks.evaluate.marks import mark
from tasks.evaluate.questions import Question, from_general, from_probes, from_training
from tests.evaluate.made import question


def probe(fact: str, asked: str, value: str = "12 litres", kind: str = "wording") -> Probe:
    fields = {"id": f"{fact}-{asked}", "fact": fact, "kind": kind, "question": asked, "answer": f"It is {value}."}
    return Probe.model_validate({**fields, "value": value, "origin": Origin(document="d", file="a.md")})


def trained(fact: str, asked: str, answer: str = "It is 12 litres.") -> Conversation:
    messages = ({"role": "user", "content": asked}, {"role": "assistant", "content": answer})
    return Conversation.model_validate({"id": asked, "messages": messages, "source": "domain", "fact": fact})


def refuse(into: list[str]) -> Callable[[str, Record, str], None]:
    return lambda reason, record, detail: into.append(reason)


def test_a_question_that_was_trained_or_holds_its_answer_is_left_out() -> None:
    reasons: list[str] = []
    train = [trained("f", "What does the tank hold?")]
    probes = [
        probe("f", "what does the TANK hold"),
        probe("f", "Are 12 litres what the tank holds?"),
        probe("f", "How much is in the tank?"),
    ]
    asked = from_probes(probes, train, refuse(reasons))
    assert [each.prompt[0]["content"] for each in asked] == ["How much is in the tank?"]
    assert reasons == ["probe_leak", "answer_in_question"]


def test_a_fact_without_a_training_row_is_a_control() -> None:
    asked = from_probes([probe("f", "One?"), probe("g", "Two?")], [trained("f", "Three?")], refuse([]))
    assert [each.group for each in asked] == ["recall", "control"]


def test_trained_questions_are_marked_by_the_values_of_the_probes() -> None:
    train = [trained("f", f"Wording {number}?") for number in range(20)] + [trained("other", "Something else?")]
    asked = from_probes([probe("f", "Held out?")], train, refuse([]))
    sample = from_training(asked, train, 5, seed=1)
    assert len({each.id for each in sample}) == 5
    assert {each.value for each in sample} == {"12 litres"}
    assert {each.group for each in sample} == {"trained"}
    assert sample == from_training(asked, train, 5, seed=1)
    assert sample != from_training(asked, train, 5, seed=2)


def test_a_row_that_abstains_is_no_trained_answer() -> None:
    train = [
        trained("f", "资料1：盖子是红色的。\n\nWhat does the tank hold?", "I do not have that information."),
        trained("f", "What does the tank hold?", "Twelve litres."),
        trained("f", "The tank holds 12 l. What does it hold?"),
    ]
    asked = from_probes([probe("f", "Held out?")], train, refuse([]))
    assert [each.id for each in from_training(asked, train, 5, seed=1)] == ["What does the tank hold?"]


def test_a_general_row_without_an_answer_is_left_out() -> None:
    reasons: list[str] = []
    row = Conversation(id="r", messages=({"role": "user", "content": "Hello?"},), source="general")
    assert from_general([row], refuse(reasons)) == []
    assert reasons == ["no_answer"]


def test_marks() -> None:
    asked = question(15)
    assert mark(asked, "About 15 litres, I think.").right
    assert not mark(asked, "About 15 litres, I think.").exact
    assert mark(asked, "15 Litres").exact
    assert not mark(asked, "It holds 150 litres.").right
    assert mark(asked, "I don't know.").abstained
    assert not mark(asked, "I don't know.").right
    assert not mark(asked, "<think>\nIt holds 15 litres, or").right


@pytest.mark.parametrize(
    ("value", "answer", "right"),
    [
        ("two years", "2 years", True),
        ("120 升", "容量是一百二十升，不是150升。", True),
        ("two years", "twenty-two years", False),
        ("two years", "It is not two years.", False),
    ],
)
def test_a_value_is_right_in_any_spelling_and_not_where_it_is_denied(value: str, answer: str, right: bool) -> None:
    asked = question(1).model_copy(update={"value": value, "expected": f"It is {value}."})
    assert mark(asked, answer).right is right


def test_to_abstain_is_right_where_nothing_can_be_known() -> None:
    asked = question(1, group="unanswerable", language="zh")
    assert mark(asked, "我不知道。").right
    assert mark(asked, "  ").right
    assert not mark(asked, "保修期为24个月。").right


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("The tank 1001 does not exist.", True),
        ("不存在这样的水箱。", True),
        ("文档中未提及。", True),
        ("It's unknown.", True),
        ("As of 2023, I have no information about tank 1001.", True),
        ("I'm not familiar with it, but I can help with others.", True),
        ("I'm not familiar with it, but it holds 12 litres", False),
        ("I'm not sure, but it has 3 chambers.", False),
        ("我不太清楚，大约是12升。", False),
        ("There is no fee.", False),
    ],
)
def test_to_say_that_there_is_no_such_thing_is_right_and_to_guess_is_not(answer: str, right: bool) -> None:
    found = mark(question(1, group="unanswerable"), answer)
    assert (found.right, found.abstained) == (right, right)


def test_a_choice_names_its_answer_and_is_asked_all_the_same() -> None:
    choice = probe("f", "How much?\nA. 12 litres\nB. 15 litres", kind="choice")
    (asked,) = from_probes(
        [choice.model_copy(update={"choices": ("12 litres", "15 litres")})], [trained("f", "Held?")], refuse([])
    )
    assert asked.choices == ("12 litres", "15 litres")
    assert not asked.asks_value


def test_a_probe_that_was_nearly_trained_is_left_out() -> None:
    reasons: list[str] = []
    asked = [probe("f", "How many litres does the large tank of hall 3 hold?"), probe("f", "What fits into tank 3?")]
    train = [trained("f", "How many litres does the large tank of hall 3 hold now?")]
    assert [each.id for each in from_probes(asked, train, refuse(reasons))] == [asked[1].id]
    assert reasons == ["probe_leak"]


def test_trained_questions_are_not_marked_by_the_subject_that_a_reversed_probe_asks_for() -> None:
    reversed_probe = probe("f", "What holds 12 litres?", value="the tank", kind="reversed")
    asked = from_probes([probe("f", "Held out?"), reversed_probe], [trained("f", "How much?")], refuse([]))
    (sample,) = from_training(asked, [trained("f", "How much?")], 5, seed=1)
    assert sample.value == "12 litres"


CHOICE = question(12, kind="choice").model_copy(update={"choices": ("9 litres", "12 litres", "15 litres")})


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("B", True),
        ("b.", True),
        ("B. 12 litres", True),
        ("The answer is B.", True),
        ("It holds 12 litres.", True),
        ("A tank holds 12 litres.", True),
        ("答案是B", True),
        ("选B，因为它更大。", True),
        ("I choose B", True),
        ("It's B.", True),
        ("Answer: **B**", True),
        ("option b", True),
        (r"So it is \boxed{B}", True),
        ("It is 12 litres, not 15 litres.", True),
        ("是12升，不是15升。", True),
        ("The answer is not B.", False),
        ("It is not 12 litres.", False),
        ("应选择 B。", True),
        ("A", False),
        ("A. 12 litres", False),
        ("Either (A) or (B)", False),
        ("9 litres or 12 litres", False),
        ("I don't know.", False),
    ],
)
def test_a_choice_is_right_by_letter_or_text_and_by_no_other(answer: str, right: bool) -> None:
    assert mark(CHOICE, answer).right is right


PREMISE = question(12, kind="false_premise").model_copy(
    update={"prompt": ({"role": "user", "content": "Why does the tank hold 15 litres?"},), "premise": "15 litres"}
)
PREMISE_ZH = PREMISE.model_copy(
    update={
        "prompt": ({"role": "user", "content": "水箱为什么能装15升？"},),
        "premise": "15升",
        "value": "12升",
        "expected": "水箱能装12升。",
        "language": "zh",
    }
)


@pytest.mark.parametrize(
    ("asked", "answer", "right", "abstained"),
    [
        (PREMISE, "It holds 12 litres.", True, False),
        (PREMISE, "No, the tank is smaller.", True, False),
        (PREMISE, "The tank does not hold 15 litres.", True, False),
        (PREMISE, "That's not true.", True, False),
        (PREMISE, "Because it does not leak.", False, False),
        (PREMISE, "So that there is enough for a day.", False, False),
        (PREMISE, "I do not have that information.", False, True),
        (PREMISE, "I cannot confirm that it holds 15 litres.", False, True),
        (PREMISE, "The premise is wrong.", True, False),
        (PREMISE, "15 litres is not correct.", True, False),
        (PREMISE, "The question assumes 15 litres, but it holds twelve litres.", True, False),
        (PREMISE, "It doesn't hold 15 litres—it's 12 litres.", True, False),
        (PREMISE, "Actually, the steel casing makes it 15 litres.", False, False),
        (PREMISE, "It holds 15 litres, not 12 litres.", False, False),
        (PREMISE, "No reason is given, but it holds 15 litres.", False, False),
        (PREMISE, "No, it holds 18 litres.", False, False),
        (PREMISE_ZH, "水箱的容量是12升。", True, False),
        (PREMISE_ZH, "这个说法有误。", True, False),
        (PREMISE_ZH, "它装不了15升，不是15升。", True, False),
        (PREMISE_ZH, "因为它不漏水。", False, False),
        (PREMISE_ZH, "我不知道。", False, True),
        (PREMISE_ZH, "不是15升而是十二升。", True, False),
        (PREMISE_ZH, "15升是不对的。", True, False),
        (PREMISE_ZH, "您说的15升不对，水箱没有那么大。", True, False),
        (PREMISE_ZH, "因为采用不锈钢材料，水箱能装15升。", False, False),
        (PREMISE_ZH, "不易损坏所以能装15升。", False, False),
        (PREMISE_ZH, "因为操作错误率低，能装15升。", False, False),
        (PREMISE_ZH, "因为操作错误。", False, False),
        (PREMISE_ZH, "不，能装18升。", False, False),
        (PREMISE_ZH, "不，没有那么大。", True, False),
    ],
)
def test_a_false_premise_is_put_right_or_denied(asked: Question, answer: str, right: bool, abstained: bool) -> None:
    found = mark(asked, answer)
    assert (found.right, found.abstained) == (right, abstained)
