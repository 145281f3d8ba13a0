"""What is made of sections: facts, rows on their way to be checked, training rows and probes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from artifacts.records import Fact, Message, Probe, QAPair, Record

RejectRow = Callable[[str, Record | dict[str, Any], str], None]
"""Records what was left out: a reason that can be counted, the row, and what was seen (`Work.reject`)."""


@dataclass(frozen=True)
class Candidate:
    """A row as the teacher gave it, before it is held against its section."""

    kind: str  # QAPair.kind
    question: str
    answer: str
    quotes: tuple[str, ...]  # what the teacher says it read the answer in
    value: str = ""  # which the answer must hold, where there is one
    aliases: tuple[str, ...] = ()
    fact: str = ""  # Fact.id; a candidate of no fact gets an id of its own
    wording: str = ""
    context: str = ""
    turns: tuple[Message, ...] = ()
    reasoning: str = ""
    figures: bool = True  # numbers and codes of the answer must stand in its quotes

    @property
    def said(self) -> str:
        """All that would be trained as the model's own words: earlier answers, steps, and the answer."""
        earlier = [turn["content"] for turn in self.turns if turn["role"] == "assistant"]
        return "\n".join(part for part in (*earlier, self.reasoning, self.answer) if part)

    @property
    def opening(self) -> str:
        """The question that nothing was said before: the one that has to stand alone."""
        return self.turns[0]["content"] if self.turns else self.question


@dataclass
class Taught:
    """Facts, training rows, and the questions that were held out from them."""

    facts: list[Fact] = field(default_factory=list)
    pairs: list[QAPair] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
