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

ABOUT_IT = ("operator", "field", "keep")  # what stands beside a filter's statistics; all else is one
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
        self._columns: dict[Measure, array[float]] = {}
        for line in lines:
            self._add(line)
        for column in self._columns.values():
            column.extend([nan] * (len(self) - len(column)))

    def _add(self, line: dict[str, Any]) -> None:
        if (language := line["language"]) not in self.languages:
            self.languages.append(language)
        refused = -1
        for place, measured in enumerate(line["stats"]):
            operator, field = measured["operator"], measured["field"]
            if not measured["keep"]:
                refused = place
            for name, value in measured.items():
                if name in ABOUT_IT or isinstance(value, bool) or not isinstance(value, int | float):
                    continue
                column = self._columns.setdefault(Measure(place, operator, field, name), array("d"))
                column.extend([nan] * (len(self) - len(column)))
                column.append(value)
        self._refused.append(refused)
        self._kept.append(line.get("kept", refused < 0))
        self._language.append(self.languages.index(language))

    def __len__(self) -> int:
        return len(self._language)

    def __iter__(self) -> Iterator[Measure]:
        return iter(sorted(self._columns))

    def values(self, measure: Measure) -> NDArray[float64]:
        """Of each row; NaN where the filter did not see it, or measured nothing."""
        import numpy

        return numpy.frombuffer(self._columns[measure])

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
