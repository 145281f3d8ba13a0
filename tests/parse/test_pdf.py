"""PDF: reading order, headings, lists, notes, running text, tables, turned pages and damage, on small files."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from tasks.parse import pdf
from tasks.parse.blocks import Options, UnreadableError
from tests.parse.pdf_pages import CHINESE, ENGLISH, LEFT, RIGHT, grid, only, put, read, told, wrapped


@pytest.mark.parametrize(("text", "font"), [(ENGLISH, "helv"), (CHINESE * 2, "china-s")])
def test_two_columns_are_read_one_after_the_other_and_paragraphs_join_over_them(
    tmp_path: Path, text: str, font: str
) -> None:
    lines = wrapped(text, 215, 10, font)
    half = len(lines) // 2 + 1
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text(
        (150, 80),
        "A title over both columns, wide" if font == "helv" else "横跨两栏的标题很长很长",
        fontsize=18,
        fontname=font,
    )
    for row in range(half):  # row by row, as some programs write
        for left, line in ((LEFT, row), (RIGHT, row + half)):
            if line < len(lines) and (left == RIGHT or row < half):
                page.insert_text((left, 120 + 13 * row), lines[line], fontsize=10, fontname=font)
    reading = read(document, tmp_path / "columns.pdf")
    assert told(reading)[1:] == [text]
    assert reading.blocks[0].kind == "heading"
    boxes = reading.blocks[1].boxes
    assert [number for number, _ in boxes] == [1, 1]
    assert boxes[0][1][2] < boxes[1][1][0]


def test_three_columns(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    parts = [ENGLISH, ENGLISH.replace("mill", "forge"), ENGLISH.replace("mill", "dairy")]
    for row in range(12):
        for column, part in enumerate(parts):
            lines = wrapped(part, 150)
            if row < len(lines):
                page.insert_text((40 + 175 * column, 100 + 13 * row), lines[row], fontsize=10)
    assert told(read(document, tmp_path / "columns.pdf")) == parts


def test_a_paragraph_goes_on_over_the_page_and_past_a_table(tmp_path: Path) -> None:
    document = pymupdf.open()
    lines = wrapped(ENGLISH, 450)
    page = document.new_page()
    put(page, LEFT, 770, lines[:2])
    page = document.new_page()
    grid(page, 60, 60, [["Part", "Mass"], ["wheel", "900 kg"]])
    put(page, LEFT, 130, lines[2:])
    reading = read(document, tmp_path / "over.pdf")
    assert told(reading)[0] == ENGLISH
    assert [block.kind for block in reading.blocks] == ["paragraph", "table"]
    assert [number for number, _ in reading.blocks[0].boxes] == [1, 2]


def test_a_word_broken_at_a_line_end_is_whole_and_a_compound_keeps_its_hyphen(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    put(
        page,
        LEFT,
        100,
        ["A well-known machine that we sell in the north is repaired by the engi-", "neers of a well-", "known town."],
    )
    assert told(read(document, tmp_path / "broken.pdf")) == [
        "A well-known machine that we sell in the north is repaired by the engineers of a well-known town."
    ]


def test_headers_footers_and_numbers_go_that_alternate_and_change(tmp_path: Path) -> None:
    document = pymupdf.open()
    for number in range(1, 9):
        page = document.new_page()
        chapter = "Rivers" if number < 4 else "Stones" if number < 7 else "Birds"
        side = f"{number}  Handbook of Quellmere" if number % 2 else f"{chapter} of the valley  {number}"
        page.insert_text((LEFT if number % 2 else 380, 40), side, fontsize=8)
        page.insert_text((290, 815), str(number), fontsize=8)
        put(page, LEFT, 100, wrapped(f"Page number {number} begins. {ENGLISH}", 450))
    text = "\n".join(told(read(document, tmp_path / "running.pdf")))
    assert "Handbook" not in text
    assert "of the valley" not in text
    assert all(f"Page number {number} begins." in text for number in range(1, 9))


def test_one_page_loses_its_page_number_but_neither_its_letterhead_nor_its_first_line(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((50, 50), "Quellmere Mills", fontsize=11)
    put(page, 50, 100, wrapped(ENGLISH, 450), 11)
    page.insert_text((290, 815), "- 3 -", fontsize=9)
    assert told(read(document, tmp_path / "letter.pdf")) == ["Quellmere Mills", ENGLISH]


def test_a_page_with_both_a_header_and_a_footer_in_its_margins_loses_them(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 45), "Internal use")
    page.insert_text((72, 100), "The body of the page.")
    page.insert_text((72, 810), "Quellmere Mills")
    assert told(read(document, tmp_path / "margins.pdf")) == ["The body of the page."]


def test_headings_by_size_and_by_the_outline(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    top = 80.0
    for text, size in [
        ("Mills", 22),
        ("Wheels", 16),
        (ENGLISH, 10),
        ("Larch", 13),
        (ENGLISH, 10),
        ("Stones", 16),
        (ENGLISH, 10),
    ]:
        top = put(page, LEFT, top + 20, wrapped(text, 450, size), size)
    path = tmp_path / "headings.pdf"
    by_size = [(block.text, block.level) for block in only(read(document, path).blocks, "heading")]
    assert by_size == [("Mills", 0), ("Wheels", 1), ("Larch", 2), ("Stones", 1)]
    document.set_toc([[1, "Wheels", 1], [2, "Larch", 1], [1, "Stones", 1]])
    levels = {block.text: block.level for block in only(read(document, tmp_path / "outline.pdf").blocks, "heading")}
    assert (levels["Wheels"], levels["Larch"], levels["Stones"]) == (1, 2, 1)


def test_bold_lines_and_chinese_numbers_are_headings(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    put(page, LEFT, 80, ["2.1 Care of the wheel"], 10, "hebo")
    put(page, LEFT, 110, wrapped(ENGLISH, 450))
    put(page, LEFT, 220, ["第三章 水轮的维护"], 10, "china-s")
    put(page, LEFT, 250, wrapped(CHINESE, 450, 10, "china-s"), 10, "china-s")
    headings = only(read(document, tmp_path / "bold.pdf").blocks, "heading")
    assert [(block.text, block.level) for block in headings] == [("2.1 Care of the wheel", 1), ("第三章 水轮的维护", 1)]


def test_lists_have_marks_levels_and_whole_items(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    long = wrapped(ENGLISH, 400)
    put(page, LEFT, 100, ["Before you start:"])
    put(page, 70, 113, ["1."])
    top = put(page, 90, 113, long)
    top = put(page, 70, top, ["2. Grease the axle."])
    top = put(page, 90, top, ["- with tallow", "- with oil"])
    top = put(page, 70, top, ["3. Open the sluice."])
    put(page, LEFT, top + 10, ["（1）检查水轮。", "（2）打开水闸。"], 10, "china-s")
    items = only(read(document, tmp_path / "list.pdf").blocks, "item")
    assert [(item.mark, item.level, item.text) for item in items] == [
        ("1.", 0, ENGLISH),
        ("2.", 0, "Grease the axle."),
        ("-", 1, "with tallow"),
        ("-", 1, "with oil"),
        ("3.", 0, "Open the sluice."),
        ("（1）", 0, "检查水轮。"),
        ("（2）", 0, "打开水闸。"),
    ]


def test_a_year_at_a_line_start_begins_no_list(tmp_path: Path) -> None:
    document = pymupdf.open()
    put(
        document.new_page(),
        LEFT,
        100,
        [
            "The wheel was last made anew by the carpenters of the upper valley in",
            "2014. It is of larch and turns slowly.",
        ],
    )
    assert [block.kind for block in read(document, tmp_path / "year.pdf").blocks] == ["paragraph"]


def test_a_footnote_follows_its_paragraph_and_cuts_none(tmp_path: Path) -> None:
    document = pymupdf.open()
    lines = wrapped(ENGLISH, 450)
    page = document.new_page()
    end = put(page, LEFT, 700, lines[:1])
    end = put(page, LEFT, end, [lines[1]])
    width = pymupdf.get_text_length(lines[0], "helv", 10)
    page.insert_text((LEFT + width + 1, 696), "1", fontsize=6)
    page.insert_text((LEFT, 760), "1", fontsize=5)
    page.insert_text((LEFT + 4, 763), "See the ledger of the year of the flood.", fontsize=7.5)
    page = document.new_page()
    put(page, LEFT, 100, lines[2:])
    texts = told(read(document, tmp_path / "note.pdf"))
    assert texts[0].replace("[^1]", "") == ENGLISH
    assert texts[0].count("[^1]") == 1
    assert texts[1] == "[^1]: See the ledger of the year of the flood."


def test_raised_numbers_that_are_no_references_stay_raised(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 100), "The hall measures 400 m", fontsize=10)
    page.insert_text((60 + pymupdf.get_text_length("The hall measures 400 m", "helv", 10), 96), "2", fontsize=6)
    assert told(read(document, tmp_path / "raised.pdf")) == ["The hall measures 400 m²"]


def test_a_ruled_table_goes_on_overleaf_and_its_header_is_told_once(tmp_path: Path) -> None:
    document = pymupdf.open()
    header = ["Part", "Wood", "Mass"]
    page = document.new_page()
    grid(page, 60, 700, [header, ["wheel", "larch", "900 kg"], ["axle", "oak", "120 kg"]])
    page = document.new_page()
    grid(page, 60, 60, [header, ["sluice", "elm", "80 kg"]])
    put(page, LEFT, 200, ["After the table."])
    reading = read(document, tmp_path / "table.pdf")
    assert told(reading) == [
        "| Part | Wood | Mass |\n| --- | --- | --- |\n| wheel | larch | 900 kg |\n| axle | oak | 120 kg |\n"
        "| sluice | elm | 80 kg |",
        "After the table.",
    ]
    assert [number for number, _ in reading.blocks[0].boxes] == [1, 2]


def test_merged_cells_and_turned_headers(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for x in (60, 160, 260, 360):
        page.draw_line((x, 100), (x, 220))
    for y in (100, 160, 220):
        page.draw_line((60, y), (360, y))
    page.draw_line((160, 190), (360, 190))
    page.insert_text((64, 150), "Wood", fontsize=9)
    page.insert_text((210, 155), "Mass", fontsize=9, rotate=90)
    page.insert_text((310, 155), "Price", fontsize=9, rotate=90)
    page.insert_text((64, 195), "larch", fontsize=9)
    for x, y, text in ((164, 180, "900"), (264, 180, "17"), (164, 210, "120"), (264, 210, "5")):
        page.insert_text((x, y), text, fontsize=9)
    assert told(read(document, tmp_path / "merged.pdf")) == [
        "| Wood | Mass | Price |\n| --- | --- | --- |\n| larch | 900 | 17 |\n| larch | 120 | 5 |"
    ]


def test_a_table_of_level_rules_and_one_without_rules(tmp_path: Path) -> None:
    rows = [["Wood", "Mass", "Price"], ["larch", "900", "17"], ["oak", "120", "5"], ["elm", "80", "4"]]
    table = "| Wood | Mass | Price |\n| --- | --- | --- |\n| larch | 900 | 17 |\n| oak | 120 | 5 |\n| elm | 80 | 4 |"
    document = pymupdf.open()
    page = document.new_page()
    for top in (100, 300):
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                page.insert_text((70 + 120 * column, top + 15 * number), text, fontsize=10)
    for y in (88, 104, 150):
        page.draw_line((60, y), (400, y))
    put(page, LEFT, 230, wrapped(ENGLISH, 450))
    put(page, LEFT, 400, wrapped(ENGLISH, 450))
    assert told(read(document, tmp_path / "open.pdf")) == [table, ENGLISH, table, ENGLISH]


def test_a_drawing_of_boxes_and_arrows_is_no_table(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for number, text in enumerate(["river", "wheel", "stone", "flour"]):
        box = pymupdf.Rect(80 + 100 * number, 100 + 37 * number, 140 + 100 * number, 125 + 37 * number)
        page.draw_rect(box)
        page.insert_text((box.x0 + 5, box.y1 - 8), text, fontsize=9)
        page.draw_line((box.x1, box.y1), (box.x1 + 40, box.y1))
    reading = read(document, tmp_path / "drawing.pdf")
    assert not only(reading.blocks, "table")
    assert sorted(told(reading)) == ["flour", "river", "stone", "wheel"]


def test_a_printed_table_of_contents_is_left_out_and_told(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 80), "Table of Contents", fontsize=18)
    put(
        page,
        LEFT,
        120,
        [
            f"Chapter {word} {'.' * 60} {number}"
            for number, word in enumerate(("one", "two", "three", "four", "five"), 3)
        ],
    )
    page = document.new_page()
    put(page, LEFT, 100, wrapped(ENGLISH, 450))
    reading = read(document, tmp_path / "contents.pdf")
    assert told(reading) == ["Table of Contents", ENGLISH]
    assert [loss.reason for loss in reading.losses] == ["table_of_contents"]


def test_links_are_told_where_they_say_more_than_their_text(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 100), "See the ledger or https://example.org/mill for more.", fontsize=10)
    for words, address in (
        ("the ledger", "https://example.org/ledger"),
        ("https://example.org/mill", "https://example.org/mill"),
    ):
        page.insert_link({"kind": pymupdf.LINK_URI, "from": page.search_for(words)[0], "uri": address})
    assert told(read(document, tmp_path / "links.pdf")) == [
        "See [the ledger](https://example.org/ledger) or https://example.org/mill for more."
    ]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_pages_are_read_upright_with_boxes_as_shown(tmp_path: Path, rotation: int) -> None:
    document = pymupdf.open()
    page = document.new_page(width=842, height=595) if rotation == 180 else document.new_page()
    page.set_rotation(rotation)
    shown = page.rect
    for number, line in enumerate(wrapped(ENGLISH, 450)):
        point = pymupdf.Point(60, 100 + 13 * number) * page.derotation_matrix
        page.insert_text(point, line, fontsize=10, rotate=rotation)
    reading = read(document, tmp_path / "turned.pdf")
    assert told(reading) == [ENGLISH]
    left, top, right, bottom = reading.blocks[0].boxes[0][1]
    assert 55 < left < 65
    assert 85 < top < 105
    assert right <= shown.width
    assert bottom < 200


def test_a_page_of_text_that_runs_up_is_read_and_a_stamp_in_the_margin_stands_alone(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for number, line in enumerate(wrapped(ENGLISH, 450)):
        page.insert_text((100 + 13 * number, 700), line, fontsize=10, rotate=90)
    page = document.new_page()
    page.insert_text((30, 600), "Printed at Quellmere", fontsize=14, rotate=90)
    put(page, LEFT, 100, wrapped(ENGLISH, 450))
    assert told(read(document, tmp_path / "up.pdf")) == [ENGLISH, ENGLISH, "Printed at Quellmere"]


def test_hidden_text_is_left_out_and_told_but_a_layer_over_a_scan_is_read(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 100), "What everyone sees.")
    page.insert_text((60, 130), "nobody", render_mode=3)
    page.insert_text((60, 160), "pale", color=(1, 1, 1))
    page.draw_rect(pymupdf.Rect(50, 180, 300, 220), fill=(0, 0, 0.5))
    page.insert_text((60, 205), "White on blue.", color=(1, 1, 1))
    reading = read(document, tmp_path / "hidden.pdf")
    assert told(reading) == ["What everyone sees.", "White on blue."]
    assert [loss.reason for loss in reading.losses] == ["hidden_text"]
    document = pymupdf.open()
    put(document.new_page(), LEFT, 100, wrapped(ENGLISH, 450), render_mode=3)
    assert told(read(document, tmp_path / "layer.pdf")) == [ENGLISH]


def test_torn_ligatures_are_mended_and_marks_of_exclamation_stay(tmp_path: Path) -> None:
    document = pymupdf.open()
    put(document.new_page(), LEFT, 100, ["Stop! It is di#cult to de#ne the #rst pro#t of an e#cient mill."])
    put(document.new_page(), LEFT, 100, ["Item #four is ours!"])
    assert told(read(document, tmp_path / "torn.pdf")) == [
        "Stop! It is difficult to define the first profit of an efficient mill.",
        "Item #four is ours!",
    ]


def test_lines_of_code_keep_their_indents(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    put(page, LEFT, 80, wrapped(ENGLISH, 450))
    put(page, LEFT, 200, ["for stone in mill.stones:", "    stone.turn()", "    stone.rest()"], 10, "cour")
    code = only(read(document, tmp_path / "code.pdf").blocks, "code")
    assert [block.text for block in code] == ["for stone in mill.stones:\n    stone.turn()\n    stone.rest()"]


def test_a_longer_document_than_allowed_is_refused(tmp_path: Path) -> None:
    document = pymupdf.open()
    for _ in range(4):
        document.new_page()
    with pytest.raises(UnreadableError, match=r"4 pages, more than 3; raise parse\.max_pages") as error:
        read(document, tmp_path / "long.pdf", max_pages=3)
    assert error.value.reason == "too_many_pages"


def test_a_password_opens_and_its_lack_is_said(tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    document = pymupdf.open()
    put(document.new_page(), LEFT, 100, ["Behind a lock."])
    document.save(str(path), encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="rye", owner_pw="barley")
    assert told(pdf.read(path, Options(password="rye"))) == ["Behind a lock."]
    for password, said in ((None, "name the environment variable"), ("oats", "is wrong")):
        with pytest.raises(UnreadableError, match=said) as error:
            pdf.read(path, Options(password=password))
        assert (error.value.reason, error.value.passing) == ("encrypted", True)


def test_of_a_cut_file_what_is_left_is_read_and_the_rest_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.pdf"
    document = pymupdf.open()
    for number in range(6):
        put(document.new_page(), LEFT, 100, wrapped(f"Part {number}. {ENGLISH}", 450))
    document.save(str(path))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    reading = pdf.read(path, Options(ocr=False))
    assert any("Quellmere" in text for text in told(reading))
    assert reading.losses[0].reason == "repaired"


def test_a_form_that_every_page_repeats_is_left_out(tmp_path: Path) -> None:
    document = pymupdf.open()
    for number in range(1, 5):
        page = document.new_page()
        grid(page, 60, 40, [["Quellmere Mills", "Order", f"Page {number}"]])
        grid(page, 60, 100, [["Part", "Mass"], ["wheel", f"{number}00 kg"]])
        put(page, LEFT, 300, wrapped(ENGLISH, 450))
    texts = told(read(document, tmp_path / "form.pdf"))
    assert not [text for text in texts if "Order" in text]
    assert all(f"| wheel | {number}00 kg |" in "\n".join(texts) for number in range(1, 5))


def test_keys_and_values_keep_their_lines_and_short_pages_do_not_join(tmp_path: Path) -> None:
    document = pymupdf.open()
    put(document.new_page(), 72, 120, ["重量：三公斤", "颜色：松烟灰"], 9, "china-s")
    put(document.new_page(), 72, 120, ["Last page."], 9)
    assert told(read(document, tmp_path / "keys.pdf")) == ["重量：三公斤\n颜色：松烟灰", "Last page."]


def test_a_header_that_stands_once_is_kept(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    put(page, 72, 40, ["Chapter 1"], 8)
    put(page, 72, 120, ["Only page."], 9)
    assert told(read(document, tmp_path / "once.pdf")) == ["Chapter 1", "Only page."]


def test_garbage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "garbage.pdf"
    path.write_bytes(b"%PDF-1.7\n garbage")
    with pytest.raises(UnreadableError) as error:
        pdf.read(path, Options())
    assert error.value.reason == "broken"
