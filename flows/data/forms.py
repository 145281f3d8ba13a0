"""A row in each form that it can be exported in, and what LLaMA-Factory is told of the file.

trl's forms: https://huggingface.co/docs/trl/dataset_formats
LLaMA-Factory's: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from artifacts.records import Message, QAPair, Reasoning


class Form(StrEnum):
    alpaca = "alpaca"
    sharegpt = "sharegpt"
    messages = "messages"
    prompt_completion = "prompt-completion"
    csv = "csv"
    xlsx = "xlsx"

    @property
    def suffix(self) -> str:
        return f".{self}" if self in (Form.csv, Form.xlsx) else ".jsonl"


FROM = {"system": "system", "user": "human", "assistant": "gpt"}  # sharegpt's names of who speaks

DATASET_INFO: dict[Form, dict[str, Any]] = {
    Form.alpaca: {
        "columns": {
            "prompt": "instruction",
            "query": "input",
            "response": "output",
            "system": "system",
            "history": "history",
        }
    },
    Form.sharegpt: {
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "system": "system"},
        "tags": {
            "role_tag": "from",
            "content_tag": "value",
            "user_tag": "human",
            "assistant_tag": "gpt",
            "system_tag": "system",
        },
    },
    Form.messages: {
        "formatting": "sharegpt",
        "columns": {"messages": "messages"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        },
    },
}
"""What LLaMA-Factory must know to read a file of a form; it reads no other."""


def shaped(pair: QAPair, form: Form, reasoning: Reasoning) -> dict[str, Any]:
    """The row in a form, with the columns that say where it came from behind it."""
    reply = pair.reply(reasoning)
    match form:
        case Form.alpaca:
            row = _alpaca(pair, reply)
        case Form.sharegpt:
            said = [*_spoken(pair.prompt()), _assistant(reply)]
            row = {"conversations": [{"from": FROM[turn["role"]], "value": turn["content"]} for turn in said]}
            row["system"] = _system(pair)
        case Form.messages:
            row = {"messages": [*pair.prompt(), _assistant(reply)]}
        case Form.prompt_completion:
            row = {"prompt": list(pair.prompt()), "completion": [_assistant(reply)]}
        case Form.csv | Form.xlsx:
            row = _cells(pair)
    return row | provenance(pair)


def provenance(pair: QAPair) -> dict[str, str]:
    """Where a row came from, all as text: a column that is empty in the first rows still has its type."""
    origin = pair.origin
    return {
        "id": pair.id,
        "fact": pair.fact,
        "kind": pair.kind,
        "value": pair.value,
        "evidence": "\n".join(quote.text for quote in pair.evidence),
        "file": origin.file,
        "section": origin.section,
        "page": "" if origin.page is None else str(origin.page),
        "language": pair.language,
        "teacher": pair.teacher,
    }


def has_history(pair: QAPair) -> bool:
    return bool(_spoken(pair.turns))


def _alpaca(pair: QAPair, reply: str) -> dict[str, Any]:
    """LLaMA-Factory asks `instruction` and then `input`; the rounds before stand in `history`."""
    spoken = [turn["content"] for turn in _spoken(pair.turns)]
    history = [list(both) for both in zip(spoken[::2], spoken[1::2], strict=True)]
    return {
        "instruction": pair.question,
        "input": pair.context,
        "output": reply,
        "system": _system(pair),
        "history": history,
    }


def _cells(pair: QAPair) -> dict[str, Any]:
    """A line for people to read: the steps of the answer in a column of their own, the turns as JSON."""
    return {
        "question": pair.question,
        "answer": pair.answer,
        "context": pair.context,
        "reasoning": pair.reasoning,
        "turns": json.dumps(pair.turns, ensure_ascii=False) if pair.turns else "",
    }


def _assistant(content: str) -> Message:
    return {"role": "assistant", "content": content}


def _system(pair: QAPair) -> str:
    return "\n\n".join(turn["content"] for turn in pair.turns if turn["role"] == "system")


def _spoken(turns: tuple[Message, ...]) -> list[Message]:
    return [turn for turn in turns if turn["role"] != "system"]
