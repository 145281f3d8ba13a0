"""What the program Tesseract reads on a picture: words with their places, and the lines that they make."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from statistics import fmean, median

from tasks.parse.blocks import Box, UnreadableError

POOR = 30  # Tesseract's confidence, of 100, under which a line is a picture's grain
COLUMN_GAP = 1.1  # of the type's size; more white parts two lines that stand side by side
RULE = "|"  # between cells, as Tesseract takes it for a letter
SIZE_STEP = 1.25  # sizes of type that differ by less are one: they are measured by the ink
LATIN_WIDTH = 0.5  # of the size, a letter's on average; a Chinese character is as wide as high
MOST_OVER = 1.1  # times the size that a line's width tells; a box that is higher holds a rule or a stain too
ASIAN = ("chi_", "jpn", "kor")
JOINED = re.compile("[\u2e80-\u312f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")  # written without spaces
TALL, DEEP = re.compile(r"[^\Wacemnorsuvwxz]"), re.compile("[gjpqy]")
# Dark type on a colour counts.
SETTINGS = ("-c", "thresholding_method=1")
# With its own search for tables it finds lone digits in cells, without it headers of several lines.
WITHOUT_TABLES = ("-c", "textord_tabfind_find_tables=0")
SURE = 80  # confidence, of 100, of a word that only one of both finds
TURNS = "osd"  # the data by which it knows how a page lies, and in what script it is written
BY_ITSELF, WITH_TURNS = "3", "1"  # modes of page segmentation


@dataclass(frozen=True)
class Piece:
    """A word or a line: its text, its place in pixels, its size of type, and how sure Tesseract is, of 100."""

    text: str
    box: Box
    size: float
    confidence: float
    line: tuple[str, ...] = ()  # the numbers by which Tesseract tells its lines apart


@cache
def installed() -> frozenset[str]:
    """The languages whose data is on this machine."""
    if not shutil.which("tesseract"):
        return frozenset()
    listing = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False).stdout
    return frozenset(listing.split("\n")[1:]) - {""}


def read_words(picture: bytes, languages: str, dpi: int, *, ruled: bool) -> list[Piece]:
    """The words on a picture (PNM); `ruled`: it shows a table, so it is read in two ways."""
    languages = _languages(picture, languages, dpi)
    words = _words(picture, languages, dpi, *WITHOUT_TABLES)
    if ruled:
        more = (word for word in _words(picture, languages, dpi) if word.confidence >= SURE)
        words = [word for word in words if word.confidence >= POOR]
        words += [word for word in more if not any(_touch(word.box, other.box) for other in words)]
    return words


def _languages(picture: bytes, languages: str, dpi: int) -> str:
    """Of several languages the Asian ones alone for a page in such a script: Latin letters would draw it astray."""
    asian = "+".join(name for name in languages.split("+") if name.startswith(ASIAN))
    if not asian or asian == languages or TURNS not in installed():
        return languages
    script = _run(picture, "--psm", "0", "-l", TURNS, "--dpi", str(dpi))
    return asian if re.search("Script: (?:Han|Japanese|Hangul|Korean)", script) else languages


def _words(picture: bytes, languages: str, dpi: int, *settings: str) -> list[Piece]:
    mode = WITH_TURNS if TURNS in installed() else BY_ITSELF
    table = _run(picture, "--psm", mode, "-l", languages, "--dpi", str(dpi), *SETTINGS, *settings, "tsv")
    if not table.startswith("level"):
        raise UnreadableError("ocr_failed", f"Tesseract could not read it: {table.strip()[-200:]}", passing=True)
    return [word for row in table.split("\n")[1:] if (word := _word(row.split("\t")))]


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _run(picture: bytes, *arguments: str) -> str:
    """What the program printed; where it failed, what it said of that."""
    alone = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # documents are read beside one another already
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", *arguments], input=picture, capture_output=True, check=False, env=alone
    )
    return (done.stderr if done.returncode else done.stdout).decode("utf-8", "replace")


def _word(cells: list[str]) -> Piece | None:
    """A word of Tesseract's table; its other rows are blocks, paragraphs and lines."""
    if len(cells) != 12 or cells[0] != "5" or not (text := cells[11].strip()):
        return None
    left, top, width, height = map(float, cells[6:10])
    return Piece(text, (left, top, left + width, top + height), 0.0, float(cells[10]), tuple(cells[2:5]))


def direction(words: list[Piece]) -> tuple[int, int]:
    """Where most lines run: (1, 0) on an upright page, (0, -1) on one that was scanned lying on its right side."""
    runs: Counter[tuple[int, int]] = Counter()
    for before, word in pairwise(words):
        if before.line == word.line:
            across = (word.box[0] + word.box[2] - before.box[0] - before.box[2]) / 2
            down = (word.box[1] + word.box[3] - before.box[1] - before.box[3]) / 2
            along = (math.copysign(1, across), 0) if abs(across) > abs(down) else (0, math.copysign(1, down))
            runs[int(along[0]), int(along[1])] += 1
    return max(runs, key=lambda run: runs[run], default=(1, 0))


def lines_of(words: list[Piece]) -> list[Piece]:
    """The words of an upright page as lines from top to bottom, those side by side from left to right.

    Tesseract's own blocks cut lines of poor print in two, so rows are made anew of what stands at one height.
    """
    sized = [replace(word, size=_size(word)) for word in words]
    rows: list[list[Piece]] = []
    for word in sorted(sized, key=lambda word: word.box[1] + word.box[3]):
        row = next((row for row in reversed(rows[-4:]) if _level(row[-1], word)), None)
        rows.append([word]) if row is None else row.append(word)
    lines = [line for row in rows for part in _parted(row) if (line := _joined(part)).confidence >= POOR]
    return _even(lines)


def _size(word: Piece) -> float:
    """The size of type, from the height of the ink and the letters that make it."""
    tall, deep = TALL.search(word.text), DEEP.search(word.text)
    share = 0.92 if JOINED.search(word.text) or (tall and deep) else 0.72 if tall or deep else 0.5
    return (word.box[3] - word.box[1]) / share


def _level(one: Piece, other: Piece) -> bool:
    """Whether two words stand at one height."""
    shared = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return shared > 0.5 * min(one.box[3] - one.box[1], other.box[3] - other.box[1])


def _parted(row: list[Piece]) -> list[list[Piece]]:
    row = sorted(row, key=lambda word: word.box[0])
    gap = COLUMN_GAP * median(word.size for word in row)
    parts = [row[:1]]
    for before, word in pairwise(row):
        if word.box[0] - before.box[2] > gap or before.text == RULE:
            parts.append([])
        parts[-1].append(word)
    return [kept for part in parts if (kept := [word for word in part if word.text != RULE])]


def _joined(words: list[Piece]) -> Piece:
    text = words[0].text
    for word in words[1:]:
        text += word.text if JOINED.match(text[-1]) or JOINED.match(word.text) else " " + word.text
    lefts, tops, rights, bottoms = zip(*(word.box for word in words), strict=True)
    wide = len(JOINED.findall(text))
    likely = (max(rights) - min(lefts)) / (wide + LATIN_WIDTH * (len(text) - wide))
    size = min(median(word.size for word in words), MOST_OVER * likely)
    box = (min(lefts), min(tops), max(rights), max(bottoms))
    return Piece(text, box, size, fmean(word.confidence for word in words))


def _even(lines: list[Piece]) -> list[Piece]:
    """Sizes in steps from that of most letters, so that lines of one size are told alike."""
    if not lines:
        return []
    sizes = sorted(size for line in lines for size in [line.size] * len(line.text))
    usual = sizes[len(sizes) // 2]
    return [
        replace(line, size=usual * SIZE_STEP ** round(math.log(max(line.size, 1) / usual, SIZE_STEP))) for line in lines
    ]
