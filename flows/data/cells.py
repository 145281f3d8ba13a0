"""Tables that a spreadsheet opens: CSV and Excel, where a text that looks like a formula must stay a text."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

RISKY = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")  # what a spreadsheet may run, and such a text made safe
MOST_CHARACTERS = 32_767  # of a cell of Excel, in UTF-16; what is longer is cut without a word
MOST_ROWS = 1_048_576  # of a sheet of Excel, its header among them
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what no XML may hold

Row = dict[str, str]
LeaveOut = Callable[[str, Row, str], None]


def write_csv(path: Path, rows: Iterable[Row]) -> int:
    """With a mark at the start, by which Excel knows UTF-8, and an apostrophe before what it would run."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for count, row in enumerate(rows, 1):
            if count == 1:
                writer.writerow(row)
            writer.writerow(f"'{cell}" if RISKY.match(cell) else cell for cell in row.values())
    return count


def unquoted(cell: str) -> str:
    """A cell of CSV without the apostrophe that `write_csv` put before it."""
    return cell[1:] if cell.startswith("'") and RISKY.match(cell) else cell


def write_xlsx(path: Path, rows: Iterable[Row], leave_out: LeaveOut) -> int:
    """Rows in one sheet, or more where one can't hold them; a row with a text that no cell can hold is left out."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet: Any = None
    count, per_sheet = 0, MOST_ROWS - 1
    for row in rows:
        if (fault := _fault(row)) is not None:
            leave_out(*fault)
            continue
        if count % per_sheet == 0:
            sheet = book.create_sheet("rows" if count == 0 else f"rows {count // per_sheet + 1}")
            sheet.freeze_panes = "A2"
            sheet.append(list(row))
        sheet.append([_cell(sheet, text) for text in row.values()])
        count += 1
    if sheet is None:
        book.create_sheet("rows")
    book.save(path)
    return count


def _fault(row: Row) -> tuple[str, Row, str] | None:
    for name, text in row.items():
        if len(text) > MOST_CHARACTERS // 2 and (length := len(text.encode("utf-16-le")) // 2) > MOST_CHARACTERS:
            detail = f"its {name} has {length:,} characters, and a cell of Excel holds {MOST_CHARACTERS:,}; export CSV"
            return "long_cell", row, detail
        if found := CONTROL.search(text):
            return "control_character", row, f"its {name} holds {found.group()!r}, which Excel can't; export CSV"
    return None


def _cell(sheet: Any, text: str) -> Any:
    """A cell that is a text whatever it looks like, also when somebody edits it."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ERROR_CODES

    if not RISKY.match(text) and text not in ERROR_CODES:
        return text or None
    cell = WriteOnlyCell(sheet, text)
    cell.data_type, cell.quotePrefix = "s", True
    return cell
