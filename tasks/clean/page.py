"""What the stage shows of itself: each statistic's distribution with its bounds, and rows on both sides of each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from artifacts.stage import Work
from artifacts.store import ABOUT
from tasks.clean.config import CleanConfig
from tasks.clean.measures import Measures, lines_of
from tasks.clean.operators.loaded import Loaded
from tasks.clean.rows import Rows

if TYPE_CHECKING:
    from numpy import bool_, float64
    from numpy.typing import NDArray

BARS = 16  # of a histogram
MIDDLE = (0.005, 0.995)  # quantiles between which bars stand; a few giants would squeeze all others into one
SHOWN = 2  # rows on each side of a bound, and duplicates of each kind
LONG = 240  # characters of a text that are shown
DISTRIBUTIONS = f"{ABOUT}/distributions.jsonl"
DUPLICATES = re.compile(r"duplicates (\S+) \(similarity ([\d.]+)[;)]")  # how the detail of such a reject begins

Row = dict[str, Any]


def tell(work: Work[CleanConfig], operators: Iterable[Loaded], read: Rows, left: Rows) -> dict[str, Any]:
    """Write the distributions for the report; returns what the stage's page shows."""
    filters = [operator for operator in operators if operator.name.endswith("_filter")]
    reasons, first, pairs = left_out(work.left_out())
    far_out = {reject["record"]["id"] for reject in work.left_out() if reject["reason"] == "outlier"}
    wanted = {pair["of"] for pair in pairs} | far_out
    numbers: dict[str, int] = {}
    measures = Measures(noting(lines_of(work.out / ABOUT / "stats.jsonl"), wanted, numbers))
    kept = Kept(measures, left, [numbers[name] for name in far_out])
    for pair in pairs:
        pair["kept"] = kept.row(numbers[pair["of"]]) if pair["of"] in numbers else None
    found = list(distributions(measures, filters, work.facts.get("outliers", ()), kept, read))
    fill_examples(found, work.left_out())
    work.write(DISTRIBUTIONS, found)
    edits = {name: count for name, count in work.counts.items() if name == "edited" or name.startswith("masked")}
    languages = sorted({language for counts in reasons.values() for language in counts})
    return {
        "reasons": reasons,
        "examples": first,
        "languages": languages,
        "edits": edits,
        "duplicates": pairs,
        "filters": by_filter(found),
        "rows": len(measures),
    }


def left_out(rejects: Iterable[Row]) -> tuple[dict[str, Counter[str]], dict[str, str], list[Row]]:
    """How many of each reason and language, a question of each reason, and the least alike of each duplicate kind."""
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, str] = {}
    nearest: dict[str, list[Row]] = defaultdict(list)
    for reject in rejects:
        reason, record = reject["reason"], reject["record"]
        reasons[reason][record.get("language", "")] += 1
        first.setdefault(reason, str(record.get("question", "")))
        if match := DUPLICATES.match(reject["detail"]):
            row = {"reason": reason, "of": match[1], "similarity": float(match[2]), "dropped": brief(record)}
            nearest[reason] = sorted([*nearest[reason], row], key=lambda row: float(row["similarity"]))[:SHOWN]
    counted = dict(sorted(reasons.items(), key=lambda item: -item[1].total()))
    return counted, first, [row for rows in nearest.values() for row in rows]


def noting(lines: Iterable[Row], wanted: set[str], numbers: dict[str, int]) -> Iterator[Row]:
    """The lines, with the numbers noted of those that are wanted."""
    for number, line in enumerate(lines):
        if line["id"] in wanted:
            numbers[line["id"]] = number
        yield line


class Kept:
    """The rows that stayed, and those left out as outliers, by the numbers that they were read with."""

    def __init__(self, measures: Measures, left: Rows, far_out: list[int]) -> None:
        import numpy

        self.stays = measures.kept
        self.far_out = numpy.zeros(len(self.stays), bool)
        self.far_out[far_out] = True
        self._left, self._places = left, numpy.cumsum(self.stays) - 1

    def row(self, number: int) -> Row | None:
        return brief(self._left[int(self._places[number])].model_dump()) if self.stays[number] else None


def distributions(
    measures: Measures, filters: list[Loaded], outliers: Iterable[Row], kept: Kept, read: Rows
) -> Iterator[Row]:
    """For each statistic and language: bars, bounds, and rows at the bounds; those left out by their ids."""
    import numpy

    cuts = {(each["place"], each["statistic"], each["language"]): each for each in outliers}
    measured = Counter(measure.place for measure in measures)
    for measure in measures:
        limits = filters[measure.place].limits if measured[measure.place] == 1 else {}
        for language in sorted(measures.languages):
            values = measures.values(measure)
            (numbers,) = numpy.nonzero(measures.speaks(language) & ~numpy.isnan(values))
            if not len(numbers):
                continue
            cut = cuts.get((measure.place, measure.statistic, language), {})
            low, high = cut.get("low"), cut.get("high")
            spoken, outside = values[numbers], measures.refused(measure)[numbers]
            if low is not None and high is not None:  # a row beyond may have gone for another reason before
                outside = outside | (kept.far_out[numbers] & ((spoken < low) | (spoken > high)))
                low = None if low < 0 <= spoken.min() else low  # of lengths and shares, which are never below 0
            allowed = {
                "allowed": _pair(_only(limits, "min_"), _only(limits, "max_")),
                "cut": _pair(low, high),
            }
            bounds = [bound for pair in allowed.values() for bound in pair.values() if bound is not None]
            yield {
                **measure._asdict(),
                "language": language,
                "rows": len(numbers),
                "left_out": int(outside.sum()),
                "lowest": float(spoken.min()),
                "highest": float(spoken.max()),
                "bounds": filters[measure.place].bounds,
                **allowed,
                **bars(spoken, outside, bounds),
                "examples": list(examples(spoken, outside, numbers, kept, read)),
            }


def bars(values: NDArray[float64], outside: NDArray[bool_], bounds: Iterable[float]) -> Row:
    """A histogram: edges, and the rows between them that are within the bounds and outside.

    The first and the last bar hold all that is beyond the edges, too; where all values are one, there are no bars.
    """
    import numpy

    lowest, highest = values.min(), values.max()
    if lowest == highest:
        return {"edges": [], "within": [], "outside": []}
    low, high = numpy.quantile(values, MIDDLE)
    seen = [bound for bound in bounds if lowest <= bound <= highest]
    low, high = (low, high) if low < high else (lowest, highest)
    low, high = min([low, *seen]), max([high, *seen])
    if (values == numpy.round(values)).all():  # whole numbers: no bar without one
        low, step = numpy.floor(low), max(1, numpy.ceil((high - low + 1) / BARS))
        edges = numpy.arange(low, high + 1 + step, step)
    else:
        edges = numpy.linspace(low, high, BARS + 1)
    clipped = numpy.clip(values, edges[0], edges[-1])
    within, _ = numpy.histogram(clipped[~outside], edges)
    without, _ = numpy.histogram(clipped[outside], edges)
    return {"edges": edges.round(6).tolist(), "within": within.tolist(), "outside": without.tolist()}


def examples(
    values: NDArray[float64], outside: NDArray[bool_], numbers: NDArray[Any], kept: Kept, read: Rows
) -> Iterator[Row]:
    """The rows nearest to the ends of what stays, on both sides of each."""
    import numpy

    within = ~outside
    if not within.any():
        return
    middle = numpy.median(values[within])
    stays = within & kept.stays[numbers]
    for end, sign in (("low", 1), ("high", -1)):
        ranks = values * sign
        (beyond,), (near,) = numpy.nonzero(outside & (ranks < middle * sign)), numpy.nonzero(stays)
        last_out = beyond[numpy.argsort(-ranks[beyond], kind="stable")[:SHOWN]][::-1]
        first_in = near[numpy.argsort(ranks[near], kind="stable")[: SHOWN if len(last_out) else 1]]
        for place in last_out.tolist():
            yield {"end": end, "value": float(values[place]), "stays": False, "id": read[int(numbers[place])].id}
        for place in first_in.tolist():
            row = kept.row(int(numbers[place])) or {}
            yield {"end": end, "value": float(values[place]), "stays": True, **row}


def fill_examples(found: list[Row], rejects: Iterable[Row]) -> None:
    """Give the examples that were left out their texts, as the rejects have them: masked, where that was asked for."""
    wanted: dict[str, list[Row]] = defaultdict(list)
    for distribution in found:
        for example in distribution["examples"]:
            if not example["stays"]:
                wanted[example["id"]].append(example)
    for reject in rejects:
        for example in wanted.get(reject["record"].get("id", ""), ()):
            example.update(brief(reject["record"]))


def by_filter(found: Iterable[Row]) -> list[tuple[Row, list[Row]]]:
    """The distributions of each statistic together, with the first of them for what they share."""
    groups = (list(group) for _, group in groupby(found, lambda each: (each["place"], each["statistic"])))
    return [(group[0], group) for group in groups]


def brief(record: Mapping[str, Any]) -> Row:
    """A row's id and texts, as far as they are shown."""
    row = {"id": record["id"]}
    for name in ("question", "answer"):
        text = str(record[name])
        row[name] = text if len(text) <= LONG else text[:LONG] + " …"
    return row


def _only(limits: Mapping[str, float], prefix: str) -> float | None:
    found = [value for name, value in limits.items() if name.startswith(prefix)]
    return found[0] if len(found) == 1 else None


def _pair(low: float | None, high: float | None) -> dict[str, float | None]:
    return {"low": low, "high": high}
