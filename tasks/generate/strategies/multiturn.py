"""Conversations over a section, whose later questions lean on what was said before."""

from __future__ import annotations

from artifacts.records import Message
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.taught import Candidate

CONVERSATIONS = 3  # at most, of one section
TURNS = 4  # at most, of one conversation


class Turn(Item):
    """A question, its answer, and what proves it."""

    question: str
    answer: str
    evidence: list[str]


class Talk(Item):
    """A conversation from its first question to its last answer."""

    turns: list[Turn]


async def multiturn(lesson: Lesson) -> list[Candidate]:
    """A row for each conversation: its last answer is the row's, and what came before are the row's turns.

    Training sees every answer of a row's conversation, so a row for each turn would train the first answer as often as
    there are turns. For the same reason every answer of it needs its own evidence; a conversation with one that has
    none is left out whole, because what follows leans on it.
    """
    values = {"most": CONVERSATIONS, "turns": TURNS, "length": lesson.length}
    candidates = []
    for talk in await lesson.ask(Exercise("multiturn", Talk, with_headings(lesson.section), values=values)):
        record = {"section": lesson.section.id, **talk.model_dump()}
        if not 2 <= len(talk.turns) <= TURNS:
            lesson.reject("not_multiturn", record, f"it has {len(talk.turns)} turns, and not 2 to {TURNS}")
        elif not all(turn.question and turn.answer and turn.evidence for turn in talk.turns):
            lesson.reject("turn_without_evidence", record, "a turn lacks its question, its answer or its evidence")
        else:
            candidates.append(_candidate(talk.turns))
    return candidates


def _candidate(turns: list[Turn]) -> Candidate:
    *earlier, last = turns
    said: list[Message] = []
    for turn in earlier:
        said.append({"role": "user", "content": turn.question})
        said.append({"role": "assistant", "content": turn.answer})
    return Candidate(
        kind="multiturn",
        question=last.question,
        answer=last.answer,
        quotes=tuple(dict.fromkeys(quote for turn in turns for quote in turn.evidence)),
        turns=tuple(said),
    )
