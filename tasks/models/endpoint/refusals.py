"""Refused requests: is it what they ask, or would the endpoint refuse whatever is asked?"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

from artifacts.memo import Item

NUMBERED = re.compile(r"(?<!status )(?<!\S)\S*\d\S*")  # numbers, and what names a request
OF_ITS_OWN = re.compile(r"content.?(filter|policy)|inspection|inappropriate|moderat|safety", re.I)  # of what is asked


def alike(text: str) -> str:
    """What texts have in common that differ in numbers alone."""
    return NUMBERED.sub("#", text)


class Refusals:
    """Watches requests in the order of their sending, in which replies need not come.

    An account in arrears has every request refused, with one text; so as many in a row are the endpoint's fault. A
    refusal is to be kept only when a request that was sent after it was answered, or when it speaks of what is asked.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit  # alike, in a row
        self._numbers = itertools.count()
        self._in_flight: set[int] = set()
        self._doubtful: dict[int, tuple[str, Item]] = {}  # those that nothing was answered after, and their texts
        self._answered = -1  # the last sent of what was answered

    @contextmanager
    def sent(self) -> Iterator[int]:
        """The number of a request in the order of sending, while it is under way."""
        number = next(self._numbers)
        self._in_flight.add(number)
        try:
            yield number
        finally:
            self._in_flight.discard(number)

    def answered(self, number: int) -> list[Item]:
        """The refusals that are to be kept now."""
        self._answered = max(self._answered, number)
        certain = [other for other in self._doubtful if other < self._answered]
        return [self._doubtful.pop(other)[1] for other in certain]

    def refused(self, number: int, text: str, item: Item) -> list[Item]:
        """The refusal where it is to be kept at once."""
        if number < self._answered or OF_ITS_OWN.search(text):
            return [item]
        self._doubtful[number] = (alike(text), item)
        return []

    def row(self, number: int) -> int:
        """How many requests were refused like this one, without another between them; 0 where it is too few to tell."""
        others = self._in_flight - {number}
        first = max((other for other in others if other < number), default=-1)
        last = min((other for other in others if other > number), default=math.inf)
        texts = [text for other, (text, _) in sorted(self._doubtful.items()) if first < other < last]
        longest = max((len(list(same)) for _, same in itertools.groupby(texts)), default=0)
        return longest if longest >= self._limit else 0
