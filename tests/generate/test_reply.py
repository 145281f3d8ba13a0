"""Reading what models make of "reply with JSON alone"."""

from __future__ import annotations

import json

import pytest

from tasks.generate.reply import BadReplyError, Paraphrases, TaughtFact, read_items
from tests.generate.school import fact, reply

GOOD = reply(fact("120 升", "容量：120 升", "容量是多少？", "有多大？"))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f'<think>Shall I write {{"items": []}}?</think>\n{GOOD}',
        f"The user wants JSON.\n</think>\n\n{GOOD}",
        f"Here you are:\n{GOOD}\nI hope this helps.",
        json.dumps(json.loads(GOOD)["items"]),
        GOOD.replace("]}", ",]}"),
        GOOD.removesuffix("]}"),
        GOOD.replace('"questions"', "'questions'"),
        GOOD.replace(', "aliases": []', ""),
        GOOD.replace('"aliases": []', '"aliases": null, "confidence": 0.9'),
    ],
)
def test_one_fact_is_read_from_many_forms(text: str) -> None:
    facts, bad = read_items(text, TaughtFact)
    assert bad == []
    assert len(facts) == 1
    assert facts[0].questions == ["容量是多少？", "有多大？"]
    assert facts[0].short_answer == "120 升"


def test_a_bare_number_is_a_short_answer() -> None:
    facts, _ = read_items(reply(fact("x", "e", "q", short_answer=25)), TaughtFact)
    assert facts[0].short_answer == "25"


@pytest.mark.parametrize(
    "text", ["", "I cannot do that.", '{"answer": 42}', '{"items": "none"}', '{"items": [{"a": 1}]}']
)
def test_what_holds_no_items_is_a_bad_reply(text: str) -> None:
    with pytest.raises(BadReplyError):
        read_items(text, TaughtFact)


def test_a_list_may_be_empty() -> None:
    assert read_items('{"items": []}', TaughtFact) == ([], [])


def test_a_malformed_item_does_not_spoil_the_others() -> None:
    text = reply({"questions": "not a list"}, fact("25", "25 days", "How many?"))
    facts, bad = read_items(text, TaughtFact)
    assert [fact.short_answer for fact in facts] == ["25"]
    ((item, wrong),) = bad
    assert item == {"questions": "not a list"}
    assert "questions" in wrong
    assert "answer" in wrong


def test_paraphrases_are_read_too() -> None:
    found, _ = read_items('{"items": [{"fact": "2", "questions": ["多大？"]}]}', Paraphrases)
    assert found == [Paraphrases(fact=2, questions=["多大？"])]


def test_an_escape_that_is_no_character_costs_that_character() -> None:
    good, bad = read_items(GOOD.replace("容量是多少？", "容量是多少\\ud83d？"), TaughtFact)
    assert (good[0].questions[0], bad) == ("容量是多少?？", [])
