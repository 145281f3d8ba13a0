"""What is trained and what validates: a document is whole on one side, and so is a fact, wherever it stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from artifacts.records import QAPair
from tasks.mix.draw import chance


def held_together(pair: QAPair) -> str:
    """What goes to training or to validation as a whole: the row's document, or its fact where it is of none."""
    return pair.origin.document or pair.fact


def groups(pairs: Iterable[QAPair]) -> list[set[str]]:
    """Documents, and facts of no document, joined where they share a fact."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while (parent := parents.setdefault(name, name)) != name:
            parents[name] = name = parents[parent]  # halves the way for the next one
        return name

    stands_in: dict[str, str] = {}
    for pair in pairs:
        name = held_together(pair)
        parents[root(name)] = root(stands_in.setdefault(pair.fact, name))
    joined: defaultdict[str, set[str]] = defaultdict(set)
    for name in list(parents):
        joined[root(name)].add(name)
    return list(joined.values())


def validation_documents(pairs: Sequence[QAPair], share: float, seed: int) -> set[str]:
    """Documents, and facts of no document, that come nearest to a share of the rows, but never all of them."""
    rows = Counter(map(held_together, pairs))
    of_chance = {min(chance("validation", seed, name) for name in group): group for group in groups(pairs)}
    target, taken = share * len(pairs), 0
    chosen: list[set[str]] = []
    for _, group in sorted(of_chance.items(), key=lambda item: item[0]):
        size = sum(rows[name] for name in group)
        nearer = abs(taken + size - target) <= abs(taken - target)
        if share > 0 and nearer and len(chosen) < len(of_chance) - 1:
            chosen.append(group)
            taken += size
    return set().union(*chosen)


def spans(pair: QAPair, held_out: set[str], documents_of: Mapping[str, set[str]]) -> bool:
    """Whether a row's evidence stands on the other side than the row: one of two hops, say."""
    side = held_together(pair) in held_out
    places = (documents_of.get(quote.section, set()) for quote in pair.evidence)
    return any(found and all((name in held_out) != side for name in found) for found in places)
