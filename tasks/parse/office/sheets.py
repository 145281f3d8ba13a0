"""Tables of data: workbooks (XLSX) by openpyxl, and values that commas, tabs or the like part."""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice, takewhile
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Block, Loss, Reading, table, tidy
from tasks.parse.decode import decode

ROWS_A_BLOCK = 50  # data has no sections of its own, so a long table is cut, and its header said again
CHARACTERS_A_BLOCK = 2000  # where the cells are long
MOST_ROWS = 100_000  # of a sheet
MOST_COLUMNS = 1_000
MOST_XML = 64 << 20  # bytes of a sheet that are searched for merged cells
PROSE = 60  # characters; one column with a longer cell is text, not data
DELIMITERS = ",\t;|"
SAMPLE = 1 << 16  # characters in which the delimiter is looked for
YEARS = range(1900, 2101)  # numbers that may well be headers
NUMBER = re.compile(r"[-+(]?[¥$€£]?\s?\d[\d,]*(?:\.\d+)?%?\)?")
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d+):([A-Z]{1,3}\d+)"')
NO_VALUE = re.compile(
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*(?:/>|></(?:\w+:)?v>))?\s*</(?:\w+:)?c>"
)
# A format of Excel's: literals, colours, currencies with their country, and spaces as wide as another character.
LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|[_*].')
PLAIN_FORMAT = re.compile(r"([^#0.?%]*)(#,##0|[#0]+)(?:\.(0+))?(%?)([^#0?,/%]*)")

Row = list[str]

csv.field_size_limit(2**31 - 1)  # a cell may be as long as its file; the limit is one for the whole process


def read_csv(path: Path) -> Reading:
    text = decode(path.read_bytes()).removeprefix("\ufeff")
    if told := re.match(r"sep=(.)\r?\n", text):  # a note for Excel
        text, delimiter = text[told.end() :], told[1]
    else:
        delimiter = _delimiter(text[:SAMPLE].splitlines()[:100])
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return Reading(list(_tables(row for row in rows if any(row))))


def _delimiter(lines: list[str]) -> str:
    """What parts the lines into the most even rows of more than one value."""

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        [(width, rows)] = widths.most_common(1) or [(1, 0)]
        return (rows / widths.total(), width) if width > 1 else (0.0, 0)

    return max(DELIMITERS, key=evenness)


def read_workbook(path: Path) -> Reading:
    """The visible sheets, each under its name; formulas by the values that they had when the workbook was saved."""
    import openpyxl

    reading = Reading()
    with path.open("rb") as file, zipfile.ZipFile(path) as archive:  # of a path openpyxl would judge by its suffix
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                _read_sheet(sheet, _xml(archive, sheet._worksheet_path), reading)
            else:
                detail = f"sheet {sheet.title!r} is hidden and was left out; unhide it to have it read"
                reading.losses.append(Loss("hidden_sheet", detail))
    return reading


def _xml(archive: zipfile.ZipFile, part: str) -> bytes:
    """A sheet's XML, for what openpyxl leaves out when it reads row by row; none of it where that is large."""
    return archive.read(part) if archive.getinfo(part).file_size <= MOST_XML else b""


def _read_sheet(sheet: Any, xml: bytes, reading: Reading) -> None:
    sheet.reset_dimensions()  # some programs write wrong ones
    cells = sheet.iter_rows()
    wide: list[int] = []

    def near(row: Any) -> Row:
        wide.extend(place for place, cell in enumerate(row[MOST_COLUMNS:]) if cell.value is not None)
        return [shown(cell) for cell in row[:MOST_COLUMNS]]

    rows = _unmerged(map(near, islice(cells, MOST_ROWS)), _merged(xml))
    blocks = [block for empty, run in groupby(rows, key=_is_empty) if not empty for block in _region(list(run))]
    if blocks:
        reading.blocks += [Block("heading", " ".join(tidy(sheet.title).split()), 1), *blocks]
    if left := sum(any(cell.value is not None for cell in row) for row in cells):
        detail = f"sheet {sheet.title!r}: {left} rows after the first {MOST_ROWS} were left out; split the workbook"
        reading.losses.append(Loss("rows_left_out", detail))
    if wide:
        detail = (
            f"sheet {sheet.title!r}: {len(wide)} cells right of column {MOST_COLUMNS} were left out; split the sheet"
        )
        reading.losses.append(Loss("cells_left_out", detail))
    if missing := len(NO_VALUE.findall(xml)):
        detail = f"sheet {sheet.title!r}: {missing} formulas have no value; open the workbook in Excel and save it"
        reading.losses.append(Loss("formula_without_value", detail))


def _is_empty(row: tuple[Row, Row]) -> bool:
    return not any(row[0])


def _merged(xml: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    """The last row and column of merged cells by their first."""
    from openpyxl.utils.cell import coordinate_to_tuple

    found = MERGED.findall(xml)
    return {coordinate_to_tuple(first.decode()): coordinate_to_tuple(last.decode()) for first, last in found}


def _unmerged(rows: Iterable[Row], merged: dict[tuple[int, int], tuple[int, int]]) -> Iterator[tuple[Row, Row]]:
    """Each row as it stands, and with what merged cells say in every place that they cover."""
    going: list[tuple[int, slice, str]] = []  # down to a row, columns, text
    for number, row in enumerate(rows, start=1):
        going = [cell for cell in going if cell[0] >= number]
        for place, text in enumerate(row):
            if text and (last := merged.get((number, place + 1))):
                going.append((last[0], slice(place, min(last[1], MOST_COLUMNS)), text))
        filled = row
        if going:
            filled = row + [""] * (max(columns.stop for _, columns, _ in going) - len(row))
            for _, columns, text in going:
                filled[columns] = [text] * (columns.stop - columns.start)
        yield row, filled


def _region(rows: list[tuple[Row, Row]]) -> Iterator[Block]:
    """What stands between empty rows: lines of text, or a table and the lines that are its title."""
    widths = [sum(map(bool, own)) for own, _ in rows]
    titles = list(takewhile(lambda width: width == 1, widths))
    texts = [text for own, _ in rows for text in own if text]
    if len(titles) == len(rows) and not any(len(text) > PROSE for text in texts) and len(rows) > 2:
        titles = []  # a list in one column
    for own, _ in rows[: len(titles)]:
        yield Block("paragraph", tidy("".join(own)))
    grid = [filled for _, filled in rows[len(titles) :]]
    used = sorted({place for row in grid for place, text in enumerate(row) if text})
    yield from _tables([row[place] if place < len(row) else "" for place in used] for row in grid)


def _tables(rows: Iterable[Row]) -> Iterator[Block]:
    """The rows as tables of some length, each under the header; columns without names have a spreadsheet's letters."""
    rows = iter(rows)
    if (header := next(rows, None)) is None:
        return
    first: list[Row] = []
    if any(NUMBER.fullmatch(cell) and cell not in map(str, YEARS) for cell in header):
        first, header = [header], [_letters(place) for place in range(len(header))]
    parts = list(_parts(chain(first, rows))) or [[]]
    yield from (block for part in parts if (block := table([header, *part])))


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    part: list[Row] = []
    size = 0
    for row in rows:
        length = sum(map(len, row))
        if part and (len(part) == ROWS_A_BLOCK or size + length > CHARACTERS_A_BLOCK):
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield part


def _letters(place: int) -> str:
    """A column's name in a spreadsheet, from 0: A, Z, AA."""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def shown(cell: Any) -> str:
    """A cell's value, as a spreadsheet shows it where that is plain."""
    match cell.value:
        case None:
            return ""
        case bool(value):
            return str(value).upper()
        case int(value) | float(value):
            return _number(value, cell.number_format)
        case datetime.datetime() as moment:
            return moment.isoformat(" ", "minutes") if moment.time() != datetime.time() else moment.date().isoformat()
        case value:
            return tidy(str(value))


def _number(value: float, format_: str) -> str:
    plain = PLAIN_FORMAT.fullmatch(
        LITERAL.sub(lambda part: "".join(filter(None, part.groups())), format_.split(";", maxsplit=1)[0])
    )
    if not plain:
        return str(value) if isinstance(value, int) else f"{value:.12g}"
    before, digits, decimals, percent, after = plain.groups()
    size = abs(value) * (100 if percent else 1)
    text = f"{size:{',' if ',' in digits else ''}.{len(decimals or '')}f}"
    if "," not in digits:
        whole, point, rest = text.partition(".")
        text = whole.zfill(digits.count("0")) + point + rest
    sign = "-" if value < 0 and text.strip("0.,") else ""
    return f"{sign}{before}{text}{percent}{after}".strip()
