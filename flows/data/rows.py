"""The rows of files as people keep them: JSON, CSV and Excel, in the encodings and layouts that they come in."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from artifacts.stage import SettingError, StageError
from flows.data.cells import unquoted
from flows.data.fields import EXTRA, FIELDS, plain_name
from tasks.parse.decode import decode
from tasks.parse.office.sheets import shown

KINDS = (".jsonl", ".json", ".csv", ".tsv", ".xlsx", ".xlsm")
HEADER_WITHIN = 10  # rows: above a header there may be a title and remarks
DELIMITERS = ",\t;|"


def check(path: Path) -> None:
    """Refuse what can't be read, before any is read."""
    if not path.is_file():
        raise SettingError(f"{path}: there is no such file")
    if path.suffix.lower() not in KINDS:
        raise SettingError(f"{path}: is none of {', '.join(KINDS)}; save it as one of these")


def rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Each row with the place it stands at; what is no JSON comes as the text that it is. Empty rows don't come."""
    match path.suffix.lower():
        case ".jsonl" | ".json":
            yield from _json(path)
        case ".csv" | ".tsv":
            yield from _csv(path)
        case _:
            yield from _workbook(path)


def _json(path: Path) -> Iterator[tuple[str, Any]]:
    """A list of rows, or a row a line: files of either kind are called by either name."""
    text = decode(path.read_bytes())
    if text.lstrip().startswith("["):
        try:
            yield from ((f"row {number}", row) for number, row in enumerate(json.loads(text), 1))
        except ValueError as error:
            raise StageError(f"{path}: is no JSON: {error}; mend it") from None
        return
    for number, line in enumerate(io.StringIO(text), 1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except ValueError:
                yield f"line {number}", line.rstrip("\n")


def _csv(path: Path) -> Iterator[tuple[str, Any]]:
    text = decode(path.read_bytes())
    csv.field_size_limit(sys.maxsize)  # else a cell ends at 128 KiB, with an error
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        yield from table("", ([unquoted(cell) for cell in cells] for cells in lines))
    except csv.Error as error:  # a quote that is never closed would take in all that follows
        raise StageError(f"{path}, line {lines.line_num}: is no CSV: {error}; mend its quotes") from None


def _delimiter(text: str) -> str:
    """The one by which the most columns of a row near the top have names that are known."""

    def known(delimiter: str) -> int:
        lines = islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEADER_WITHIN)
        return max((sum(plain_name(cell) in FIELDS for cell in cells) for cells in lines), default=0)

    return max(DELIMITERS, key=known)


def _workbook(path: Path) -> Iterator[tuple[str, Any]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError) as error:
        raise StageError(f"{path}: is no workbook that can be read ({error}); save it anew as .xlsx") from None
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # some programs write wrong ones
            cells = ([_text(cell) for cell in row] for row in sheet.iter_rows())
            yield from table(f"sheet {sheet.title!r}, ", cells)
    finally:
        book.close()


def _text(cell: Any) -> str:
    """As a spreadsheet shows it; a formula that was never worked out is empty."""
    return cell.value if isinstance(cell.value, str) else shown(cell)


def table(where: str, lines: Iterable[Sequence[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows below the header, which is the first near the top that names a question and an answer.

    Where there is none, the first row is taken for it, and what is below is told to have no known columns.
    """
    filled = ((number, cells) for number, cells in enumerate(lines, 1) if any(cell.strip() for cell in cells))
    top = list(islice(filled, HEADER_WITHIN))
    at = next((index for index, (_, cells) in enumerate(top) if _is_header(cells)), 0)
    if not top:
        return
    header = top[at][1]
    for number, cells in chain(top[at + 1 :], filled):
        row: dict[str, Any] = {}
        for name, cell in zip_longest(header, cells[: len(header)], fillvalue=""):  # a row may end before its header
            row[name] = row.get(name) or cell  # of two columns of one name, the first that holds something
        if extra := [cell for cell in cells[len(header) :] if cell.strip()]:
            row[EXTRA] = extra
        yield f"{where}row {number}", row


def _is_header(cells: Sequence[str]) -> bool:
    return {"question", "answer"} <= {FIELDS.get(plain_name(cell)) for cell in cells}
