"""Marked answers by hand."""

from __future__ import annotations

from tasks.evaluate.marks import Marked, mark
from tasks.evaluate.questions import Group, Question
from tasks.evaluate.tables import MODELS

DONT_KNOW = {"en": "I do not have that information.", "zh": "我没有这方面的信息。"}


def question(
    number: int, *, group: Group = "recall", kind: str = "wording", language: str = "en", document: str = "d1"
) -> Question:
    """A question whose answer is its number in litres."""
    answerable = group != "unanswerable"
    return Question(
        id=f"{group}-{number}",
        group=group,
        kind=kind,
        fact=f"fact-{number}",
        prompt=({"role": "user", "content": f"How much does tank {number + 1000} hold?"},),
        expected=f"It holds {number} litres." if answerable else DONT_KNOW[language],
        value=f"{number} litres" if answerable else "",
        language=language,
        document=document,
        file=f"{document}.md",
    )


def marked(asked: Question, right: str) -> Marked:
    """Marks by a word of three letters for base, SFT and aligned: "r" right, "w" wrong, "a" abstained."""
    texts = {"r": asked.expected, "w": "It holds 99999 litres.", "a": DONT_KNOW[asked.language]}
    return Marked(
        question=asked, marks={name: mark(asked, texts[sign]) for name, sign in zip(MODELS, right, strict=True)}
    )
