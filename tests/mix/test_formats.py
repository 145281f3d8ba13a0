"""The formats of instruction data, and rows that are none."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.mix.formats import BadRowError, conversation

ASKED = [{"role": "user", "content": "法国的首都是哪里？"}, {"role": "assistant", "content": "巴黎。"}]
TALK = [{"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}]
SHARED = (("human", "b"), ("gpt", "c"))
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
        (
            {"question": "How heavy?", "answer": "12 kg", "context": "Weight: 12 kg"},
            ("Weight: 12 kg\n\nHow heavy?", "12 kg"),
        ),
        ({"question": "b", "answer": "c", "turns": ASKED}, [*ASKED, *TALK]),
        ({"conversation": [{"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}]}, ("b", "c")),
        (
            {"conversation": [{"assistant": "巴黎。", "human": ASKED[0]["content"]}, {"human": "b", "assistant": "c"}]},
            [*ASKED, *TALK],
        ),
        (
            {
                "conversations": [
                    {"from": "system", "value": "Be brief."},
                    *({"from": f, "value": v} for f, v in SHARED),
                ]
            },
            ("b", "c", SYSTEM),
        ),
        ({"messages": [{"role": "developer", "content": "Be brief."}, *TALK]}, ("b", "c", SYSTEM)),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "b"}]}, TALK[1]]}, ("b", "c")),
        ({"messages": TALK, "prompt": "b", "chosen": TALK, "rejected": TALK}, ("b", "c")),
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
        ({"messages": [{"text": "hello"}]}, "bad_turn", "neither role nor from"),
        ({"question": "a", "answer": 7}, "bad_turn", "assistant's turn is not text"),
        ({"question": "a", "answer": "  "}, "empty_turn", "assistant says nothing"),
        ({"question": "a", "answer": "\u200b \u3164"}, "empty_turn", "assistant says nothing"),
        ({"instruction": "", "input": "", "output": "a"}, "empty_turn", "user says nothing"),
        ({"question": "a", "answer": "\ud83d"}, "bad_text", "assistant's turn holds half a surrogate pair"),
        ({"conversations": [{"from": "moderator", "value": "a"}]}, "unknown_role", "'moderator' speaks"),
        ({"conversations": [{"from": "observation", "value": "a"}]}, "tool_call", "(observation)"),
        ({"conversations": [{"from": "function_call", "value": "{}"}]}, "tool_call", "mix trains on text alone"),
        (
            {"messages": [TALK[0], {"role": "assistant", "content": None, "function_call": {"name": "f"}}]},
            "tool_call",
            "calls a tool",
        ),
        (
            {"messages": [TALK[0], {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}]},
            "tool_call",
            "calls",
        ),
        ({"messages": [TALK[0], {**TALK[1], "weight": 0}]}, "untrained_turn", "weight 0"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}, TALK[1]]}, "not_text", "holds image_url"),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, "preference_row", "preference tuning"),
        ({"chosen": TALK, "rejected": TALK}, "preference_row", "preference tuning"),
        ({"instruction": ["a"], "output": "b"}, "bad_turn", "instruction or input is not text"),
        ({"question": {"a": 1}, "answer": "b"}, "bad_turn", "question or context is not text"),
        (
            {"conversations": [{"from": "gpt", "value": "b"}, {"from": "human", "value": "c"}]},
            "turn_order",
            "assistant, user",
        ),
        ({"messages": [{"role": ["user"], "content": "a"}]}, "unknown_role", "['user'] speaks"),
        ({"messages": ASKED[:1]}, "turn_order", "speaking are user;"),
        ({"messages": ASKED[::-1]}, "turn_order", "assistant, user"),
        ({"messages": [*ASKED, *ASKED[:1]]}, "turn_order", "to the end"),
        ({"messages": [SYSTEM]}, "turn_order", "speaking are system"),
        ({"messages": []}, "empty_turn", "nobody speaks"),
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
