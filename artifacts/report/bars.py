"""Histograms as text, for pages that take Markdown alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import ceil
from typing import Any

LENGTH = 40  # characters of the longest bar
STAYS, LEFT = "█", "░"


def histogram(distribution: dict[str, Any]) -> str:
    """A line a bar: the interval, how many rows stay and how many are left out, drawn and told."""
    edges = distribution["edges"]
    if not edges:
        return f"all {distribution['rows']:,} rows: {number(distribution['lowest'])}"
    names = list(intervals(edges))
    width = max(map(len, names))
    most = max(a + b for a, b in zip(distribution["within"], distribution["outside"], strict=True))
    lines = []
    for name, within, outside in zip(names, distribution["within"], distribution["outside"], strict=True):
        stays, left = (ceil(LENGTH * count / most) for count in (within, outside))
        told = f"{within:,}" + (f", {outside:,} left out" if outside else "")
        lines.append(f"{name:>{width}} {STAYS * stays}{LEFT * left} {told}")
    return "\n".join(lines)


def intervals(edges: list[float]) -> Iterator[str]:
    """What each bar holds; the outermost hold all that is farther out, too."""
    last = len(edges) - 2
    for place, (low, high) in enumerate(pairwise(edges)):
        if last == 0:
            yield "all"
        elif place == 0:
            yield f"< {number(high)}"
        else:
            yield f">= {number(low)}" if place == last else f"{number(low)} to {number(high)}"


def number(value: float | None) -> str:
    """Four significant digits, and whole numbers whole."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == round(value) else f"{value:.4g}"


def bounds(distribution: dict[str, Any], kind: str) -> str:
    """The ends of what is allowed (`allowed`) or not far out (`cut`): `3 to 1,000`, `at least 3`, or nothing."""
    low, high = distribution[kind]["low"], distribution[kind]["high"]
    if low is not None and high is not None:
        return f"{number(low)} to {number(high)}"
    return f"at least {number(low)}" if low is not None else f"at most {number(high)}" if high is not None else ""
