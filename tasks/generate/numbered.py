"""Exercises over a numbered list: facts to ask for, rows to judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Asked, Lesson
from tasks.generate.reply import I
from tasks.models.endpoint.rounds import together

A_CALL = 8  # rows that are asked about at a time: with more of them replies are cut off


async def ask_each(
    lesson: Lesson,
    exercise: Exercise[I],
    rows: Sequence[Mapping[str, Any]],
    key: str,
    *,
    chat: Asked | None = None,
    recorded: bool = True,
) -> list[tuple[int, I]]:
    """The reply's items about each row, with the row's place from 0.

    The rows are numbered here under `key`, and an item names the number of its row under the same name. A row that no
    item speaks of is a reject, unless (`recorded=False`) the caller sees to it.
    """
    numbered = [{key: number, **row} for number, row in enumerate(rows, start=1)]
    parts = [numbered[start : start + A_CALL] for start in range(0, len(rows), A_CALL)]
    replies = await together(lesson.ask(replace(exercise, rows=tuple(part)), chat) for part in parts)
    where = {"file": lesson.section.file, "section": lesson.section.id, "prompt": exercise.prompt}
    found = []
    for part, items in zip(parts, replies, strict=True):
        known = {row[key] for row in part}  # of this call: a teacher that counts anew speaks of other rows
        for item in items:
            number = getattr(item, key)
            if number in known:
                found.append((number - 1, item))
            else:
                lesson.reject("malformed_item", {**where, "item": item.model_dump()}, f"there is no {key} {number}")
    spoken_of = {place for place, _ in found}
    for place, row in enumerate(rows if recorded else ()):
        if place not in spoken_of:
            lesson.reject("no_item", {**where, **row}, "no item of the replies speaks of this row")
    return found
