"""Which facts a text tells: those whose subject it names and whose value it has, in whatever words and order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from artifacts.records import Fact
from tasks.models.language.match import contains, tokens
from tasks.models.language.stance import states

ARTICLE = re.compile(r"^\s*(?:the|an?)\s+", re.IGNORECASE)


def tells(text: str, fact: Fact) -> bool:
    """Whether a text has the value, in any of its spellings, and anywhere beside it the subject's name."""
    return contains(text, _name(fact)) and states_value(text, fact)


def states_value(text: str, fact: Fact) -> bool:
    return states(text, (fact.value, *fact.aliases))


class Told:
    """Finds the facts that a text tells, by looking at those whose subject it names alone."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = list(facts)
        self._by_name: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        self._lengths: defaultdict[str, set[int]] = defaultdict(set)  # of names, in words, by their first
        for number, fact in enumerate(self._facts):
            if name := tuple(tokens(_name(fact))):
                self._by_name[name].append(number)
                self._lengths[name[0]].add(len(name))

    def named(self, text: str) -> Iterator[Fact]:
        """Facts whose subject a text names: by where the first word of the name first stands, then as given."""
        said = tokens(text) if self._facts else []
        found: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)  # names by their first word
        for place, word in enumerate(said):
            names = (tuple(said[place : place + length]) for length in self._lengths.get(word, ()))
            found[word].update(name for name in names if name in self._by_name)
        for names_of_word in found.values():
            numbers = chain.from_iterable(self._by_name[name] for name in names_of_word)
            yield from (self._facts[number] for number in sorted(numbers))

    def by(self, text: str) -> Iterator[Fact]:
        """The facts that a text tells."""
        return (fact for fact in self.named(text) if states_value(text, fact))


def _name(fact: Fact) -> str:
    """The subject less its article: who says it in passing may use another."""
    return ARTICLE.sub("", fact.subject)
