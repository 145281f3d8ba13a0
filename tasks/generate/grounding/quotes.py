"""Where the words that the teacher quotes stand in a section."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from artifacts.records import Quote, Section
from tasks.models.language.match import CJK, THOUSANDS, places, plain

MIN_WORDS = 3  # of a quotation that proves something by itself; a CJK character is half a word
PART_WORDS = 2  # of each part of a quotation with a gap
GAP = re.compile(r"\.{3,}|…+")  # what a teacher leaves out between two parts of a quotation
CLUSTER = re.compile(r".[\u0300-\u036f\u3099\u309a]*", re.S)  # a character with its accents: NFKC joins them
LAYOUT = re.compile(  # letters and figures of Markdown that a quotation may leave out
    r"(?m)^[ \t>]*(?:[-*+•][ \t]+)?(?:\d{1,3}[.)、．）][ \t]*(?!\d)|[(（][\d一二三四五六七八九十]{1,3}[)）]|[①-⑳])"
    r"|(?<=\])\([^()\s]*\)|<br\s*/?>"
)
IN_A_WORD = re.compile(r"[\w.,:/-]{2}")  # two characters that no cut may go between: of a word, a number, a code
BLOCK_EDGE = re.compile(r"\n[ \t]*\n|(?m:^#{1,6} .*\n?)")
SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])")


def quoted(texts: Sequence[str], sections: Sequence[Section]) -> tuple[tuple[Quote, ...], list[str]]:
    """The places of quotations, and those that no section holds.

    Lines that don't stand together (the head of a table and a row further down) are quotations of their own: what
    stands between them proves nothing.
    """
    found, missing = list[Quote](), []
    for text in texts:
        places = [locate(text, sections)]
        if places == [None]:
            places = [locate(line, sections) for line in text.split("\n") if words(line).weight]
        if places and None not in places:
            found += [place for place in places if place is not None]
        else:
            missing.append(text)
    return tuple(dict.fromkeys(found)), missing


def locate(text: str, sections: Sequence[Section]) -> Quote | None:
    """The place of a quotation in one of the sections, whatever its case, width, blanks, punctuation or Markdown.

    Parts that are joined by "..." must be of a few words each, and stand in order in one sentence or row. One or two
    words prove little: they stand for the sentence or row that holds them, and for nothing where more than one does.
    Words of a heading have no offsets. None where no section holds the quotation.
    """
    for section in sections:
        if found := _verbatim(text.strip(), section.text) or _span(text, section.text):
            start, end = found
            return Quote(text=section.text[start:end], section=section.id, start=start, end=end)
    for section in sections:
        below = "\n".join([*section.headings, section.text])
        if found := _span(text, below):
            return Quote(text=below[slice(*found)], section=section.id)
    return None


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text, and the rows of its tables, begin and end."""
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for stop in () if line.group().lstrip().startswith("|") else SENTENCE.finditer(text, *line.span()):
            yield start, stop.start()
            start = stop.end()
        if start < line.end():
            yield start, line.end()


def around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentences, or the rows of a table, that hold a stretch of a text."""
    touched = _touched(text, start, end)
    return touched[0][0], touched[-1][1]


def _touched(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [(first, last) for first, last in stretches(text) if first < end and last > start]


def block(text: str, start: int, end: int) -> tuple[int, int]:
    """The paragraph, list or table that a stretch of a text stands in: up to an empty line or a heading."""
    first, last = 0, len(text)
    for edge in BLOCK_EDGE.finditer(text):
        if edge.end() <= start:
            first = edge.end()
        elif edge.start() >= end:
            last = edge.start()
            break
    return first, last


def _verbatim(quote: str, text: str) -> tuple[int, int] | None:
    """Where a quotation of a few words stands letter by letter, as most do: found without a look at its words."""
    start = text.find(quote) if len(quote.split()) >= MIN_WORDS else -1
    end = start + len(quote)
    if start < 0 or IN_A_WORD.match(text[max(0, start - 1) : start + 1]) or IN_A_WORD.match(text[end - 1 : end + 1]):
        return None
    return start, end


def _span(quote: str, text: str) -> tuple[int, int] | None:
    """Where a quotation begins and ends in a text, with or without what is mere layout."""
    for layout in (True, False):
        held = words(text, layout)
        wanted = words(quote, layout)
        places = held.places(wanted)
        if (first := next(places, None)) is None:
            parts = [words(part, layout) for part in GAP.split(quote)]
            joined = held.in_parts([part for part in parts if part.weight])
            first = next((place for place in joined if len(_touched(text, *held.span(*place))) == 1), None)
        if first is None:
            continue
        start, end = held.span(*first)
        if wanted.weight >= MIN_WORDS:
            return start, end
        whole = around(text, start, end)
        elsewhere = {text[slice(*around(text, *held.span(*other)))] for other in places}
        return whole if elsewhere <= {text[slice(*whole)]} else None
    return None


class Words:
    """The tokens of a text and where they stand in it, to be searched as one string."""

    def __init__(self, text: str, *, layout: bool) -> None:
        found = list(_tokens(text if layout else LAYOUT.sub(_blank, text)))
        self.joined = f" {' '.join(token for token, _, _ in found)} "
        self._ends = [(start, end) for _, start, end in found]
        self._begins = list(accumulate((len(token) + 1 for token, _, _ in found), initial=0))  # within `joined`
        self.weight = sum(0.5 if re.fullmatch(f"[{CJK}]+", token) else 1 for token, _, _ in found)

    def places(self, wanted: Words) -> Iterator[tuple[int, int]]:
        """First and last token of each place where the wanted ones stand."""
        place = self.joined.find(wanted.joined) if wanted.weight else -1
        while place >= 0:
            yield self._tokens_at(place, wanted)
            place = self.joined.find(wanted.joined, place + 1)

    def in_parts(self, parts: Sequence[Words]) -> Iterator[tuple[int, int]]:
        """First and last token of each place where parts of a few words stand, one after the other."""
        if len(parts) < 2 or min(part.weight for part in parts) < PART_WORDS:
            return
        for first, last in self.places(parts[0]):
            ends = [last]
            for part in parts[1:]:
                ends += [stop for start, stop in self.places(part) if start > ends[-1]][:1]
            if len(ends) == len(parts):
                yield first, ends[-1]

    def span(self, first: int, last: int) -> tuple[int, int]:
        return self._ends[first][0], self._ends[last][1]

    def _tokens_at(self, place: int, wanted: Words) -> tuple[int, int]:
        return bisect_right(self._begins, place) - 1, bisect_right(self._begins, place + len(wanted.joined) - 2) - 1


@lru_cache(maxsize=256)  # a lesson looks for many quotations in one text
def words(text: str, layout: bool = True) -> Words:
    """The words of a text; without its layout where that is to be left out."""
    return Words(text, layout=layout)


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """The tokens as `match.tokens` has them, with their places in the text as it is."""
    letters, origins = [], []
    for match in CLUSTER.finditer(text):
        for letter in plain(match.group()):
            letters.append(letter)
            origins.append((match.start(), match.end()))
    spelled = "".join(letters)
    for match in reversed(list(THOUSANDS.finditer(spelled))):
        del letters[match.start()], origins[match.start()]
    for token, start, end in places("".join(letters)):
        yield token, origins[start][0], origins[end - 1][1]


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
