"""What an answer affirms, and what it denies or leaves open, in English and Chinese: what prefer and evaluate share.

A negation reaches to the end of its clause and no further: "it does not rust, so it holds 15 litres" affirms 15 litres.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tasks.models.language.figures import same_value, unstated
from tasks.models.language.match import NOT_KNOWN, PLAIN, contains, plain

DASH = re.compile(r"(?<!\d)[—–]+|[—–]+(?!\d)")  # one that parts clauses, and no range
END = (  # of a clause, in NFKC; a comma of thousands or before a date's year is none
    r"(?:[;!?。\n]|[.:](?!\d)|,(?!\d{3}(?!\d)|\s\d{4}\b)|\b(?:but|because|since|so|therefore|rather(?!\sthan)|instead(?!\sof))\b"
    r"|而是|但|因为|由于|所以|因此|因而|应该?[为是])"
)
CLAUSE = rf"(?:(?!{END}).)*"
NEGATION = (  # 不 alone is often part of a word (不锈钢, 不易), so it counts before some verbs only
    r"\b(?:not|never|cannot|rather\sthan|instead\sof)\b|n't\b"
    r"|不(?:会|能|可能|可以|需要?|用|必|是|为|等于|属于|到|了|下|收|要|支持|适用|具备?|含|包括)|[并绝而]非|并不|没有|没达|无需|无法"
)
LIMIT = (  # what a negation makes a bound of, and so a statement: "not more than 15 bar", 不能超过15升
    r"\b(?:only|just|more|less|fewer|later|earlier|exceed\w*|than|until|till|before|after|within|above|below|over|under)\b"
    r"|[仅只]|超|[多少高低大小早晚长短]于|不足|以[上下内]|[之以]?[前后](?!提)|内"
)
NEGATED = re.compile(rf"(?:{NEGATION})(?!{CLAUSE}?(?:{LIMIT})){CLAUSE}", re.I)

NOT_THERE = re.compile(  # of what stands in no document
    r"\b(?:does|do|did)(?:\snot|n't)\s(?:\w+ly\s)?exist\b|\bno\ssuch\b|\bnever\sheard\sof\b|\bnon-?existent\b"
    r"|(?:\bis|\bare|'s)\s(?:unknown|not\sknown)\b|\b(?:not|n't|never)\s(?:mentioned|specified|documented)\b"
    r"|不存在|[未没](?:有)?(?:被)?(?:提及|提到|说明|听说)|查无此|尚?不得而知|(?:是|为|属于)未知"
)
CONTRAST = re.compile(r"\b(?:but|however|though|although)\b|但|不过|可是|然而")


def clauses(text: str) -> list[str]:
    """The clauses of a text in one spelling, apart from its case."""
    return re.split(END, _readable(text), flags=re.I)


def affirmed(text: str) -> str:
    """A text without what it denies."""
    return NEGATED.sub("; ", _readable(text))


def denied(text: str) -> list[str]:
    """The negations of a text, each to the end of its clause."""
    return NEGATED.findall(_readable(text))


def _readable(text: str) -> str:
    return unicodedata.normalize("NFKC", DASH.sub(", ", text)).translate(PLAIN)


def states(text: str, names: Sequence[str]) -> bool:
    """Whether a value stands in a text by one of its names, or in another spelling of a figure."""
    return any(contains(text, name) or same_value(text, name) for name in names)


def asserts(text: str, names: Sequence[str], reference: str) -> bool:
    """Whether a text states a value and does not deny it, as "it is not two years" does.

    Where the reference has the value in a negation itself ("it does not cover damage"), so may the text.
    """
    return states(affirmed(text) if states(affirmed(reference), names) else text, names)


def abstains(text: str, question: str) -> bool:
    """Whether an answer says that it does not know, and does not name a figure for all that."""
    return _leaves_open(text, question, NOT_KNOWN)


def declines(text: str, question: str) -> bool:
    """Whether an answer abstains, or says that the asked thing is not there; right where nothing can be known."""
    return abstains(text, question) or _leaves_open(text, question, NOT_THERE)


def _leaves_open(text: str, question: str, form: re.Pattern[str]) -> bool:
    """A measure behind such words is a guess ("it weighs 12 kg"), and behind a "but" any figure that is no code."""
    said = " ".join(plain(text).split())
    if not (found := form.search(said)):
        return False
    rest = said[found.end() :]
    contrast = CONTRAST.search(rest)
    guessed = [figure for figure in unstated(rest, [question]) if figure.dimension]
    if contrast:
        guessed += [figure for figure in unstated(rest[contrast.end() :], [question]) if figure.kind != "code"]
    return not guessed
