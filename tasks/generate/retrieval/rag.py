"""Answers from the best sections of all documents, and rows that show the model sections to answer from."""

from __future__ import annotations

import random
from collections.abc import Container, Sequence
from dataclasses import asdict, replace
from itertools import groupby

from artifacts.records import QAPair, Section, short_id
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson, Searched
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.taught import Candidate
from tasks.models.endpoint.rounds import together
from tasks.models.language.match import ABSTENTION
from tasks.models.language.stance import states

SPARE = 4  # further sections that are looked at for distractors: some hold the answer too
NUMBERED = {"en": "Document {number}:\n{text}", "zh": "资料{number}：\n{text}"}
INSTRUCTION = {
    "en": "Answer from these documents. If they do not hold the answer, say that you do not have the information.",
    "zh": "请根据这些资料回答。如果资料里没有答案，就说明没有这方面的信息。",
}


class Answer(Item):
    """What several sections say to a question; empty where they say nothing."""

    answer: str
    evidence: list[str]


async def answer_from_all(
    lesson: Lesson, index: Searched, candidates: Sequence[Candidate]
) -> list[tuple[Lesson, list[Candidate]]]:
    """The candidates of each fact with an answer from the best sections, their own among them.

    Each comes with a lesson over these sections, against which it is held.
    """
    by_fact = [list(rows) for _, rows in groupby(candidates, key=lambda one: (one.fact, one.kind, one.answer))]
    return await together(_answer(lesson, index, rows) for rows in by_fact)


async def _answer(lesson: Lesson, index: Searched, rows: list[Candidate]) -> tuple[Lesson, list[Candidate]]:
    question, own = rows[0].question, lesson.section
    best = await index.best(question, lesson.config.retrieval.k)
    sections = (own, *(section for section in best if section.id != own.id))[: lesson.config.retrieval.k]
    wide = replace(lesson, sections=sections)  # shares what it makes and its rejects
    text = "\n\n".join(with_headings(section) for section in sections)
    asked = ({"row": 1, "question": question},)
    items = await wide.ask(Exercise("answer", Answer, text, asked, {"length": lesson.length}))
    given = next((item for item in items if item.answer and item.evidence), None)
    if given is None:
        for row in rows:
            record = {"section": own.id, **asdict(row)}
            lesson.reject("not_answerable", record, "the teacher found no answer in the best sections")
        return wide, []
    return wide, [replace(row, answer=given.answer, quotes=(*row.quotes, *given.evidence)) for row in rows]


async def with_context(lesson: Lesson, rows: Sequence[QAPair], hidden: Container[str]) -> Lesson:
    """Fill a lesson with a share of its section's rows once more, with sections to answer from (RAFT,
    https://arxiv.org/abs/2403.10131).

    Its own section stands among hard negatives: those that rank best for the question and don't hold the value. In
    some it is absent, and the right answer says so. Sections that are `hidden`, by their ids, are shown nowhere.
    """
    share = lesson.config.retrieval.raft_share
    asked = [row for row in rows if _rests_on(row, lesson.section) and _drawn("raft", row.id) < share]
    lesson.taught.pairs = await together(_shown(lesson, row, hidden) for row in asked)
    return lesson


def _rests_on(row: QAPair, section: Section) -> bool:
    """Whether a row asks for a value, with nothing before the question, that one section answers alone."""
    alone = all(quote.section == section.id for quote in row.evidence)
    return bool(row.value) and not row.turns and not row.context and alone


async def _shown(lesson: Lesson, row: QAPair, hidden: Container[str]) -> QAPair:
    dials, own, index = lesson.config.retrieval, lesson.section, lesson.school.index
    assert index is not None
    best = await index.best(row.question, dials.k + SPARE)
    others = [each for each in best if each.id != own.id and each.id not in hidden and not _holds(each, row)]
    # a prompt of no documents at all would lack the answer too, and teach nothing about reading them
    absent = bool(others) and _drawn("absent", row.id) < dials.abstention_share
    shown = others[: dials.k] if absent else [own, *others[: dials.k - 1]]
    random.Random(row.id).shuffle(shown)
    language = "zh" if row.language == "zh" else "en"
    documents = (
        NUMBERED[language].format(number=number, text=with_headings(section))
        for number, section in enumerate(shown, start=1)
    )
    context = "\n\n".join([INSTRUCTION[language], *documents])
    kind = "abstention" if absent else "raft"
    # the value of an abstention is empty: an answer that names it would be invented
    answer = {"answer": ABSTENTION[language], "value": "", "aliases": (), "evidence": ()} if absent else {}
    return row.model_copy(update={"id": short_id(row.id, kind, context), "kind": kind, "context": context, **answer})


def _holds(section: Section, row: QAPair) -> bool:
    return states(with_headings(section), (row.value, *row.aliases))


def _drawn(what: str, key: str) -> float:
    """A number in [0, 1) that hangs on the row alone."""
    return int(short_id(what, key), 16) / 16**16
