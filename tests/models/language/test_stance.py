"""What an answer affirms, and what it denies."""

from __future__ import annotations

import pytest

from tasks.models.language.stance import asserts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It takes 2 years.", "two years"),
        ("一百二十升", "120升"),
        ("为期三个月", "3个月"),
        ("March 1, 2026", "1 March 2026"),
        ("5 to 10 bar", "5-10 bar"),
        ("Two years, not three.", "two years"),
        ("It is not three but 2 years", "two years"),
        ("It does not exceed two years.", "two years"),
        ("It does not rust, so it lasts two years.", "two years"),
        ("不锈钢外壳保修期两年", "两年"),
        ("不能超过两年", "两年"),
        ("不是三年而是两年", "两年"),
    ],
)
def test_a_value_is_asserted(text: str, value: str) -> None:
    assert asserts(text, [value], value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is not two years", "two years"),
        ("It isn’t 2 years.", "two years"),
        ("It's not on March 1, 2026.", "1 March 2026"),
        ("It never costs 1,800 euros", "1800 euros"),
        ("three years rather than two years", "two years"),
        ("不是两年", "2年"),
        ("保修期并没有两年那么长", "两年"),
        ("twenty-two years", "two years"),
    ],
)
def test_a_value_that_is_denied_is_not_asserted(text: str, value: str) -> None:
    assert not asserts(text, [value], value)


@pytest.mark.parametrize(
    ("text", "value", "reference"),
    [
        ("It doesn't cover accidental damage.", "accidental damage", "The warranty does not cover accidental damage."),
        ("It is not waterproof", "not waterproof", "The lamp is not waterproof."),
        ("保修不包括电池", "电池", "保修不包括电池。"),
    ],
)
def test_where_the_reference_denies_so_may_the_answer(text: str, value: str, reference: str) -> None:
    assert asserts(text, [value], reference)
