"""Which words the rows know: one that stands in a single row may be a typing error, one of several is a word."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.clean.duplicates.texts import Text, is_chinese, is_typed

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACES = 1 << 24  # a byte each, however many rows there are; two words at one place count as one that is known better


def forms(texts: Iterable[Text]) -> set[int]:
    """The places of the longer words and of the pairs of characters in a row."""
    return {place(form) for form in set(chain.from_iterable(map(_forms, texts)))}


def _forms(text: Text) -> Iterator[str]:
    before = ""
    for word in text.words:
        if len(word) > 1:
            if is_typed(word):
                yield word
        elif before and is_chinese(word):
            yield before + word
        before = word if is_chinese(word) else ""


@lru_cache(maxsize=1 << 16)
def place(form: str) -> int:
    from xxhash import xxh32_intdigest

    return xxh32_intdigest(form.encode()) % PLACES


@lru_cache(maxsize=1 << 12)
def is_english(word: str) -> bool:
    """Whether a word stands in the list of English words that comes with unstructured."""
    from xxhash import xxh3_64_intdigest

    words, wanted = _english(), xxh3_64_intdigest(word.encode())
    at = bisect_left(words, wanted)
    return at < len(words) and words[at] == wanted


@cache
def _english() -> array[int]:
    """The words' hashes in order: a tenth of the memory of a set, and found in microseconds."""
    from xxhash import xxh3_64_intdigest

    spec = find_spec("unstructured")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError("unstructured is not installed; install the project's dependencies again")
    words = (Path(spec.submodule_search_locations[0]) / "nlp" / "english-words.txt").read_bytes()
    return array("Q", sorted(map(xxh3_64_intdigest, words.split())))


class Vocabulary:
    """In how many rows a form stands, up to 255."""

    def __init__(self) -> None:
        import numpy

        self._rows: NDArray[numpy.uint8] = numpy.zeros(PLACES, numpy.uint8)

    def add(self, places: NDArray[Any]) -> None:
        """Count one row, by the places of its forms, each once."""
        rows = self._rows[places]
        self._rows[places] = rows + (rows < 255)

    def rows(self, form: str) -> int:
        return int(self._rows[place(form)])

    def strange(self, texts: Iterable[Text]) -> int:
        """How many forms of a row stand in no other, and in no dictionary."""
        alone = (form for form in set(chain.from_iterable(map(_forms, texts))) if self.rows(form) <= 1)
        return sum(not is_english(form) for form in alone)
