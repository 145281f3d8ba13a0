"""What every reader makes of a document: a stream of blocks, in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["heading", "paragraph", "item", "table", "code"]
Box = tuple[float, float, float, float]  # left, top, right, bottom in points, from the page's top left corner


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, an item of a list, a table or code; `text` is Markdown, without marks for headings.

    A heading has a level (0 for the document's title). One without text begins a new part that has no name, such as a
    slide without a title. An item has the level of its list, from 0, and the `mark` that stands before it: a dash, or
    its number as the document shows it ("3.", "(b)", "第二条"). `boxes` are where a PDF shows the block: a page from 1
    and a box for each page or column that it stands on.
    """

    kind: Kind
    text: str
    level: int = 0
    page: int | None = None
    mark: str = "-"
    boxes: tuple[tuple[int, Box], ...] = ()


@dataclass(frozen=True)
class Options:
    """What the user wants read of a document, and what opens it."""

    comments: bool = False
    speaker_notes: bool = True
    hidden_slides: bool = False
    ocr: bool = True
    ocr_languages: str = "eng+chi_sim"  # Tesseract's names
    max_pages: int = 2000
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Loss:
    """A part of a document that could not be read, though the rest could.

    `passing`: it hangs on this machine, where a program or a password is missing, and not on the document.
    """

    reason: str
    detail: str
    page: int | None = None
    passing: bool = False


@dataclass
class Reading:
    """What a reader made of a document; `pages` are a PDF's pages or a deck's slides, 0 for what has none."""

    blocks: list[Block] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    pages: int = 0


class UnreadableError(Exception):
    """A document can't be read; `reason` is a short name that can be counted, `passing` as in `Loss`."""

    def __init__(self, reason: str, detail: str, *, passing: bool = False) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail, self.passing = reason, detail, passing


NOTHING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff\ud800-\udfff]")
SPACES = re.compile(r"[ \t\u00a0\u3000]+")
UNTIDY = re.compile(r"[^\S \n]|[\x00-\x08\x0e-\x1f\x7f\u200b\ufeff\ud800-\udfff\ufb00-\ufb04]|\s\s|^\s|\s$")
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})


def tidy(text: str) -> str:
    """Without control characters, ligatures and stray white space; line breaks stay."""
    if not UNTIDY.search(text):
        return text
    text = NOTHING.sub("", text.translate(LIGATURES).replace("\r\n", "\n"))
    lines = (SPACES.sub(" ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def table(rows: Iterable[Sequence[str]], page: int | None = None) -> Block | None:
    """A pipe table whose first row is the header; None where no cell holds anything."""
    cells = [[" ".join(tidy(cell).replace("|", "\\|").split("\n")) for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return None
    width = max(map(len, cells))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in cells]
    lines.insert(1, "|" + " --- |" * width)
    return Block("table", "\n".join(lines), page=page)
