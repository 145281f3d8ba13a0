"""Private data in rows: masked in every text, or left out, and told nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from artifacts.records import Quote
from tests.clean.conftest import Run, pair

PHONE, CARD, KEY = "13800138000", "6222021234567890128", "sk-" + "a8Kd93jfLs02mXq7Tz51PvBn"
ROW = pair(
    "r",
    "Who looks after the Kelvora pump at night?",
    f"Mr Wang looks after it; call {PHONE}.",
    value="Mr Wang",
    context=f"Night shift: Wang ({PHONE}), Li",
    turns=({"role": "user", "content": f"Is {PHONE} his?"}, {"role": "assistant", "content": "Yes."}),
    reasoning=f"The list names Wang with {PHONE}.",
    evidence=(Quote(text=f"Wang ({PHONE})", section="s"),),
)
ALONE: dict[str, Any] = {"operators": []}


def test_a_find_is_masked_in_every_text(cleaned: Run) -> None:
    result = cleaned([ROW], privacy={"phones": "mask"}, **ALONE)
    assert PHONE not in result.pairs[0].model_dump_json()
    assert result.pairs[0].answer == "Mr Wang looks after it; call <phone>."
    assert result.pairs[0].evidence[0].text == "Wang (<phone>)"
    assert result.manifest.counts["masked_phones"] == 1


def test_what_is_kept_is_not_looked_for(cleaned: Run) -> None:
    assert cleaned([ROW], **ALONE).pairs == [ROW]


@pytest.mark.parametrize("text", [f"付款卡号为{CARD}，请核对。", f"The service reads {KEY} at its start."])
def test_cards_and_keys_are_masked_by_default(cleaned: Run, text: str) -> None:
    result = cleaned([pair("c", "怎样付款？", text)], **ALONE)
    assert CARD not in result.pairs[0].answer
    assert KEY not in result.pairs[0].answer


def test_a_rejected_row_is_told_without_what_was_found(cleaned: Run) -> None:
    result = cleaned([ROW], privacy={"phones": "reject"}, **ALONE)
    assert result.pairs == []
    reject = result.reject("r")
    assert reject.reason == "private_phones"
    assert PHONE not in reject.model_dump_json()


@pytest.mark.parametrize(
    ("answer", "value", "aliases"),
    [
        (f"值班电话是{PHONE}。", PHONE, ()),
        ("值班电话：138 0013 8000。", "138 0013 8000", (PHONE,)),
        (f"{PHONE}", "", ()),
        ("The phone is 81234567.", "81234567", ()),
    ],
)
def test_a_row_that_would_teach_a_mask_is_left_out(
    cleaned: Run, answer: str, value: str, aliases: tuple[str, ...]
) -> None:
    row = pair("v", "值班电话是多少？", answer, value=value, aliases=aliases, evidence=(Quote(text=answer),))
    result = cleaned([row], privacy={"phones": "mask"}, **ALONE)
    reject = result.reject("v")
    assert reject.reason == "private_value"
    told = reject.model_dump_json()
    assert not any(number in told for number in (PHONE, "138 0013 8000", "81234567"))


def test_an_order_number_stays_the_value_that_it_is(cleaned: Run) -> None:
    row = pair("o", "岚泊公司的订单号是多少？", f"订单号是 {PHONE}。", value=PHONE)
    assert cleaned([row], privacy={"phones": "mask"}, **ALONE).pairs == [row]


def test_a_row_that_an_operator_refused_is_told_with_masks(cleaned: Run) -> None:
    result = cleaned([ROW], privacy={"phones": "mask"}, operators=[{"text_length_filter": {"max_len": 10}}])
    assert result.reject("r").reason == "text_length_filter"
    assert PHONE not in result.reject("r").model_dump_json()


@pytest.mark.parametrize(
    ("question", "answer", "stays"),
    [
        ("默认账号和密码分别是什么？", "账号：admin；密码：admin123", True),
        ("What are the router's factory credentials?", "User: admin\nPassword: admin123", True),
        ("登录的账号和密码分别是什么？", "账号：admin；密码：admin123", False),
        ("How is the default password changed?", "Enter one, such as password: admin123", False),
    ],
)
def test_a_password_that_a_question_calls_a_default_stays(
    cleaned: Run, question: str, answer: str, stays: bool
) -> None:
    row = pair("d", question, answer, value="admin123", evidence=(Quote(text=answer),))
    assert cleaned([row], **ALONE).pairs == ([row] if stays else [])
