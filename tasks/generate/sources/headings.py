"""A document's headings: what stands under each, as a whole."""

from __future__ import annotations

from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.reply import Item
from tasks.generate.taught import Candidate
from tasks.models.language.match import tokens

SHORTEST = 20  # words, or Chinese characters, under a heading that are worth a question of their own


class Account(Item):
    """What a heading's part is asked by, and all that it says."""

    part: int
    question: str
    answer: str


async def ask_headings(lesson: Lesson) -> list[Candidate]:
    """A question for the part under each heading.

    The evidence is the whole part, and not what the teacher would quote of it: the answer gives all of it.
    """
    parts = [(path, text) for path, text in lesson.section.parts() if path and len(tokens(text)) >= SHORTEST]
    rows = [{"document": path[0], "heading": " > ".join(path[1:]) or path[0], "text": text} for path, text in parts]
    asked = await ask_each(lesson, Exercise("headings", Account), rows, "part")
    return [Candidate("heading", item.question, item.answer, (parts[place][1],)) for place, item in asked]
