"""Does an answer say what it should? The matching that judging preferences and scoring share, in any language.

Texts are compared as tokens, so spaces, case, width and punctuation don't matter and a value is never found inside
a longer word or number: "15 bar" stands in "It takes 15bar." and neither in "150 bar" nor in "10-15 bar".
Whether a sentence denies a value ("not 15 bar") is for `stance`, other spellings of a figure are for `figures`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

CJK = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
CJK_MARKS = r"\u3000-\u3004\u3008-\u3020"  # 、。《》「」 ... within that range
DIGITS = r"\d+(?:[.:/]\d+)*"
TOKEN = re.compile(
    rf"(?P<code>[^\W\d_{CJK}]+-?\d[^\W{CJK}]*(?:[-.]\d+)*)"  # RX-7, ip67, v3.10: its figures are no number of their own
    rf"|(?P<number>(?:(?<![\w)])-)?{DIGITS}(?:\ ?[-~至到]\ ?{DIGITS})*)"  # 1.8, -7, 08:30, 10-15, 2026-03-01
    r"|(?P<numeral>[零〇一二两三四五六七八九十百千万亿]+"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[ -](?:one|two|three|four|five|six|seven|eight|nine)\b)"
    rf"|(?P<word>[^\W\d_{CJK}]+)"
    # a character of a script without spaces, or a sign that changes a figure
    rf"|(?P<sign>(?![{CJK_MARKS}])[{CJK}%‰°$€£¥<>≤≥±+])"
)
TO = re.compile(r"(?<=\d) ?[-~至到] ?")  # of a range
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs without ink
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
PLAIN = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "’": "'", "µ": "μ"})

ABSTENTION = {"en": "I do not have that information.", "zh": "我没有这方面的信息。"}
"""What a model is trained to say, and should say, where it does not know."""
INFORMATION = r"(?:information|details?|data|records?|knowledge|answer)"
NOT_KNOWN = re.compile(
    # English: what the speaker lacks, never what somebody else does ("if you do not know the code")
    r"\b(?:i|we)\s(?:\w+ly\s)?(?:do\snot|don't|did\snot|didn't|cannot|can't|can\snot|could\snot|couldn't)\s(?:\w+ly\s)?"
    r"(?:have|know|recall|remember|find|answer|provide|say|tell|confirm|determine)\b(?!\s(?:to|doubt))"
    r"|\b(?:i|we)(?:\sam|'m|\sare|'re)\s(?:\w+ly\s)?(?:not\s(?:\w+ly\s)?(?:sure|aware|certain|familiar|able)|unable|unsure|unaware)\b"
    rf"|\b(?:have|there\sis|there\sare|found|find)\sno\s(?:\w+\s)?(?:{INFORMATION}|idea)\b"
    rf"|\b{INFORMATION}\b[^.!?]{{0,40}}\b(?:is|are|was|were)(?:\snot|n't)\s(?:available|provided|known|given|found)\b"
    r"|\b(?:is|are)\s(?:unknown\sto\sme|not\sknown)\b|^(?:unknown|no\sidea|not\ssure)\b"
    # Chinese
    r"|(?:^|我们?|抱歉|对不起|遗憾|[，。；！,;!])[也还并暂时目前尚很,， ]{0,6}"
    r"(?:不(?:太|大|是很)?(?:知道|清楚|了解|确定|掌握|晓得|记得)|(?:无法|不能)(?:回答|确定|得知|提供|找到|查到|确认|给出))"
    r"|没(?:有|能)?(?:找到|查到)?(?:任何|相关的?|这方面的?|这个|这项|该|此|关于|有关|足够的?)[^。！？]{0,20}(?:信息|资料|数据|记录|内容|答案)"
    r"|我们?(?:目前|暂时|还|并)?没有[^。！？]{0,20}(?:信息|资料|数据|记录)|暂无(?:相关)?(?:信息|资料|数据|记录)|无从得知|未知$"
)


def plain(text: str) -> str:
    """Text with full-width forms, dashes, apostrophes and case made one."""
    return unicodedata.normalize("NFKC", text).translate(PLAIN).casefold()


def tokens(text: str) -> list[str]:
    """Words, codes, numbers by their value (1.80 is 1.8), CJK characters and the signs that change a figure."""
    return list(_tokens(text))


@lru_cache(maxsize=4096)  # the same section, answer and value are held against one another many times
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(map(_token, TOKEN.finditer(THOUSANDS.sub("", plain(text)))))


def places(text: str) -> Iterator[tuple[str, int, int]]:
    """The tokens of a plain text without the commas of thousands, each with where it begins and ends."""
    for found in TOKEN.finditer(text):
        yield _token(found), *found.span()


def _token(found: re.Match[str]) -> str:
    token = found.group()
    match found.lastgroup:
        case "code":
            return token.replace("-", "")
        case "numeral":
            return token.replace(" ", "-")
        case "number":
            return "-".join(map(_number, TO.split(token)))
    return token


def _number(text: str) -> str:
    """One spelling of a number (`01.50` and `1.5`), of a time (`08:30` and `8:30`) or of a version (`1.10.2`)."""
    if text.count(".") == 1 and not re.search(r"[:/]", text):
        whole = f"{Decimal(text).normalize():f}"
        return whole if whole != "-0" else "0"
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: blanks, and characters of no width such as U+200B."""
    return all(c.isspace() or c in FILLERS or unicodedata.category(c) in ("Cf", "Cc") for c in text)


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """What two texts share that differ in case, width, spaces, punctuation or the spelling of numbers only."""
    return " ".join(tokens(text))


def contains(text: str, value: str) -> bool:
    """Whether a value stands in a text, as whole words and whole numbers."""
    wanted = normalise(value)
    return bool(wanted) and f" {wanted} " in f" {normalise(text)} "


def contains_value(text: str, value: str, aliases: Iterable[str] = ()) -> bool:
    """Whether a value, or another spelling of it, stands in a text."""
    return any(contains(text, name) for name in (value, *aliases))


def is_exactly(text: str, answers: Iterable[str]) -> bool:
    """Whether a text is one of the answers, as far as `normalise` tells them apart."""
    given = normalise(text)
    return bool(given) and any(given == normalise(answer) for answer in answers)


def token_f1(text: str, reference: str) -> float:
    """F1 of the tokens that two texts share, as in SQuAD (https://arxiv.org/abs/1606.05250); CJK by characters."""
    return _f1(tokens(text), tokens(reference))


def _f1(given: Sequence[str], wanted: Sequence[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2 * shared / (len(given) + len(wanted))


def is_abstention(text: str) -> bool:
    """Whether an answer says that it does not know, in English or Chinese."""
    return bool(NOT_KNOWN.search(" ".join(plain(text).split())))


def is_cut_thought(text: str) -> bool:
    """Whether an answer ended within a block of thoughts, and so before it said anything."""
    return text.startswith("<think>")
