"""Does a row ask what a probe asks? The guard between what is trained and what is measured.

Whether two questions are one can't be told by their likeness alone: "the weight of A" and "the weight of B" are nearly
the same text and two questions. So it depends on what is known of them:

- whatever they are about, questions are one that have the same words in the same order, function words, words of
  courtesy, case, width, punctuation and the spelling of numbers aside;
- questions about one fact are also one where most of their text is the same, and all of their numbers and codes;
- so are others where, besides, one has all the words of the other and the row's answer gives the probe's value.

Probes that are held out by how they are worded are the exception: the frame around such a question is not set aside.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from artifacts.records import Message, Probe
from artifacts.stage import StageError
from tasks.models.language.match import CJK, contains_value, tokens
from tasks.models.language.wording import marks, normalize, similarity

NEAR = 0.8  # Jaccard index of the trigrams, from which on two questions about one fact are one
NEAR_CJK = 0.7  # of pairs of words and CJK characters, small ones left out: Chinese questions are short
BY_WORDING = ("wording", "noun_phrase", "frame")  # kinds of probes that are held out by how they ask
SMALL_WORDS = frozenset(
    (
        *("the", "of", "is", "are", "was", "were", "be"),
        *("please", "kindly", "exactly", "currently", "precisely"),
    )
)
AUXILIARIES = frozenset(("do", "does", "did"))  # small but at the end: "what did it do"
SMALL_CHARACTERS = frozenset("的了吗呢啊吧呀是有")
SMALL = re.compile(
    r"\ban?\b(?=\s+\w)|['’](?:s|re)\b"  # small letters alone: "Tank A" and "Tank S" are names
    "|^\\s*请问?|为(?=多少|几|多[大长高重久远]|谁|哪)"
)
COURTESY = re.compile(
    r"^\s*(?:(?:(?:hi|hello|excuse me|please|kindly)\b|您好|你好|请问|请教|麻烦|请)[\s,.:!，。：！]*)*"
    r"(?:(?:(?:(?:can|could|would|will) you )?(?:please |kindly )?(?:tell|remind) (?:me|us)|let (?:me|us) know"
    r"|do you (?:happen to )?know|(?:may|can|could) i (?:ask|know)|i wonder|i(?:'d| would) like to (?:know|ask)"
    r"|i (?:want|need) to (?:know|ask))\b"
    r"|(?:[你您]?(?:能否|能不能|能|可以|可否))?(?:请|麻烦)?(?:告诉|告知)(?:一下)?我们?|[你您](?:知道|清楚)"
    r"|我?想(?:知道|了解一下|了解|问一下|问))?[\s,.:，。：]*",
    re.IGNORECASE,
)
ONE_CJK = re.compile(f"[{CJK}]")
SENTENCE_END = re.compile(r"(?<=[?？])|[。！：；\n\"“”「」『』]|[.!:;](?=\s)")
PLURAL_LENGTH = 3  # a longer word loses its s: "pumps" is "pump", and "gas" stays


class Leak(NamedTuple):
    """The probe that a row asks."""

    probe: str
    question: str


class _Text(NamedTuple):
    """A question in normal form, and what of it one that is nearly the same has too."""

    question: str
    normal: str
    marks: int

    @classmethod
    def of(cls, question: str) -> _Text:
        normal = normalize(question)
        return cls(question, normal, hash(marks(normal)))

    @property
    def words(self) -> tuple[str, ...]:
        return _words(self.question)

    @property
    def key(self) -> int:
        """What questions share that have the same words; small ones count where there are no others."""
        return hash(self.words or (self.question, *tokens(self.question)))

    def near(self, other: _Text, *, by_words: bool = True) -> bool:
        if self.marks != other.marks:
            return False
        if by_words and ONE_CJK.search(self.normal) and ONE_CJK.search(other.normal):
            return pairs_shared(self.question, other.question) >= NEAR_CJK
        shorter, longer = sorted((len(self.normal), len(other.normal)))
        return shorter >= NEAR * longer - 1 and similarity(self.normal, other.normal) >= NEAR

    def adds_to(self, other: _Text) -> bool:
        """Whether it has all words of the other, in their order: "of the left lid" does not add to "of the right"."""
        words = iter(self.words)
        return all(word in words for word in other.words)


class _Valued(NamedTuple):
    """A question that is held out, with the names of its answer."""

    text: _Text
    leak: Leak
    names: tuple[str, tuple[str, ...]]  # the value and its aliases


class _Held:
    """Questions that are held out, by what a row has that asks one.

    Of short Chinese questions, a frame around them is most of the text: by their words they would be one.
    """

    def __init__(self, *, by_wording: bool) -> None:
        self._compare_words = not by_wording
        self._by_words: dict[int, Leak] = {}
        self._by_fact: defaultdict[str, list[tuple[_Text, Leak]]] = defaultdict(list)
        self._by_value: defaultdict[int, dict[str, dict[str, list[_Valued]]]] = defaultdict(dict)

    def add(self, question: str, leak: Leak, probe: Probe) -> None:
        text = _Text.of(question)
        self._by_words.setdefault(text.key, leak)
        self._by_fact[probe.fact].append((text, leak))
        names = (probe.value, *probe.aliases)
        for first, longest in {(words[0], max(words, key=len)) for words in map(tokens, names) if words}:
            held = _Valued(text, leak, (probe.value, probe.aliases))
            self._by_value[text.marks].setdefault(first, {}).setdefault(longest, []).append(held)

    def find(self, question: str, fact: str, answer: str) -> Leak | None:
        text = _Text.of(question)
        if leak := self._by_words.get(text.key):
            return leak
        alike = (
            leak for held, leak in self._by_fact.get(fact, ()) if fact and text.near(held, by_words=self._compare_words)
        )
        return next(chain(alike, self._of_value(text, answer)), None)

    def _of_value(self, text: _Text, answer: str) -> Iterator[Leak]:
        by_first = self._by_value.get(text.marks, {})  # few questions share their figures with one that is held out
        words = dict.fromkeys(tokens(answer)) if by_first else {}
        for first in filter(by_first.__contains__, words):
            by_longest = by_first[first]
            for longest in words if len(words) < len(by_longest) else by_longest:
                for held, leak, names in by_longest.get(longest, ()) if longest in words else ():
                    one = text.adds_to(held) or held.adds_to(text)  # first: likeness costs much more
                    if one and text.near(held, by_words=self._compare_words) and contains_value(answer, *names):
                        yield leak


class Guard:
    """Finds rows that ask what a probe asks, in time that hardly grows with the number of probes."""

    def __init__(self, probes: Iterable[Probe]) -> None:
        self._worded, self._asked = _Held(by_wording=True), _Held(by_wording=False)
        for probe in probes:
            question = probe.question.partition("\n")[0] if probe.choices else probe.question  # less its options
            leak = Leak(probe.id, question)
            if probe.kind in BY_WORDING:
                self._worded.add(question, leak, probe)
            else:
                self._asked.add(_bare(question), leak, probe)

    def find(self, messages: Iterable[Message], fact: str = "", *, quoted: bool = False) -> Leak | None:
        """The first probe that a user's turn asks, as a whole or in one of its lines.

        `quoted`: or that stands as a question in what the assistant says; documents may well hold such.
        """
        messages = list(messages)
        turns = [message["content"] for message in messages if message["role"] == "user"]
        answer = "\n".join(message["content"] for message in messages if message["role"] == "assistant")
        asked = chain.from_iterable(dict.fromkeys([turn, *turn.splitlines()]) for turn in turns)
        for text in chain(asked, _questions(answer) if quoted else ()):
            if leak := self._worded.find(text, fact, answer) or self._asked.find(_bare(text), fact, answer):
                return leak
        return None

    def refuse(self, stage: str, row: str, messages: Iterable[Message], fact: str = "") -> None:
        """Stop a stage before it trains on a row that asks what a probe asks: recall would measure what was drilled."""
        if (leak := self.find(messages, fact)) is not None:
            raise StageError(
                f"{stage}: row {row} asks what the held-out probe {leak.probe} asks: {leak.question!r}; make the data "
                "again (--force clean --force mix), or take the row out of its source"
            )


def _questions(text: str) -> Iterator[str]:
    """The sentences that end with a question mark."""
    if "?" in text or "？" in text:
        yield from (found for found in SENTENCE_END.split(text) if found and found.endswith(("?", "？")))


def pairs_shared(one: str, other: str) -> float:
    """Jaccard index of the pairs of words and CJK characters of two questions, small ones left out."""
    pairs, others = set(pairwise(_words(one))), set(pairwise(_words(other)))
    return len(pairs & others) / (len(pairs | others) or 1)


def same_question(one: str, other: str) -> bool:
    """Whether two questions about one fact are one."""
    text, held = _asked(one), _asked(other)
    return text.key == held.key or text.near(held)


@lru_cache(maxsize=4096)  # a question is held against all others about its fact
def _asked(question: str) -> _Text:
    return _Text.of(_bare(question))


def _bare(question: str) -> str:
    """A question without the courtesy before it; a text that is nothing else stays."""
    return COURTESY.sub("", question, count=1) or question


@lru_cache(maxsize=4096)  # a row's question is held against many
def _words(text: str) -> tuple[str, ...]:
    """The words of a question that count."""
    every = tokens(SMALL.sub(" ", text))
    small = SMALL_WORDS | SMALL_CHARACTERS
    last = len(every) - 1
    return tuple(
        _singular(word)
        for place, word in enumerate(every)
        if word not in small and (word not in AUXILIARIES or place == last)
    )


def _singular(word: str) -> str:
    return word[:-1] if len(word) > PLURAL_LENGTH and word.endswith("s") and word.isascii() else word
