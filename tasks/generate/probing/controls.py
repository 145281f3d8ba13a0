"""Facts that are probed and never trained: what a model knows of these, it guesses."""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.records import Fact, QAPair, Quote
from tasks.generate.config import GenerateConfig
from tasks.generate.lesson import Lesson
from tasks.models.match import contains, contains_value

FEW = 5  # controls; fewer of them measure nothing, and a short corpus keeps its facts


def control_share(config: GenerateConfig, sections: int) -> float:
    """The share of facts that is held back, from the number of sections, before any of their facts is known.

    It is halved until all that the sections can hold would give no more than `max_controls`: a larger corpus has some
    of the controls that it had when it was smaller, and no others, until it has grown to twice the size.
    """
    direct = config.max_questions if "direct" in config.strategies else 0
    most = sections * (direct if config.strategies == ("direct",) else config.max_facts + direct)
    share = config.probes.control_share
    if share * most < FEW or config.probes.max_controls < FEW:
        return 0.0
    while share * most > config.probes.max_controls:
        share /= 2
    return share


def is_control(fact: Fact, share: float) -> bool:
    """Decided by the fact's id alone, so that it stays one from night to night."""
    return int(fact.id, 16) / 16**16 < share


def untold(lesson: Lesson, rows: Sequence[QAPair], controls: Sequence[Fact]) -> list[QAPair]:
    """The rows that tell no control fact, not even in passing; the others are rejects."""
    kept = []
    for row in rows:
        told = next((fact for fact in controls if _tells(row, fact)), None)
        if told is None:
            kept.append(row)
        else:
            lesson.reject("control_fact", row, f"never to be trained: {told.claim}")
    return kept


def _tells(row: QAPair, control: Fact) -> bool:
    """Whether a row is about a control, has its value beside its subject, or was read where the control stands.

    A row of another fact may share a sentence with the control, and then must not hold its value.
    """
    if row.fact == control.id:
        return True
    said = "\n".join([*(turn["content"] for turn in row.turns), row.question, row.context, row.reasoning, row.answer])
    has_value = contains_value(said, control.value, control.aliases)
    if any(_overlap(quote, proof) for quote in row.evidence for proof in control.evidence):
        return has_value or row.kind not in ("fact", "reversed", "direct")
    return has_value and contains(said, control.subject)


def _overlap(one: Quote, other: Quote) -> bool:
    if one.section != other.section:
        return False
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return contains(one.text, other.text) or contains(other.text, one.text)
    return one.start < other.end and other.start < one.end
