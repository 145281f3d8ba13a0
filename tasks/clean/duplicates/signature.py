"""What is remembered of a row: numbers of a few bytes, made in the engine's processes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from artifacts.records import QAPair
from tasks.clean.config import CleanConfig
from tasks.clean.duplicates.compare import Row
from tasks.clean.duplicates.texts import as_written
from tasks.clean.duplicates.vocabulary import forms
from tasks.clean.operators.catalogue import DEDUPLICATORS
from tasks.clean.operators.loaded import Loaded, load
from tasks.models.language.match import contains_value
from tasks.models.language.wording import CJK, normalize

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

BROKEN = ("\ufffd", "锟斤拷", "Ã", "â€")  # what text looks like that was decoded wrong
WITHOUT_SPACES = re.compile(rf"[{CJK}]{{2}}")
ENDS = tuple(".!?。！？…)]）】」”\"'`|0123456789")


class Signature(NamedTuple):
    said: int  # one for all rows of one normal form
    shared: int  # one for all rows that may be duplicates of one another
    fact: int  # one for all rows of one fact and kind
    proven: int  # the better row first: 4 for one that states its value, 2 for one with evidence, 1 for one with steps
    finish: int  # then: not broken, not cut off, of more text
    size: int  # characters that were hashed
    hashes: tuple[bytes, ...]  # of each deduplicator
    forms: bytes  # places of its words in a vocabulary


def signatures(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[Signature]]:
    hashers = of(config)
    return lambda pairs: [_signature(pair, hashers) for pair in pairs]


def of(config: CleanConfig) -> list[Hasher]:
    return [Hasher(each) for each in load([each for each in config.operators if each.name in DEDUPLICATORS])]


def _signature(pair: QAPair, hashers: Sequence[Hasher]) -> Signature:
    import numpy

    row = Row(pair)
    broken = any(mark in f"{pair.question}{pair.answer}" for mark in BROKEN)
    whole = pair.answer.rstrip().endswith(ENDS)
    return Signature(
        said=digest("\0".join(said(pair))),
        shared=digest("\0".join(row.shared)),
        fact=digest(f"{pair.kind}\0{pair.fact}"),
        proven=4 * contains_value(pair.answer, pair.value, pair.aliases)
        + 2 * bool(pair.evidence)
        + bool(pair.reasoning),
        finish=(2 * (not broken) + whole) << 24 | min(len(row.answer.content), (1 << 24) - 1),
        size=len(pair.question) + len(pair.answer),
        hashes=tuple(hasher.hash(pair).tobytes() for hasher in hashers),
        forms=numpy.array(sorted(forms(row.texts)) if hashers else [], "uint32").tobytes(),
    )


def said(pair: QAPair) -> tuple[str, ...]:
    """The whole prompt and the answer in normal form, and what counts as it is written."""
    texts = (*(turn["content"] for turn in pair.prompt()), pair.answer)
    return (*map(normalize, texts), *chain.from_iterable(map(as_written, texts)))


def digest(text: str) -> int:
    from xxhash import xxh3_64_intdigest

    return xxh3_64_intdigest(text.encode(errors="surrogatepass"))


class Hasher:
    """A deduplicator's hashes, by its own parameters.

    Its shingles are hashed by xxHash where data-juicer takes MD5 and SHA-1, and minhash's permutations are
    multiply-shift (Dietzfelbinger et al. 1997, https://doi.org/10.1006/jagm.1997.0873) where it takes remainders of a
    Mersenne prime: as uniform, and all other steps the same, at a tenth of the time.
    """

    def __init__(self, operator: Loaded) -> None:
        import numpy

        self.name, self.op, self._fields = operator.name, operator.op, operator.fields
        self.is_simhash = self.name.startswith("document_simhash")
        self.width = 1 if self.is_simhash else self.op.num_bands
        permutations = 0 if self.is_simhash else self.op.num_permutation
        drawn = numpy.random.default_rng(42).integers(0, 1 << 63, (2, permutations), numpy.uint64)
        self._factors, self._terms = drawn[0] | numpy.uint64(1), drawn[1]

    def hash(self, pair: QAPair) -> NDArray[numpy.uint64]:
        """One simhash, or a number for each of minhash's bands."""
        import numpy
        from simhash import compute
        from xxhash import xxh3_64_intdigest

        text = "\n".join(getattr(pair, name) for name in self._fields)
        hashes = [xxh3_64_intdigest(shingle.encode(errors="surrogatepass")) for shingle in self.shingles(text)]
        if self.is_simhash:
            return numpy.array([compute(hashes)], "uint64")
        low = numpy.array(hashes, "uint64")[:, None] >> numpy.uint64(32)
        least = ((low * self._factors + self._terms) >> numpy.uint64(32)).min(axis=0).astype("uint32")
        bands = [xxh3_64_intdigest(least[start:end].tobytes()) for start, end in self.op.hash_ranges]
        return numpy.array(bands, "uint64")

    def shingles(self, text: str) -> list[str]:
        """Its windows over the text, no longer than the text; a language without spaces is read by characters."""
        text = text.lower() if self.op.lowercase else text
        if self.op.ignore_pattern:
            text = self.op.ignore_pattern.sub("", text)
        tokens, joint = self._tokens(text)
        window = max(1, min(self.op.window_size, len(tokens)))
        return [joint.join(tokens[start : start + window]) for start in range(max(1, len(tokens) - window + 1))]

    def _tokens(self, text: str) -> tuple[Sequence[str], str]:
        match self.op.tokenization:
            case "sentencepiece":
                return self.op.tokenizer.encode(text, out_type=str), ""
            case "punctuation" if not WITHOUT_SPACES.search(text):
                return self.op.punctuation_pattern.split(text), " "
            case "space" if not WITHOUT_SPACES.search(text):
                return text.split(), " "
        return text, ""

    def near(self, hashes: NDArray[Any], one: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """How far hashes are from one, and which of them the operator takes for near."""
        import numpy

        if self.is_simhash:
            far = numpy.bitwise_count(hashes[:, 0] ^ one[0])
            return far, far <= self.op.hamming_distance
        far = (hashes != one).sum(axis=1)
        return far, far < self.width
