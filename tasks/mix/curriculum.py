"""The order of an epoch: evenly mixed, or questions first (https://arxiv.org/abs/2402.12847)."""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.records import DOCUMENTS, DOMAIN, Conversation
from tasks.mix.draw import by_subject, chance, spread


def questions_first(rows: Sequence[Conversation], seed: int) -> list[Conversation]:
    """Two parts, each evenly mixed: half of each fact's questions, then the other half together with the documents.

    General rows keep their share of both parts. A fact with one row has it in the first part, before its document.
    """
    facts = by_subject((row for row in rows if row.source == DOMAIN), seed)
    first, second = list[Conversation](), [row for row in rows if row.source == DOCUMENTS]
    for wordings in facts.values():
        half = (len(wordings) + 1) // 2
        first += wordings[:half]
        second += wordings[half:]
    general = [row for row in rows if row.source not in (DOMAIN, DOCUMENTS)]
    general.sort(key=lambda row: chance("part", seed, row.id))
    cut = round(len(general) * len(first) / (len(first) + len(second)))
    return spread([*first, *general[:cut]], seed) + spread([*second, *general[cut:]], seed)
