"""Facts that are probed and never trained: what a model knows of these, it guesses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from artifacts.records import Fact, QAPair, Quote
from tasks.generate.config import GenerateConfig
from tasks.models.language.match import contains
from tasks.models.language.telling import Told, states_value, tells

ONE_FACT = ("fact", "reversed", "direct")  # kinds of rows that tell one fact, whatever else their sentence tells
FACTS_A_SECTION = 10  # that a section is taken to hold; how many there are is known too late
FEW = 5  # controls; fewer of them measure nothing, and a short corpus keeps its facts


def control_share(config: GenerateConfig, sections: int) -> float:
    """The share of facts that is held back, from the number of sections, before any of their facts is known.

    It is halved until the facts that so many sections hold would give no more than `max_controls`: a larger corpus has
    some of the controls that it had when it was smaller, and no others, until it has grown to twice the size.
    """
    expected, share = sections * FACTS_A_SECTION, config.probes.control_share
    if share * expected < FEW or config.probes.max_controls < FEW:
        return 0.0
    while share * expected > config.probes.max_controls:
        share /= 2
    return share


def is_control(fact: Fact, share: float) -> bool:
    """Decided by the fact's id alone, so that it stays one from night to night."""
    return int(fact.id, 16) / 16**16 < share


class Controls:
    """Finds the rows that tell a control fact, by looking at the few that they may tell."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._by_id: dict[str, Fact] = {}
        self._by_section: defaultdict[str, list[Fact]] = defaultdict(list)
        controls = list(facts)
        for fact in controls:
            self._by_id[fact.id] = fact
            for section in {proof.section for proof in fact.evidence}:
                self._by_section[section].append(fact)
        self._told = Told(controls)

    def told(self, row: QAPair) -> Fact | None:
        """A control that a row is about, whose value it has beside its subject, or that it was read from.

        A row of another fact may share a sentence with the control, and then must not hold its value. A text that the
        user gives along (a log, a program) is part of the row.
        """
        if not self._by_id or row.fact in self._by_id:
            return self._by_id.get(row.fact)
        earlier = (turn["content"] for turn in row.turns)
        said = "\n".join((*earlier, row.question, row.context, row.reasoning, row.answer))
        near = (fact for quote in row.evidence for fact in self._by_section.get(quote.section, ()))
        return next((fact for fact in chain(near, self._told.named(said)) if _tells(row, said, fact)), None)


def _tells(row: QAPair, said: str, control: Fact) -> bool:
    if any(_overlap(quote, proof) for quote in row.evidence for proof in control.evidence):
        return row.kind not in ONE_FACT or states_value(said, control)
    return tells(said, control)


def _overlap(one: Quote, other: Quote) -> bool:
    if one.section != other.section:
        return False
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return contains(one.text, other.text) or contains(other.text, one.text)
    return one.start < other.end and other.start < one.end
