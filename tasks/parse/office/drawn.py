"""What charts and diagrams (SmartArt) say, by the XML of their parts, alike in Word's and PowerPoint's files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"  # the newer charts: waterfall, funnel, sunburst
D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
FIRST_DAY = datetime(1899, 12, 30)  # what a spreadsheet counts its days from
MOST_POINTS = 10_000  # of a series; an index beyond is not a chart that anyone has drawn
Table = list[list[str]]


def chart_title(chart: Any) -> str:
    title = chart.find(f"{C}chart/{C}title")
    if title is None:
        title = chart.find(f"{CX}chart/{CX}title")
    return "" if title is None else " ".join(drawn_lines(title))


def chart_tables(chart: Any) -> list[Table]:
    """A chart's numbers: its categories, and a column for each series; a table for each set of categories."""
    tables: list[tuple[list[str], list[tuple[str, list[str]]]]] = []
    for name, categories, values in [*_series(chart), *_newer_series(chart)]:
        if not any(values):
            continue
        if not tables or (categories and tables[-1][0] != categories):
            tables.append((categories, []))
        tables[-1][1].append((name, values))
    return [_table(categories, series) for categories, series in tables]


def diagram_texts(data: Any) -> list[tuple[int, str]]:
    """The texts of a diagram with their levels from 0, each before those that hang on it."""
    texts = {
        point.get("modelId"): "\n".join(drawn_lines(point))
        for point in data.iter(f"{D}pt")
        if point.get("type", "node") in ("node", "asst")
    }
    below: dict[str, list[str]] = {}
    for link in sorted(data.iter(f"{D}cxn"), key=lambda link: _whole(link.get("srcOrd"))):
        if link.get("type", "parOf") == "parOf":
            below.setdefault(link.get("srcId"), []).append(link.get("destId"))
    found: dict[str, int] = {}
    children = {child for links in below.values() for child in links}
    stack = [(0, node) for node in reversed(texts) if node not in children]
    for point in data.iter(f"{D}pt"):
        if point.get("type") == "doc":
            stack += [(0, node) for node in reversed(below.get(point.get("modelId"), []))]
    while stack:
        level, node = stack.pop()
        if node not in found and node in texts:
            found[node] = level
            stack += [(level + 1, child) for child in reversed(below.get(node, []))]
    return [(level, texts[node]) for node, level in found.items() if texts[node]]


def drawn_lines(element: Any) -> list[str]:
    """The paragraphs of drawn text that are not empty."""
    lines = ("".join(t.text or "" for t in p.iter(f"{A}t")).strip() for p in element.iter(f"{A}p"))
    return [line for line in lines if line]


def _whole(text: str | None) -> int:
    """An attribute's number; a damaged one counts as 0."""
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text) else 0


def _table(categories: list[str], series: list[tuple[str, list[str]]]) -> Table:
    height = max(len(categories), *(len(values) for _, values in series))
    columns = [["", *categories], *([name, *values] for name, values in series)]
    if not categories:
        columns[0] = ["", *map(str, range(1, height + 1))]
    return [[column[row] if row < len(column) else "" for column in columns] for row in range(height + 1)]


def _series(chart: Any) -> Iterator[tuple[str, list[str], list[str]]]:
    """Name, categories and values; those of scatter charts are x and y, and bubbles have a size besides."""
    for series in chart.iter(f"{C}ser"):
        named = series.find(f"{C}tx")
        name = "" if named is None else " ".join(v.text or "" for v in named.iter(f"{C}v"))
        categories = _points(_first(series, "cat", "xVal"))
        yield name, categories, _points(_first(series, "val", "yVal"))
        yield f"{name} size".strip(), categories, _points(series.find(f"{C}bubbleSize"))


def _first(series: Any, *names: str) -> Any:
    return next((found for name in names if (found := series.find(f"{C}{name}")) is not None), None)


def _points(source: Any) -> list[str]:
    """The values that a chart keeps of its cells; categories of several levels are said from the outermost in."""
    if source is None:
        return []
    levels = [_level(level) for level in source.iter(f"{C}lvl")]
    if not levels:
        return _level(source, dates=_counts_days(source))
    height = max(map(len, levels))
    filled = [_held(level + [""] * (height - len(level)), hold=place > 0) for place, level in enumerate(levels)]
    return [" / ".join(level[row] for level in reversed(filled) if level[row]) for row in range(height)]


def _held(values: list[str], *, hold: bool) -> list[str]:
    """An outer category stands at the first of its points alone and holds for those after it."""
    held, last = [], ""
    for value in values:
        last = value or last
        held.append(last if hold else value)
    return held


def _level(source: Any, *, dates: bool = False) -> list[str]:
    values: dict[int, str] = {}
    for point in source.iter(f"{C}pt"):
        value = point.find(f"{C}v")
        place = _whole(point.get("idx"))
        if value is not None and value.text and place < MOST_POINTS:
            values[place] = _day(value.text) if dates else _plain(value.text)
    return [values.get(place, "") for place in range(max(values, default=-1) + 1)]


def _counts_days(source: Any) -> bool:
    code = source.find(f".//{C}formatCode")
    return code is not None and "y" in (code.text or "").lower()


def _day(text: str) -> str:
    try:
        return (FIRST_DAY + timedelta(days=int(float(text)))).date().isoformat()
    except (ValueError, OverflowError):
        return text


def _plain(text: str) -> str:
    """A number without the noise of its last binary digits; other text as it is."""
    if "_" in text:
        return text
    try:
        number = float(text)
    except ValueError:
        return " ".join(text.split())
    return text if text.lstrip("-").isdecimal() else f"{number:.12g}"


def _newer_series(chart: Any) -> Iterator[tuple[str, list[str], list[str]]]:
    data = {one.get("id"): one for one in chart.iter(f"{CX}data")}
    for series in chart.iter(f"{CX}series"):
        named, link = series.find(f".//{CX}txData/{CX}v"), series.find(f"{CX}dataId")
        source = data.get(link.get("val")) if link is not None else None
        if source is not None:
            name = (named.text or "") if named is not None else ""
            yield name, _newer_points(source.find(f"{CX}strDim")), _newer_points(source.find(f"{CX}numDim"))


def _newer_points(dimension: Any) -> list[str]:
    if dimension is None:
        return []
    levels = [[_plain(point.text or "") for point in level.iter(f"{CX}pt")] for level in dimension.iter(f"{CX}lvl")]
    height = max(map(len, levels), default=0)
    return [" / ".join(level[row] for level in reversed(levels) if row < len(level)) for row in range(height)]
