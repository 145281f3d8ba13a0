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
    assert halves(text) == ("词" * 150 + joint.rstrip(), "句" * 150)


def test_a_table_that_is_cut_keeps_its_header_and_headings() -> None:
    header = "| Part | Price |\n|---|---|\n"
    rows = [f"| part {number} | {number} EUR |" for number in range(40)]
    parts = halves("# Prices\n\n" + header + "\n".join(rows))
    assert parts is not None
    assert parts[1].startswith("# Prices\n\n" + header)
    assert (parts[0] + "\n" + parts[1].split(header)[1]).endswith("\n".join(rows))


def test_the_second_part_stands_under_its_headings() -> None:
    text = "# 手册\n\n## 旧章\n\n```\n# no heading\n```\n\n## 水箱\n\n" + "容量是 120 升。" * 60
    parts = halves(text)
    assert parts is not None
    assert parts[1].startswith("# 手册\n## 水箱\n\n容量是")
    below = halves("# Pumps\n\n" + "It runs dry. " * 20 + "\n\n# Tanks\n\n" + "It is full. " * 20)
    assert below is not None
    assert below[1].startswith("# Tanks")


@given(st.text(alphabet="ab #|\n。.，字", min_size=200, max_size=600))
def test_nothing_is_lost_and_both_parts_are_shorter(text: str) -> None:
    parts = halves(text)
    assert parts is not None
    first, second = parts
    bare = "".join(text.split())
    assert bare.startswith("".join(first.split()))
    missing = bare[len("".join(first.split())) :]
    assert "".join(second.split()).endswith(missing)
    assert max(len(first), len(second)) < len(text) or "|" in text
