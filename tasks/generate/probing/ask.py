"""Probes for the facts of a section, by a prompt of their own, before any training question is made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import create_model

from artifacts.records import Fact, Probe, ProbeKind, short_id
from tasks.generate.config import Probes
from tasks.generate.exercise import Exercise
from tasks.generate.grounding.language import wrong_language
from tasks.generate.grounding.standalone import points_at_text
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.probing.choice import LEAST, distractors, offer
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item
from tasks.generate.strategies.facts import as_rows
from tasks.models.language.leak import same_question
from tasks.models.language.match import contains, contains_value, normalise


class Numbered(Item):
    fact: int


class Questions(Numbered):
    """What a fact is examined by."""

    paraphrases: list[str]
    reversed_question: str = ""
    false_premise: str = ""
    distractors: list[str]


PARTS = {  # a part of the prompt and of the reply -> its form
    "paraphrases": (list[str], '["..."]'),
    "reversed_question": (str, '"..."'),
    "distractors": (list[str], '["..."]'),
    "false_premise": (str, '"..."'),
}


async def ask_probes(lesson: Lesson, facts: Sequence[Fact]) -> list[Probe]:
    """The probes of a section's facts; what can't be asked is a reject."""
    dials = lesson.config.probes
    if not facts or not dials.paraphrases:
        return []
    parts = wanted(dials)
    values = {"tasks": _tasks(lesson, parts), "form": ", ".join(f'"{name}": {PARTS[name][1]}' for name in parts)}
    exercise = Exercise("probes", form_of(parts), with_headings(lesson.section), values=values)
    probes: list[Probe] = []
    seen = set()
    async with lesson.paced(await ask_each(lesson, exercise, as_rows(facts), "fact")) as paced:
        async for place, item in paced:
            if place not in seen:  # a second item of a fact would make it count for more
                seen.add(place)
                others = [fact for number, fact in enumerate(facts) if number != place]
                examination = Examination(lesson, facts[place], others, Questions.model_validate(item.model_dump()))
                probes += examination.probes()
    return probes


def wanted(dials: Probes) -> tuple[str, ...]:
    """What the teacher is asked for; a dial that is off saves its part of the work."""
    asked = {
        "paraphrases": True,
        "reversed_question": dials.reversed,
        "distractors": dials.choice or dials.false_premise,
        "false_premise": dials.false_premise,
    }
    return tuple(name for name in PARTS if asked[name])


@cache
def form_of(parts: tuple[str, ...]) -> type[Numbered]:
    """The form of the reply's items, with nothing in it that is not asked for."""
    fields: dict[str, Any] = {name: (PARTS[name][0], ...) for name in parts}
    return create_model("Questions", __base__=Numbered, **fields)


def _tasks(lesson: Lesson, parts: Sequence[str]) -> str:
    dials = lesson.config.probes
    values = {"count": dials.paraphrases + dials.choice}  # one more is what a choice asks
    fill, language = lesson.school.prompts.fill, lesson.section.language
    return "\n".join(fill(f"probes_{name}", language, values) for name in parts)


class Examination:
    """What one fact is asked, from what the teacher thought of."""

    def __init__(self, lesson: Lesson, fact: Fact, others: Sequence[Fact], item: Questions) -> None:
        self.lesson, self.fact, self.others, self.item = lesson, fact, others, item
        self.asked: list[str] = []

    def probes(self) -> list[Probe]:
        dials, item = self.lesson.config.probes, self.item
        right = (self.fact.value, *self.fact.aliases)
        questions = [question for question in item.paraphrases if self._can_ask("paraphrase", question, right)]
        found = [self._probe("paraphrase", question) for question in questions[: dials.paraphrases]]
        if dials.reversed and item.reversed_question and self.fact.subject:
            if not contains_value(item.reversed_question, self.fact.value, self.fact.aliases):
                self._reject("reversed", item.reversed_question, "no_value", "it does not give the value")
            elif self._can_ask("reversed", item.reversed_question, (self.fact.subject,)):
                found.append(self._reversed(item.reversed_question))
        wrong, refused = distractors(self.fact, item.distractors, self.others)
        for value, why in refused if dials.choice else ():
            self._reject("choice", value, "bad_distractor", why)
        if dials.choice and questions:
            found += self._choice(questions[-1], wrong)
        if dials.false_premise and item.false_premise:
            found += self._false_premise(item.false_premise, right, wrong)
        return found

    def _can_ask(self, kind: ProbeKind, question: str, answers: Sequence[str]) -> bool:
        """Whether a question stands alone, does not hold its answer and is not there yet; if not, it is a reject."""
        if not normalise(question):
            fault = ("no_question", "the question is empty")
        elif points_at_text(question, self.lesson.section.language):
            fault = ("points_at_text", "cannot be asked on its own")
        elif wrong_language(question, self.lesson.sections, answers):
            fault = ("wrong_language", f"not in the language of the section ({self.lesson.section.language})")
        elif named := next((answer for answer in answers if contains(question, answer)), ""):
            fault = ("answer_in_question", f"it holds its answer: {named!r}")
        elif like := next((other for other in self.asked if same_question(question, other)), ""):
            fault = ("duplicate_probe", f"much the same as: {like}")
        else:
            self.asked.append(question)
            return True
        self._reject(kind, question, *fault)
        return False

    def _choice(self, question: str, wrong: Sequence[str]) -> list[Probe]:
        if len(wrong) < LEAST:
            self._reject("choice", question, "few_distractors", f"only {len(wrong)} wrong answers are of its type")
            return []
        text, answer, choices = offer(self.fact, question, wrong)
        return [self._probe("choice", text).model_copy(update={"answer": answer, "choices": choices})]

    def _false_premise(self, question: str, right: Sequence[str], wrong: Sequence[str]) -> list[Probe]:
        premise = next((value for value in wrong if contains(question, value)), "")
        if not premise:
            self._reject("false_premise", question, "no_false_premise", "it takes none of the wrong values for granted")
        elif self._can_ask("false_premise", question, right):
            return [self._probe("false_premise", question).model_copy(update={"premise": premise})]
        return []

    def _reversed(self, question: str) -> Probe:
        return self._probe("reversed", question).model_copy(update={"value": self.fact.subject, "aliases": ()})

    def _probe(self, kind: ProbeKind, question: str) -> Probe:
        fact = self.fact
        return Probe(
            id=short_id(fact.id, kind, question),
            fact=fact.id,
            kind=kind,
            question=question,
            answer=fact.claim,
            value=fact.value,
            aliases=fact.aliases,
            language=fact.language,
            origin=fact.origin,
        )

    def _reject(self, kind: ProbeKind, text: str, reason: str, detail: str) -> None:
        record = {"section": self.lesson.section.id, "fact": self.fact.id, "kind": kind, "question": text}
        self.lesson.reject(reason, record, detail)
