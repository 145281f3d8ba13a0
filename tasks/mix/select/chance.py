"""`random`: a share drawn by hash, which a larger share holds, too."""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.records import Conversation
from tasks.mix.draw import chance
from tasks.mix.select.verdict import NOT_SELECTED, Verdict, cells, quota


def by_chance(rows: Sequence[Conversation], keep: float, seed: int) -> list[Verdict]:
    verdicts = [Verdict(chance("select", seed, row.id)) for row in rows]
    for places in cells(rows).values():
        ordered = sorted(places, key=lambda place: verdicts[place].score or 0.0)
        for place in ordered[quota(keep, len(places)) :]:
            verdicts[place] = Verdict(verdicts[place].score, NOT_SELECTED, "the draw left it out")
    return verdicts
