"""The text of a slide's shapes: paragraphs with their bullets, numbers, levels, links and equations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from tasks.parse.blocks import Block, tidy
from tasks.parse.numerals import formatted
from tasks.parse.office.runs import linked, scripted
from tasks.parse.word.equations import linear

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
EQUATION = "{http://schemas.microsoft.com/office/drawing/2010/main}m"
BULLETS = (f"{A}buNone", f"{A}buChar", f"{A}buAutoNum", f"{A}buBlip")
SHOWN_BY_LAYOUT = ("slidenum", "datetime", "footer", "header")  # fields that stand on every slide
FORMATS = {
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "circleNum": "decimalEnclosedCircle",
    "ea1": "chineseCounting",
}


def blocks_of(body: Any, rels: Any, styles: Sequence[Any], page: int) -> Iterator[Block]:
    """A frame's items of lists, and its other paragraphs as the lines of one block.

    `body` is None for a shape that has never had text; `styles` are the list styles that the frame inherits, the
    nearest first. A lone bullet makes no list.
    """
    found = list(_marked(body, rels, styles)) if body is not None else []
    if len(found) == 1 and found[0][0] == "-":
        found = [(None, 0, found[0][2])]
    for is_item, group in groupby(found, key=lambda one: one[0] is not None):
        if is_item:
            yield from (Block("item", text, level, page, mark or "-") for mark, level, text in group)
        else:
            yield Block("paragraph", "\n".join(text for _, _, text in group), page=page)


def text_of(body: Any, rels: Any) -> str:
    """All lines of a frame or a cell."""
    return "\n".join(text for paragraph in body.iter(f"{A}p") if (text := tidy(_paragraph(paragraph, rels))))


def _marked(body: Any, rels: Any, styles: Sequence[Any]) -> Iterator[tuple[str | None, int, str]]:
    """Each paragraph with its mark (None where it belongs to no list) and its level."""
    numbers: dict[int, tuple[str, int, int]] = {}  # by level: the kind, the first number, the last number
    for paragraph in body.iter(f"{A}p"):
        text = tidy(_paragraph(paragraph, rels))
        if not text:
            continue
        own = paragraph.find(f"{A}pPr")
        level = int(own.get("lvl", "0")) if own is not None else 0
        bullet = _bullet(own, styles, level)
        numbers = {deep: number for deep, number in numbers.items() if deep <= level}
        if bullet is None or bullet.tag != f"{A}buAutoNum":
            numbers.pop(level, None)
            yield (None if bullet is None or bullet.tag == f"{A}buNone" else "-"), level, text
            continue
        kind, first = bullet.get("type", "arabicPeriod"), int(bullet.get("startAt", "1"))
        before = numbers.get(level)
        value = before[2] + 1 if before and before[:2] == (kind, first) else first
        numbers[level] = kind, first, value
        yield _number(kind, value), level, text


def _bullet(own: Any, styles: Sequence[Any], level: int) -> Any:
    """What stands before a paragraph: its own mark, else that of the nearest style that has one for its level."""
    for properties in (own, *(style.find(f"{A}lvl{level + 1}pPr") for style in styles)):
        if properties is not None:
            for mark in BULLETS:
                if (found := properties.find(mark)) is not None:
                    return found
    return None


def _number(kind: str, value: int) -> str:
    """A number as PowerPoint shows it: `alphaLcParenR` gives "a)", `ea1ChsPeriod` "一、"."""
    shown = formatted(value, next((form for start, form in FORMATS.items() if kind.startswith(start)), "decimal"))
    if kind.endswith("ParenBoth"):
        return f"({shown})"
    period = "、" if kind.startswith("ea1") else "."
    return shown + (")" if kind.endswith("ParenR") else period if kind.endswith("Period") else "")


def _paragraph(paragraph: Any, rels: Any) -> str:
    """A paragraph's runs; those that lead to one address are one link."""
    runs: list[tuple[str, str]] = []
    for run in paragraph:
        before = runs[-1][0] if runs else ""
        text = scripted(_text(run), _script(run), after_digit=before[-1:].isdigit())
        if text:
            runs.append((text, _address(run, rels)))
    return "".join(
        linked("".join(text for text, _ in group), address) for address, group in groupby(runs, key=lambda run: run[1])
    )


def _script(run: Any) -> str | None:
    """Whether a run stands above or below the line, as Word names it."""
    look = run.find(f"{A}rPr")
    shift = look.get("baseline", "0") if look is not None else "0"  # in thousandths of a percent, or with a %
    return "subscript" if shift.startswith("-") else "superscript" if shift.strip("0%") else None


def _text(run: Any) -> str:
    if run.tag == f"{A}br":
        return "\n"
    if run.tag == EQUATION:
        return linear(run)
    if run.tag == f"{A}r" or (run.tag == f"{A}fld" and not str(run.get("type", "")).startswith(SHOWN_BY_LAYOUT)):
        return "".join(part.text or "" for part in run.iter(f"{A}t")).replace("\v", "\n")
    return ""


def _address(run: Any, rels: Any) -> str:
    """Where a run leads on the web; a jump within the deck, and what runs a macro, lead nowhere."""
    click = run.find(f"{A}rPr/{A}hlinkClick")
    ident = click.get(f"{R}id") if click is not None else None
    return str(rels[ident].target_ref) if ident and ident in rels and rels[ident].is_external else ""
