"""Small PDFs of our own: text that is put on their pages, and what is read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf

from tasks.parse import pdf
from tasks.parse.blocks import Block, Options, Reading

LEFT, RIGHT = 60, 320
ENGLISH = (
    "The mill at Quellmere stands where two small rivers meet and has ground rye for the villages around it since "
    "the bridge was built. Its wheel was made anew three times, the last time of larch from the upper valley, and "
    "its stones came by barge from a quarry that has long been closed to all but swallows."
)
CHINESE = (
    "衡溪的水磨建在两条小河交汇的地方，自从石桥建成以来，一直为附近的村庄磨制黑麦。水轮先后更换过三次，最后一次用的是"
    "上游山谷的落叶松。磨盘由驳船从一座早已关闭的采石场运来，如今那里只剩下燕子。"
)


def read(document: Any, path: Path, **options: Any) -> Reading:
    document.save(str(path))
    return pdf.read(path, Options(ocr=False, **options))


def wrapped(text: str, width: float, size: float = 10, font: str = "helv") -> list[str]:
    """The text as lines of a width, Chinese at every letter."""
    words = text.split(" ") if font != "china-s" else list(text)
    between = " " if font != "china-s" else ""
    lines = [words[0]]
    for word in words[1:]:
        if pymupdf.get_text_length(lines[-1] + between + word, font, size) <= width:
            lines[-1] += between + word
        else:
            lines.append(word)
    return lines


def put(
    page: Any, left: float, top: float, lines: list[str], size: float = 10, font: str = "helv", **more: Any
) -> float:
    """Write lines one below another; where the next one would stand."""
    for line in lines:
        page.insert_text((left, top), line, fontsize=size, fontname=font, **more)
        top += size * 1.3
    return top


def grid(page: Any, left: float, top: float, rows: list[list[str]], width: float = 120, height: float = 20) -> None:
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            box = pymupdf.Rect(
                left + width * column, top + height * number, left + width * (column + 1), top + height * (number + 1)
            )
            page.draw_rect(box)
            page.insert_text((box.x0 + 4, box.y1 - 6), text, fontsize=9)


def told(reading: Reading) -> list[str]:
    return [block.text for block in reading.blocks]


def only(blocks: list[Block], kind: str) -> list[Block]:
    return [block for block in blocks if block.kind == kind]
