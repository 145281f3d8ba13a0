"""What keeps operators that were written for English from harming good Chinese, and good rows from losing their words.

A mapper's guard is a pattern of the stretches of a text that the mapper gets to see: it can't harm the rest. A filter's
guard puts spaces around Chinese characters, since words are counted by spaces. `guard: false` runs the operator as
published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from artifacts.records import QAPair
from tasks.models.language.match import CJK

HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # what makes a row Chinese
WIDE = "\uff00-\uffef"  # full-width forms: ，（）：；！？％
SHARED = "‘’“”—–…·"  # marks of Chinese and of English
WINDOWS = bytes({*range(0x80, 0xA0)} - {0x81, 0x8D, 0x8F, 0x90, 0x9D}).decode("cp1252")  # €‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ
LATER = rf"[\x80-\xbf{WINDOWS}]"  # a later byte of a character in UTF-8, read as Windows-1252
# Such a character; some have one of SHARED in them: â€”
BROKEN = rf"[\xc2-\xdf]{LATER}|[\xe0-\xef]{LATER}{{2}}|[\xf0-\xf4]{LATER}{{3}}"
ENTITY = r"&#?\w{1,31};"  # parsed documents have none left, so one in a row is what the row is about

MARKS_IN_CHINESE = re.compile(f"([^{CJK}{WIDE}{SHARED}]+)")
MARKS_ELSEWHERE = re.compile("([^１]+)")  # data-juicer's table turns the full-width 1 into a quotation mark
TEXT_IN_CHINESE = re.compile(rf"((?:(?!{ENTITY})(?:{BROKEN}|[^{CJK}{WIDE}{SHARED}]))+)")
TEXT_ELSEWHERE = re.compile(rf"((?:(?!{ENTITY})(?:{BROKEN}|[^{SHARED}]))+)")
IS_CHINESE = re.compile(f"[{HAN}]")

# Hosts that are written without a scheme end in one of these: files' names ("main.rs/lib", "a.py/b") do not.
DOMAIN = "com|org|net|edu|gov|info|cn|hk|tw|jp|kr|uk|de|fr|eu|us|io|ai|dev|app"
# With a scheme, with www., or a host and a path; the published pattern also takes `localhost:8080` and `image:latest`.
LINK = re.compile(
    rf"((?<![a-z0-9.@-])(?:[a-z][a-z0-9+.-]*://|www\d{{0,3}}\.|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:{DOMAIN})/)"
    rf"[^\s|<>{CJK}{WIDE}{SHARED}]*)",
    re.IGNORECASE,
)
# Comments that begin a text, one of them with a notice; the published operator takes Markdown headings for comments, as
# it would "# Copyright policy" and "# 版权说明".
MARK = "(?://|#|--)"
NOTICE_OF = r"(?:copyright.*(?:\(c\)|©|\d{4}|\bby\b|reserved)|(?:\(c\)|©) ?\d{4}|版权所有|版权归|SPDX-License)"
NOTICE = re.compile(
    rf"(\A(?=(?:(?:{MARK}.*)?\n)*{MARK}.*{NOTICE_OF})(?:(?:{MARK}.*)?\n)*(?:{MARK}.*\Z)?"
    r"|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)",
    re.IGNORECASE,
)
KEPT = "\t\u200c\u200d"  # a tab of code or of a table, and what joins or parts Persian letters and emoji
# The mapper trims each piece, so one begins and ends with a word, but for the blanks around the text. The first line of
# several keeps its indentation.
BLANKS = re.compile(rf"(\A\s*[^\S \t]|\A\s+(?=[^\n]*\Z)|\s+\Z|[^\s{KEPT}](?:[^{KEPT}]*[^\s{KEPT}])?)")

Cut = Callable[[str, bool], list[str]]
"""A text and whether its row is Chinese, cut into pieces: each second one is what the mapper gets to see."""


def is_chinese(pair: QAPair) -> bool:
    """Whether a row's marks are Chinese: by its language, or a Chinese character in its question or answer."""
    return pair.language == "zh" or bool(IS_CHINESE.search(pair.question) or IS_CHINESE.search(pair.answer))


def _by_row(chinese: re.Pattern[str], other: re.Pattern[str]) -> Cut:
    return lambda text, in_chinese: (chinese if in_chinese else other).split(text)


def _always(pattern: re.Pattern[str]) -> Cut:
    return lambda text, _: pattern.split(text)


MAPPERS: Mapping[str, Cut] = {
    "clean_copyright_mapper": _always(NOTICE),
    "clean_links_mapper": _always(LINK),
    "fix_unicode_mapper": _by_row(TEXT_IN_CHINESE, TEXT_ELSEWHERE),
    "punctuation_normalization_mapper": _by_row(MARKS_IN_CHINESE, MARKS_ELSEWHERE),
    "whitespace_normalization_mapper": _always(BLANKS),
}
WORDS = ("word_repetition_filter", "words_num_filter")
GUARDED = (*MAPPERS, *WORDS)

Map = Callable[[list[str]], list[str]]


def mapper_guard(name: str, parameters: Mapping[str, Any]) -> Cut | None:
    """How a mapper's texts are cut; a pattern of the user's own says itself what it means."""
    return None if parameters.get("pattern") else MAPPERS.get(name)


def guarded(cut: Cut, texts: Sequence[tuple[str, bool]], edit: Map) -> list[str]:
    """The texts (each with whether its row is Chinese) with what the guard lets the mapper see edited."""
    pieces = [cut(*text) for text in texts]
    edited = iter(edit([piece for each in pieces for piece in each[1::2]]))
    return ["".join(next(edited) if n % 2 else piece for n, piece in enumerate(each)) for each in pieces]


def counts_words(name: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a filter counts words by spaces; with `tokenization` a model finds them."""
    return name in WORDS and not parameters.get("tokenization")


def spaced(text: str) -> str:
    """A text whose Chinese characters are each a word."""
    return re.sub(f"[{HAN}]", r" \g<0> ", text)
