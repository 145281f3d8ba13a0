"""Does a row ask what a probe asks? The guard between what is trained and what is measured.

Whether two questions are one can't be told by their likeness alone: "the weight of A" and "the weight of B" are nearly
the same text and two questions. So it depends on what is known of them:

- whatever they are about, questions are one that have the same words in the same order, function words, words of
  courtesy, case, width, punctuation and the spelling of numbers aside;
- questions about one fact are also one where most of their text is the same, and all of their numbers and codes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from artifacts.records import Message, Probe
from artifacts.stage import StageError
from tasks.models.match import tokens
from tasks.models.wording import marks, normalize, similarity

NEAR = 0.8  # Jaccard index of the trigrams, from which on two questions about one fact are one
SMALL_WORDS = frozenset(
    (
        *("the", "of", "in", "on", "at", "to", "for", "by", "is", "are", "was", "were", "be", "do", "does", "did"),
        *("please", "kindly", "exactly", "currently", "precisely"),
    )
)
SMALL_CHARACTERS = frozenset("的了吗呢啊吧呀请问是为")
ARTICLE = re.compile(r"\ban?\b(?=\s+\w)|['’](?:s|re)\b")  # small letters alone: "Tank A" and "Tank S" are names
PLURAL_LENGTH = 3  # a longer word loses its s: "pumps" is "pump", and "gas" stays


class Leak(NamedTuple):
    """The probe that a row asks."""

    probe: str
    question: str


class _Text(NamedTuple):
    """A question in normal form, and what of it one that is nearly the same has too."""

    normal: str
    marks: int

    @classmethod
    def of(cls, question: str) -> _Text:
        normal = normalize(question)
        return cls(normal, hash(marks(normal)))

    def near(self, other: _Text) -> bool:
        shorter, longer = sorted((len(self.normal), len(other.normal)))
        if self.marks != other.marks or shorter < NEAR * longer - 1:
            return False
        return similarity(self.normal, other.normal) >= NEAR


class Guard:
    """Finds rows that ask what a probe asks, in time that does not grow with the number of probes."""

    def __init__(self, probes: Iterable[Probe]) -> None:
        self._by_words: dict[int, Leak] = {}
        self._by_fact: defaultdict[str, list[tuple[_Text, Leak]]] = defaultdict(list)
        for probe in probes:
            question = probe.question.partition("\n")[0] if probe.choices else probe.question  # less its options
            leak = Leak(probe.id, question)
            self._by_words.setdefault(_words(question), leak)
            self._by_fact[probe.fact].append((_Text.of(question), leak))

    def find(self, messages: Iterable[Message], fact: str = "") -> Leak | None:
        """The first probe that a user's turn asks, as a whole or in one of its lines."""
        turns = [message["content"] for message in messages if message["role"] == "user"]
        for text in chain.from_iterable(dict.fromkeys([turn, *turn.splitlines()]) for turn in turns):
            if leak := self._by_words.get(_words(text)) or self._near(text, fact):
                return leak
        return None

    def refuse(self, stage: str, row: str, messages: Iterable[Message], fact: str = "") -> None:
        """Stop a stage before it trains on a row that asks what a probe asks: recall would measure what was drilled."""
        if (leak := self.find(messages, fact)) is not None:
            raise StageError(
                f"{stage}: row {row} asks what the held-out probe {leak.probe} asks: {leak.question!r}; make the data "
                "again (--force clean --force mix), or take the row out of its source"
            )

    def _near(self, text: str, fact: str) -> Leak | None:
        probes = self._by_fact.get(fact) if fact else None
        if not probes:
            return None
        asked = _Text.of(text)
        return next((leak for probe, leak in probes if asked.near(probe)), None)


def same_question(one: str, other: str) -> bool:
    """Whether two questions about one fact are one."""
    return _words(one) == _words(other) or _Text.of(one).near(_Text.of(other))


def _words(text: str) -> int:
    """A key that questions share that have the same words; small ones count where there are no others."""
    every = tokens(ARTICLE.sub(" ", text))
    words = [word for word in every if word not in SMALL_WORDS and word not in SMALL_CHARACTERS]
    return hash(tuple(_singular(word) for word in words) or (text, *every))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > PLURAL_LENGTH and word.endswith("s") and word.isascii() else word
