"""`rds`: the rows most alike to the domain's, in turn for each domain row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from artifacts.records import Conversation
from artifacts.stage import Work
from tasks.mix.config import RDS, MixConfig
from tasks.mix.draw import chance
from tasks.mix.select.verdict import NOT_SELECTED, Verdict, cells, quota
from tasks.models.local import pick_device
from tasks.models.scoring.embeddings import Embeddings
from tasks.models.scoring.reader import causal_reader

if TYPE_CHECKING:
    from torch import Tensor

AT_A_TIME = 4_000_000  # similarities that are held and sorted together


def by_representation(
    work: Work[MixConfig], dials: RDS, rows: Sequence[Conversation], domain: Sequence[Conversation]
) -> list[Verdict]:
    """Each domain row names the rows by their likeness to it, in rounds: first all name their most alike, and so on.

    A row of a language that the domain has is compared with domain rows of that language.
    """
    seed = work.config.seed
    asking = sorted(domain, key=lambda row: chance("select", seed, row.id))  # else a small share knows one document
    of_rows, of_domain = vectors(work, dials, rows), vectors(work, dials, asking)
    verdicts: list[Verdict] = [Verdict(None)] * len(rows)
    for (source, language), places in cells(rows).items():
        same = [n for n, row in enumerate(asking) if row.language == language] or list(range(len(asking)))
        facts = [rows[place].fact for place in places]
        turns = Turns(of_rows[places], facts)
        turns.ask(of_domain[same], [asking[n].fact for n in same])
        ordered = turns.order()
        room = quota(dials.keep, len(places))
        last = turns.round[ordered[min(room, len(places)) - 1]]
        for n, place in enumerate(places):
            verdicts[place] = Verdict(round(turns.likeness[n], 5))
        for n in ordered[room:]:
            likeness, rank = f"rds {turns.likeness[n]:.5g}", f"{turns.round[n] + 1:,}"
            detail = (
                f"{likeness}: number {rank} of {source}, {language} for the domain row that names it first; "
                f"kept are numbers up to {last + 1:,}"
            )
            verdicts[places[n]] = Verdict(round(turns.likeness[n], 5), NOT_SELECTED, detail)
    return verdicts


class Turns:
    """In which round, and by whom, each row is named first: all that round robin needs, at a few numbers a row."""

    def __init__(self, vectors: Tensor, facts: Sequence[str]) -> None:
        self._vectors = vectors
        self._of_fact: defaultdict[str, list[int]] = defaultdict(list)
        for place, fact in enumerate(facts):
            self._of_fact[fact].append(place)
        self.round = [len(facts)] * len(facts)
        self.turn = [0] * len(facts)  # which domain row names it in that round
        self.likeness = [-1.0] * len(facts)  # to the nearest domain row

    def ask(self, domain: Tensor, facts: Sequence[str]) -> None:
        """Have domain rows name all rows, each by its likeness to it; a row of its own fact comes last."""
        import torch

        count = len(self._vectors)
        first = torch.full((count,), count, device=domain.device)
        turn = torch.zeros(count, dtype=torch.long, device=domain.device)
        likeness = torch.full((count,), -1.0, device=domain.device)
        for start in range(0, len(domain), size := max(1, AT_A_TIME // count)):
            alike = domain[start : start + size] @ self._vectors.T
            for line, fact in enumerate(facts[start : start + size]):
                if fact in self._of_fact:
                    alike[line, self._of_fact[fact]] = -1.0
            ranks = torch.empty_like(alike, dtype=torch.long)
            order = alike.argsort(dim=1, descending=True, stable=True)
            ranks.scatter_(1, order, torch.arange(count, device=domain.device).expand_as(order))
            best, by = ranks.min(dim=0)
            turn = torch.where(best < first, by + start, turn)
            first = torch.minimum(first, best)
            likeness = torch.maximum(likeness, alike.max(dim=0).values)
        self.round, self.turn, self.likeness = first.tolist(), turn.tolist(), likeness.tolist()

    def order(self) -> list[int]:
        """Places in the order that they are taken in."""
        return sorted(range(len(self.round)), key=lambda n: (self.round[n], self.turn[n]))


def vectors(work: Work[MixConfig], dials: RDS, rows: Sequence[Conversation]) -> Tensor:
    with work.progress.task("rds: hidden states", len(rows)) as progress:
        reader = causal_reader(work.memo, dials.model, dials, progress.advance)
        embedded = Embeddings(reader, "position_weighted").of_conversations([row.messages for row in rows])
    if embedded.cut:
        work.notes.append(
            f"select: {embedded.cut:,} of {len(rows):,} rows are longer than max_length ({dials.max_length:,} tokens); "
            "what stands behind it was not read"
        )
    return embedded.vectors.to(pick_device(dials.model))
