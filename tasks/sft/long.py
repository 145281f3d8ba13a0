"""Rows that are longer than the model is trained on: cut into several, so that no word is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from artifacts.records import Conversation, Message

Fits = Callable[[Sequence[Message]], bool]

GO_ON = {"en": 'Go on after "{last}".', "zh": "请从“{last}”之后继续。"}
QUOTED = 40  # characters of the end of a part, by which the next one is asked for
UNIT = re.compile(r".+?(?:\n+|[。！？；]|[.!?;]\s+|$)", re.S)  # a sentence or line, with what stands behind it


def parts(row: Conversation, fits: Fits) -> list[Conversation] | None:
    """The row as several that fit; None where a question, or a sentence of an answer, does not fit.

    Each part is as many exchanges as fit, after the system's turn. Of an exchange that does not fit on its own, the
    answer is cut between paragraphs or sentences; a later part is asked for by the end of the one before.
    """
    system = [message for message in row.messages[:1] if message["role"] == "system"]
    spoken = row.messages[len(system) :]
    found: list[list[Message]] = []
    for asked, said in zip(spoken[::2], spoken[1::2], strict=True):
        exchange = [asked, said]
        if found and fits([*found[-1], *exchange]):
            found[-1] += exchange
        elif fits([*system, *exchange]):
            found.append([*system, *exchange])
        else:
            cut = list(_cut(system, asked, said, row.language, fits))
            if not cut:
                return None
            found += cut
    return [
        row.model_copy(update={"id": f"{row.id}/{number}", "messages": tuple(messages)})
        for number, messages in enumerate(found, 1)
    ]


def _cut(system: list[Message], asked: Message, said: Message, language: str, fits: Fits) -> Iterator[list[Message]]:
    """One exchange in parts; nothing where it can't be cut."""
    units = UNIT.findall(said["content"])
    question, begin = asked["content"], 0
    made: list[list[Message]] = []
    while begin < len(units):

        def exchange(end: int, question: str = question, begin: int = begin) -> list[Message]:
            answer = "".join(units[begin:end]).strip()
            return [*system, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]

        low, high = begin, len(units)
        while low < high:  # the most units that fit
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits(exchange(middle)) else (low, middle - 1)
        if low == begin:
            return
        end = low if low == len(units) else _paragraph(units, begin, low)
        made.append(exchange(end))
        last = " ".join("".join(units[begin:end]).split())[-QUOTED:]
        question = f"{asked['content']}\n\n{GO_ON['zh' if language == 'zh' else 'en'].format(last=last)}"
        begin = end
    yield from made


def _paragraph(units: list[str], begin: int, end: int) -> int:
    """The end of the last paragraph in the second half of a part, else its end as it is."""
    ends = (place for place in range(end, begin + (end - begin) // 2, -1) if units[place - 1].endswith("\n\n"))
    return next(ends, end)
