"""Where sentences end, in English and Chinese, and where those are cut that are too long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

CLOSING = r"[\"'”’」』）)\]】》]*"
END = re.compile(
    rf"[。！？][。！？…]*{CLOSING}\s*"  # Chinese sentences follow one another without a space
    rf"|[.!?]{CLOSING}\s+(?=[\"'“‘(\[]*(?:[A-Z0-9À-Þ]|[^\x00-\u024f]))"
    r"|\n\s*"  # lines that the document itself breaks, such as those of a form
)
ABBREVIATION = re.compile(
    r"(?:^|[\s(\[“\"'])(?:[A-Z]|(?:[A-Za-z]\.)+[A-Za-z]|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|vs|etc|cf|al|No|Nos|Fig|Figs|Eq|Eqs|Sec|"
    r"Ch|Vol|pp|p|Inc|Ltd|Co|Corp|approx|ca|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)$"
)
LONGEST_ABBREVIATION = 12
SMALLER = (re.compile(r"[；;]\s*"), re.compile(r"[，,、：:]\s*"), re.compile(r"\s+"))  # where what has no end is cut


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a stretch of text, without the white space between them."""
    end = len(text) if end is None else end
    begin = start
    for match in END.finditer(text, start, end):
        if text[match.start()] == "." and ABBREVIATION.search(
            text[max(begin, match.start() - LONGEST_ABBREVIATION) : match.start()]
        ):
            continue
        yield begin, match.start() + len(match[0].rstrip())
        begin = match.end()
    if begin < end:
        yield begin, end


def shorter(
    text: str, start: int, end: int, count: Callable[[list[str]], list[int]], most: int
) -> Iterator[tuple[int, int, int]]:
    """Start, end and tokens of each sentence of a stretch; one of more than `most` tokens, such as a list that is
    written as one, is cut between its clauses, then its words, then anywhere."""
    spans = _sized(text, sentences(text, start, end), count)
    for pattern in SMALLER:
        if all(tokens <= most for _, _, tokens in spans):
            break
        spans = [
            part
            for span in spans
            for part in ([span] if span[2] <= most else _sized(text, _parts(text, span[0], span[1], pattern), count))
        ]
    for begin, finish, tokens in spans:
        if tokens <= most:
            yield begin, finish, tokens
            continue
        width = max(1, (finish - begin) * most // (2 * tokens))  # half of what would fit, as letters differ
        parts = ((place, min(place + width, finish)) for place in range(begin, finish, width))
        yield from _sized(text, parts, count)


def _parts(text: str, start: int, end: int, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text, start, end):
        if (stop := match.start() + len(match[0].rstrip())) > start:
            yield start, stop
        start = match.end()
    if start < end:
        yield start, end


def _sized(
    text: str, spans: Iterable[tuple[int, int]], count: Callable[[list[str]], list[int]]
) -> list[tuple[int, int, int]]:
    """Each span with its tokens, the white space behind it included."""
    found = list(spans)
    begins = [*(begin for begin, _ in found), *(finish for _, finish in found[-1:])]
    tokens = count([text[begin:following] for begin, following in pairwise(begins)])
    return [(*span, length) for span, length in zip(found, tokens, strict=True)]
