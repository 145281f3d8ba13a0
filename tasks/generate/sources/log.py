"""Logs: a summary, the key information, and what to do about what went wrong."""

from __future__ import annotations

from typing import Literal, get_args

from artifacts.records import short_id
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.sources.instructions import instruction
from tasks.generate.taught import Candidate

Task = Literal["summary", "key_information", "triage"]


class Read(Item):
    """What one task makes of a log, and the lines that it rests on."""

    task: Task
    answer: str
    evidence: list[str]


async def from_log(lesson: Lesson) -> list[Candidate]:
    """A row for each task, with the log in its prompt. What a log tells is over tomorrow: it has no facts to learn."""
    section = lesson.section
    items = await lesson.ask(Exercise("log", Read, with_headings(section), whole=True))
    for task in get_args(Task):
        if not any(item.task == task for item in items):
            lesson.reject("task_not_done", {"section": section.id, "task": task}, "the teacher left it out")
    return [
        Candidate(
            kind=(kind := f"log_{item.task}"),
            question=instruction(lesson, kind, section.text),
            answer=item.answer,
            quotes=tuple(item.evidence),
            fact=short_id(section.id, kind, item.answer),
            context=section.text,
        )
        for item in items
    ]
