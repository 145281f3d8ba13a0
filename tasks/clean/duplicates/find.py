"""Rows that say what another row says: the same in normal form, or nearly, found by data-juicer's simhash.

Simhash alone loses data on short rows: all texts shorter than its window have one hash, and questions of one template
("the weight of A", "the weight of B") lie within a few bits. So it only names candidates, and each is compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from artifacts.records import QAPair
from artifacts.stage import Work
from tasks.clean.catalogue import DEDUPLICATORS
from tasks.clean.config import CleanConfig
from tasks.clean.operators import Loaded, load
from tasks.models.language.wording import marks, normalize, same_words, similarity


def without_duplicates(work: Work[CleanConfig], rows: Iterable[QAPair]) -> Iterator[QAPair]:
    """The rows but the duplicates; each reject says which row stays in its place."""
    pairs = list(rows)
    pairs = without(work, "duplicate", pairs, exact(pairs))
    for operator in load([each for each in work.config.operators if each.name in DEDUPLICATORS]):
        with work.progress.task(operator.name, len(pairs)) as progress:
            found = near(pairs, operator, work.config.duplicates.min_similarity, progress.advance)
            pairs = without(work, operator.name, pairs, found)
    yield from pairs


def without(work: Work[CleanConfig], reason: str, pairs: list[QAPair], found: Iterator[Duplicate]) -> list[QAPair]:
    dropped = set()
    for duplicate in found:
        dropped.add(duplicate.row.id)
        of, alike = duplicate.of, duplicate.similarity
        work.reject(reason, duplicate.row, f"duplicates {of.id} (similarity {alike:.2f}): {of.question}")
    return [pair for pair in pairs if pair.id not in dropped]


@dataclass(frozen=True)
class Duplicate:
    row: QAPair
    of: QAPair  # the row that stays
    similarity: float


def exact(pairs: Sequence[QAPair]) -> Iterator[Duplicate]:
    """Rows whose whole prompt and answer are, in normal form, those of an earlier row."""
    seen: dict[tuple[str, ...], QAPair] = {}
    for pair in pairs:
        said = (*(turn["content"] for turn in pair.prompt()), pair.answer)
        first = seen.setdefault(tuple(map(normalize, said)), pair)
        if first is not pair:
            yield Duplicate(pair, first, 1.0)


@dataclass(frozen=True)
class _Normal:
    """A row with its texts in normal form."""

    pair: QAPair
    question: str
    answer: str

    @classmethod
    def of(cls, pair: QAPair) -> _Normal:
        return cls(pair, normalize(pair.question), normalize(pair.answer))

    @property
    def shared(self) -> tuple[str, ...]:
        """What a duplicate has to share: one question after other turns, or with another context, is another."""
        before = (self.pair.context, *(turn["content"] for turn in self.pair.turns))
        return (
            *map(normalize, (*before, self.pair.value)),
            *("|", *marks(self.question)),
            *("|", *marks(self.answer)),
        )


def near(
    pairs: Sequence[QAPair], simhash: Loaded, min_similarity: float, advance: Callable[[int], None]
) -> Iterator[Duplicate]:
    """Rows that nearly repeat an earlier one: the same value, marks and words, and both texts alike.

    Rows are first grouped by what a duplicate has to share, so that simhash compares only rows that could be one.
    """
    groups: defaultdict[tuple[str, ...], list[_Normal]] = defaultdict(list)
    for row in map(_Normal.of, pairs):
        groups[row.shared].append(row)
    for group in groups.values():
        if len(group) > 1:
            yield from _within(group, simhash, min_similarity)
        advance(len(group))


def _within(group: list[_Normal], simhash: Loaded, min_similarity: float) -> Iterator[Duplicate]:
    """Each row is compared with its candidates that stay, so a chain of small steps does not merge its ends."""
    dropped: set[int] = set()
    for index, candidates in enumerate(_candidates(group, simhash)):
        alike = {other: _alike(group[index], group[other]) for other in candidates if other not in dropped}
        best = max(alike, key=lambda other: alike[other], default=None)
        if best is not None and alike[best] >= min_similarity:
            dropped.add(index)
            yield Duplicate(group[index].pair, group[best].pair, alike[best])


def _candidates(group: list[_Normal], simhash: Loaded) -> list[list[int]]:
    """For each row the earlier rows within the deduplicator's distance."""
    hashes = [simhash.hash("\n".join(getattr(row, name) for name in simhash.fields)) for row in group]
    near_hashes: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in simhash.matches(hashes):
        near_hashes[one].add(other)
        near_hashes[other].add(one)
    seen: defaultdict[int, list[int]] = defaultdict(list)
    found = []
    for index, value in enumerate(hashes):
        found.append(sorted(earlier for each in {value, *near_hashes[value]} for earlier in seen[each]))
        seen[value].append(index)
    return found


def _alike(one: _Normal, other: _Normal) -> float:
    """How alike two rows are; 0 for deliberate wordings of one fact and for rows that differ in a word that counts."""
    if one.pair.fact == other.pair.fact and one.pair.wording != other.pair.wording:
        return 0.0
    texts = ((one.question, other.question), (one.answer, other.answer))
    if not all(same_words(*text) for text in texts):
        return 0.0
    return min(similarity(*text) for text in texts)
