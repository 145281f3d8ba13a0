"""Is a text in the language of its section? Told by its script: Chinese, Japanese and Korean against all others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from artifacts.records import Section
from tasks.models.language.match import CJK, tokens

WRITTEN_IN_CJK = {"zh", "ja", "ko"}
LEAST_FOREIGN = 2  # words, or characters of Chinese, that the section does not hold: one may be a name
VERBATIM = re.compile(r"```.*?(?:```|$)|`[^`\n]*`|https?://\S+", re.S)  # code and addresses are of no language
IN_CJK = re.compile(f"[{CJK}]+")
IN_LETTERS = re.compile(rf"[^\W\d_{CJK}]{{2,}}")  # a code has digits, and a single letter may stand for anything


def wrong_language(text: str, sections: Sequence[Section], values: Iterable[str] = ()) -> bool:
    """Whether a text has more words of another script than of its section's own.

    Not counted are values, code, codes, and foreign words that stand in the section: they may be names and terms, of
    which technical Chinese is full.
    """
    own, other = (IN_CJK, IN_LETTERS) if sections[0].language in WRITTEN_IN_CJK else (IN_LETTERS, IN_CJK)
    if other is IN_CJK and text.isascii():
        return False
    rest = VERBATIM.sub(" ", text)
    for value in sorted(filter(None, values), key=len, reverse=True):
        rest = rest.replace(value, " ")
    foreign = _words(rest, other)
    if len(foreign) >= LEAST_FOREIGN:
        foreign = [token for token in foreign if not any(token in _held(section) for section in sections)]
    return len(foreign) >= LEAST_FOREIGN and _weight(foreign) > _weight(_words(rest, own))


@lru_cache(maxsize=128)  # all rows of a section are held against it
def _held(section: Section) -> frozenset[str]:
    return frozenset(token for part in (*section.headings, section.text) for token in tokens(part))


def _words(text: str, script: re.Pattern[str]) -> list[str]:
    """The words of a text in one script."""
    return [token for token in tokens(text) if script.fullmatch(token)]


def _weight(words: Sequence[str]) -> float:
    """How many words these are; a character of Chinese is half a one."""
    return sum(0.5 * len(word) if IN_CJK.match(word) else 1 for word in words)
