"""Where sentences end, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
