"""What the models are asked: held-out probes, trained questions beside them, and general questions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Literal

from artifacts.records import Conversation, Message, Probe, Record
from tasks.models.language.leak import Guard
from tasks.models.language.match import contains_value
from tasks.models.language.stance import states
from tasks.models.local import as_prompt

ASKING = ("wording", "noun_phrase", "frame", "paraphrase")
"""Kinds of probes that ask for the value of a fact: what is right of these is recall."""

Group = Literal["recall", "control", "trained", "unanswerable", "retention"]
RejectRow = Callable[[str, Record, str], None]


class Question(Record):
    """A question as it is asked, and what it measures.

    `recall`: held out, about a fact that was trained; `control`: about a fact that reached no training row, so that
    knowing it is guessing; `trained`: stands in the training rows; `unanswerable`: stands in no document;
    `retention`: general, held out.
    """

    id: str
    group: Group
    kind: str  # of a probe; the source of a general row; else the group
    fact: str = ""
    prompt: tuple[Message, ...]
    expected: str  # a right answer
    value: str = ""  # what a right answer contains; empty where `expected` is all there is
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()  # by letter, where the prompt offers some
    premise: str = ""  # the wrong value that a false premise takes for granted
    language: str = "en"
    document: str = ""
    file: str = ""

    @property
    def asks_value(self) -> bool:
        return self.kind in ASKING


def from_probes(probes: Iterable[Probe], train: list[Conversation], reject: RejectRow) -> list[Question]:
    """The held-out questions; one that was trained after all, or that names its own answer, proves nothing."""
    probes = list(probes)
    leaked = _leaked(probes, train)
    trained_facts = {row.fact for row in train if row.fact}
    questions = []
    for probe in probes:
        if probe.id in leaked:
            reject("probe_leak", probe, f"the training row {leaked[probe.id]} asks the same")
        elif probe.value and not probe.choices and contains_value(probe.question, probe.value, probe.aliases):
            reject("answer_in_question", probe, "to repeat the question would count as knowing it")
        else:
            known: Group = "recall" if probe.fact in trained_facts else "control"
            questions.append(
                Question(
                    id=probe.id,
                    group="unanswerable" if probe.kind == "unanswerable" else known,
                    kind=probe.kind,
                    fact=probe.fact,
                    prompt=tuple(as_prompt(probe.question)),
                    expected=probe.answer,
                    value=probe.value,
                    aliases=probe.aliases,
                    choices=probe.choices,
                    premise=probe.premise,
                    language=probe.language,
                    document=probe.origin.document,
                    file=probe.origin.file,
                )
            )
    return questions


def _leaked(probes: list[Probe], train: list[Conversation]) -> dict[str, str]:
    """The probes that a training row asks after all, each with the row's id."""
    guard = Guard(probes)
    found = ((guard.find(row.messages, row.fact), row.id) for row in train)
    return {leak.probe: row for leak, row in found if leak is not None}


def from_training(asked: list[Question], train: list[Conversation], count: int, seed: int) -> list[Question]:
    """A sample of the training rows that give the values of probed facts, to be marked by these.

    Rows of such a fact that say something else, as those do that are shown other texts and abstain, prove no knowledge.
    """
    probed = {question.fact: question for question in asked if question.group == "recall" and question.asks_value}
    rows = [row for row in train if row.fact in probed and _asks_for(row, probed[row.fact])]
    sample = random.Random(seed).sample(rows, min(count, len(rows)))
    return [
        probed[row.fact].model_copy(
            update={
                "id": row.id,
                "group": "trained",
                "kind": "trained",
                "prompt": row.messages[:-1],
                "expected": row.messages[-1]["content"],
                "language": row.language,
            }
        )
        for row in sample
    ]


def _asks_for(row: Conversation, probed: Question) -> bool:
    """Whether a row's answer gives the value, and its prompt does not."""
    asked = " ".join(turn["content"] for turn in row.messages[:-1])
    names = (probed.value, *probed.aliases)
    return states(row.messages[-1]["content"], names) and not states(asked, names)


def from_general(rows: Iterable[Conversation], reject: RejectRow) -> list[Question]:
    """Held-out general rows: everything up to the last turn is asked, the last turn is the answer."""
    questions = []
    for row in rows:
        if len(row.messages) < 2 or row.messages[-1]["role"] != "assistant":
            reject("no_answer", row, "its last turn is not the assistant's")
            continue
        questions.append(
            Question(
                id=row.id,
                group="retention",
                kind=row.source,
                prompt=row.messages[:-1],
                expected=row.messages[-1]["content"],
                language=row.language,
            )
        )
    return questions
