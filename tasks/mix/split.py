"""What is trained and what validates: a document is whole on one side, and so is a fact, wherever it stands.

A fact stands wherever a row, or a text to train on, has its subject and its value. Documents that tell each other's
facts are held out together, up to the share that is held out; beyond that, what training tells does not validate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from artifacts.records import Conversation, QAPair, Section
from tasks.mix.documents import words
from tasks.mix.draw import chance
from tasks.models.language.match import normalise
from tasks.models.language.telling import Told

FIT = 0.5  # of a group's rows: those that must say nothing that others tell, for it to be held out
FactsOf = Mapping[str, Collection[str]]  # the facts that each row, and each section, tells: its id and theirs


def held_together(pair: QAPair) -> str:
    """What goes to training or to validation as a whole: the row's document, or its fact where it is of none."""
    return pair.origin.document or pair.fact


def facts_told(pairs: Iterable[QAPair], sections: Iterable[Section], facts: Told) -> FactsOf:
    """The facts that rows and sections tell. A context is left out: it is read in the prompt, and not learned."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        earlier = (turn["content"] for turn in pair.turns)
        text = "\n".join((*earlier, pair.question, pair.reasoning, pair.answer))
        found[pair.id] = {pair.fact, *(fact.id for fact in facts.by(text))}
    for section in sections:
        found[section.id].update(fact.id for fact in facts.by(words(section)))
    return found


class Groups:
    """Documents, and facts of no document, joined where rows of both are of one fact."""

    def __init__(self, pairs: Iterable[QAPair]) -> None:
        self._parents: dict[str, str] = {}
        self._rows: Counter[str] = Counter()  # of a group, by its root
        stands_in: dict[str, str] = {}
        for pair in pairs:
            name = held_together(pair)
            self._rows[self.root(self._parents.setdefault(name, name))] += 1
            self._join(stands_in.setdefault(pair.fact, name), name)

    def join_tellers(self, told: Iterable[tuple[str, str]], most: float) -> None:
        """Join those that tell a fact (document, fact), first those that share most, to groups of `most` rows."""
        stands_in: dict[str, str] = {}
        shared = Counter(
            (home, name) for name, fact in told if name in self._parents and (home := stands_in.setdefault(fact, name))
        )
        for (one, other), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
            if self._rows[self.root(one)] + self._rows[self.root(other)] <= most:
                self._join(one, other)

    def all(self) -> dict[str, set[str]]:
        """Each group by its root, which is one of its names."""
        joined: defaultdict[str, set[str]] = defaultdict(set)
        for name in list(self._parents):
            joined[self.root(name)].add(name)
        return joined

    def rows(self, root: str) -> int:
        return self._rows[root]

    def root(self, name: str) -> str:
        """What names the group; a document without rows is alone."""
        while (parent := self._parents.get(name, name)) != name:
            self._parents[name] = name = self._parents[parent]  # halves the way for the next one
        return name

    def _join(self, one: str, other: str) -> None:
        if (low := self.root(one)) != (high := self.root(other)):
            self._parents[low] = high
            self._rows[high] += self._rows.pop(low)


def validation_documents(
    pairs: Sequence[QAPair], sections: Sequence[Section], told: FactsOf, share: float, seed: int
) -> set[str]:
    """Documents, and facts of no document, that come nearest to a share of the rows, but never all of them.

    A group stays where it is trained if other groups tell most of what it says: it could not validate.
    """
    target, taken = share * len(pairs), 0
    groups = Groups(pairs)
    groups.join_tellers(tellers(pairs, sections, told), target)
    all_groups = groups.all()
    common = _common(tellers(pairs, sections, told), groups)
    alone = Counter(groups.root(held_together(pair)) for pair in pairs if common.isdisjoint(told[pair.id]))
    fit = (root for root in all_groups if alone[root] >= FIT * groups.rows(root))
    of_chance = {min(chance("validation", seed, name) for name in all_groups[root]): root for root in fit}
    chosen: list[set[str]] = []
    for _, root in sorted(of_chance.items()):
        rows = groups.rows(root)
        nearer = abs(taken + rows - target) <= abs(taken - target)
        if share > 0 and nearer and len(chosen) < len(all_groups) - 1:
            chosen.append(all_groups[root])
            taken += rows
    return set().union(*chosen)


def _common(told: Iterable[tuple[str, str]], groups: Groups) -> set[str]:
    """Facts that more than one group tells."""
    stands_in: dict[str, str] = {}
    return {fact for name, fact in told if stands_in.setdefault(fact, groups.root(name)) != groups.root(name)}


def tellers(pairs: Iterable[QAPair], sections: Iterable[Section], told: FactsOf) -> Iterator[tuple[str, str]]:
    """Each document with each fact that a row or a section of it tells."""
    for pair in pairs:
        yield from ((held_together(pair), fact) for fact in told[pair.id])
    for section in sections:
        yield from ((section.document, fact) for fact in told[section.id])


def spans(pair: QAPair, held_out: set[str], documents_of: Mapping[str, set[str]]) -> bool:
    """Whether a row's evidence stands on the other side than the row: one of two hops, say."""
    side = held_together(pair) in held_out
    places = (documents_of.get(quote.section, set()) for quote in pair.evidence)
    return any(found and all((name in held_out) != side for name in found) for found in places)


def general_sides(
    rows: Iterable[Conversation], share: float, seed: int
) -> tuple[list[Conversation], list[Conversation]]:
    """General rows to train on and to validate with; all that ask one thing are on one side."""
    sides: tuple[list[Conversation], list[Conversation]] = ([], [])
    for row in rows:
        sides[chance("split", seed, question(row)) < share].append(row)
    return sides


def question(row: Conversation) -> str:
    """What the user says, in the form that questions are compared in; as it is where that form holds nothing of it."""
    asked = "\n".join(message["content"] for message in row.messages if message["role"] == "user")
    return normalise(asked) or asked
