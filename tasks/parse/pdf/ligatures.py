"""Ligatures whose letters a font's map lost: "di!cult" and "e↵ort" are mended where known words come of it."""

from __future__ import annotations

import re

from tasks.parse.pdf.page import Line, Page

LIGATURES = ("fi", "ff", "fl", "ffi", "ffl")
ODD = re.compile('[!"#$%&↵↔\ufffd\x1b-\x1f]')
TORN = re.compile(rf"([A-Za-z]*)({ODD.pattern})([a-z]+|(?=-))")
FEWEST = 2  # different known words that must come of it
# how common words with a ligature begin, and where the ligature may end a word, the whole of it
KNOWN = frozenset(
    re.findall(
        r"\w+",
        """
        affect affili afford artifici baffl benefi buffer certifi classifi cliff coeffici confi configur conflict defici
        defin diffe diffic diffus effect efficien effort fiction field fift fight figur file fill film filter final
        financ find fine finger finish fire firm first fiscal fish fit five fix flag flash flat flexib flight float
        floor flow fluctuat fluid identifi inflat inflect influenc modifi notifi off offer offic offline offset profile
        profit qualifi reflec scientifi shuffl signifi simplifi specifi staff stuff suffer suffici suffix traffic verifi
        overfi underfi workflow
        """,
    )
)


def mend(pages: list[Page]) -> None:
    """Put back the ligatures that odd characters within words stand for; without such words nothing is touched."""
    torn: dict[Line, None] = {}
    words: set[str] = set()
    for page in pages:
        for line in page.lines:
            if ODD.search(line.text):
                for found in TORN.finditer(line.text):
                    torn[line] = None
                    if found[1] and (whole := _whole(found)):
                        words.add(whole.casefold())
    if len(words) >= FEWEST:
        for line in torn:
            line.text = TORN.sub(_put, line.text)


def _put(found: re.Match[str]) -> str:
    return _whole(found) or found[0]


def _whole(found: re.Match[str]) -> str | None:
    """The known word that one of the ligatures makes of a torn one."""
    before, _, after = found.groups()
    for ligature in LIGATURES:
        word = f"{before}{ligature}{after}"
        shortest = len(before) + len(ligature)
        if any(
            word[start:end].lower() in KNOWN
            for start in range(len(before) + 1)
            for end in range(shortest, len(word) + 1)
        ):
            return word
    return None
