"""Which general rows stand beside the documents'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from artifacts.records import Conversation
from artifacts.stage import Work
from tasks.mix.config import MixConfig, Source
from tasks.mix.draw import Pool, Size
from tasks.mix.formats import BadRowError, conversation
from tasks.mix.replay import Replayed
from tasks.mix.screen import Screen
from tasks.mix.sources import read, unread, unusable


def general_rows(work: Work[MixConfig], screen: Screen, sources: Sequence[Source]) -> list[Conversation]:
    """The good rows of the sources, each once; the others are rejects that say where they stand."""
    rows: dict[str, Conversation] = {}
    for source in sources:
        good, why = 0, ""
        with work.progress.task(f"reading {source.title}") as progress:
            for place, raw in read(source):
                progress.advance()
                try:
                    row = conversation(raw, source.title)
                except BadRowError as bad:
                    told = f"{place}: {bad}"
                    screen.reject(bad.reason, raw if isinstance(raw, dict) else {"text": str(raw)}, told)
                    why = why or told
                    continue
                good += 1
                if rows.setdefault(row.id, row) is not row:
                    screen.reject("duplicate", row, f"{place}: stands in {rows[row.id].source} already")
        if not good:
            raise unusable(source, why)
        if note := unread(source):
            work.notes.append(note)
    return list(rows.values())


def source_weights(config: MixConfig, pool: Sequence[Conversation]) -> dict[str, float]:
    """What each source gives beside the others: its weight, times what `temperature` makes of its size."""
    sizes = Counter(row.source for row in pool)
    power = 0.0 if config.temperature is None else 1 / config.temperature
    return {source.title: source.weight * max(1, sizes[source.title]) ** power for source in config.general}


class General:
    """Draws general rows; with `replay`, those that the base model could answer, as it answers them."""

    def __init__(self, work: Work[MixConfig], size: Size, screen: Screen) -> None:
        self._config, self._size = work.config, size
        self._replayed = Replayed(work, work.config.replay, screen) if work.config.replay else None

    def draw(
        self, pool: Sequence[Conversation], domain: Sequence[Conversation], wanted: int, *, repeat: bool = False
    ) -> list[Conversation]:
        """Rows of the pool up to `wanted`, in the units of the size; with `repeat` some again where all are too few."""
        while True:
            rows = self._drawn(pool, domain, wanted, repeat=repeat)
            if self._replayed is None:
                return rows
            if not self._replayed.ask(rows):
                return list(map(self._replayed.row, rows))
            pool = [row for row in pool if not self._replayed.refused(row)]

    def _drawn(
        self, pool: Sequence[Conversation], domain: Sequence[Conversation], wanted: int, *, repeat: bool
    ) -> list[Conversation]:
        config = self._config
        languages = Counter(row.language for row in domain) if config.match_languages else None
        weights = source_weights(config, pool)
        drawn_from = Pool(pool, sources=weights, languages=languages, seed=config.seed)
        return drawn_from.fill(wanted, self._size_of, repeat=repeat)

    def _size_of(self, row: Conversation) -> int:
        return self._size(self._replayed.row(row) if self._replayed else row)
