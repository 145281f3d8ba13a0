"""Characters that were printed apart from their line, in the holes that it left, as those of a second font are."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import Any

from tasks.parse.pdf.page import around

LONGEST = 8  # characters of a piece that fills a hole


def mend(page: Any, content: dict[str, Any], flags: int) -> None:
    """Put such pieces back into their lines; only where there are some the page is read anew, letter by letter."""
    lines = _lines(content)
    holed = _holed(lines)
    if not holed:
        return
    lettered = _lines(page.get_text("rawdict", flags=flags))
    gone: set[int] = set()
    for host, pieces in holed.items():
        own = _letters(lettered[host])
        solid = [char["bbox"] for char, _ in own if not char["c"].isspace()]
        for piece in pieces:
            put = _letters(lettered[piece])
            if not any(_covers(box, char["bbox"]) for box in solid for char, _ in put):  # else printed over one another
                own += put
                gone.add(id(lines[piece]))
        lines[host]["spans"] = _spans(own)
    for block in content["blocks"]:
        if "lines" in block:
            block["lines"] = [line for line in block["lines"] if id(line) not in gone]


def _lines(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for block in content["blocks"] for line in block.get("lines", ())]


def _holed(lines: list[dict[str, Any]]) -> dict[int, list[int]]:
    """The lines with the short pieces, not of ASCII, that stand on the same base within their ends."""
    short = [
        index
        for index, line in enumerate(lines)
        if len(line["spans"]) == 1 and len(text := line["spans"][0]["text"]) <= LONGEST and not text.isascii()
    ]
    if not short:
        return {}
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        rows[round(line["spans"][0]["origin"][1])].append(index)
    holed: defaultdict[int, list[int]] = defaultdict(list)
    for index in short:
        left, _, right, _ = lines[index]["bbox"]
        for host in rows[round(lines[index]["spans"][0]["origin"][1])]:
            box = lines[host]["bbox"]
            if box[0] < left and right < box[2] and lines[host]["dir"] == lines[index]["dir"] == (1, 0):
                holed[host].append(index)
                break
    return {host: pieces for host, pieces in holed.items() if host not in short}


def _letters(line: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(char, span) for span in line["spans"] for char in span["chars"]]


def _covers(box: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return box[0] < (other[0] + other[2]) / 2 < box[2]


def _spans(letters: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[dict[str, Any]]:
    """Letters in their order from left to right, without the spaces that stood for the holes."""
    solid = [char["bbox"] for char, _ in letters if not char["c"].isspace()]
    letters = [
        (char, span)
        for char, span in letters
        if not (char["c"].isspace() and any(_covers(char["bbox"], box) for box in solid))
    ]
    letters.sort(key=lambda letter: letter[0]["bbox"][0])
    spans = []
    for _, run in groupby(letters, key=lambda letter: id(letter[1])):
        chars = list(run)
        text = "".join(char["c"] for char, _ in chars)
        box = around(char["bbox"] for char, _ in chars)
        spans.append({**chars[0][1], "text": text, "origin": chars[0][0]["origin"], "bbox": box})
    return spans
