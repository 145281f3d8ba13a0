"""Cutting a text in two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.split import halves


def test_a_short_text_is_not_cut() -> None:
    assert halves("x" * 50) is None


@pytest.mark.parametrize("joint", ["\n\n", "\n", ". ", "。", " ", "，", ""])
def test_the_best_joint_near_the_middle_is_taken(joint: str) -> None:
    text = "词" * 150 + joint + "句" * 150
    parts = halves(text)
    assert parts is not None
    assert parts == ("词" * 150 + joint.rstrip(), "句" * 150)


@pytest.mark.parametrize(
    ("before", "after"), [("他说：“走吧。”", "“好。”"), ('He said: "Go."', ' "Yes."'), ("（见下。）", "他")]
)
def test_a_mark_that_closes_stays_with_its_sentence(before: str, after: str) -> None:
    text = "词" * 150 + before + after + "句" * 150
    assert halves(text) == ("词" * 150 + before, after.lstrip() + "句" * 150)


def test_a_table_that_is_cut_keeps_its_header() -> None:
    header = "| Part | Price |\n|---|---|\n"
    rows = [f"| part {number} | {number} EUR |" for number in range(40)]
    parts = halves(header + "\n".join(rows))
    assert parts is not None
    assert parts[1].startswith(header)
    assert (parts[0] + "\n" + parts[1].removeprefix(header)).endswith("\n".join(rows))


@given(st.text(alphabet="ab |\n。.，字", min_size=200, max_size=600))
def test_nothing_is_lost_and_both_parts_are_shorter(text: str) -> None:
    parts = halves(text)
    assert parts is not None
    first, second = parts
    bare = "".join(text.split())
    assert bare.startswith("".join(first.split()))
    assert bare.endswith("".join(second.split())) or "|" in text
    assert len(first) < len(text)
