"""What proves a candidate: its quotations, and what of its figures stands in them or right beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from artifacts.records import Quote, Section
from tasks.generate.grounding.quotes import around, block, quoted, stretches
from tasks.generate.grounding.sums import sound
from tasks.generate.taught import Candidate
from tasks.models.language.figures import Figure, stated, unstated
from tasks.models.language.match import CJK, tokens

AFFIRMS = re.compile(  # an answer that says no more than what its question asks
    r"\W*(?:yes\b|(?:correct|right|true|indeed|exactly|certainly)\b(?=\W*$|[,.!;:])"
    r"|(?:it|they|that|this|he|she|you)\s(?:is|are|was|were|does|do|did|can|may|must|will|has|have)"
    r"(?:\s(?:so|correct|right|true))?\W*$"
    r"|(?:是|对|没错|正确|确实|的确|可以|能|会|有|需要|应该?|必须)[的啊]?(?=\W|如此|$))",
    re.I,
)
LITTLE_WORDS = re.compile(  # which tell nothing of what a sentence is about
    r"the|an?|its?|they|their|s?he|this|these|those|each|every|all|both|in|on|at|for|of|to|by|from|with|and|or|but|if"
    r"|when|is|are|was|were|be|has|have|had|must|may|can|will|should|not?|also"
    r"|[其它该本此这那并且但则的了和与或为在于自从至每若如应须可不还也均]"
)
STEM = 4  # letters that "weight" and "weighs" share
FIGURE = re.compile(r"[-\d][\d.:/-]*|[零〇一二两三四五六七八九十百千万亿]+|\W")


Proof = tuple[tuple[Quote, ...], tuple[str, str] | None]
"""The quotations that were found, and why they don't prove the candidate: a reason and what was seen."""


def evidence_of(candidate: Candidate, sections: Sequence[Section]) -> Proof:
    """Where the quotations of a candidate stand, and what of its figures and of them stands nowhere.

    A figure that a quotation lacks was quoted too briefly if it stands right beside it: that sentence or row joins the
    evidence. A code that names what the row is about may stand anywhere in the section. Headings need no proof, nor do
    results of sums that the answer works out. What the question says proves nothing, for the same teacher made it up:
    its figures are given to sums alone, in answers with their steps.
    """
    quotes, missing = quoted(candidate.quotes, sections)
    if missing or not quotes:
        return quotes, ("evidence_not_in_section", f"the section does not hold: {missing or 'no quotation was given'}")
    if not candidate.figures:
        return quotes, None
    asked = [question for question, _ in _exchanges(candidate)]
    known = [quote.text for quote in quotes]
    known += [heading for section in sections for heading in section.headings]
    given = [*known, *(section.text for section in sections), *(asked if candidate.reasoning else ())]
    known += sound(candidate.said, given)
    said = "\n".join([candidate.said, *_affirmed(candidate)])
    names = "\n".join([said, *asked, *known])
    absent = []
    for figure in unstated(said, known):
        if (proof := _proof(figure, quotes, sections, names)) is not None:
            quotes = tuple(dict.fromkeys((*quotes, proof)))
        elif figure.kind != "code" or not any(_states(section.text, figure) for section in sections):
            absent.append(figure.text)
    if absent:
        return quotes, ("figure_not_in_evidence", f"the quotations do not state: {', '.join(dict.fromkeys(absent))}")
    return quotes, None


def _exchanges(candidate: Candidate) -> Iterator[tuple[str, str]]:
    """Each question of a candidate with its answer."""
    for question, answer in pairwise(candidate.turns):
        if question["role"] == "user":
            yield question["content"], answer["content"]
    yield candidate.question, candidate.answer


def _affirmed(candidate: Candidate) -> list[str]:
    """The questions that are answered by yes: such an answer says all that its question does."""
    return [question for question, answer in _exchanges(candidate) if affirms(answer)]


def affirms(answer: str) -> bool:
    """Whether an answer says no more than what its question asks, so that it claims what that says."""
    return bool(AFFIRMS.match(answer))


def _proof(figure: Figure, quotes: Sequence[Quote], sections: Sequence[Section], names: str) -> Quote | None:
    """The sentence or row that states a figure, beside what is quoted."""
    texts = {section.id: section.text for section in sections}
    for quote in quotes:
        if quote.start is None or quote.end is None:
            continue
        text = texts[quote.section]
        for start, end in _beside(text, quote.start, quote.end, names):
            if _states(text[start:end], figure):
                return Quote(text=text[start:end], section=quote.section, start=start, end=end)
    return None


def _states(text: str, figure: Figure) -> bool:
    return any(map(figure.is_stated, stated(text)))


def _beside(text: str, start: int, end: int, names: str) -> Iterator[tuple[int, int]]:
    """The sentences or rows that hold a stretch of a text, whole, and those of its paragraph, list or table that are
    about the same: the head of a table, and what begins with words that the row names too."""
    first, last = around(text, start, end)
    yield first, last
    top, bottom = block(text, start, end)
    for place, (begin, stop) in enumerate(stretches(text[top:bottom])):
        near = text[top + begin : top + stop]
        if (place == 0 and near.startswith("|")) or _is_named(near, names):
            yield top + begin, top + stop


def _is_named(stretch: str, names: str) -> bool:
    """Whether a row names what a sentence, or the first cell of a table's row, begins with, and all of its codes."""
    held = set(map(_stem, tokens(names)))
    subject = stretch.strip("| \t").partition("|")[0]
    words = [token for token in tokens(subject) if not LITTLE_WORDS.fullmatch(token) and not FIGURE.fullmatch(token)]
    begins = words[: 2 if words and re.match(f"[{CJK}]", words[0]) else 1]
    codes = [token for token in tokens(stretch) if re.search(r"[^\W\d_]", token) and re.search(r"\d", token)]
    return held.issuperset(map(_stem, [*begins, *codes]))


def _stem(token: str) -> str:
    return token if re.search(r"\d", token) else token[:STEM]
