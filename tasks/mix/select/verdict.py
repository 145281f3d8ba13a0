"""What a method says of a row, and the cells within which it compares rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from artifacts.records import Conversation

NOT_SELECTED = "not_selected"
NOT_SCORED = "not_scored"


@dataclass(frozen=True)
class Verdict:
    """Whether a row is kept, and why not: a reason that can be counted, and the numbers."""

    score: float | None  # by the method; None where it gives none
    reason: str = ""  # empty for a row that is kept
    detail: str = ""

    @property
    def keep(self) -> bool:
        return not self.reason


def cells(rows: Sequence[Conversation]) -> dict[tuple[str, str], list[int]]:
    """Places of the rows of each source and language.

    Scores of two languages can't be compared (a model knows one better, and cuts it into other tokens), and how much of
    each source is trained is the configuration's to say.
    """
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        found[row.source, row.language].append(place)
    return dict(found)


def quota(keep: float, size: int) -> int:
    """How many rows of a cell are kept, one at least."""
    return max(1, round(keep * size))
