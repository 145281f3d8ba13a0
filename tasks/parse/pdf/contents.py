"""Printed tables of contents: titles with leaders and page numbers, or with links to their pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.parse.blocks import Box
from tasks.parse.pdf.page import Line, Page, rows_of

LEADERS = re.compile(r"(?:[.．·•_]\s?){5,}|…{2,}|(?:[.．]\s){4,}")
TWO_DOTS = re.compile(r"[.．·•_…]\s?[.．·•_…]")  # all leaders have them, and are found slower
FEWEST = 4  # entries of a table of contents
COVERED = 0.8  # of a row's width under links
SHARE = 0.6  # of the rows between the first entry and the last that are entries


def leave_out(page: Page, links: Sequence[Box], goes_on: bool) -> bool:
    """Take the entries off a page; `links` lead to other pages, `goes_on` where the page before has entries."""
    fewest = 1 if goes_on else FEWEST
    led = [line for line in page.lines if _has_leaders(line)]
    if len(led) < fewest and len(links) < fewest:
        return False
    rows = list(rows_of(page.lines))
    entries = [index for index, row in enumerate(rows) if _entry(row, links)]
    if len(entries) < fewest or (goes_on and entries[0] > FEWEST):
        return False
    first, last = entries[0], entries[-1]
    if len(entries) < SHARE * (last - first + 1):
        return False
    gone = {id(line) for row in rows[first : last + 1] for line in row}
    page.lines = [line for line in page.lines if id(line) not in gone]
    return True


def _entry(row: list[Line], links: Sequence[Box]) -> bool:
    """Whether leaders stand in a row, or links cover it from end to end."""
    if any(map(_has_leaders, row)):
        return True
    middle = (row[0].box[1] + row[0].box[3]) / 2
    left, right = row[0].box[0], row[-1].box[2]
    covered = sum(min(link[2], right) - max(link[0], left) for link in links if link[1] < middle < link[3])
    return covered > COVERED * (right - left)


def _has_leaders(line: Line) -> bool:
    return TWO_DOTS.search(line.text) is not None and LEADERS.search(line.text) is not None
