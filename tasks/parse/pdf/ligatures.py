"""Ligatures whose letters a font's map lost: "di!cult" and "e↵ort" are mended where known words come of it."""

from __future__ import annotations

import re
from collections import defaultdict

from tasks.parse.pdf.page import Line, Page

LIGATURES = ("fi", "ff", "fl", "ffi", "ffl")
ODD = re.compile('[!"#$%&↵↔\ufffd\x1b-\x1f]')
TORN = re.compile(rf"([A-Za-z]*)({ODD.pattern})([a-z]+|(?=-))")
FEWEST = 2  # different known words that one character must make
# how common words with a ligature begin, and where the ligature may end a word, the whole of it
KNOWN = frozenset(
    re.findall(
        r"\w+",
        """
        affect affili afford artific baffl benefi buffer certifi classif cliff coeffici confi configur conflict defici
        defin diffe diffic diffus effect efficien effort fiction field fift fight figur file fill film filter final
        financ find fine finger finish fire firm first fiscal fish fit five fix flag flash flat flexib flight float
        floor flow fluctuat fluid identif inflat inflect influenc modif notif off offer offic offline offset profile
        profit qualif reflec scientif shuffl signific simplif specif staff stuff suffer suffic suffix traffic verif
        workflow
        """,
    )
)
LONGEST = max(map(len, KNOWN))


def mend(pages: list[Page]) -> None:
    """Put back the ligatures that odd characters within words stand for; without such words nothing is touched."""
    torn: defaultdict[str, dict[Line, None]] = defaultdict(dict)
    words: defaultdict[str, set[str]] = defaultdict(set)
    for page in pages:
        for line in page.lines:
            if ODD.search(line.text):
                for found in TORN.finditer(line.text):
                    torn[found[2]][line] = None
                    if found[1] and (whole := _whole(found)):
                        words[found[2]].add(whole.casefold())
    for odd, whole_words in words.items():
        if len(whole_words) >= FEWEST:
            for line in torn[odd]:
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
