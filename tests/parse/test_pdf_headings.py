"""PDF: what stands above what, by numbers, type and the outline, and titles of several lines, on small files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tasks.parse import pdf
from tasks.parse.blocks import Block, Options

LEFT = 60
ENGLISH = "The mill at Quellmere stands where two small rivers meet and has ground rye since the bridge was built."
CHINESE = "衡溪的水磨建在两条小河交汇的地方，自从石桥建成以来，一直为附近的村庄磨制黑麦。"

Printed = tuple[str, float, str]  # text, size, font
Titles = list[tuple[int, str, int]]  # level, title, page


def body(font: str = "helv") -> Printed:
    return (CHINESE if font == "china-s" else ENGLISH, 10, font)


def printed(path: Path, *pages: list[Printed], outline: Titles | None = None) -> list[Block]:
    """The blocks of a document of lines, each as a paragraph of its own."""
    document = pymupdf.open()
    for lines in pages:
        page, top = document.new_page(), 100.0
        for text, size, font in lines:
            page.insert_text((LEFT, top), text, fontsize=size, fontname=font)
            top += 3 * size
    if outline:
        document.set_toc([list(title) for title in outline])
    return blocks_of(document, path)


def blocks_of(document: Any, path: Path) -> list[Block]:
    document.save(str(path))
    return pdf.read(path, Options(ocr=False)).blocks


def paths(blocks: list[Block]) -> list[str]:
    """Each heading with those that it stands under."""
    above: list[Block] = []
    found = []
    for block in blocks:
        if block.kind == "heading":
            above = [heading for heading in above if heading.level < block.level] + [block]
            found.append(" > ".join(heading.text for heading in above))
    return found


def test_numbers_tell_levels_among_headings_of_one_size(tmp_path: Path) -> None:
    headings = [
        "1 Chapter",
        "1.1 Detail",
        "1.1.1 Depth",
        "1.2 More",
        "2 Other",
        "References",
        "A. Annexe",
        "A.1 Tables",
    ]
    lines = [line for text in headings for line in ((text, 12.0, "hebo"), body())]
    assert paths(printed(tmp_path / "numbers.pdf", lines)) == [
        "1 Chapter",
        "1 Chapter > 1.1 Detail",
        "1 Chapter > 1.1 Detail > 1.1.1 Depth",
        "1 Chapter > 1.2 More",
        "2 Other",
        "References",
        "A. Annexe",
        "A. Annexe > A.1 Tables",
    ]


@pytest.mark.parametrize("sizes", [(10, 10, 10, 10), (16, 14, 12, 12), (14, 14, 16, 12)])
def test_chinese_numbers_tell_levels_whatever_the_sizes(tmp_path: Path, sizes: tuple[float, ...]) -> None:
    chapter, section, first, second = sizes
    lines: list[Printed] = [
        ("第一章 总则", chapter, "china-s"),
        ("第一节 目的", section, "china-s"),
        body("china-s"),
        ("一、范围", first, "china-s"),
        body("china-s"),
        ("二、术语", second, "china-s"),
        body("china-s"),
        ("第二节 职责", section, "china-s"),
        body("china-s"),
        ("第二章 水轮", chapter, "china-s"),
        body("china-s"),
    ]
    assert paths(printed(tmp_path / "chinese.pdf", lines)) == [
        "第一章 总则",
        "第一章 总则 > 第一节 目的",
        "第一章 总则 > 第一节 目的 > 一、范围",
        "第一章 总则 > 第一节 目的 > 二、术语",
        "第一章 总则 > 第二节 职责",
        "第二章 水轮",
    ]


def test_chinese_numbers_in_brackets_stand_under_those_with_a_comma(tmp_path: Path) -> None:
    headings = ["一、范围", "（一）水轮", "1.木料", "2.磨盘", "（二）石料", "二、术语"]
    lines = [line for text in headings for line in ((text, 14.0, "china-s"), body("china-s"))]
    assert paths(printed(tmp_path / "brackets.pdf", lines)) == [
        "一、范围",
        "一、范围 > （一）水轮",
        "一、范围 > （一）水轮 > 1.木料",
        "一、范围 > （一）水轮 > 2.磨盘",
        "一、范围 > （二）石料",
        "二、术语",
    ]


def test_numbers_that_begin_anew_in_smaller_type_are_no_chapters(tmp_path: Path) -> None:
    lines: list[Printed] = [
        ("1 Mills", 16, "hebo"),
        ("1.1 Wheels", 14, "hebo"),
        body(),
        ("1. Larch", 10, "hebo"),
        body(),
        ("2. Oak", 10, "hebo"),
        body(),
        ("1.2 Stones", 14, "hebo"),
        body(),
        ("2 Forges", 16, "hebo"),
        body(),
    ]
    assert paths(printed(tmp_path / "anew.pdf", lines)) == [
        "1 Mills",
        "1 Mills > 1.1 Wheels",
        "1 Mills > 1.1 Wheels > 1. Larch",
        "1 Mills > 1.1 Wheels > 2. Oak",
        "1 Mills > 1.2 Stones",
        "2 Forges",
    ]


def test_a_section_is_not_under_one_of_another_number(tmp_path: Path) -> None:
    lines: list[Printed] = [("1.2 Wheels", 14, "hebo"), body(), ("1.3.1 Larch", 12, "hebo"), body()]
    assert paths(printed(tmp_path / "extract.pdf", lines)) == ["1.2 Wheels", "1.3.1 Larch"]


def test_two_headings_set_close_below_each_other_are_two(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for row, text in enumerate(["1 Mills", "1.1 Wheels"]):
        page.insert_text((LEFT, 100 + 13 * row), text, fontsize=10, fontname="hebo")
    for row in range(4):
        page.insert_text((LEFT, 140 + 13 * row), ENGLISH, fontsize=10)
    assert paths(blocks_of(document, tmp_path / "close.pdf")) == ["1 Mills", "1 Mills > 1.1 Wheels"]


@pytest.mark.parametrize("outlined", [True, False])
@pytest.mark.parametrize(
    ("title", "chapters", "font"),
    [
        ("Quality Plan", ["1 Scope", "1.1 Wheels", "2 Terms"], "helv"),
        ("质量管理手册", ["第一章 总则", "第一节 水轮", "第二章 术语"], "china-s"),
    ],
)
def test_a_title_larger_than_all_headings_is_above_them(
    tmp_path: Path, title: str, chapters: list[str], font: str, outlined: bool
) -> None:
    one, below, two = chapters
    first: list[Printed] = [(title, 26, font), (one, 14, font), body(font), (below, 13, font), body(font)]
    second: list[Printed] = [(two, 14, font), body(font)]
    outline = [(1, one, 1), (2, below, 1), (1, two, 2)] if outlined else None
    blocks = printed(tmp_path / "title.pdf", first, second, outline=outline)
    assert paths(blocks) == [title, f"{title} > {one}", f"{title} > {one} > {below}", f"{title} > {two}"]
    assert blocks[0].level == 0


def test_a_title_of_several_lines_is_one_and_its_subtitle_heads_nothing(tmp_path: Path) -> None:
    lines: list[Printed] = [
        ("Quality Plan for the mill", 24, "helv"),
        ("at Quellmere", 24, "helv"),
        ("Second edition", 18, "helv"),
        ("1 Scope", 14, "helv"),
        body(),
        ("2 Terms", 14, "helv"),
        body(),
    ]
    blocks = printed(tmp_path / "lines.pdf", lines)
    title = "Quality Plan for the mill at Quellmere"
    assert paths(blocks) == [title, f"{title} > 1 Scope", f"{title} > 2 Terms"]
    assert (blocks[1].kind, blocks[1].text) == ("paragraph", "Second edition")


def test_a_covers_other_lines_are_not_above_the_chapters(tmp_path: Path) -> None:
    document = pymupdf.open()
    cover = document.new_page()
    for top, text, size in [(60, "Quellmere Mills", 20), (300, "Handbook of Wheels", 36), (750, "PRESS", 50)]:
        cover.insert_text((LEFT, top), text, fontsize=size)
    for chapter in ("Larch", "Oak"):
        page = document.new_page()
        page.insert_text((LEFT, 100), chapter, fontsize=16)
        for row in range(4):
            page.insert_text((LEFT, 140 + 30 * row), ENGLISH, fontsize=10)
    assert paths(blocks_of(document, tmp_path / "cover.pdf"))[-2:] == [
        "Handbook of Wheels > Larch",
        "Handbook of Wheels > Oak",
    ]


def test_an_outline_without_numbers_tells_the_levels_of_numbered_headings(tmp_path: Path) -> None:
    lines: list[Printed] = [
        ("Mills", 14, "hebo"),
        body(),
        ("1 Wheels", 14, "hebo"),
        body(),
        ("Larch", 12, "hebo"),
        body(),
        ("Forges", 14, "hebo"),
        body(),
    ]
    outline = [(1, "Mills", 1), (2, "Wheels", 1), (1, "Forges", 1)]
    assert paths(printed(tmp_path / "outline.pdf", lines, outline=outline)) == [
        "Mills",
        "Mills > 1 Wheels",
        "Mills > 1 Wheels > Larch",
        "Forges",
    ]


def test_an_outline_of_one_level_leaves_the_levels_to_the_numbers(tmp_path: Path) -> None:
    headings = ["第一章 总则", "第一节 目的", "1.水轮由谁维护？", "2.磨盘由谁维护？", "第二章 术语"]
    lines = [line for text in headings for line in ((text, 14.0, "china-s"), body("china-s"))]
    outline = [(1, text, 1) for text in headings]
    assert paths(printed(tmp_path / "flat.pdf", lines, outline=outline)) == [
        "第一章 总则",
        "第一章 总则 > 第一节 目的",
        "第一章 总则 > 第一节 目的 > 1.水轮由谁维护？",
        "第一章 总则 > 第一节 目的 > 2.磨盘由谁维护？",
        "第二章 术语",
    ]


def test_a_line_that_the_outline_names_is_a_heading_though_it_is_set_as_text(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for row, text in enumerate(["Care", ENGLISH, ENGLISH, "Larch", ENGLISH]):
        page.insert_text((LEFT, 100 + 13 * row), text, fontsize=10)
    document.set_toc([[1, "Care", 1], [2, "Larch", 1]])
    assert paths(blocks_of(document, tmp_path / "plain.pdf")) == ["Care", "Care > Larch"]


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(
    ("label", "lines", "whole", "font"),
    [
        ("Chapter 1.", ["Securing the sluices of", "the mill"], "Chapter 1. Securing the sluices of the mill", "helv"),
        ("第三章", ["水轮的日常维护与", "定期检修"], "第三章 水轮的日常维护与定期检修", "china-s"),
    ],
)
def test_a_chapters_number_apart_from_its_title_begins_it(
    tmp_path: Path, label: str, lines: list[str], whole: str, font: str, above: bool
) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((LEFT, 120 if above else 148), label, fontsize=8, fontname=font)
    for row, text in enumerate(lines):
        page.insert_text((140, 150 + 31 * row), text, fontsize=26, fontname=font)
    for row in range(4):
        page.insert_text((LEFT, 260 + 30 * row), body(font)[0], fontsize=10, fontname=font)
    blocks = blocks_of(document, tmp_path / "label.pdf")
    assert [block.text for block in blocks if block.kind == "heading"] == [whole]
    assert all(block.text != label for block in blocks)


def test_a_letter_by_itself_heads_nothing(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 80), "a", fontsize=30)
    page.insert_text((72, 120), "序", fontsize=20, fontname="china-s")
    page.insert_text(
        (72, 160), ["Velm has a tank, which holds five litres of water.", "It is filled by hand."], fontsize=10
    )
    document.save(tmp_path / "velm.pdf")
    found = [(block.kind, block.text) for block in pdf.read(tmp_path / "velm.pdf", Options()).blocks]
    assert ("heading", "序") in found
    assert ("heading", "a") not in found
