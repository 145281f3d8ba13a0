"""Rows that say what another row says: the best of them stays, and each other's reject names it.

Simhash alone loses data on short rows: all texts shorter than its window have one hash, and questions of one template
("the weight of A", "the weight of B") lie within a few bits. So it only names candidates, among rows that share what
typing errors leave alone, and each is compared.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from artifacts.records import QAPair
from artifacts.stage import Work
from tasks.clean.config import CleanConfig
from tasks.clean.duplicates.candidates import Signatures
from tasks.clean.duplicates.compare import Row, alike, apart
from tasks.clean.duplicates.signature import Hasher, of, said, signatures
from tasks.clean.duplicates.vocabulary import Vocabulary
from tasks.clean.engine.start import Engine
from tasks.clean.rows import Rows

REMEMBERED = 4096  # rows that are read again for comparison, and held


def without_duplicates(work: Work[CleanConfig], engine: Engine, rows: Rows) -> Iterator[QAPair]:
    """The rows but the duplicates, and but those that are one wording of a fact too many."""
    dropped = Finder(work.config, engine, rows).dropped()
    for number, pair in enumerate(rows):
        left = dropped.get(number)
        if left is None:
            yield pair
        elif left.of is None:
            most = work.config.duplicates.max_wordings
            work.reject(left.reason, pair, f"{most} better rows of its fact stay (duplicates.max_wordings)")
        else:
            better = rows[left.of]
            how = f"similarity {left.alike:.2f}; {apart(Row(pair), Row(better))}"
            work.reject(left.reason, pair, f"duplicates {better.id} ({how}): {better.question}")


class Dropped(NamedTuple):
    reason: str
    of: int | None = None  # the row that stays in its place
    alike: float = 0.0


class Finder:
    """Finds, by row numbers; texts are read again where two are compared."""

    def __init__(self, config: CleanConfig, engine: Engine, rows: Rows) -> None:
        self._dials, self._rows = config.duplicates, rows
        self._hashers = of(config)
        self._signatures, self._words = Signatures(self._hashers), Vocabulary()
        self._read(engine.map(signatures, rows))
        self._row = lru_cache(REMEMBERED)(lambda number: Row(rows[number]))
        self._dropped: dict[int, Dropped] = {}
        self.comparisons = 0

    def _read(self, made: Iterator[Any]) -> None:
        import numpy

        seen: set[int] = set()
        for signature in made:
            self._signatures.add(signature)
            if signature.said not in seen:  # said twice, a typing error is still one
                self._words.add(numpy.frombuffer(signature.forms, "uint32"))
                seen.add(signature.said)

    def dropped(self) -> dict[int, Dropped]:
        self._exact()
        for index, hasher in enumerate(self._hashers):
            self._near(index, hasher)
        self._too_many()
        return self._dropped

    def _groups(self, name: str) -> Iterator[list[int]]:
        import numpy

        left = numpy.ones(len(self._signatures), bool)
        left[list(self._dropped)] = False
        return self._signatures.groups(name, numpy.flatnonzero(left))

    def _exact(self) -> None:
        """Rows whose whole prompt and answer are, in normal form, those of another."""
        for group in self._groups("said"):
            best, *others = sorted(group, key=self._signatures.better)
            wanted = said(self._rows[best])
            for row in others:
                if said(self._rows[row]) == wanted:
                    self._dropped[row] = Dropped("duplicate", best, 1.0)

    def _near(self, index: int, hasher: Hasher) -> None:
        """Rows that nearly repeat a better one. Only rows that stay are compared with, so a chain of small steps does
        not merge its ends."""
        for group in self._groups("shared"):
            staying = array("q")
            for row in sorted(group, key=self._better):
                others = self._signatures.nearest(index, row, staying)
                measured = [(likeness, other) for other in others if (likeness := self._alike(row, other)) is not None]
                if measured:
                    likeness, best = max(measured)
                    self._dropped[row] = Dropped(hasher.name, best, likeness)
                else:
                    staying.append(row)

    def _better(self, row: int) -> tuple[int, ...]:
        """The best first: it states its value, has evidence, has no word that only it has, is whole, says more."""
        proven, finish, number = self._signatures.better(row)
        return proven, self._words.strange(self._row(row).texts), finish, number

    def _alike(self, one: int, other: int) -> float | None:
        self.comparisons += 1
        return alike(self._row(one), self._row(other), self._words, self._dials.min_similarity)

    def _too_many(self) -> None:
        for group in self._groups("fact"):
            for row in sorted(group, key=self._signatures.better)[self._dials.max_wordings :]:
                self._dropped[row] = Dropped("too_many_wordings")
