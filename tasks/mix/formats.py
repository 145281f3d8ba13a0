"""Rows of the formats that instruction data comes in, as conversations; the format is found by a row's columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from artifacts.records import Conversation, Message, encodable, short_id
from tasks.models.language.match import is_blank

Row = Mapping[str, Any]

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
}
TOOLS = ("tool", "function", "function_call", "tool_call", "tool_response", "observation", "ipython")
CALLS = ("tool_calls", "function_call")  # columns of an assistant's turn that is no text
CHINESE_SHARE = 0.2  # of the letters; a Chinese row may be full of English names


class BadRowError(Exception):
    """A row that can't be trained on; `reason` can be counted."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def conversation(row: Any, source: str) -> Conversation:
    """A row of any known format as a checked conversation; raises BadRowError."""
    if not isinstance(row, Mapping):
        raise BadRowError("not_a_row", f"is not a JSON object: {str(row)[:80]!r}")
    present = {column for column, value in row.items() if value is not None}
    for columns, read in FORMATS:
        if present.issuperset(columns):
            messages = read(row)
            break
    else:
        known = "; ".join(" and ".join(columns) for columns, _ in FORMATS)
        if "chosen" in present:
            raise BadRowError(
                "preference_row",
                "has a chosen answer and maybe a rejected one, which is data for preference tuning; to train on the "
                "chosen answers give them as prompt and completion",
            )
        raise BadRowError("unknown_format", f"has the columns {', '.join(sorted(present))}; known are: {known}")
    _check(messages)
    language = row.get("language")
    if not isinstance(language, str) or not re.fullmatch(r"[A-Za-z]{2}([-_]\w+)*", language):
        language = language_of("\n".join(message["content"] for message in messages))
    return Conversation(
        id=short_id("general", messages), messages=tuple(messages), source=source, language=language[:2].lower()
    )


def language_of(text: str) -> str:
    """`zh` or `en`, by the share of Chinese characters."""
    letters = [character for character in text if character.isalpha()]
    chinese = sum("\u3400" <= character <= "\u9fff" for character in letters)
    return "zh" if chinese > CHINESE_SHARE * len(letters) else "en"


def _turn(role: str, content: Any) -> Message:
    return {"role": role, "content": content}


def _chat(turns: Any) -> list[Message]:
    """Turns with `role` and `content`, sharegpt's `from` and `value`, or both sides of an exchange in one object."""
    if not isinstance(turns, list):
        raise BadRowError("bad_turn", f"its turns are not a list: {str(turns)[:80]!r}")
    messages = []
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise BadRowError("bad_turn", f"a turn is not an object: {str(turn)[:80]!r}")
        if turn.keys() & {"role", "from"}:
            messages.append(_spoken(turn))
        elif sides := [side for side in ROLES if side in turn]:
            messages += [_turn(ROLES[side], turn[side]) for side in sides]
        else:
            raise BadRowError("bad_turn", f"a turn has neither role nor from: {str(turn)[:80]!r}")
    return messages


def _spoken(turn: Row) -> Message:
    """One turn, by whoever speaks."""
    name = turn.get("role", turn.get("from"))
    if (isinstance(name, str) and name in TOOLS) or any(turn.get(call) for call in CALLS):
        raise BadRowError("tool_call", f"calls a tool or gives what one returned ({name}); mix trains on text alone")
    if not isinstance(name, str) or name not in ROLES:
        raise BadRowError("unknown_role", f"{name!r} speaks; known are: {', '.join(ROLES)}")
    if turn.get("weight") == 0:
        raise BadRowError("untrained_turn", "has a turn of weight 0, and every answer of a row is trained here")
    return _turn(ROLES[name], _text(turn.get("content", turn.get("value"))))


def _text(content: Any) -> Any:
    """The text of a turn that is given in parts, as OpenAI's chats may be."""
    if not isinstance(content, list) or not all(isinstance(part, Mapping) for part in content):
        return content
    if other := sorted({str(part.get("type")) for part in content} - {"text"}):
        raise BadRowError("not_text", f"a turn holds {', '.join(other)}; mix trains on text alone")
    return "".join(str(part.get("text", "")) for part in content)


def _with_system(row: Row, messages: list[Message]) -> list[Message]:
    return [_turn("system", row["system"]), *messages] if row.get("system") else messages


def _question(row: Row) -> list[Message]:
    """A question that may need a context before it, or turns: as `graft data export` writes rows."""
    asked = [part for part in (row.get("context"), row["question"]) if part]
    if not all(isinstance(part, str) for part in asked):
        raise BadRowError("bad_turn", "its question or context is not text")
    said = [_turn("user", "\n\n".join(asked)), _turn("assistant", row["answer"])]
    return _with_system(row, [*turns(row.get("turns") or row.get("history")), *said])


def _alpaca(row: Row) -> list[Message]:
    parts = [part for part in (row["instruction"], row.get("input")) if part]
    if not all(isinstance(part, str) for part in parts):
        raise BadRowError("bad_turn", "its instruction or input is not text")
    asked = "\n\n".join(parts)
    return _with_system(row, [*turns(row.get("history")), _turn("user", asked), _turn("assistant", row["output"])])


def turns(history: Any) -> list[Message]:
    """What was said before: alpaca's pairs of question and answer, or turns as a chat has them."""
    if not history:
        return []
    if not isinstance(history, list) or not all(isinstance(said, list | tuple) for said in history):
        return _chat(history)
    if not all(len(said) == 2 for said in history):
        raise BadRowError("bad_turn", f"its history holds what is no pair: {str(history)[:80]!r}")
    return [message for asked, said in history for message in (_turn("user", asked), _turn("assistant", said))]


def _prompt_completion(row: Row) -> list[Message]:
    sides = (("user", row["prompt"]), ("assistant", row["completion"]))
    return [
        message for role, text in sides for message in (_chat(text) if isinstance(text, list) else [_turn(role, text)])
    ]


FORMATS: tuple[tuple[tuple[str, ...], Callable[[Row], list[Message]]], ...] = (
    (("messages",), lambda row: _chat(row["messages"])),
    (("conversations",), lambda row: _with_system(row, _chat(row["conversations"]))),
    (("conversation",), lambda row: _with_system(row, _chat(row["conversation"]))),
    (("prompt", "completion"), _prompt_completion),
    (("instruction", "output"), _alpaca),
    (("question", "answer"), _question),
)


def _check(messages: list[Message]) -> None:
    """A system turn may lead; then user and assistant take turns, and the assistant has the last word."""
    for message in messages:
        if not isinstance(message["content"], str):
            raise BadRowError("bad_turn", f"the {message['role']}'s turn is not text")
        if message["content"] != encodable(message["content"]):
            raise BadRowError("bad_text", f"the {message['role']}'s turn holds half a surrogate pair; write it anew")
        if is_blank(message["content"]):
            raise BadRowError("empty_turn", f"the {message['role']} says nothing")
    roles = [message["role"] for message in messages]
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    if not roles:
        raise BadRowError("empty_turn", "nobody speaks in it")
    if not spoken or spoken != ["user", "assistant"] * (len(spoken) // 2):
        order = ", ".join(roles)
        raise BadRowError("turn_order", f"speaking are {order}; it must be user and assistant in turn, to the end")
