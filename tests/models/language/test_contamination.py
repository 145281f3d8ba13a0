"""Which rows hold a question of an evaluation set, in English and Chinese."""

from __future__ import annotations

import pytest

from artifacts.records import Message
from tasks.models.language.contamination import COMMON, Contamination, EvaluationQuestion, EvaluationSets

LONG = (
    "A bakery in Ostrava sells loaves for three coins and rolls for one coin. On Monday it sold twice as many rolls as "
    "loaves and took 250 coins. How many loaves did it sell?"
)
LONG_ZH = (
    "某企业于年初购入一台设备，原值为六十万元，预计使用五年，采用双倍余额递减法计提折旧，则第二年应计提的折旧额为多少？"
)
SHORT, SHORT_ZH = "Which gas do plants take up by day?", "下列哪种气体是植物白天吸收的？"
STEM = "下列说法正确的是"


def guard(*questions: str | tuple[str, tuple[str, ...]], **dials: float) -> Contamination:
    rows = [each if isinstance(each, tuple) else (each, ()) for each in questions]
    asked = [
        EvaluationQuestion(set="exam", item=f"q{number}", question=text, options=options)
        for number, (text, options) in enumerate(rows)
    ]
    return Contamination(
        EvaluationSets.model_validate({"ngram": 13, "min_similarity": 0.8, **dials, "questions": asked})
    )


def row(asked: str, answered: str = "Yes.") -> list[Message]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]


@pytest.mark.parametrize(
    "asked",
    [
        LONG,
        "Solve. " + LONG.upper() + " Show your steps.",
        "On Monday it sold twice as many rolls as loaves and took 250 coins. Why?",
        SHORT,
        "Answer the question: which gas do plants take up by day",
        LONG_ZH,
        "请解答：" + LONG_ZH.replace("，", ","),
        "采用双倍余额递减法计提折旧，则第二年应计提多少？",
        SHORT_ZH,
        "请问下列哪种气体是植物白天吸收的?",
        "题目一\n下列哪种气体是植物白天吸收的\nA. 氧气\nB. 二氧化碳",
    ],
)
def test_a_copy_is_found(asked: str) -> None:
    found = guard(LONG, LONG_ZH, SHORT, SHORT_ZH).find(row(asked))
    assert found is not None
    assert found.set == "exam"


def test_a_question_in_an_answer_is_found() -> None:
    found = guard(LONG, SHORT).find(row("Give me a quiz", f"1. {SHORT}\n2. Which planet is the largest?"))
    assert found is not None
    assert found.item == "q1"


@pytest.mark.parametrize(
    "asked",
    [
        "A shop in Ostrava sells loaves and rolls for one coin. On Monday it sold 30 rolls. How many coins?",
        "Which gas do plants take up by day when the lamp is on?",
        "Which gas do pumps take in?",
        "某企业购入一台设备，原值为八十万元，采用直线法计提折旧，年折旧额为多少？",
        "下列哪种气体是植物夜里吸收的主要温室气体之一？",
        "下列哪种气体是动物呼出的？",
        "继续",
    ],
)
def test_another_question_is_not(asked: str) -> None:
    assert guard(LONG, LONG_ZH, SHORT, SHORT_ZH, "继续").find(row(asked)) is None


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        (
            "What is the largest city of the country of Norway by people?",
            "What's the largest city in the country of Norway by people?",
        ),
        ("中华人民共和国的首都位于哪个城市？", "中华人民共和国的首都位於哪个城市"),
    ],
)
def test_what_is_nearly_a_question_is_found_in_what_users_say(held: str, asked: str) -> None:
    assert guard(held, min_similarity=0.6).find(row(asked)) is not None
    assert guard(held, min_similarity=0.6).find(row("Hi", asked)) is None


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        (
            "What's the boiling point of water at sea level in degrees Celsius?",
            "What is the boiling point of water, at sea level, in degrees celsius?",
        ),
        ("Why can't ferns bloom in the wild woods?", "Why can not the ferns bloom in the wild woods?"),
        (
            "Which of these gases makes up most of Earth's atmosphere?",
            "Which of the following gases makes up most of the Earth's atmosphere?",
        ),
        ("在Python中，哪个关键字用于定义函数？", "Python中哪个关键字用于定义函数？"),
        ("劳动合同的试用期最长不得超过多久？", "劳动合同试用期最长不能超过多久？"),
    ],
)
def test_the_same_question_in_other_small_words_is_found(held: str, asked: str) -> None:
    assert guard(held).find(row(asked)) is not None


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ("下列关于劳动合同解除的说法，正确的是", "下列关于劳动合同订立的说法，正确的是"),
        ("在Python中，哪个关键字用于定义函数？", "在Python中，哪个关键字用于捕获异常？"),
        ("劳动合同的试用期最长不得超过多久？", "劳动合同的试用期最短是多久？"),
        ("What's the boiling point of water at sea level?", "What's the boiling point of ethanol at sea level?"),
    ],
)
def test_another_question_of_the_same_form_is_not(held: str, asked: str) -> None:
    assert guard(held).find(row(asked)) is None


def test_other_numbers_are_another_question() -> None:
    held = "Wie schwer ist die Pumpe Kelvora 90 mit dem Motor?"
    assert guard(held).find(row(held.replace("90", "80"))) is None
    assert guard(held).find(row(held)) is not None


def test_a_stem_of_several_questions_counts_with_its_options_only() -> None:
    held = guard((STEM, ("水往低处流", "火往低处走")), (STEM, ("铁比水轻", "木比水轻")))
    assert held.find(row(f"{STEM}（　）\nA. 狗会飞\nB. 鸟会飞")) is None
    assert held.find(row(f"{STEM}\nA. 铁比水轻\nB. 木比水轻")) is not None


def test_words_that_many_questions_share_are_a_form() -> None:
    form = "Read the text below with care and then choose the one answer that fits it best: "
    topics = ["ants", "bees", "cats", "dogs", "eels", "fish", "geese", "hens", "ibex", "jays", "koi"]
    assert len(topics) > COMMON
    held = guard(*(f"{form}{name} are seen where" for name in topics))
    assert held.find(row(f"{form}pumps leak when")) is None


def test_it_says_what_is_shared() -> None:
    found = guard(LONG_ZH).find(row("已知采用双倍余额递减法计提折旧，则第二年应计提多少？"))
    assert found is not None
    assert found.words == "采用双倍余额递减法计提折旧则第二年应计提"
    assert found.told().startswith(
        "shares '采用双倍余额递减法计提折旧则第二年应计提' with q0 of the evaluation set exam"
    )


def test_of_a_question_that_is_nearly_one_it_does_not_say_that_it_shares_words() -> None:
    found = guard("What is the boiling point of ethanol at sea level?").find(
        row("What's the boiling-point of ethanol at the sea level?")
    )
    assert found is not None
    assert found.told().startswith('asks "What\'s the boiling-point of ethanol at the sea level?", nearly q0 of')
