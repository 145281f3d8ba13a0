"""Rows that lie far out in what the filters measured, where the data itself says what is far.

A published threshold is for the texts that it was tried on, mostly English; a language's own distribution needs none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.records import QAPair
from artifacts.stage import Work
from tasks.clean.config import CleanConfig, Outliers
from tasks.clean.measures import DIGITS, Measure, Measures, lines_of
from tasks.clean.rows import Rows

if TYPE_CHECKING:
    from numpy import bool_, float64
    from numpy.typing import NDArray

NORMAL = 1.4826  # standard deviations of a normal distribution in its median absolute deviation
NO_SPREAD = "most rows have one and the same value, so that it does not say what is far out"


@dataclass(frozen=True)
class Cut:
    """Where one statistic of one language is cut; without bounds, why it is not."""

    measure: Measure
    language: str
    rows: int
    bounds: tuple[float, float] | None
    why_not: str = ""

    def beyond(self, values: NDArray[float64]) -> NDArray[bool_]:
        low, high = self.bounds or (-float("inf"), float("inf"))
        return (values < low) | (values > high)  # nothing measured (NaN) is neither

    def told(self, value: float) -> str:
        """Why a value is left out: `answer: text_len 812 is above 301.5, the cut of en`."""
        assert self.bounds is not None
        side, bound = ("below", self.bounds[0]) if value < self.bounds[0] else ("above", self.bounds[1])
        _, operator, field, statistic = self.measure
        cut = f"the cut of {self.rows:,} {self.language} rows"
        return f"{field}: {statistic} {value:.{DIGITS}g} is {side} {bound:.{DIGITS}g}, {cut} ({operator})"

    def as_fact(self, left_out: int) -> dict[str, Any]:
        low, high = self.bounds or (None, None)
        fact = {**self.measure._asdict(), "language": self.language, "rows": self.rows, "low": low, "high": high}
        return fact | ({"left_out": left_out} if self.bounds else {"why_not": self.why_not})


def without_outliers(work: Work[CleanConfig], rows: Rows, statistics: Path) -> Iterator[QAPair]:
    """The rows that no statistic has far out; the cuts go into the artifact's facts."""
    import numpy

    dials = work.config.outliers
    assert dials is not None
    measures = Measures(of_rows(rows, lines_of(statistics)))
    far_out: dict[int, list[str]] = {}
    facts = []
    for measure in chosen(work, measures, dials):
        values = measures.values(measure)
        for language in measures.languages:
            spoken = values[measures.speaks(language)]
            cut = cut_of(spoken[~numpy.isnan(spoken)], dials, measure, language)
            (beyond,) = numpy.nonzero(cut.beyond(values) & measures.speaks(language))
            for number in beyond.tolist():
                far_out.setdefault(number, []).append(cut.told(float(values[number])))
            facts.append(cut.as_fact(len(beyond)))
    work.facts["outliers"] = facts
    tell_uncut(work, facts)
    for number, pair in enumerate(rows):
        if number in far_out:
            work.reject("outlier", pair, "; ".join(far_out[number]))
        else:
            yield pair


def of_rows(rows: Rows, lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines of rows that are still there; they stand in the same order."""
    for pair in rows:
        yield next(line for line in lines if line["id"] == pair.id)


def chosen(work: Work[CleanConfig], measures: Measures, dials: Outliers) -> list[Measure]:
    """The statistics to cut by; a note names those of the configuration that no row has as a number."""
    found = [each for each in measures if not dials.statistics or each.statistic in dials.statistics]
    missing = sorted(set(dials.statistics) - {each.statistic for each in found})
    if missing:
        work.notes.append(f"clean.outliers: no row has a number for {', '.join(missing)}, so nothing is cut by it")
    return found


def cut_of(values: NDArray[float64], dials: Outliers, measure: Measure, language: str) -> Cut:
    if len(values) < dials.min_rows:
        return Cut(measure, language, len(values), None, f"fewer than {dials.min_rows} rows (clean.outliers.min_rows)")
    bounds = bounds_of(values, dials)
    return Cut(measure, language, len(values), bounds, "" if bounds else NO_SPREAD)


def bounds_of(values: NDArray[float64], dials: Outliers) -> tuple[float, float] | None:
    """What is not far out, both ends included; None where the values have no spread to tell it by.

    A median absolute deviation of 0 says that more than half of the rows have one value. Any other would be infinitely
    many deviations away, be it 1 row or 49 of 100, so that nothing is cut then.
    """
    import numpy

    if values.min() == values.max():
        return None
    match dials.method:
        case "quantile":
            low, high = numpy.quantile(values, (dials.lowest, dials.highest))
            return float(low), float(high)
        case "sigma":
            middle, spread = values.mean(), values.std()
        case "mad":
            middle = numpy.median(values)
            spread = NORMAL * numpy.median(numpy.abs(values - middle))
    return (float(middle - dials.k * spread), float(middle + dials.k * spread)) if spread else None


def tell_uncut(work: Work[CleanConfig], facts: list[dict[str, Any]]) -> None:
    """Note, once for each reason, what was not cut; of a filter that stands there several times, how many of them."""
    filters = Counter(_named(fact) for fact in facts)
    uncut: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for fact in facts:
        if why := fact.get("why_not"):
            uncut.setdefault((fact["language"], why), Counter())[_named(fact)] += 1
    for (language, why), counts in uncut.items():
        told = [
            name if count == (there := filters[language, name]) else f"{name} ({count} of {there} filters)"
            for (_, name), count in counts.items()
        ]
        work.notes.append(f"outliers of {language} are not cut by {', '.join(told)}: {why}")


def _named(fact: dict[str, Any]) -> tuple[str, str]:
    return fact["language"], f"{fact['statistic']} of {fact['field']}"
