"""（一） as a heading where it has text under it, and as an item where it stands in a list."""

from __future__ import annotations

from pathlib import Path

import docx

from tasks.parse.blocks import Block, Options
from tasks.parse.read import read
from tasks.parse.subheadings import with_subheadings


def shape(blocks: list[Block]) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, block.text) for block in blocks]


def test_lines_with_text_under_them_are_headings_below_the_one_that_they_stand_under() -> None:
    blocks = [
        *(Block("heading", "一、概述", 4), Block("paragraph", "说明。")),
        *(Block("item", "人员要求", mark="（一）"), Block("paragraph", "操作人员须经培训。")),
        *(Block("paragraph", "（二）设备要求"), Block("table", "| a | b |\n| --- | --- |")),
        *(Block("heading", "二、附则", 4), Block("paragraph", "自发布之日起施行。")),
    ]
    assert shape(with_subheadings(blocks)) == [
        *(("heading", 4, "一、概述"), ("paragraph", 0, "说明。")),
        *(("heading", 5, "（一）人员要求"), ("paragraph", 0, "操作人员须经培训。")),
        *(("heading", 5, "（二）设备要求"), ("table", 0, "| a | b |\n| --- | --- |")),
        *(("heading", 4, "二、附则"), ("paragraph", 0, "自发布之日起施行。")),
    ]


def test_items_of_a_list_and_sentences_stay_what_they_are() -> None:
    listed = [
        *(
            Block("item", "身份证", mark="（一）"),
            Block("item", "申请表", mark="（二）"),
            Block("paragraph", "以上一式两份"),
        ),
        *(
            Block("heading", "第二条", 4),
            Block("item", "申请人应当提交材料，并签字。", mark="（一）"),
            Block("paragraph", "x"),
        ),
        *(Block("item", "审查人应当核对原件。", mark="（二）"), Block("paragraph", "y")),
        *(Block("heading", "第三条", 4), Block("item", "只有一项", mark="（一）"), Block("paragraph", "z")),
    ]
    assert with_subheadings(listed) == listed


def test_they_are_found_in_a_document(tmp_path: Path) -> None:
    document = docx.Document()
    for text in ("一、总则", "（一）目的", "为规范管理，制定本办法。", "（二）范围", "本办法适用于全体员工。"):
        document.add_paragraph(text)
    document.save(str(tmp_path / "rules.docx"))
    headings = [block.text for block in read(tmp_path / "rules.docx", Options()).blocks if block.kind == "heading"]
    assert headings == ["一、总则", "（一）目的", "（二）范围"]
