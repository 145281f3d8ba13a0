"""Each format's own traits, by small documents that the test makes."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pptx
import pymupdf
import pypandoc
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tasks.parse.blocks import Block, Options, UnreadableError
from tasks.parse.read import read
from tasks.parse.sections import cut

SAMPLE = (
    "# Velm 手册\n\nIntro line.\n\n## 数据\n\n| P | V |\n|---|---|\n| Tank | 3.5 l |\n\n- Key: one\n- 保修期：二年\n"
)
TABLE = "| P | V |\n| --- | --- |\n| Tank | 3.5 l |"


def blocks(path: Path) -> list[Block]:
    return read(path, Options()).blocks


def texts(path: Path, kind: str | None = None) -> list[str]:
    return [block.text for block in blocks(path) if kind in (None, block.kind)]


@pytest.mark.parametrize("suffix", ["epub", "rtf", "odt", "org", "rst", "html", "md", "docx"])
def test_headings_tables_and_lists_survive(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sample.{suffix}"
    if suffix == "md":
        path.write_text(SAMPLE, encoding="utf-8")
    else:
        pypandoc.convert_text(SAMPLE, suffix, format="markdown", outputfile=str(path), extra_args=["--standalone"])
    pieces = [piece for piece in cut(blocks(path), 0, 2000) if "Velm 手册" in piece.headings]
    assert [piece.text for piece in pieces] == ["Intro line.", f"{TABLE}\n\n- Key: one\n- 保修期：二年"]
    assert pieces[1].headings[-2:] == ("Velm 手册", "数据")


def test_html_keeps_breaks_definitions_and_merged_cells_but_no_navigation(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<html><head><script>evil()</script></head><body><nav>Menu</nav><h1>Velm</h1><p>Colour: green<br>Size: 4</p>"
        "<dl><dt>Term</dt><dd>its meaning</dd></dl><table><tr><th>A</th><th>B</th><th>C</th></tr>"
        "<tr><td rowspan=2>x|y</td><td colspan=2>1</td></tr><tr><td>2</td><td>3</td></tr></table>"
        "<footer>Copyright</footer></body></html>",
        encoding="utf-8",
    )
    assert texts(path) == [
        "Velm",
        "Colour: green\nSize: 4",
        "Term: its meaning",
        "| A | B | C |\n| --- | --- | --- |\n| x\\|y | 1 | 1 |\n| x\\|y | 2 | 3 |",
    ]


def test_a_letter_has_its_subject_its_body_and_names_its_attachments(tmp_path: Path) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "ilka@quellmere.example", "tobin@quellmere.example", "关于订单"
    letter.set_content("The colour of Velm is green.\n")
    letter.add_attachment(b"\x00", maintype="application", subtype="octet-stream", filename="plan.bin")
    path = tmp_path / "letter.eml"
    path.write_bytes(letter.as_bytes())
    reading = read(path, Options())
    assert reading.blocks[0] == Block("heading", "关于订单")
    assert "The colour of Velm is green." in [block.text for block in reading.blocks]
    assert [(loss.reason, "plan.bin" in loss.detail) for loss in reading.losses] == [("attachment", True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_chinese_text_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    text = "这是我们公司的说明，大家都可以看。\n水箱的容量是五升，保修期是二十九个月。"
    path = tmp_path / "说明.txt"
    path.write_bytes(text.encode(encoding))
    assert texts(path) == [text]


def test_western_text_in_windows_encoding(tmp_path: Path) -> None:
    path = tmp_path / "price.txt"
    path.write_bytes("Café déjà vu, prix: 50 €, naïve façade.".encode("cp1252"))
    assert texts(path) == ["Café déjà vu, prix: 50 €, naïve façade."]


def test_numbering_makes_headings_of_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "law.txt"
    path.write_text(
        "某某条例\n\n第一章 总则\n\n第一条 本条例自公布之日起施行。\n\n一、范围\n全部门店。", encoding="utf-8"
    )
    headings = [(block.text, block.kind) for block in blocks(path)]
    assert [text for text, kind in headings if kind == "heading"] == ["某某条例", "第一章 总则", "一、范围"]
    assert ("第一条 本条例自公布之日起施行。", "paragraph") in headings


def test_slides_have_titles_groups_charts_and_notes_in_order(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Velm"
    low = slide.shapes.add_textbox(Inches(1), Inches(6), Inches(3), Inches(1))
    low.text_frame.text = "below"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(2), Inches(3), Inches(1)).text_frame.text = "in a group"
    data = CategoryChartData()
    data.categories = ["May", "June"]
    data.add_series("Sales", (3, 4.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(3), Inches(1), data)
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    untitled = deck.slides.add_slide(deck.slide_layouts[6])
    untitled.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.text = "No title here"
    path = tmp_path / "velm.pptx"
    deck.save(str(path))
    pieces = list(cut(blocks(path), 0, 2000))
    assert [(piece.headings, piece.page) for piece in pieces] == [(("Velm",), 1), ((), 2)]
    chart = "|  | Sales |\n| --- | --- |\n| May | 3 |\n| June | 4.5 |"
    assert pieces[0].text == f"in a group\n\n{chart}\n\nbelow\n\nSay it slowly."


def pdf_file(path: Path, pages: list[str], *, header: str = "") -> None:
    document = pymupdf.open()
    for number, text in enumerate(pages, start=1):
        page = document.new_page()
        if header:
            page.insert_text((72, 40), f"{header} {number}", fontsize=8)
        page.insert_text((72, 120), text.split("\n"), fontsize=9, fontname="china-s")
    document.save(str(path))


def test_pdf_headers_go_and_words_broken_over_lines_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "velm.pdf"
    broken = "The machine that we sell in the north is repaired by engi-\nneers, who come from the town."
    pdf_file(path, [broken, "重量：三公斤\n颜色：松烟灰", "Last page."], header="Quellmere, page")
    assert texts(path) == [broken.replace("-\n", ""), "重量：三公斤\n颜色：松烟灰", "Last page."]
    assert [block.page for block in blocks(path)] == [1, 2, 3]


def test_a_header_that_stands_once_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "velm.pdf"
    pdf_file(path, ["Only page."], header="Chapter")
    assert texts(path) == ["Chapter 1", "Only page."]


def test_entities_of_a_document_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET", encoding="utf-8")
    path = tmp_path / "page.xml"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a><b>Before &x; after</b></a>',
        encoding="utf-8",
    )
    try:
        found = texts(path)
    except UnreadableError:
        found = []
    assert not [text for text in found if "SECRET" in text]
