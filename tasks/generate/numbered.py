"""Exercises over a numbered list: facts to ask for, rows to judge."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Asked, Lesson
from tasks.generate.reply import I

A_CALL = 8  # rows that are asked about at a time: with more of them replies are cut off


async def ask_each(
    lesson: Lesson, exercise: Exercise[I], rows: Sequence[Mapping[str, Any]], key: str, *, chat: Asked | None = None
) -> list[tuple[int, I]]:
    """The reply's items about each row, with the row's place from 0.

    The rows are numbered here under `key`, and an item names the number of its row under the same name.
    """
    numbered = [{key: number, **row} for number, row in enumerate(rows, start=1)]
    parts = [replace(exercise, rows=tuple(numbered[start : start + A_CALL])) for start in range(0, len(rows), A_CALL)]
    found = []
    for item in chain.from_iterable(await gather(*(lesson.ask(part, chat) for part in parts))):
        number = getattr(item, key)
        if 1 <= number <= len(rows):
            found.append((number - 1, item))
        else:
            where = {"section": lesson.section.id, "prompt": exercise.prompt}
            lesson.reject("malformed_item", {**where, **item.model_dump()}, f"there is no {key} {number}")
    return found
