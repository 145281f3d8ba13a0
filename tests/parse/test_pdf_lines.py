"""PDF: lines of print as the text that they were broken from, on small files."""

from __future__ import annotations

from pathlib import Path

import pymupdf

from tests.parse.test_pdf import LEFT, only, put, read


def test_an_item_is_whole_however_many_spaces_follow_its_mark(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    put(page, LEFT, 100, ["1.  Grease the axle.", "2.    Open the sluice.", "(a)   Wait."])
    put(page, LEFT, 200, ["•   检查水轮。", "（1）   打开水闸。"], 10, "china-s")
    items = only(read(document, tmp_path / "spaces.pdf").blocks, "item")
    texts = ["Grease the axle.", "Open the sluice.", "Wait.", "检查水轮。", "打开水闸。"]
    assert [item.text for item in items] == texts
