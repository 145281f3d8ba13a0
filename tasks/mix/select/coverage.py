"""k-center greedy (https://arxiv.org/abs/1708.00489): rows such that every other one is near to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


CHOSEN = -1.0  # in place of the distance of a row that was chosen, so that it is never again


class Coverage:
    """How far rows are from those that were chosen, by cosine distance; n rows take n distances, and not n x n."""

    def __init__(self, vectors: Tensor) -> None:
        """`vectors`: rows x size, each of length 1; they are worked on where they are."""
        import torch

        self._vectors = vectors
        self.distances = torch.full((len(vectors),), torch.inf, device=vectors.device)  # to the nearest chosen row

    def choose(self, candidates: Sequence[int], count: int, first: int) -> list[int]:
        """As many of the candidates, each the farthest from all chosen so far; `first` begins where none are."""
        import torch

        left = self.distances > CHOSEN
        candidates = [place for place in candidates if left[place]]
        places = torch.tensor(candidates, device=self._vectors.device)
        found: list[int] = []
        while len(found) < min(count, len(candidates)):
            begins = bool(torch.isinf(self.distances[places]).all())
            place = first if begins else candidates[int(self.distances[places].argmax())]
            found.append(place)
            self.distances = torch.minimum(self.distances, 1 - self._vectors @ self._vectors[place])
            self.distances[place] = CHOSEN
        return found
