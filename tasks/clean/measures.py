"""What the filters measured of the rows, as columns of numbers: 8 bytes a row and statistic."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy import bool_, float64, int16, uint16
    from numpy.typing import NDArray

NUMBERS = (int, float)  # beside a filter's statistics stand texts and truth values alone
DIGITS = 4  # that operators round to, and that are shown


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """What the filters measured of all rows that were read, a row at a time."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


class Measure(NamedTuple):
    """A statistic of a filter; the same filter may be there twice with other parameters."""

    place: int  # among the filters of the configuration
    operator: str
    field: str
    statistic: str


class Measures:
    """The statistics of rows: a line for each, with what each filter measured, up to the one that refused the row.

    The lines of about/stats.jsonl say besides whether the row was `kept`.
    """

    def __init__(self, lines: Iterable[dict[str, Any]]) -> None:
        self.languages: list[str] = []
        self._language, self._kept, self._refused = array("H"), array("b"), array("h")
        self._measures: list[Measure] = []
        self._columns: dict[tuple[int, str], array[float]] = {}  # by the filter's place and the statistic
        for line in lines:
            self._add(line)
        for column in self._columns.values():
            column.extend([nan] * (len(self) - len(column)))

    def _add(self, line: dict[str, Any]) -> None:
        if (language := line["language"]) not in self.languages:
            self.languages.append(language)
        refused, number = -1, len(self)
        for place, measured in enumerate(line["stats"]):
            if not measured["keep"]:
                refused = place
            for name, value in measured.items():
                if type(value) not in NUMBERS:
                    continue
                if (column := self._columns.get((place, name))) is None:
                    column = self._columns[place, name] = array("d")
                    self._measures.append(Measure(place, measured["operator"], measured["field"], name))
                if len(column) < number:
                    column.extend([nan] * (number - len(column)))
                column.append(value)
        self._refused.append(refused)
        self._kept.append(line.get("kept", refused < 0))
        self._language.append(self.languages.index(language))

    def __len__(self) -> int:
        return len(self._language)

    def __iter__(self) -> Iterator[Measure]:
        return iter(sorted(self._measures))

    def values(self, measure: Measure) -> NDArray[float64]:
        """Of each row; NaN where the filter did not see it, or measured nothing."""
        import numpy

        return numpy.frombuffer(self._columns[measure.place, measure.statistic])

    def speaks(self, language: str) -> NDArray[bool_]:
        """Whether each row is in a language."""
        import numpy

        languages: NDArray[uint16] = numpy.frombuffer(self._language, "uint16")
        spoken: NDArray[bool_] = languages == self.languages.index(language)
        return spoken

    def refused(self, measure: Measure) -> NDArray[bool_]:
        """Whether the measure's filter refused each row."""
        import numpy

        places: NDArray[int16] = numpy.frombuffer(self._refused, "int16")
        refused: NDArray[bool_] = places == measure.place
        return refused

    @property
    def kept(self) -> NDArray[bool_]:
        import numpy

        kept: NDArray[bool_] = numpy.frombuffer(self._kept, "bool")
        return kept
