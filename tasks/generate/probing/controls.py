"""Facts that are probed and never trained: what a model knows of these, it guesses."""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.records import Fact, QAPair
from tasks.generate.config import GenerateConfig
from tasks.generate.lesson import Lesson
from tasks.models.match import contains_value, is_exactly


def is_control(fact: Fact, config: GenerateConfig) -> bool:
    """Decided by the fact's id alone, so that it stays one from night to night."""
    return int(fact.id, 16) / 16**16 < config.probes.control_share


def untold(lesson: Lesson, rows: Sequence[QAPair], controls: Sequence[Fact]) -> list[QAPair]:
    """The rows that say no control fact, not even in passing; the others are rejects."""
    kept = []
    for row in rows:
        told = next((fact for fact in controls if _tells(row, fact)), None)
        if told is None:
            kept.append(row)
        else:
            lesson.reject("tells_control", row, f"never to be trained: {told.claim}")
    return kept


def _tells(row: QAPair, control: Fact) -> bool:
    """Whether a row has a control's value; a fact of its own may have the same one."""
    said = "\n".join([*(turn["content"] for turn in row.turns), row.question, row.reasoning, row.answer])
    same = is_exactly(row.value, (control.value, *control.aliases))
    return row.fact == control.id or (contains_value(said, control.value, control.aliases) and not same)
