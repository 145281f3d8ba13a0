"""Documents that say nearly the same: candidates by simhash, each compared in full before it is told.

Charikar 2002, https://doi.org/10.1145/509907.509965: the share of bits in which two hashes differ is the angle between
the texts, so what is alike is found without comparing every text with every other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORDS = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")  # a character of Chinese counts as a word
SHINGLE = 3  # words
BITS = 64
MAX_DISTANCE = 12  # bits in which the hashes of near-identical texts differ; 0.8 of shingles shared is about 10
MIN_SIMILARITY = 0.8
MOST_COMPARED = 5  # texts that a document is compared with, the nearest first
ROWS_AT_A_TIME = 1024  # of the table of all distances


@dataclass(frozen=True)
class Near:
    """A document, an earlier one that it is nearly the same as, and the share of word triples that they share."""

    document: str
    other: str
    similarity: float


def fingerprint(text: str) -> int:
    """The simhash of a text's word triples, 64 bits."""
    import numpy as np

    words = words_of(text)
    known = {word: int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest()) for word in set(words)}
    hashes = np.fromiter(map(known.__getitem__, words), np.uint64, len(words))
    triples = np.zeros(max(1, len(words) - SHINGLE + 1), np.uint64)
    for place in range(min(SHINGLE, len(words))):  # a word counts by its place, so that order matters
        triples = _mixed(triples) ^ hashes[place : place + len(triples)]
    triples = _mixed(triples)
    set_bits = [int(np.count_nonzero(triples & np.uint64(1 << bit))) for bit in range(BITS)]
    return sum(1 << bit for bit, times in enumerate(set_bits) if times * 2 > len(triples))


def _mixed(numbers: Any) -> Any:
    """The finaliser of splitmix64 (Steele et al. 2014, https://doi.org/10.1145/2660193.2660195), on an array."""
    import numpy as np

    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def words_of(text: str) -> list[str]:
    return WORDS.findall(text.lower().encode(errors="replace").decode())


def shingles(text: str) -> set[str]:
    words = words_of(text)
    return {" ".join(words[place : place + SHINGLE]) for place in range(max(1, len(words) - SHINGLE + 1))}


def near(fingerprints: Mapping[str, int], text_of: Callable[[str], str]) -> Iterator[Near]:
    """Each document that is nearly the same as one before it, with the first such found."""
    documents = list(fingerprints)
    for place, others in _candidates(list(fingerprints.values())):
        own = shingles(text_of(documents[place]))
        for other in others[:MOST_COMPARED]:
            theirs = shingles(text_of(documents[other]))
            similarity = len(own & theirs) / len(own | theirs)
            if similarity >= MIN_SIMILARITY:
                yield Near(documents[place], documents[other], round(similarity, 3))
                break


def _candidates(hashes: list[int]) -> Iterator[tuple[int, list[int]]]:
    """For each place the earlier places whose hash is near, the nearest first."""
    import numpy as np

    table = np.array(hashes, np.uint64)
    for begin in range(0, len(table), ROWS_AT_A_TIME):
        rows = table[begin : begin + ROWS_AT_A_TIME]
        distances = np.bitwise_count(rows[:, None] ^ table[None, : begin + len(rows)])
        for row, place in enumerate(range(begin, begin + len(rows))):
            before = distances[row, :place]
            close = np.flatnonzero(before <= MAX_DISTANCE)
            if len(close):
                yield place, [int(other) for other in close[np.argsort(before[close], kind="stable")]]
