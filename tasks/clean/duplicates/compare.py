"""Whether two rows are duplicates: the same question with the same answer, but for typing errors and small words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import starmap

from artifacts.records import QAPair
from tasks.clean.duplicates.texts import FUNCTION_WORDS, Text, are_both_words, is_chinese, is_typed, sound
from tasks.clean.duplicates.vocabulary import Vocabulary, is_english
from tasks.models.language.figures import stated
from tasks.models.language.match import contains, normalise
from tasks.models.language.wording import marks, normalize, similarity

ENOUGH = 4  # characters of a text in which one may be a typing error: of "三年" a changed one leaves nothing
SHOWN = 3  # places where two rows differ that a reject names
TURNING = frozenset(  # words that turn what a sentence says
    (
        *("not", "no", "never", "none", "nor", "neither", "without", "except", "only", "unless", "but", "cannot"),
        *("left", "right", "up", "down", "upper", "lower", "inner", "outer", "in", "out", "on", "off", "before"),
        *("after", "above", "below", "under", "over", "north", "south", "east", "west", "front", "back", "top"),
        *("bottom", "more", "less", "min", "max", "minimum", "maximum", "first", "last", "new"),
        *("old", "hot", "cold", "high"),
        *("low", "open", "closed", "must", "may", "can"),
    )
)


@dataclass(frozen=True)
class Row:
    """A row as it is compared."""

    pair: QAPair

    @cached_property
    def question(self) -> Text:
        return Text(self.pair.question, self.source)

    @cached_property
    def answer(self) -> Text:
        return Text(self.pair.answer, self.source)

    @property
    def source(self) -> str:
        return "\n".join(quote.text for quote in self.pair.evidence)

    @property
    def texts(self) -> tuple[Text, Text]:
        return self.question, self.answer

    @cached_property
    def value(self) -> str:
        return normalise(self.pair.value)

    @property
    def shared(self) -> tuple[str, ...]:
        """What a duplicate has to share: one question after other turns, or with another context, is another."""
        before = (self.pair.context, *(turn["content"] for turn in self.pair.turns))
        return (*map(normalize, before), self.question.skeleton, "|", *marks(self.answer.content))


def alike(one: Row, other: Row, words: Vocabulary, least: float) -> float | None:
    """How alike two duplicates are (Jaccard index of trigrams); None for rows that are none."""
    texts = tuple(zip(one.texts, other.texts, strict=True))
    if not _one_fact(one, other) or any(starmap(_written_otherwise, texts)):
        return None
    if not _same(one.question, other.question, words, least):
        return None
    known = bool(one.value or other.value)
    if not _same(one.answer, other.answer, words, least, known=known) and not _retold(one, other, least):
        return None
    return min(similarity(normalize(left.text), normalize(right.text)) for left, right in texts)


def apart(one: Row, other: Row) -> str:
    """Where the words of two duplicates differ, for whoever reads why one went: `voltege for voltage`."""
    found = []
    for text, better in zip(one.texts, other.texts, strict=True):
        for name, *places in SequenceMatcher(None, text.words, better.words, autojunk=False).get_opcodes():
            if name != "equal":
                sides = text.words[slice(*places[:2])], better.words[slice(*places[2:])]
                found.append(" for ".join(" ".join(side) or "nothing" for side in sides))
    return ", ".join(found[:SHOWN]) or "the same words"


def _one_fact(one: Row, other: Row) -> bool:
    """Wordings of one fact are wanted; rows of two facts are duplicates where they state one value."""
    if one.pair.fact == other.pair.fact and one.pair.wording != other.pair.wording:
        return False
    if one.value and other.value:
        return one.value == other.value
    return all(contains(row.pair.answer, value) for row in (one, other) for value in (one.value, other.value) if value)


def _written_otherwise(one: Text, other: Text) -> bool:
    """Whether code, units or names of two texts differ in case ("5 mW", "5 MW"), or flags in anything."""
    if one.verbatim != other.verbatim:
        return True
    for text, beside in ((one, other), (other, one)):
        if missing := text.cased - beside.latin:
            known = set(map(str.casefold, beside.latin))
            if any(word.casefold() in known for word in missing):
                return True
    return False


def _same(one: Text, other: Text, words: Vocabulary, least: float, *, known: bool = False) -> bool:
    """Whether two texts are alike and differ in typing errors alone; one is forgiven however short it is.

    Where it is known that both state one value, two English words ("mileage", "milage") may be one, too.
    """
    if one.words == other.words:
        return bool(one.words) or one.text == other.text
    differ = _differences(one, other)
    if differ is None or (differ and min(len(one.content), len(other.content)) < ENOUGH):
        return False
    if not all(_typed(one, other, at, words, known=known) for at in differ) or not _same_names(one, other):
        return False
    return len(differ) == 1 or similarity(one.content, other.content) >= least


def _differences(one: Text, other: Text) -> list[tuple[int, int]] | None:
    """Where the words of two texts differ, a word against a word; None where one has words that the other lacks.

    Function words may stand in one alone.
    """
    differ = []
    for name, *places in SequenceMatcher(None, one.words, other.words, autojunk=False).get_opcodes():
        if name == "equal":
            continue
        sides: list[Sequence[int]] = [range(*places[:2]), range(*places[2:])]
        if len(sides[0]) != len(sides[1]):
            texts = (one, other)
            sides = [
                [at for at in side if text.words[at] not in FUNCTION_WORDS]
                for side, text in zip(sides, texts, strict=True)
            ]
            if len(sides[0]) != len(sides[1]):
                return None
        pairs = zip(*sides, strict=True)
        differ += [(at, to) for at, to in pairs if one.words[at] != other.words[to]]
    return differ


def _same_names(one: Text, other: Text) -> bool:
    """Whether Chinese names and figures are the same; capitals and digits are compared word by word."""
    if one.names != other.names:
        return False
    figures, others = stated(one.text), stated(other.text)
    return all(any(map(figure.is_stated, others)) for figure in figures) and all(
        any(map(figure.is_stated, figures)) for figure in others
    )


def _typed(one: Text, other: Text, at: tuple[int, int], words: Vocabulary, *, known: bool) -> bool:
    """Whether two words at one place are one, typed wrong in one of the texts: a word that several rows have is no
    error, however near another ("heater", "header"; 油箱, 邮箱); nor are two that stand in their rows' evidence."""
    left, right = one.words[at[0]], other.words[at[1]]
    if left in FUNCTION_WORDS and right in FUNCTION_WORDS:
        return True
    if sound(left) != sound(right):
        return False
    if is_typed(left) or is_typed(right):
        if left in one.capitals or right in other.capitals or not _one_letter(left, right):
            return False
        return min(words.rows(left), words.rows(right)) <= 1 and (known or not (is_english(left) and is_english(right)))
    if not (is_chinese(left) and is_chinese(right)) or are_both_words(left, right):
        return False
    if all(_is_meant(text, place) for text, place in zip((one, other), at, strict=True)):
        return False
    beside = []
    for before in (True, False):
        forms = [_beside(text, place, before=before) for text, place in zip((one, other), at, strict=True)]
        if all(forms):
            beside.append(sorted(map(words.rows, forms)))
    return bool(beside) and max(beside, key=sum)[0] <= 1  # the better known neighbour is of the same word


def _is_meant(text: Text, at: int) -> bool:
    """Whether the evidence of a character's row has it beside the same neighbour: the document says so."""
    forms = filter(None, (_beside(text, at, before=before) for before in (True, False)))
    return any(form in text.source for form in forms)


def _beside(text: Text, at: int, *, before: bool) -> str:
    """A character with its neighbour; empty where there is none."""
    start = at - 1 if before else at
    pair = text.words[max(0, start) : start + 2]
    return "".join(pair) if len(pair) == 2 and all(map(is_chinese, pair)) else ""


def _one_letter(one: str, other: str) -> bool:
    """Whether one letter was changed, left out or added, or two changed places."""
    shorter, longer = sorted((one, other), key=len)
    start = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    rest, others = shorter[start:], longer[start:]
    if len(shorter) != len(longer):
        return rest == others[1:]
    return rest[1:] == others[1:] or (rest[2:] == others[2:] and rest[:2] == others[1::-1])


def _retold(one: Row, other: Row, least: float) -> bool:
    """Whether two answers to one question both state the value, and are alike in all that counts."""
    value = one.value or other.value
    texts = one.answer, other.answer
    if not value or not all(contains(text.text, value) for text in texts) or texts[0].names != texts[1].names:
        return False
    apart = set(texts[0].words) ^ set(texts[1].words)
    if apart & (TURNING | texts[0].capitals | texts[1].capitals) or any(re.search(r"\d", word) for word in apart):
        return False
    return similarity(texts[0].content, texts[1].content) >= least
