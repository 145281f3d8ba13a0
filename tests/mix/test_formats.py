"""The formats of instruction data, and rows that are none."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.mix.formats import BadRowError, conversation

ASKED = [{"role": "user", "content": "法国的首都是哪里？"}, {"role": "assistant", "content": "巴黎。"}]
SYSTEM = {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"messages": ASKED, "category": "geography"}, ASKED),
        ({"instruction": "Translate.", "input": "chat", "output": "cat"}, ("Translate.\n\nchat", "cat")),
        ({"instruction": "Greet.", "input": "", "output": "Hi"}, ("Greet.", "Hi")),
        (
            {"instruction": "那里冷吗？", "output": "不冷。", "history": [["法国的首都是哪里？", "巴黎。"]]},
            [*ASKED, {"role": "user", "content": "那里冷吗？"}, {"role": "assistant", "content": "不冷。"}],
        ),
        ({"instruction": "Greet.", "output": "Hi", "history": []}, ("Greet.", "Hi")),
        ({"instruction": "Greet.", "input": None, "output": "Hi", "system": "Be brief."}, ("Greet.", "Hi", SYSTEM)),
        ({"conversations": [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "您好"}]}, ("你好", "您好")),
        (
            {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "system": "Be brief."},
            ("a", "b", SYSTEM),
        ),
        ({"prompt": "One, two,", "completion": " three"}, ("One, two,", " three")),
        ({"prompt": ASKED[:1], "completion": ASKED[1:]}, ASKED),
        ({"question": "Why?", "answer": "So.", "id": 4}, ("Why?", "So.")),
        ({"messages": None, "question": "Why?", "answer": "So."}, ("Why?", "So.")),
    ],
)
def test_each_format_is_found_by_its_columns(row: dict[str, Any], expected: Any) -> None:
    if isinstance(expected, tuple):
        question, answer, *system = expected
        expected = [*system, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    assert list(conversation(row, "x").messages) == expected


@pytest.mark.parametrize(
    ("row", "reason", "said"),
    [
        ("{broken", "not_a_row", "{broken"),
        ({"text": "a", "label": 1}, "unknown_format", "has the columns label, text; known are: messages"),
        ({"instruction": "a"}, "unknown_format", "instruction and output"),
        ({"messages": "hello"}, "bad_turn", "not a list"),
        ({"instruction": "a", "output": "b", "history": [["a"]]}, "bad_turn", "what is no pair"),
        ({"instruction": "a", "output": "b", "history": "a, b"}, "bad_turn", "not a list"),
        ({"instruction": "a", "output": "b", "history": [["a", ""]]}, "empty_turn", "assistant says nothing"),
        ({"messages": ["hello"]}, "bad_turn", "not an object"),
        ({"question": "a", "answer": 7}, "bad_turn", "assistant's turn is not text"),
        ({"question": "a", "answer": "  "}, "empty_turn", "assistant says nothing"),
        ({"instruction": "", "input": "", "output": "a"}, "empty_turn", "user says nothing"),
        ({"question": "a", "answer": "\ud83d"}, "bad_text", "assistant's turn holds half a surrogate pair"),
        ({"conversations": [{"from": "observation", "value": "a"}]}, "unknown_role", "'observation' speaks"),
        ({"messages": [{"role": ["user"], "content": "a"}]}, "unknown_role", "['user'] speaks"),
        ({"messages": ASKED[:1]}, "turn_order", "speaking are user;"),
        ({"messages": ASKED[::-1]}, "turn_order", "assistant, user"),
        ({"messages": [*ASKED, *ASKED[:1]]}, "turn_order", "to the end"),
        ({"messages": [SYSTEM]}, "turn_order", "speaking are system"),
        ({"messages": []}, "turn_order", "nobody"),
    ],
)
def test_a_bad_row_says_why(row: Any, reason: str, said: str) -> None:
    with pytest.raises(BadRowError) as bad:
        conversation(row, "x")
    assert bad.value.reason == reason
    assert said in str(bad.value)


@pytest.mark.parametrize(
    ("row", "language"),
    [
        ({"question": "什么是 PyTorch Lightning？", "answer": "PyTorch 的训练框架，封装了训练循环。"}, "zh"),
        ({"question": "What does 你好 mean?", "answer": "It is a greeting, and means hello."}, "en"),
        ({"question": "Warum?", "answer": "Darum.", "language": "de"}, "de"),
        ({"question": "为什么？", "answer": "Because.", "language": "zh-CN"}, "zh"),
        ({"question": "为什么？", "answer": "因为。", "language": "Chinese"}, "zh"),
    ],
)
def test_the_language_is_the_rows_own_or_is_seen(row: dict[str, str], language: str) -> None:
    assert conversation(row, "x").language == language
