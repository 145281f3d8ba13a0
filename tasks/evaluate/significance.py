"""How sure a difference is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from math import comb, sqrt

Z = 1.959964  # of a two-sided 95 % interval


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p-value of McNemar's test for paired answers: is gaining as likely as losing?

    Only the questions on which two models differ count; under the null hypothesis each goes either way with one half
    (McNemar 1947, https://doi.org/10.1007/BF02295996; exact form in Dietterich 1998,
    https://doi.org/10.1162/089976698300017197).
    """
    differ = gained + lost
    tail = sum(comb(differ, count) for count in range(min(gained, lost) + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 2**differ)))


def wilson(right: int, total: int) -> tuple[float, float]:
    """95 % interval of a share, which holds for few questions and for shares near 0 and 1 as well.

    Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953
    """
    if total == 0:
        return 0.0, 1.0
    share, spread = right / total, Z * Z / total
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(clusters: Sequence[tuple[int, int]], resamples: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of the sum of gains per question, drawing whole clusters with replacement.

    A cluster is (questions, gain): the questions about one document stand or fall together, so to draw them one by
    one would make the interval too narrow (Cameron, Gelbach and Miller 2008, https://doi.org/10.1162/rest.90.3.414).
    """
    draw = random.Random(seed)
    shares = []
    for _ in range(resamples):
        drawn = draw.choices(clusters, k=len(clusters))
        shares.append(sum(gain for _, gain in drawn) / sum(total for total, _ in drawn))
    shares.sort()
    return shares[int(0.025 * (resamples - 1))], shares[round(0.975 * (resamples - 1))]
