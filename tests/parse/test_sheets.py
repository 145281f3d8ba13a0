"""Workbooks and values that a delimiter parts, as tables."""

from __future__ import annotations

import csv
import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tasks.parse.blocks import Block, Options, Reading, UnreadableError
from tasks.parse.office import sheets
from tasks.parse.read import read


def workbook(path: Path, rows: Sequence[Sequence[Any]], title: str = "Sheet") -> Any:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return book


def read_file(path: Path) -> Reading:
    return read(path, Options())


def texts(path: Path) -> list[str]:
    return [block.text for block in read_file(path).blocks]


def test_tables_of_a_sheet_stand_under_its_name_parted_by_empty_rows(tmp_path: Path) -> None:
    path = tmp_path / "velm.xlsx"
    workbook(
        path, [["零件", "重量"], ["盖子", "三公斤"], [], [None, "Part", None, "Size"], [None, "lid", None, "2"]], "价格"
    )
    assert read_file(path).blocks == [
        Block("heading", "价格", 1),
        Block("table", "| 零件 | 重量 |\n| --- | --- |\n| 盖子 | 三公斤 |"),
        Block("table", "| Part | Size |\n| --- | --- |\n| lid | 2 |"),
    ]


def test_a_title_over_a_table_is_text_and_merged_cells_are_said_in_every_row(tmp_path: Path) -> None:
    path = tmp_path / "velm.xlsx"
    book = workbook(path, [["2024年汇总"], ["地区", "店", "数"], ["华东", "甲", 1], [None, "乙", 2], ["华北", "丙", 3]])
    book.active.merge_cells("A1:C1")
    book.active.merge_cells("A3:A4")
    book.save(path)
    table = "| 地区 | 店 | 数 |\n| --- | --- | --- |\n| 华东 | 甲 | 1 |\n| 华东 | 乙 | 2 |\n| 华北 | 丙 | 3 |"
    assert texts(path)[1:] == ["2024年汇总", table]


@pytest.mark.parametrize(
    ("value", "shown_as", "text"),
    [
        (0.256, "0.0%", "25.6%"),
        (1234567.5, '"¥"#,##0.00', "¥1,234,567.50"),
        (-3, '[$€-407]#,##0.00_);[Red]("x")', "-€3.00"),
        (7, "00000", "00007"),
        (0.1 + 0.2, "General", "0.3"),
        (1.5, "# ?/?", "1.5"),
        (True, "General", "TRUE"),
        (datetime.date(2024, 3, 1), "yyyy-mm-dd", "2024-03-01"),
        (datetime.datetime(2024, 3, 1, 12, 30), "yyyy-mm-dd h:mm", "2024-03-01 12:30"),
    ],
)
def test_values_are_shown_as_the_sheet_shows_them(tmp_path: Path, value: Any, shown_as: str, text: str) -> None:
    path = tmp_path / "velm.xlsx"
    book = workbook(path, [["Name", "Value"], ["Velm", value]])
    book.active["B2"].number_format = shown_as
    book.save(path)
    assert f"| Velm | {text} |" in texts(path)[1]


def test_a_long_table_comes_in_parts_that_each_have_the_header(tmp_path: Path) -> None:
    path = tmp_path / "velm.xlsx"
    workbook(path, [["n", "v"], *([f"k{number}", "x"] for number in range(120))])
    parts = texts(path)[1:]
    assert [part.splitlines()[0] for part in parts] == ["| n | v |"] * 3
    assert [line for part in parts for line in part.splitlines()[2:]] == [f"| k{n} | x |" for n in range(120)]


def test_what_is_left_out_of_a_workbook_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    path = tmp_path / "velm.xlsx"
    book = workbook(path, [["n", "v"], ["a", "=1+1"], ["b", "y"], ["c", "z"], ["d", "z"]])
    book.create_sheet("内部").append(["secret"])
    book["内部"].sheet_state = "hidden"
    book.save(path)
    reading = read_file(path)
    assert "secret" not in " ".join(block.text for block in reading.blocks)
    told = {loss.reason: loss.detail for loss in reading.losses}
    assert "2 rows" in told["rows_left_out"]
    assert "1 formulas" in told["formula_without_value"]
    assert "内部" in told["hidden_sheet"]


def test_a_cell_at_the_far_end_of_a_sheet_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "velm.xlsx"
    book = workbook(path, [["n", "v"], ["a", "b"]])
    book.active["XFD3"] = "far"
    book.active["A1048576"] = "deep"
    book.save(path)
    reading = read_file(path)
    assert reading.blocks[1].text == "| n | v |\n| --- | --- |\n| a | b |"
    assert {loss.reason for loss in reading.losses} == {"cells_left_out", "rows_left_out"}


def test_entities_in_a_workbook_are_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("TOP SECRET", encoding="utf-8")
    plain, path = tmp_path / "plain.xlsx", tmp_path / "velm.xlsx"
    workbook(plain, [["Name", "Note"], ["Velm", "MARK"]])
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(path, "w") as after:
        for part in before.namelist():
            content = before.read(part).replace(b"MARK", b"&x;")
            if b"&x;" in content:
                head, _, rest = (
                    content.partition(b"?>") if content.startswith(b"<?xml") else (b"<?xml version='1.0'", b"", content)
                )
                content = head + b"?>" + entity.encode() + rest
            after.writestr(part, content)
    try:
        found = " ".join(texts(path))
    except UnreadableError as error:
        found = error.detail
    assert "TOP SECRET" not in found


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "weights.csv"
    rows = [["Name", "Note"], ["Velm", "heavy, red; old"], ["泽尔", "轻，新"]]
    quoted = (delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows)
    path.write_text("\n".join(quoted), encoding="utf-8")
    table = "| Name | Note |\n| --- | --- |\n| Velm | heavy, red; old |\n| 泽尔 | 轻，新 |"
    assert texts(path) == [table]


def test_a_decimal_comma_parts_no_values(tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("sep=;\nName;Weight\nVelm;3,5 kg\n", encoding="utf-8")
    assert texts(path) == ["| Name | Weight |\n| --- | --- |\n| Velm | 3,5 kg |"]


def test_rows_without_a_header_get_letters(tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("Velm,3.5\nZell,4\n", encoding="utf-8")
    assert texts(path) == ["| A | B |\n| --- | --- |\n| Velm | 3.5 |\n| Zell | 4 |"]


def test_years_are_a_header(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("地区,2023,2024\n华东,5,6\n", encoding="gb18030")
    assert texts(path) == ["| 地区 | 2023 | 2024 |\n| --- | --- | --- |\n| 华东 | 5 | 6 |"]


def test_a_cell_of_several_lines_and_a_long_one_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text(f'Name,Note\nVelm,"one\ntwo"\nZell,{"x" * 200_000}\n', encoding="utf-8")
    first, second = texts(path)
    assert "| Velm | one two |" in first
    assert f"| Zell | {'x' * 200_000} |" in second


def test_rows_of_long_cells_make_smaller_tables(tmp_path: Path) -> None:
    rows = [[f"pump {number}", "It is oiled every month. " * 20] for number in range(12)]
    (tmp_path / "long.csv").write_text("\n".join(",".join(row) for row in [["name", "care"], *rows]), encoding="utf-8")
    tables = [block.text for block in read(tmp_path / "long.csv", Options()).blocks]
    assert len(tables) == 4
    assert all(text.startswith("| name | care |") for text in tables)
    assert [text.count("| pump") for text in tables] == [3, 3, 3, 3]


def test_a_short_table_limits_no_later_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,price\nA,1\n", encoding="utf-8")
    sheets.read_csv(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("name,text\nB," + "long " * 40_000 + "\n", encoding="utf-8")
    assert "long long" in sheets.read_csv(tmp_path / "b.csv").blocks[0].text
    assert len(next(csv.reader(["x" * 300_000]))[0]) == 300_000, "other readers of tables are not limited either"
