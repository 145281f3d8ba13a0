from __future__ import annotations

from collections.abc import Callable

from artifacts.records import Conversation, Origin, Probe, Record
from tasks.evaluate.marks import mark
from tasks.evaluate.questions import from_general, from_probes, from_training
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


def test_to_abstain_is_right_where_nothing_can_be_known() -> None:
    asked = question(1, group="unanswerable", language="zh")
    assert mark(asked, "我不知道。").right
    assert mark(asked, "  ").right
    assert not mark(asked, "保修期为24个月。").right
