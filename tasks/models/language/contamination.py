"""Does a row hold a question of an evaluation set? A model that was trained on it is measured by what it remembers.

A row does where it has

- as many words in a row of a question as are a copy (https://arxiv.org/abs/2005.14165, appendix C); a Chinese character
  counts as one. Words that many questions share are a form, and no copy;
- a shorter question whole, from where a sentence begins to where one ends;
- in the user's words a text that is nearly a question: near by simhash, then alike by trigrams (two Chinese ones: by
  pairs of characters), with the same numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from artifacts.records import Message, Record
from artifacts.stage import StageError
from tasks.models.language.leak import COURTESY, NEAR, NEAR_CJK, pairs_shared
from tasks.models.language.match import CJK, CJK_MARKS, plain
from tasks.models.language.wording import GRAM, marks, normalize, similarity

FILE = "evaluation.json"
COMMON = 10  # questions that share words; from more on they are the form of a set, as "choose the right answer"
LEAST = 3.0  # words of the shortest question that counts: "Why?" and "继续" stand everywhere
CHARACTER = 0.5  # of a word
NEAR_BITS = 16  # of 64 in which two simhashes may differ: texts alike by 0.8 differ in 10 +- 3, others in 32 +- 4
SHOWN = 200  # characters
LETTERS = "ABCDEFGHIJ"  # of options
PAIRS = NEAR_CJK / NEAR  # what Chinese questions share of pairs, where English ones share 1 of trigrams

WORD = re.compile(rf"(?![{CJK_MARKS}])[{CJK}]|[^\W_{CJK}]+")
ONE_CJK = re.compile(f"[{CJK}]")
SPELLINGS = (  # of words that ask the same
    (re.compile(r"\b(what|who|which|where|when|how|why|that|there|here|it|he|she)'s\b"), r"\1 is"),
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"(?<=\w)n't\b"), " not"),
    (re.compile(r"(?<=\w)'re\b"), " are"),
    (re.compile(r"\bof the following\b"), "of these"),
    (re.compile(r"\b(?:the|an?) (?=\w)|,(?= )"), ""),
    (re.compile(r"不得(?!不)|不可(?![以或])|不准"), "不能"),
    (re.compile(r"哪儿"), "哪里"),
)
BESIDE_CJK = re.compile(rf"(?<=[{CJK}]) | (?=[{CJK}])")
CLAUSE = re.compile(r"[^.!?;:,…。！？；：，、\n\"“”‘’「」『』()（）\[\]【】*#|>]+")


class EvaluationQuestion(Record):
    """A question that a model is measured by."""

    set: str
    item: str  # its id, or where it stands
    question: str
    options: tuple[str, ...] = ()  # count only where several items have one question


class EvaluationSets(Record):
    """What clean hands on to the stages after it: the questions, and what is taken for one of them."""

    ngram: int
    min_similarity: float
    questions: tuple[EvaluationQuestion, ...] = ()


class Overlap(NamedTuple):
    """What a row has of a question."""

    set: str
    item: str
    question: str
    words: str  # that both have
    near: str = ""  # of the row, where its words are nearly the question's

    def told(self) -> str:
        has = f"asks {self.near[:SHOWN]!r}, nearly" if self.near else f"shares {self.words[:SHOWN]!r} with"
        return f"{has} {self.item} of the evaluation set {self.set}: {self.question[:SHOWN]!r}"


class Contamination:
    """Finds rows that hold a question, in time and memory that don't grow with the rows."""

    def __init__(self, sets: EvaluationSets) -> None:
        self._n, self._least = sets.ngram, sets.min_similarity
        self._questions = sets.questions
        self._texts = _texts(sets.questions)
        self._grams: dict[int, int] = {}  # hash of n words -> number of a question
        self._whole: dict[int, int] = {}  # hash of all words of a shorter one
        shared: defaultdict[int, int] = defaultdict(int)
        for number, text in enumerate(self._texts):
            words = _words(text)
            if _weight(words) < LEAST:
                continue
            if len(words) < self._n:
                self._whole.setdefault(hash(tuple(words)), number)
            for gram in set(_grams(words, self._n)):
                if self._grams.setdefault(gram, number) != number:
                    shared[gram] += 1
        for gram, others in shared.items():
            if others >= COMMON:
                del self._grams[gram]

    @classmethod
    def of(cls, folder: Path | None) -> Contamination:
        """The questions that clean's artifact hands on; none where there are none."""
        path = folder / FILE if folder else None
        if path is None or not path.is_file():
            return cls(EvaluationSets(ngram=1, min_similarity=1))
        return cls(EvaluationSets.model_validate_json(path.read_text(encoding="utf-8")))

    def find(self, messages: Iterable[Message]) -> Overlap | None:
        """What a row shares with the first question that it holds."""
        if not self._texts:
            return None
        messages = list(messages)
        for message in messages:
            if (overlap := self._copied(message["content"])) is not None:
                return overlap
        asked = (message["content"] for message in messages if message["role"] == "user")
        for text in chain.from_iterable(dict.fromkeys([turn, *turn.splitlines()]) for turn in asked):
            if (overlap := self._near(text)) is not None:
                return overlap
        return None

    def refuse(self, stage: str, row: str, messages: Iterable[Message]) -> None:
        """Stop a stage before it trains on a row that holds a question: the set would measure what was drilled."""
        if (overlap := self.find(messages)) is not None:
            raise StageError(
                f"{stage}: row {row} {overlap.told()}; make the data again (--force clean --force mix), or take the "
                "row out of its source"
            )

    def _copied(self, text: str) -> Overlap | None:
        words = _words(text)
        for place, gram in enumerate(_grams(words, self._n)):
            if (number := self._grams.get(gram)) is not None:
                return self._overlap(number, self._run(words, place, number))
        if self._whole:
            for stretch in _stretches(text, self._n - 1):
                if (number := self._whole.get(hash(stretch))) is not None:
                    return self._overlap(number, stretch)
        return None

    def _run(self, words: Sequence[str], place: int, number: int) -> Sequence[str]:
        """All words in a row that a text shares with a question, from a place on."""
        question = _words(self._texts[number])
        at = next((i for i in range(len(question)) if question[i : i + self._n] == words[place : place + self._n]), 0)
        length = self._n
        while question[at + length : at + length + 1] == words[place + length : place + length + 1] != []:
            length += 1
        return words[place : place + length]

    def _near(self, text: str) -> Overlap | None:
        normal = _normal(COURTESY.sub("", text, count=1) or text)
        if not self._shortest <= len(normal) <= self._longest:
            return None
        import numpy

        bits = numpy.bitwise_count(self._simhashes ^ numpy.uint64(_simhash(normal)))
        marked = hash(marks(normal))
        for place in numpy.flatnonzero(bits <= NEAR_BITS):
            if self._marks[place] == marked and self._alike(normal, self._normals[place]):
                return self._overlap(self._compared[place], (), text.strip())
        return None

    def _alike(self, one: str, other: str) -> bool:
        """Chinese questions are short: of theirs, pairs of words and characters are counted, small ones left out."""
        if ONE_CJK.search(one) and ONE_CJK.search(other):
            return pairs_shared(one, other) >= PAIRS * self._least
        return similarity(one, other) >= self._least

    def _overlap(self, number: int, words: Sequence[str], near: str = "") -> Overlap:
        found = self._questions[number]
        return Overlap(found.set, found.item, found.question, BESIDE_CJK.sub("", " ".join(words)), near)

    @cached_property
    def _compared(self) -> list[int]:
        """The questions that are long enough to be compared."""
        return [number for number, text in enumerate(self._texts) if _weight(_words(text)) >= LEAST]

    @cached_property
    def _normals(self) -> list[str]:
        return [_normal(self._texts[number]) for number in self._compared]

    @cached_property
    def _marks(self) -> list[int]:
        return [hash(marks(normal)) for normal in self._normals]

    @cached_property
    def _shortest(self) -> float:
        return PAIRS * self._least * min(map(len, self._normals), default=0) - GRAM

    @cached_property
    def _longest(self) -> float:
        """Characters of the longest text that can be alike; one without repetition has as many trigrams."""
        return max(map(len, self._normals), default=0) / (PAIRS * self._least) + GRAM

    @cached_property
    def _simhashes(self) -> Any:
        import numpy

        return numpy.array([_simhash(normal) for normal in self._normals], numpy.uint64)


def _texts(questions: Sequence[EvaluationQuestion]) -> list[str]:
    """What of each question counts: with its options where others ask the same with other ones."""
    options: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for each in questions:
        options[each.question].add(each.options)
    return [
        "\n".join((each.question, *map(". ".join, zip(LETTERS, each.options, strict=False))))
        if len(options[each.question]) > 1
        else each.question
        for each in questions
    ]


def _normal(text: str) -> str:
    """A text's normal form, in which words that ask the same are the same."""
    text = normalize(text)
    for form, spelling in SPELLINGS:
        text = form.sub(spelling, text)
    return text


def _words(text: str) -> list[str]:
    return WORD.findall(plain(text))


def _weight(words: Sequence[str]) -> float:
    return sum(CHARACTER if ONE_CJK.match(word) else 1.0 for word in words)


def _grams(words: Sequence[str], n: int) -> Iterator[int]:
    """The hashes of each n words in a row; those of strings are made once, and only for this process."""
    hashes = [hash(word) for word in words]
    return map(hash, zip(*(hashes[start:] for start in range(n)), strict=False))


def _stretches(text: str, most: int) -> Iterator[tuple[str, ...]]:
    """The words of sentences, of parts of them between marks, and of some in a row, up to a number of words."""
    clauses = [
        words for clause in CLAUSE.findall(text) if (words := _words(COURTESY.sub("", clause, count=1) or clause))
    ]
    for start in range(len(clauses)):
        stretch: tuple[str, ...] = ()
        for clause in clauses[start:]:
            stretch += tuple(clause)
            if len(stretch) > most:
                break
            yield stretch


def _simhash(text: str) -> int:
    """64 bits that differ little between texts of which most trigrams are the same."""
    from simhash import compute
    from xxhash import xxh3_64_intdigest

    grams = {text[start : start + GRAM] for start in range(max(1, len(text) - GRAM + 1))}
    value: int = compute([xxh3_64_intdigest(gram.encode(errors="surrogatepass")) for gram in grams])
    return value
