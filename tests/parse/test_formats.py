"""Each format's own traits, by small documents that the test makes."""

from __future__ import annotations

from pathlib import Path

import pymupdf

from tasks.parse.blocks import Block, Options
from tasks.parse.read import read


def blocks(path: Path) -> list[Block]:
    return read(path, Options()).blocks


def texts(path: Path, kind: str | None = None) -> list[str]:
    return [block.text for block in blocks(path) if kind in (None, block.kind)]


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
