"""Which rows are drawn and in what order they come: all by hashes of row and seed.

A row keeps its place when others come or go, so one new document changes the mix by a few rows and not by all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import TypeVar

from artifacts.records import Conversation, short_id

K = TypeVar("K", bound=Hashable)
Size = Callable[[Conversation], int]  # of a row, in rows (1) or in tokens

SPARE = 1e-9  # the weight of what was not asked for: used when nothing else is left


def chance(*parts: object) -> float:
    """A number in [0, 1) that is the same whenever the parts are."""
    return int(short_id(*parts), 16) / 16**16


def allot(total: int, weights: Mapping[K, float], sizes: Mapping[K, int]) -> dict[K, int]:
    """Share out a total by weight; what one is too small to give, the others give."""
    given: dict[K, int] = dict.fromkeys(sizes, 0)
    while (rest := min(total, sum(sizes.values())) - sum(given.values())) > 0:
        room = {key: size - given[key] for key, size in sizes.items() if size > given[key]}
        whole = sum(weights.get(key) or SPARE for key in room)
        exact = {key: rest * (weights.get(key) or SPARE) / whole for key in room}
        step = {key: min(int(exact[key]), room[key]) for key in room}
        if all(exact[key] <= room[key] for key in room):  # what is left below one row goes to the largest remainders
            by_remainder = sorted(room, key=lambda key: step[key] - exact[key])
            for key in by_remainder[: rest - sum(step.values())]:
                step[key] += 1
        for key, rows in step.items():
            given[key] += rows
    return given


class Pool:
    """Rows to draw from, by the weights of languages, then of sources; without languages each as the pool has it."""

    def __init__(
        self,
        rows: Sequence[Conversation],
        *,
        sources: Mapping[str, float],
        languages: Mapping[str, float] | None,
        seed: int,
    ) -> None:
        self._rows, self._sources, self._languages = rows, sources, languages
        self._cells: defaultdict[str, defaultdict[str, list[Conversation]]] = defaultdict(lambda: defaultdict(list))
        for row in sorted(rows, key=lambda row: chance("draw", seed, row.id)):
            self._cells[row.language if languages is not None else ""][row.source].append(row)

    def draw(self, count: int, *, repeat: bool = False) -> list[Conversation]:
        """So many rows, or all that there are; with `repeat` those of each language and source again, all equally often
        to within one, so that all keep their weights."""
        sizes = {language: sum(map(len, cells.values())) for language, cells in self._cells.items()}
        drawn = []
        for language, rows in allot(count, self._languages or {}, _room(sizes, count, repeat)).items():
            cells = self._cells[language]
            sizes = {name: len(cell) for name, cell in cells.items()}
            given = allot(rows, self._sources, _room(sizes, count, repeat))
            drawn += [row for source, taken in given.items() for row in islice(cycle(cells[source]), taken)]
        return drawn

    def fill(self, budget: int, size: Size, *, repeat: bool) -> list[Conversation]:
        """As many rows as fit a budget, in the units of `size`; where all are too few, some again if they may."""
        again = repeat and 0 < sum(map(size, self._rows)) < budget

        def fit(count: int) -> bool:
            return sum(map(size, self.draw(count, repeat=again))) <= budget

        low, high = 0, len(self._rows)
        while again and fit(high):
            low, high = high, 2 * high
        while low < high:  # the most rows that fit
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fit(middle) else (low, middle - 1)
        return self.draw(low, repeat=again)


def _room(sizes: Mapping[K, int], count: int, repeat: bool) -> Mapping[K, int]:
    """How many rows each can give."""
    return dict.fromkeys(sizes, count) if repeat else sizes


def deal(subjects: Iterable[K], seed: int) -> Iterator[tuple[K, int]]:
    """The subjects one after the other in an order by hash, then all again, without end, each with its round."""
    ordered = sorted(subjects, key=lambda subject: chance("deal", seed, subject))
    turn = 0
    while ordered:
        yield from ((subject, turn) for subject in ordered)
        turn += 1


def by_subject(rows: Iterable[Conversation], seed: int) -> dict[str, list[Conversation]]:
    """The rows of each fact, section or row of its own, by hash; where some come again, all once before that."""
    found: defaultdict[str, list[tuple[int, float, Conversation]]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for row in rows:
        found[row.fact or row.id].append((seen[row.id], chance("order", seed, row.id), row))
        seen[row.id] += 1
    return {
        subject: [row for *_, row in sorted(wordings, key=lambda place: place[:2])]
        for subject, wordings in found.items()
    }


def spread(rows: Iterable[Conversation], seed: int) -> list[Conversation]:
    """An order in which the rows of one fact lie evenly over the epoch, each fact from its own start."""
    places: list[tuple[float, str, Conversation]] = []
    for subject, wordings in by_subject(rows, seed).items():
        start = chance("start", seed, subject)
        places += [((index + start) / len(wordings), row.id, row) for index, row in enumerate(wordings)]
    return [row for _, _, row in sorted(places, key=lambda place: place[:2])]
