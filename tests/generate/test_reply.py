"""Reading what models make of "reply with JSON alone"."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.reply import BadReplyError, Item, read_items, salvage, schema_of


class Asked(Item):
    fact: int
    questions: list[str]
    answer: str
    note: str = ""


ITEM = {"fact": 1, "questions": ["容量是多少？", "有多大？"], "answer": "120 升"}
GOOD = json.dumps({"items": [ITEM]}, ensure_ascii=False)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"```json\n{GOOD}",
        f'First a draft:\n```json\n{{"items": []}}\n```\nand now\n```json\n{GOOD}\n```',
        f'<think>Shall I write {{"items": []}}?</think>\n{GOOD}',
        f"The user wants JSON.\n</think>\n\n{GOOD}",
        f"Here you are [1]:\n{GOOD}\nI hope this helps.",
        json.dumps([ITEM]),
        json.dumps(ITEM),
        json.dumps({"items": ITEM}),
        json.dumps({"result": {"items": [ITEM]}}),
        json.dumps({"facts": [ITEM]}),
        GOOD.replace("]}", ",]}"),
        GOOD.removesuffix("]}"),
        GOOD.replace('"', "'"),
        GOOD.replace('"fact": 1', '"fact": "1"'),
        GOOD.replace('"fact": 1', '"fact": 1, "note": null, "confidence": NaN'),
    ],
)
def test_one_item_is_read_from_many_forms(text: str) -> None:
    assert read_items(text, Asked) == ([Asked(fact=1, questions=ITEM["questions"], answer="120 升")], [])


def test_what_says_think_in_strict_json_is_no_reasoning() -> None:
    (item,), _ = read_items(GOOD.replace("120 升", "</think> 120 升"), Asked)
    assert item.answer == "</think> 120 升"


@pytest.mark.parametrize(
    "text",
    [
        *("", "I cannot do that.", "{", "<think>", f"<think>Perhaps {GOOD}", "null", "NaN", "42"),
        *('{"answer": 42}', '{"items": "none"}', '{"items": null}', '{"items": [{"a": 1}]}', '{"items": ["a"]}', "{}"),
        GOOD.replace('"fact": 1', '"fact": NaN'),
        GOOD.replace('"fact": 1', '"fact": 1e999'),
        GOOD.replace('"fact": 1', f'"fact": {"9" * 5000}'),
        *("[" * 100_000, '{"a":' * 10_000, "a" * 1_000_000, 'x{"' * 300_000),
        '{"items": ' + "[" * 500 + "]" * 500 + "}",
    ],
    ids=lambda text: text[:20],
)
def test_what_holds_no_items_is_a_bad_reply(text: str) -> None:
    with pytest.raises(BadReplyError):
        read_items(text, Asked)
    assert salvage(text, Asked) == []


def test_a_list_may_be_empty() -> None:
    assert read_items('{"items": []}', Asked) == ([], [])


def test_numbers_are_words_and_one_word_is_a_list() -> None:
    (item,), _ = read_items('{"items": [{"fact": "2", "questions": "多大？", "answer": 25}]}', Asked)
    assert item == Asked(fact=2, questions=["多大？"], answer="25")


def test_a_malformed_item_does_not_spoil_the_others() -> None:
    good, bad = read_items(json.dumps({"items": [{"questions": {"a": 1}}, ITEM, "text", None]}), Asked)
    assert [item.fact for item in good] == [1]
    assert [item for item, _ in bad] == [{"questions": {"a": 1}}, {"item": "text"}, {"item": None}]
    assert "answer" in bad[0][1]


def test_an_escape_that_is_no_character_costs_that_character() -> None:
    good, bad = read_items(GOOD.replace("容量是多少？", "容量是多少\\ud83d？"), Asked)
    assert (good[0].questions[0], bad) == ("容量是多少?？", [])


def test_of_a_cut_off_reply_the_complete_items_are_kept() -> None:
    text = json.dumps({"items": [ITEM, {**ITEM, "fact": 2}, {**ITEM, "fact": 3}]})
    assert [item.fact for item in salvage(text[: text.rindex("answer") + 12], Asked)] == [1, 2]


def test_a_schema_is_named_after_its_prompt() -> None:
    assert schema_of("study_case", Asked)["title"] == "StudyCaseReply"
    assert schema_of("judge", Asked)["required"] == ["items"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["items", *ITEM]), inner, max_size=4),
)


@given(JSON, st.integers(0, 40))
def test_any_json_gives_items_and_faults_or_is_a_bad_reply(value: object, cut: int) -> None:
    text = json.dumps(value)
    for reply in (text, text[: len(text) - cut]):
        try:
            good, bad = read_items(reply, Asked)
        except BadReplyError:
            continue
        assert all(isinstance(item, Asked) for item in good)
        json.dumps([item for item, _ in bad], allow_nan=False)
