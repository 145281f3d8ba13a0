"""What is done to each row by itself: the same function for every engine, made once in each of its processes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from artifacts.records import QAPair
from tasks.clean.config import CleanConfig
from tasks.clean.operators.catalogue import DEDUPLICATORS
from tasks.clean.operators.loaded import Loaded, load
from tasks.clean.privacy import guard_privacy
from tasks.clean.rows import Left, Outcome
from tasks.models.language.match import contains

RULE = re.compile(r"[\s\-=_.*|~+#…·—]+")  # what lines, tables and leaders are drawn with


def steps(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[Outcome]]:
    """The operators of the configuration, in their order, and then what is done for privacy."""
    operators = load([operator for operator in config.operators if operator.name not in DEDUPLICATORS])

    def work_on(pairs: Sequence[QAPair]) -> list[Outcome]:
        outcomes = [Outcome(pair) for pair in pairs]
        for operator in operators:
            staying = [outcome for outcome in outcomes if outcome.left is None]
            if staying:
                (repair if operator.is_mapper else sift)(operator, staying)
        for pair, outcome in zip(pairs, outcomes, strict=True):
            guard_privacy(config.privacy, pair, outcome)
        return outcomes

    return work_on


def sift(operator: Loaded, outcomes: Sequence[Outcome]) -> None:
    """Have a filter judge rows; those that it does not keep are left with what it measured and its bounds."""
    for outcome, verdict in zip(outcomes, operator.judge([outcome.pair for outcome in outcomes]), strict=True):
        keep = verdict.keep or (operator.name == "alphanumeric_filter" and is_proven_sign(outcome.pair))
        measured = {"operator": operator.name, "field": operator.field, "keep": keep, **verdict.statistics}
        outcome.statistics.append(measured)
        if not keep:
            values = ", ".join(f"{name} {value}" for name, value in verdict.statistics.items())
            detail = f"{operator.field}: {values or 'refused'} (allowed: {operator.bounds})"
            outcome.left = Left(operator.name, detail)


def is_proven_sign(pair: QAPair) -> bool:
    """Whether the answer is a value of signs, such as ㎡ or &&, that the row's evidence has; a rule is none."""
    value = pair.value.strip()
    if not value or pair.answer.strip() != value or RULE.fullmatch(value):
        return False
    return any(value in quote.text for quote in pair.evidence)


def repair(operator: Loaded, outcomes: Sequence[Outcome]) -> None:
    """Have a mapper edit rows; one that loses its question, its answer or the answer's value is left."""
    for outcome, edited in zip(outcomes, operator.edit([outcome.pair for outcome in outcomes]), strict=True):
        pair = outcome.pair
        empty = [name for name in ("question", "answer") if not getattr(edited, name).strip()]
        if empty:
            outcome.left = Left(operator.name, f"left the {empty[0]} empty")
        elif contains(pair.answer, pair.value) and not contains(edited.answer, pair.value):
            outcome.left = Left(operator.name, f"took {pair.value!r} out of the answer: {edited.answer!r}")
        elif edited != pair:
            outcome.pair, outcome.counts = edited, (*outcome.counts, "edited")
