"""Figures of a text: what they mean, and whether another text states them."""

from __future__ import annotations

import random

import pytest

from tasks.models.language.figures import dimensions, same_value, unstated


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The warranty is 2 years.", "two years"), ("容量为120升。", "一百二十升"), ("为期3个月", "三个月"),
        ("为期三个月", "3 个月"), ("built on March 1, 2026", "1 March 2026"), ("两年", "2 years"),
        ("It takes 5-10 bar.", "5 to 10 bar"), ("5 bar to 10 bar", "5-10 bar"), ("5至10千克", "5-10 kg"),
        ("It ends two years after delivery.", "2 years after delivery"), ("三个月内付清", "3个月内"),
        ("at 5 pm", "17:00"), ("1,500 克", "1.5 kg"), ("within 2 years", "2"), ("on 1 March 2026", "March 1"),
    ],
)  # fmt: skip
def test_a_value_is_stated_in_another_spelling(text: str, value: str) -> None:
    assert same_value(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twenty-two years", "two years"), ("二十二年", "两年"), ("2 months", "two years"), ("It is 2.", "two years"),
        ("It ends two years after the order.", "2 years after delivery"), ("5-10 bar", "10 bar"), ("5-10 bar", "5"),
        ("10 bar", "5-10 bar"), ("3个月后", "三个月内"), ("the red one is Anna", "Anna"), ("2 years", ""),
        ("March 1", "March 1, 2026"), ("at 5:00", "5 pm"), ("一般纳税人", "一般纳税人"), ("2 kg", "20 kg"),
        ("2 kg", "2 kg/h"),
    ],
)  # fmt: skip
def test_another_value_is_not(text: str, value: str) -> None:
    assert not same_value(text, value)


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("It costs 1,000 yuan", "1000 元"), ("25 %", "25％"), ("25 percent", "百分之二十五"),
        ("1 March 2026", "2026-03-01"), ("2026 年 3 月 1 日", "March 1, 2026"),
        ("二〇二六年三月一日", "2026/3/1"),
        ("in 2026", "2026年3月1日"), ("3 years", "保修期三年"), ("三年", "3 years"), ("36个月", "3年"),
        ("two weeks", "14 days"),
        ("12 kg", "12kg"), ("1.5 kg", "1,500 克"), ("12千克", "12 kg"), ("12 kg", "| Weight (kg) | 12 |"),
        ("KX-200", "kx 200"), ("The KX 200 is", "the KX-200"), ("IP67", "ip67"), ("版本 1.10.2", "v 1.10.2"),
        ("1. Open it\n2. Close it", "-"), ("First, step 2: go. ①打开", "-"),
        ("第2步要做", "-"), ("一般来说，一天一次", "每天"),
        ("5 pm", "17:00"), ("下午3点半", "15:30"), ("8点30分", "08:30"), ("3万元", "30000元"),
        ("1.5 million", "1,500,000"),
        ("twenty-five days", "25 days"), ("10 to 15 bar", "10-15 bar"), ("零下5度", "-5 度"), ("$5", "5 USD"),
        ("50 m2", "50 ㎡"), ("400-820-8820", "电话400-820-8820"), ("一百二十升", "120升"), ("三千五百元", "3500元"),
        ("301 km", "three hundred and one thousand metres"),
    ],
)  # fmt: skip
def test_one_figure_is_known_in_many_spellings(answer: str, evidence: str) -> None:
    assert unstated(answer, [evidence]) == []


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("12 kg", "12 g"), ("25", "250"), ("2 kg", "12 kg"),
        ("2026-03-02", "1 March 2026"), ("March 2025", "5 March 2026"),
        ("四年", "3 years"), ("三天", "三小时"), ("两年", "三年"), ("2025年", "2026-03-01"), ("36 hours", "36 minutes"),
        ("KX-201", "KX-200"), ("X-200", "KX-200"), ("IP68", "IP67"),
        ("1.10.3", "1.10.2"), ("5 °C", "-5 °C"), ("1.5", "15"),
        ("25 %", "2 %"), ("9:30", "8:30"), ("15 days", "5 days"), ("3万元", "3000元"), ("百分之二十", "百分之十二"),
    ],
)  # fmt: skip
def test_another_figure_is_told_apart(answer: str, evidence: str) -> None:
    assert unstated(answer, [evidence])


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("6个月", "半年"), ("30 minutes", "half an hour"), ("三个半月", "3.5个月"),
        ("2.5 years", "two and a half years"),
        ("第3条", "第三条"), ("Section 3", "第三条"), ("3-5万元", "三万元以上五万元以下"), ("3月", "2026年3月1日"),
        ("Mon 3/1", "March 1"), ("05.05.2026", "5 May 2026"), ("5/4/2026", "April 5, 2026"),
        ("March 2026", "2026-03-15"),
        ("2/3", "two-thirds"), ("2/3", "三分之二"), ("½ inch", "0.5 inch"), ("a cup and ½", "1/2"), ("50%", "half"),
        ("Q3", "the third quarter"), ("第1季度", "一季度"), ("$1.2M", "1.2 million dollars"), ("3k USD", "$3000"),
        ("ISO 9001", "ISO 9001:2015"), ("3.10", "v3.10"), ("v3.10", "version 3.10"), ("USB 3.0", "USB3.0"),
        ("10.0.0.5", "http://10.0.0.5:8000/v1"), ("每小时20千克", "20 kg/h"), ("每小时处理20千克", "20 kg per hour"),
        ("100 Mbps", "100 megabits per second"), ("1200转/分", "1200 rpm"), ("$5", "$5/month"), ("每个人5元", "5元/人"),
        ("2-3天", "两三天"), ("1-3月", "1月至3月"), ("¥100", "100元"), ("5 A", "5 amps"), ("12倍", "12x the zoom"),
        ("80 cm x 60 cm", "80×60 cm"), ("9 a.m.", "09:00"), ("中午12点", "12:00"), ("the 3rd floor", "the third floor"),
        ("three ports: A, B and C", "A, B, C"), ("三种颜色", "红、黄、蓝"), ("two ways\n1. A\n2. B", "A; B"),
        ("千万不要打开，十分重要", "-"), ("第三方平台", "-"), ("First, one of the two does", "-"), ("第二，打开", "-"),
    ],
)  # fmt: skip
def test_a_figure_is_known_in_words_rates_and_parts(answer: str, evidence: str) -> None:
    assert unstated(answer, [evidence]) == []


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("六个阀门", "五个阀门"), ("三名员工", "两名员工"), ("八条规定", "七条规定"), ("seven models", "five models"),
        ("seven large models", "five large models"), ("第五条", "第三条"), ("the fourth floor", "the third floor"),
        ("four ports", "A, B and C"), ("三分之一", "三分之二"), ("two thirds", "one third"), ("半年", "三个月"),
        ("3 Mbps", "3 Gbps"), ("3 qbt", "3 zbt"), ("10 nm", "10 mm"), ("10 A", "10 V"), ("10 ohm", "10 W"),
        ("¥100", "$100"), ("100 USD", "100 EUR"), ("100 m/s", "100 m/h"), ("20 kg/h", "20 kg/min"),
        ("3元/月", "3元/年"), ("每小时20千克", "每天20千克"), ("3 pm", "3 am"), ("下午3点", "上午3点"),
        ("08:30", "20:30"),
        ("2026-03-01", "2026"), ("2026-03-05", "March 2026"), ("March 2026", "April 1"), ("Q3", "Q4"),
    ],
)  # fmt: skip
def test_counts_units_rates_and_halves_of_the_day_are_told_apart(answer: str, evidence: str) -> None:
    assert unstated(answer, [evidence])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 year", "3 years"), ("1 year", "18个月"), ("一年", "3 weeks"), ("1 April 2026", "2026-03-01"),
        ("12 kg", "500 g"), ("12", "thirteen"), ("一般纳税人", "小规模纳税人"), ("万科公司", "Anna"), ("9:00", "5 pm"),
    ],
)  # fmt: skip
def test_values_of_one_dimension_are_of_one_type(one: str, other: str) -> None:
    assert dimensions(one) == dimensions(other)


def test_others_are_not_and_a_name_measures_nothing() -> None:
    values = ["12 kg", "12 m", "12", "1 March 2026", "12:00", "12 days", "$12", "5-12 kg", "20 kg/h", "一般纳税人"]
    assert len(set(map(dimensions, values))) == len(values)
    assert dimensions("一般纳税人") == ()


PIECES = """12 0 . : / - 第 三 百 千 万 点 分之 半 个 月 年 日 时 每 小时
kg x $ ¥ % k m pm half third and a two v ½ 1/0 ٣ |"""


def test_no_text_is_too_odd_to_be_read() -> None:
    pieces, draw = PIECES.split(), random.Random(0)
    for _ in range(2_000):
        text = "".join(draw.choice(pieces) + draw.choice(["", "", " "]) for _ in range(12))
        assert unstated(text, [text]) == []
        same_value(text, text)
