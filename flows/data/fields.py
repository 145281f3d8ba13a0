"""One row of somebody's own, in whatever form it comes, as a row that `generate` takes in."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from artifacts.records import Message, Origin, QAPair, short_id
from tasks.mix.formats import BadRowError, conversation, turns

EXTRA = "cells beyond the header"  # the name that the reader of a table gives them
NAMES = {
    "question": ("question", "q", "instruction", "prompt", "query", "问题", "问", "提问", "问句", "指令"),
    "answer": ("answer", "a", "output", "completion", "response", "reply", "答案", "答", "回答", "回复", "输出"),
    "context": ("context", "input", "上下文", "背景", "输入"),
    "turns": ("turns", "history", "历史", "对话历史"),
    "system": ("system", "系统提示", "系统提示词"),
    "reasoning": ("reasoning", "推理", "推理过程", "思考过程"),
    "language": ("language", "语言"),
}
"""What the columns of a field are called; of two that hold something, the first here is taken."""
FIELDS = {name: field for field, names in NAMES.items() for name in names}
THOUGHT = re.compile(r"\s*<think>(.*?)</think>\s*(.*)", re.S)


def plain_name(column: str) -> str:
    return unicodedata.normalize("NFKC", column).strip(" \t\r\n\ufeff:*").casefold()


def own_pair(row: Any, file: str) -> QAPair:
    """A row of any known form, checked; raises BadRowError.

    Its id comes from its content and its fact from what is asked: two answers to one question are of one fact.
    """
    pair = _of_talk(row, file) if _is_talk(row) else _of_columns(row)
    if (thought := THOUGHT.fullmatch(pair.answer)) is not None and not pair.reasoning:
        pair = pair.model_copy(update={"reasoning": thought[1].strip(), "answer": thought[2]})
    if not pair.answer.strip():
        raise BadRowError("empty_turn", "the assistant says nothing")
    talk = [*pair.prompt(), {"role": "assistant", "content": pair.reply()}]
    checked = conversation({"messages": talk, "language": pair.language}, file)
    found = {"id": short_id("own", talk), "fact": short_id("own", pair.prompt()), "language": checked.language}
    return pair.model_copy(update={**found, "kind": "own", "teacher": "own", "origin": Origin(file=file)})


def _is_talk(row: Any) -> bool:
    """Whether a row is a list of turns; what is no row at all is told by the reader of those."""
    if not isinstance(row, Mapping):
        return True
    return any(isinstance(row.get(name), list) for name in ("messages", "conversations", "prompt"))


def _of_talk(row: Any, file: str) -> QAPair:
    *before, asked, said = conversation(row, file).messages
    language = row.get("language")
    return QAPair(
        id="",
        fact="",
        question=asked["content"],
        answer=said["content"],
        language=language if isinstance(language, str) else "",
        turns=tuple(before),
    )


def _of_columns(row: Mapping[str, Any]) -> QAPair:
    if extra := row.get(EXTRA):
        raise BadRowError("extra_cells", f"has cells beyond the header: {str(extra)[:80]}; name or quote them")
    given = _given(row)
    texts = {field: given.get(field, "") for field in ("question", "answer", "context", "system", "reasoning")}
    for field, value in texts.items():
        if not isinstance(value, str):
            raise BadRowError("bad_turn", f"its {field} is not text: {str(value)[:80]!r}")
    system = texts.pop("system")
    if not texts["question"].strip():  # alpaca's other way: all that is asked stands in `input`
        texts["question"], texts["context"] = texts["context"], ""
    before: list[Message] = [{"role": "system", "content": system}] if system else []
    language = given.get("language")
    return QAPair(
        id="",
        fact="",
        **texts,
        language=language if isinstance(language, str) else "",
        turns=(*before, *_before(given.get("turns"))),
    )


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the row's columns hold, by field."""
    columns = {plain_name(str(column)): value for column, value in row.items()}
    held = {name: columns[name] for name in FIELDS if name in columns}
    if not {"question", "answer"} <= {FIELDS[name] for name in held}:
        raise BadRowError(
            "unknown_format",
            f"has the columns {', '.join(map(str, row))}; known are: question and answer (问题, 答案), "
            "instruction and output, prompt and completion, conversations, messages",
        )
    found: dict[str, Any] = {}
    for name, value in held.items():
        if value not in (None, ""):
            found.setdefault(FIELDS[name], value)
    return found


def _before(value: Any) -> list[Message]:
    """The turns before the question; a cell of a table holds them as JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise BadRowError("bad_turn", f"its turns are no JSON: {value[:80]!r}") from None
    return turns(value)
