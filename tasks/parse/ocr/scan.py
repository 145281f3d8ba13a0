"""Scanned pages of a PDF: which pages have no usable text of their own, and what Tesseract reads on them."""

from __future__ import annotations

import math
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Any

from tasks.parse.blocks import Box, Options, UnreadableError
from tasks.parse.letters import are_odd
from tasks.parse.ocr import tesseract

FEW_CHARACTERS = 150  # a stamp, a page number, a library's notice over a scan
FEWEST_COVERED = 0.5  # share of the page under pictures
FEWEST_OUTLINES = 60  # shapes on a page without text that may be letters drawn as outlines
FEWEST_LIKELY = 0.4  # share of a hidden layer's Latin letters that stand in likely words
LATIN_WORD = re.compile("[A-Za-zÀ-ɏ]+")
LIKELY_WORD = re.compile("(?=.*[aeiouyAEIOUYÀ-ɏ])(?:[A-ZÀ-Þ]?[a-zß-ɏ]{3,}|[A-ZÀ-Þ]{5,})$")
SHOWN = 16 | 32  # flags of characters that are filled or stroked; a hidden layer's are neither

SHORT_SIDE = 1240  # pixels, at least: A4's at 150 dots an inch
MOST_PIXELS = 12_000_000
LONGEST_SIDE = 30_000  # pixels; Tesseract takes up to 32767
USUAL_DPI = 300
RULE = 1 / 30  # of the page's short side: ink that runs down this far is no letter
FEWEST_RULES = 3  # that run down a table
UNSURE = 60  # Tesseract's confidence, of 100, under which half of a page's lines are a picture's ornaments
PAGE_SECONDS = 30  # that a scanned page may take, above what the whole document may


def available(languages: str) -> str:
    """Those of Tesseract's `languages` ("eng+chi_sim") whose data is on this machine, in their order; "" for none."""
    return "+".join(name for name in languages.split("+") if name in tesseract.installed())


def install(languages: str) -> str:
    """How the data for Tesseract's `languages` is installed on Debian."""
    packages = (f"tesseract-ocr-{name.lower().replace('_', '-')}" for name in languages.split("+"))
    return f"apt-get install {' '.join(['tesseract-ocr', *packages])}"


def needs_ocr(page: Any, content: dict[str, Any]) -> bool:
    """Whether a page must be read from its picture: `content` is what `page.get_text("dict")` gave, images left out.

    So it is where there is a picture of the page, or letters drawn as outlines, and (almost) no text; where the
    characters of the text mean nothing; and where a hidden layer of text over the picture is mostly no words.
    It is cheap for pages of good text.
    """
    shown, hidden = _letters(content)
    if are_odd(shown):
        return True
    if len(shown) > FEW_CHARACTERS or (len(hidden) > FEW_CHARACTERS and not are_odd(hidden) and _likely(hidden)):
        return False
    return _is_picture(page, outlines=not shown)


def recognise(page: Any, content: dict[str, Any], options: Options) -> dict[str, Any]:
    """What stands on a page, by Tesseract, in the form and the coordinates of `page.get_text("dict")`.

    Visible text of `content` that means something stays, a hidden layer goes. Each line that was read is one block
    and one span whose font is unknown: `font` is "" and `flags` are 0, so nothing is bold; sizes of type that are
    nearly one are made one. The lines come from top to bottom: columns are the caller's to find. Raises
    UnreadableError("needs_ocr", ..., passing=True) where OCR is off or Tesseract or its languages are missing.
    """
    import pymupdf

    if not options.ocr:
        raise UnreadableError("needs_ocr", "a scanned page; set parse.ocr to have it read", passing=True)
    if not (languages := available(options.ocr_languages)):
        missing = f"a scanned page; install Tesseract with {options.ocr_languages}: {install(options.ocr_languages)}"
        raise UnreadableError("needs_ocr", missing, passing=True)
    _allow_more_time()
    dpi = _dpi(page)
    picture = page.get_pixmap(dpi=dpi, colorspace="gray", alpha=False)
    words = tesseract.read_words(picture.tobytes("pnm"), languages, dpi, ruled=_is_ruled(picture))
    upright = _upright(tesseract.direction(words), picture.width, picture.height)
    turned = [replace(word, box=tuple(pymupdf.Rect(word.box) * upright)) for word in words]
    to_page = ~upright * pymupdf.Matrix(72 / dpi, 72 / dpi) * page.derotation_matrix
    kept = [] if are_odd(_letters(content)[0]) else [line for line in _lines(content) if _shown(line)]
    lines = tesseract.lines_of(turned)
    if lines and (sure := median(line.confidence for line in lines)) < UNSURE:
        detail = f"a picture with letters that Tesseract is not sure of ({sure:.0f} of 100); they are left out"
        if missing := "+".join(name for name in options.ocr_languages.split("+") if name not in languages.split("+")):
            detail += f"; if it is in {missing}: {install(missing)}"
        raise UnreadableError("ocr_unsure", detail, passing=bool(missing))
    read = [_line(line, to_page, 72 / dpi) for line in lines]
    printed = kept + [line for line in read if not any(_overlap(line["bbox"], other["bbox"]) for other in kept)]
    blocks = [{"type": 0, "number": n, "bbox": line["bbox"], "lines": [line]} for n, line in enumerate(printed)]
    return {"width": content["width"], "height": content["height"], "blocks": blocks}


def _allow_more_time() -> None:
    """Put off the alarm that ends this process where a document takes too long."""
    if left := signal.alarm(0):
        signal.alarm(left + PAGE_SECONDS)


def _lines(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (line for block in content["blocks"] for line in block.get("lines", ()))


def _shown(line: dict[str, Any]) -> bool:
    return any(span["char_flags"] & SHOWN for span in line["spans"])


def _letters(content: dict[str, Any]) -> tuple[str, str]:
    """The text that is visible, and that which is not."""
    shown: list[str] = []
    hidden: list[str] = []
    for line in _lines(content):
        for span in line["spans"]:
            (shown if span["char_flags"] & SHOWN else hidden).append(span["text"])
        shown.append("\n")
        hidden.append("\n")
    return "".join(shown).strip(), "".join(hidden).strip()


def _likely(text: str) -> bool:
    """Whether most letters stand in words; a layer for another language has `FA fe PP eB`, a poor one `T h e`."""
    words = LATIN_WORD.findall(text)
    likely = sum(len(word) for word in words if LIKELY_WORD.match(word))
    return likely >= FEWEST_LIKELY * sum(map(len, words))


def _is_picture(page: Any, *, outlines: bool) -> bool:
    """Whether pictures (a scan may come in strips) cover the page, or it is drawn where it has no text."""
    drawn = page.get_bboxlog()
    if outlines and sum(kind == "fill-path" for kind, _ in drawn) >= FEWEST_OUTLINES:
        return True
    whole = page.rect * page.derotation_matrix
    covered = sum(abs(whole & box) for kind, box in drawn if kind in ("fill-image", "fill-imgmask"))
    return bool(covered >= FEWEST_COVERED * abs(whole))


def _dpi(page: Any) -> int:
    """The scan's own resolution, held between what Tesseract can read and what fits into memory."""
    width, height = page.rect.width / 72, page.rect.height / 72
    images = page.get_image_info()
    scan = max(images, key=lambda image: _area(image["bbox"]), default=None)
    dpi = float(USUAL_DPI)
    if scan and _area(scan["bbox"]):
        dpi = 72 * math.sqrt(scan["width"] * scan["height"] / _area(scan["bbox"]))
    dpi = max(dpi, SHORT_SIDE / min(width, height))
    return max(1, int(min(dpi, math.sqrt(MOST_PIXELS / (width * height)), LONGEST_SIDE / max(width, height))))


def _is_ruled(picture: Any) -> bool:
    """Whether a picture shows the rules of a table, by those that run down."""
    import numpy as np

    ink = np.frombuffer(picture.samples, np.uint8).reshape(picture.height, picture.stride)[:, : picture.width] < 128
    ink[:, 1:] |= ink[:, :-1]  # a rule may lean by a pixel
    length = max(2, int(RULE * min(picture.width, picture.height)))
    reach = np.cumsum(ink, axis=0, dtype=np.int32)
    ruled = (reach[length:] - reach[:-length] == length).any(axis=0)
    return bool((ruled[1:] & ~ruled[:-1]).sum() >= FEWEST_RULES)


def _upright(direction: tuple[int, int], width: int, height: int) -> Any:
    """The matrix that turns a picture whose lines run in a direction upright."""
    import pymupdf

    turns = {(-1, 0): (-1, 0, 0, -1, width, height), (0, -1): (0, 1, -1, 0, height, 0), (0, 1): (0, -1, 1, 0, 0, width)}
    return pymupdf.Matrix(*turns.get(direction, (1, 0, 0, 1, 0, 0)))


def _line(read: tesseract.Piece, to_page: Any, scale: float) -> dict[str, Any]:
    """A line as pymupdf tells it."""
    import pymupdf

    box = tuple(pymupdf.Rect(read.box) * to_page)
    norm = math.hypot(to_page.a, to_page.b)
    span = {
        "text": read.text,
        "bbox": box,
        "origin": tuple(pymupdf.Point(read.box[0], read.box[3]) * to_page),
        "size": read.size * scale,
        "font": "",
        "flags": 0,
        "char_flags": SHOWN,
        "color": 0,
        "alpha": 255,
        "ascender": 0.8,
        "descender": -0.2,
    }
    return {"wmode": 0, "dir": (to_page.a / norm, to_page.b / norm), "bbox": box, "spans": [span]}


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _overlap(one: Box, other: Box) -> bool:
    """Whether most of a line lies under another."""
    shared = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return _area(shared) > 0.5 * _area(one)
