"""Which rows are drawn, held out and in what order they come: all by hashes of row and seed.

A row keeps its place when others come or go, so one new document changes the mix by a few rows and not by all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from artifacts.records import Conversation, QAPair, short_id

K = TypeVar("K", bound=Hashable)

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


def draw(
    pool: Sequence[Conversation],
    count: int,
    *,
    sources: Mapping[str, float],
    languages: Mapping[str, float] | None,
    seed: int,
) -> list[Conversation]:
    """Rows by the weights of languages, then of sources; `languages=None` takes each language as the pool has it."""
    by_language: defaultdict[str, defaultdict[str, list[Conversation]]] = defaultdict(lambda: defaultdict(list))
    for row in pool:
        by_language[row.language if languages is not None else ""][row.source].append(row)
    sizes = {language: sum(map(len, cells.values())) for language, cells in by_language.items()}
    drawn = []
    for language, rows in allot(count, languages or {}, sizes).items():
        cells = by_language[language]
        for source, taken in allot(rows, sources, {name: len(cell) for name, cell in cells.items()}).items():
            drawn += sorted(cells[source], key=lambda row: chance("draw", seed, row.id))[:taken]
    return drawn


def held_together(pair: QAPair) -> str:
    """What goes to training or to validation as a whole: the row's document, or its fact where it is of none."""
    return pair.origin.document or pair.fact


def validation_documents(pairs: Sequence[QAPair], share: float, seed: int) -> set[str]:
    """Documents, and facts of no document, that come nearest to a share of the rows, but never all of them."""
    rows = Counter(map(held_together, pairs))
    target, taken = share * len(pairs), 0
    chosen: set[str] = set()
    for document in sorted(rows, key=lambda document: chance("validation", seed, document)):
        nearer = abs(taken + rows[document] - target) <= abs(taken - target)
        if share > 0 and nearer and len(chosen) < len(rows) - 1:
            chosen.add(document)
            taken += rows[document]
    return chosen


def spread(rows: Sequence[Conversation], seed: int) -> list[Conversation]:
    """An order in which the rows of one fact lie evenly over the epoch, each fact from its own start."""
    of_fact: defaultdict[str, list[Conversation]] = defaultdict(list)
    for row in rows:
        of_fact[row.fact or row.id].append(row)
    places: list[tuple[float, str, Conversation]] = []
    for fact, wordings in of_fact.items():
        start = chance("start", seed, fact)
        ordered = sorted(wordings, key=lambda row: chance("order", seed, row.id))
        places += [((index + start) / len(ordered), row.id, row) for index, row in enumerate(ordered)]
    return [row for _, _, row in sorted(places, key=lambda place: place[:2])]
