"""Rows that are never trained on, to measure forgetting by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from artifacts.records import Conversation
from artifacts.stage import Work
from tasks.mix.config import MixConfig
from tasks.mix.draw import Pool, chance
from tasks.mix.general import general_rows, source_weights
from tasks.mix.screen import Screen
from tasks.mix.split import question

SET_ASIDE = 0.1  # of each source and language at most


def retention_rows(
    work: Work[MixConfig], screen: Screen, pool: list[Conversation]
) -> tuple[list[Conversation], list[Conversation]]:
    """Rows that measure forgetting, in equal parts of the languages, and the pool without them and their like."""
    config, count = work.config, work.config.retention_rows
    candidates = general_rows(work, screen, [config.retention]) if config.retention else spare(pool, config.seed)
    equal = {row.language: 1.0 for row in candidates}
    weights = source_weights(config, candidates)
    chosen = Pool(candidates, sources=weights, languages=equal, seed=config.seed).draw(count)
    if pool and config.retention is None and len(chosen) < count:
        work.notes.append(
            f"{len(chosen)} rows measure retention where mix.retention_rows asks for {count}: no more than a tenth of "
            "each source and language is set aside; name more sources, or a file of its own under mix.retention"
        )
    ids, asked = {row.id for row in chosen}, {question(screen.masked(row)) for row in chosen}
    rest = []
    for row in pool:
        if row.id in ids and config.retention is None:
            continue
        if question(row) in asked:
            work.reject("held_out", row, "asks what a retention row asks, so it is not trained on")
        else:
            rest.append(row)
    return [row.model_copy(update={"source": f"retention:{row.source}"}) for row in chosen], rest


def spare(pool: Sequence[Conversation], seed: int) -> list[Conversation]:
    """Rows that may be set aside: of a small source, or a rare language, most are left to train on."""
    found: defaultdict[tuple[str, str], list[Conversation]] = defaultdict(list)
    for row in sorted(pool, key=lambda row: chance("draw", seed, row.id)):
        found[row.source, row.language].append(row)
    return [row for rows in found.values() for row in rows[: int(SET_ASIDE * len(rows))]]
