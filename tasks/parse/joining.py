"""Stretches of text that a line's end parted: which are written together, and which with a space."""

from __future__ import annotations

import re

CJK = "\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
WIDE = re.compile(f"[{CJK}]")  # written without spaces
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
SPACED = re.compile(f"[{CJK}] [0-9A-Za-z]")  # an author who sets Latin words and numbers off from Chinese
MARKS = "“”‘’—…·\x02\x03"  # written without spaces beside Chinese; \x02 and \x03 hold a reference
LATIN = re.compile("[0-9A-Za-z]")
HABIT = 300  # characters before a line's end that tell the author's habit
HALF_SPACED = re.compile(f"(?<=[{CJK}])(\\d[\\d.,]*%?) (?=([{CJK}]))")
MEASURES = "年月日号时小分秒个名件项条次人万亿元米吨台家位天周度倍"  # what follows a number, not a label such as "表1"
LONGEST_LABEL = 3  # characters before its number
LABELLED = LONGEST_LABEL + 1


def between(text: str, following: str) -> str:
    """What belongs between two stretches that a line's end parted: a space, or nothing where either is Chinese.

    Beside Latin letters and numbers an author may set spaces, which the text itself tells; Korean has its own.
    """
    if not text or not following:
        return ""
    last, first = text[-1], following[0]
    if (last.isascii() and first.isascii()) or HANGUL.match(last) or HANGUL.match(first):
        return " "
    wide = WIDE.match(text.rstrip(MARKS)[-1:]) or WIDE.match(following.lstrip(MARKS)[:1])
    if not (WIDE.match(last) or WIDE.match(first)):
        return "" if wide and (last in MARKS or first in MARKS) else " "
    if LATIN.match(last) or LATIN.match(first):
        return " " if SPACED.search(text[-HABIT:]) or SPACED.search(following) else ""
    return ""


def joined(*stretches: str) -> str:
    """Stretches of one text, those that hold something."""
    text = ""
    for stretch in stretches:
        space = between(text, stretch)
        numbered = text and not space and stretch[:1].isdigit()
        text = text[:-LABELLED] + closed_up(text[-LABELLED:] + stretch) if numbered else text + space + stretch
    return text


def closed_up(line: str) -> str:
    """A line without the spaces that stand after a number but not before it, as in 自2025 年: no author set them."""

    def told(match: re.Match[str]) -> str:
        label = match.start() <= LONGEST_LABEL and match[2] not in MEASURES
        return match[0] if label else match[1]

    return line if line.isascii() else HALF_SPACED.sub(told, line)
