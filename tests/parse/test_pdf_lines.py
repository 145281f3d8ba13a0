"""PDF: lines of print as the text that they were broken from, on small files."""

from __future__ import annotations

from pathlib import Path

import pymupdf

from tasks.parse.joining import closed_up
from tasks.parse.pdf.page import Line, Page
from tasks.parse.pdf.running import leave_out
from tests.parse.pdf_pages import CHINESE, ENGLISH, LEFT, grid, only, put, read, told, wrapped


def test_an_item_is_whole_however_many_spaces_follow_its_mark(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    put(page, LEFT, 100, ["1.  Grease the axle.", "2.    Open the sluice.", "(a)   Wait."])
    put(page, LEFT, 200, ["•   检查水轮。", "（1）   打开水闸。"], 10, "china-s")
    items = only(read(document, tmp_path / "spaces.pdf").blocks, "item")
    texts = ["Grease the axle.", "Open the sluice.", "Wait.", "检查水轮。", "打开水闸。"]
    assert [item.text for item in items] == texts


def test_chinese_lines_and_cells_are_joined_without_spaces_and_korean_with_them(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    chinese = [
        "磨坊的规矩由“三不原则”定下，凡是上门的人都要遵守",
        "“旧约”，而且上门之后的培训时长总计不少于",
        "30小时，由磨坊主记录。",
    ]
    put(page, LEFT, 100, chinese, 10, "china-s")
    put(page, LEFT, 200, ["물레방아는 두 개의 작은 강이 만나는 곳에 서 있고 마을의", "호밀을 빻는다."], 10, "korea")
    grid(page, LEFT, 300, [["项目", "要求"], ["一号池", ""]])
    page.insert_text((184, 330), "水温保持在二十五", fontsize=8, fontname="china-s")
    page.insert_text((184, 339), "度以下", fontsize=8, fontname="china-s")
    texts = told(read(document, tmp_path / "joined.pdf"))
    assert texts[0] == "".join(chinese)
    assert texts[1] == "물레방아는 두 개의 작은 강이 만나는 곳에 서 있고 마을의 호밀을 빻는다."
    assert "| 水温保持在二十五度以下 |" in texts[2]


def test_an_author_who_sets_numbers_off_keeps_the_spaces(tmp_path: Path) -> None:
    document = pymupdf.open()
    lines = ["水轮在 1873 年由 Larch 公司更换，此后每隔", "30 年更换一次，直到石桥建成。"]
    put(document.new_page(), LEFT, 100, lines, 10, "china-s")
    assert told(read(document, tmp_path / "spaced.pdf")) == [" ".join(lines)]


def test_a_space_after_a_number_that_has_none_before_it_goes_but_labels_keep_theirs() -> None:
    assert closed_up("自2025 年3 月起，用时8 小时") == "自2025年3月起，用时8小时"
    assert closed_up("表1 水轮的尺寸") == "表1 水轮的尺寸"
    assert closed_up("自 2025 年 3 月起") == "自 2025 年 3 月起"


def test_a_reference_may_be_little_smaller_than_the_text(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((LEFT, 700), "The wheel is of larch.", fontsize=12)
    page.insert_text((LEFT + pymupdf.get_text_length("The wheel is of larch.", "helv", 12), 696), "1", fontsize=10)
    page.insert_text((LEFT, 760), "1 From the upper valley.", fontsize=9)
    page = document.new_page()
    put(page, LEFT, 100, wrapped(ENGLISH, 450, 12), 12)
    texts = told(read(document, tmp_path / "raised.pdf"))
    assert texts[:2] == ["The wheel is of larch.[^1]", "[^1]: From the upper valley."]


def test_marks_that_another_font_printed_stand_where_their_line_left_holes(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for left, text in ((60, "磨坊主说"), (110, "石头要换"), (160, "然后关上了门。")):
        page.insert_text((left, 100), text, fontsize=10, fontname="china-s")
    for left, text in ((102, "“"), (152, "”")):
        page.insert_text((left, 100), text, fontsize=10, fontname="china-s")
    assert told(read(document, tmp_path / "holes.pdf")) == ["磨坊主说“石头要换”然后关上了门。"]


def test_a_chinese_line_need_not_be_full_to_go_on(tmp_path: Path) -> None:
    document = pymupdf.open()
    lines = ["衡溪的水磨建在两条小河交汇的地方，自从石桥建成", "以来，一直为附近的村庄磨制黑麦。水轮先后更换过三次"]
    page = document.new_page()
    put(page, LEFT, 100, [lines[0], f"“{lines[1]}”，最后一次"], 10, "china-s")
    put(page, LEFT, 200, ["衡溪的水磨", "石桥边的两条小河和附近的村庄"], 10, "china-s")
    assert told(read(document, tmp_path / "ragged.pdf")) == [
        f"{lines[0]}“{lines[1]}”，最后一次",
        "衡溪的水磨\n石桥边的两条小河和附近的村庄",
    ]


def test_a_line_with_a_bullet_is_an_item_though_its_type_is_large(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    put(page, LEFT, 60, ["The mill"], 36)
    put(page, LEFT, 130, ["• Grease the axle", "• Open the sluice"], 24, "china-s")
    put(page, LEFT, 300, wrapped(ENGLISH, 450))
    blocks = read(document, tmp_path / "slide.pdf").blocks
    assert [(block.kind, block.text) for block in blocks[1:3]] == [
        ("item", "Grease the axle"),
        ("item", "Open the sluice"),
    ]


def test_a_scan_loses_its_header_though_letters_of_it_are_misread() -> None:
    headers = ["衡溪水磨管理规定", "衡溪水磨“管理规定", "衡溪水唐管理规定", "衡漢水磨管理规定"]
    pages = [Page(number, 595, 842, scanned=True) for number in range(1, 5)]
    bodies = wrapped(CHINESE, 200, 10, "china-s")[:4]
    for page, header, body in zip(pages, headers, bodies, strict=True):
        for text, top in ((header, 26.0), (body, 70.0)):
            page.lines.append(Line(text, (60, top, 260, top + 10), top + 8, 10, False, page.number))
    leave_out(pages, 10, set())
    assert ["".join(line.text for line in page.lines) for page in pages] == bodies


def test_text_set_letter_by_letter_downwards_is_read_so_and_is_no_table(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    text = CHINESE.replace("，", "").replace("。", "")[:43]
    for number, letter in enumerate(text):
        page.insert_text((450 - 30 * (number // 15), 80 + 20 * (number % 15)), letter, fontsize=14, fontname="china-s")
    assert told(read(document, tmp_path / "down.pdf")) == [text]


def test_lines_below_a_table_are_not_its_rows_though_bars_and_underlines_stand_there(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    grid(page, LEFT, 100, [["Part", "Mass"], ["wheel", "900 kg"]])
    page.draw_line((LEFT - 1, 141), (LEFT - 1, 158))
    page.insert_text((LEFT, 152), "The axle is of oak.", fontsize=9)
    page.draw_line((LEFT + 20, 154), (LEFT + 60, 154))
    texts = told(read(document, tmp_path / "bar.pdf"))
    assert texts == ["| Part | Mass |\n| --- | --- |\n| wheel | 900 kg |", "The axle is of oak."]
