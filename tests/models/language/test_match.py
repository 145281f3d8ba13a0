from __future__ import annotations

import pytest

from tasks.models.language.match import contains_value, is_abstention, is_exactly, normalise, token_f1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It takes 15bar.", "15 bar"),
        ("The pressure is **15 bar**.", "15 bar"),
        ("It costs 1,800 euros", "1800"),
        ("at most 1.80 m", "1.8 m"),
        ("at most 1.8 m", "1.80 m"),
        ("exactly 2.0", "2"),
        ("压力为１５ｂａｒ。", "15 bar"),
        ("保修期为24个月。", "24 个月"),
        ("保修期为 24 个月。", "24个月"),
        ("The WARRANTY runs two years", "two Years"),
        ("from -7 °C on", "-7 °C"),
        ("from −7℃ on", "-7 °C"),
        ("opens at 8:30", "08:30"),
        ("between 10 – 15 bar", "10-15 bar"),
        ("10～15 千克", "10-15千克"),
        ("order an RX-7 now", "rx7"),
        ("the share is 15 %", "15%"),
        ("在上海市浦东新区", "浦东新区"),
        ("since 2026-03-01", "2026-3-1"),
        ("保修期为二十五天", "二十五天"),
        ("after twenty-two years", "Twenty two years"),
    ],
)
def test_a_value_is_found(text: str, value: str) -> None:
    assert contains_value(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It takes 150 bar.", "15 bar"),
        ("It takes 15 bar.", "150 bar"),
        ("It takes 10-15 bar.", "15 bar"),
        ("It takes 1.15 bar.", "15 bar"),
        ("It takes 1.5 bar.", "5 bar"),
        ("The RX-7 has 8 ports", "7"),
        ("The RX7 has 8 ports", "7"),
        ("IP67", "IP6"),
        ("from -7 °C on", "7 °C"),
        ("a category of goods", "cat"),
        ("version 1.10.2", "1.1"),
        ("v3.10", "v3.1"),
        ("保修期为124个月。", "24个月"),
        ("保修期为24天。", "24个月"),
        ("保修期为二十五天", "十五天"),
        ("twenty-two years", "two years"),
        ("Twenty two years", "two years"),
        ("at 18:30", "8:30"),
        ("1,800 euros", "800"),
        ("anything", ""),
        ("anything", "—"),
    ],
)
def test_a_value_is_not_found_in_what_looks_like_it(text: str, value: str) -> None:
    assert not contains_value(text, value)


def test_an_alias_counts() -> None:
    assert contains_value("两年", "24个月", aliases=("2年", "两年"))
    assert not contains_value("三年", "24个月", aliases=("2年", "两年"))


def test_exact_means_the_whole_answer() -> None:
    assert is_exactly("１５ Bar!", ["15 bar"])
    assert not is_exactly("about 15 bar", ["15 bar"])
    assert not is_exactly("...", ["", "!"])


def test_f1_counts_words_and_chinese_characters() -> None:
    assert token_f1("the tank holds 12 litres", "The tank holds 12 litres.") == 1
    assert token_f1("holds 12", "The tank holds 12 litres.") == pytest.approx(2 * 2 / (2 + 5))
    assert token_f1("容量二升", "容量三升") == pytest.approx(3 / 4)
    assert token_f1("the the the", "the cat") == pytest.approx(2 / 5)
    assert token_f1("", "the cat") == 0


@pytest.mark.parametrize(
    "text",
    [
        "I do not have that information.",
        "I don’t know.",
        "Sorry, I'm not sure about that.",
        "There is no information about the Zelvex 300.",
        "I have no idea.",
        "We cannot find it in our documents.",
        "I'm afraid that information is not available.",
        "我没有这方面的信息。",
        "抱歉，我不知道。",
        "对不起，无法确定。",
        "我不太清楚骁岚A100的重量。",
        "没有找到相关资料。",
        "不知道",
        "暂无相关信息。",
    ],
)
def test_an_abstention_is_seen(text: str) -> None:
    assert is_abstention(text)


@pytest.mark.parametrize(
    "text",
    [
        "The warranty of the pump is 24 months.",
        "If you do not know the code, call the desk.",
        "A charger is not provided.",
        "We do not have to change the filter.",
        "I have no doubt that it is 12 kg.",
        "如果客户不知道密码，请联系服务台。",
        "保修期为24个月。",
        "设备没有风扇。",
        "机器停机后不能打开机盖。",
        "",
    ],
)
def test_an_answer_is_no_abstention(text: str) -> None:
    assert not is_abstention(text)


def test_normalising_twice_changes_nothing() -> None:
    for text in ("RX-7 costs 1,800.50 €", "10–15 bar，二十五天", "−7 ℃ at 08:30"):
        assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What is  THE weight", "What is the weight?", True),
        ("容量 是多少?", "容量是多少？", True),
        ("Weight of the AX-2?", "weight of the ax2", True),
        ("What is the weight of A?", "What is the weight of B?", False),
        ("Is it 5%?", "Is it 5?", False),
        ("Is it 1.5?", "Is it 15?", False),
    ],
)
def test_questions_that_differ_in_marks_only_are_one(one: str, other: str, same: bool) -> None:
    assert (normalise(one) == normalise(other)) == same
