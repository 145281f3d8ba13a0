"""Figures of a text: what they mean, and whether another text states them."""

from __future__ import annotations

import pytest

from tasks.models.figures import same_value


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
    ],
)  # fmt: skip
def test_another_value_is_not(text: str, value: str) -> None:
    assert not same_value(text, value)
