"""Plain text: its encodings, and what its lines tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.parse import text
from tasks.parse.blocks import Block
from tasks.parse.decode import decode
from tasks.parse.headings import level_of

CHINESE = "这是我们公司的说明，大家都可以看。\n水箱的容量是五升，保修期是二十九个月。"
TRADITIONAL = "這是我們公司的說明，大家都可以看。\n水箱的容量是五升，保固期是二十九個月。"
JAPANESE = "このマニュアルでは、製品の設置方法について説明します。"
KOREAN = "이 설명서는 제품의 설치 방법과 안전 주의 사항을 설명합니다."
RUSSIAN = "Настоящее руководство описывает установку изделия."
WESTERN = "Café déjà vu, prix: 50 €, naïve façade."
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        *((CHINESE, encoding) for encoding in [*UNICODE, "gb18030"]),
        *((WESTERN, encoding) for encoding in [*UNICODE, "cp1252"]),
        *((TRADITIONAL, "big5"), (TRADITIONAL, "utf-16-le"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp")),
        *((JAPANESE, "utf-16-be"), (KOREAN, "euc_kr"), (KOREAN, "utf-16-le"), (RUSSIAN, "cp1251")),
    ],
)
def test_the_encoding_is_found(content: str, encoding: str) -> None:
    assert decode(content.encode(encoding)) == content


def test_what_a_file_declares_counts_where_it_can_be_right() -> None:
    assert decode("ÀÖ".encode("cp1252"), "windows-1252") == "ÀÖ"
    assert decode("镕基".encode("gbk"), "gb2312") == "镕基"
    assert decode("说明".encode(), "gb2312") == "说明"
    assert decode("这是说明。".encode("gb18030"), "no-such") == "这是说明。"


def test_numbering_makes_headings_and_underlines_do() -> None:
    found = list(
        text.blocks_of("第一章 总则\n\n第一条 自公布之日起施行。\n\n一、范围\n全部门店。\n\nSetup\n=====\n\nTEXT")
    )
    assert [(block.text, block.level) for block in found if block.kind == "heading"] == [
        *(("第一章 总则", 2), ("一、范围", 4), ("Setup", 1), ("TEXT", 2)),
    ]


def test_a_short_first_line_is_the_title() -> None:
    assert next(text.blocks_of("某某条例\n\n全文如下。")) == Block("heading", "某某条例")
    assert next(text.blocks_of("某某条例\n\n全文如下。", titled=False)) == Block("paragraph", "某某条例")


def test_wrapped_lines_are_joined_and_verse_is_not() -> None:
    english = (
        "The machine that we sell in the north is repaired by engi-\n"
        "neers who come from the town, and they always bring all of\n"
        "their various tools."
    )
    chinese = (
        "这是一段很长的文字，它在每行大约二十个汉字的地方被\n"
        "硬换行，所以读者需要把这些行又重新连接起来，才可以\n得到句子。"
    )
    verse = "Roses are red,\nviolets are blue."
    poem = "春眠不觉晓，\n处处闻啼鸟。"
    assert [block.text for block in text.blocks_of(f"{english}\n\n{verse}")] == [
        english.replace("engi-\n", "engi").replace("\n", " "),
        verse,
    ]
    assert [block.text for block in text.blocks_of(f"{chinese}\n\n{poem}")] == [chinese.replace("\n", ""), poem]


def test_wrapped_chinese_lines_are_joined_without_spaces_also_beside_quotes_and_numbers() -> None:
    lines = (
        "衡溪的水磨建在两条小河交汇的地方，村里的人都叫它们是",
        "“旧约”之河，磨盘由驳船从一座早已关闭的采石场运来——",
        "如今那里只剩下燕子，而上门磨麦的人，等候的时间不少于",
        "30分钟，由磨坊主记录。",
    )
    assert [block.text for block in text.blocks_of("\n".join(lines))] == ["".join(lines)]


def test_items_have_their_numbers_and_levels() -> None:
    found = list(text.blocks_of("要求：\n1. one\n   a) inner\n2. two\n- 点\n（一）子项\n1、第一\n接着说"))
    assert [(block.mark, block.level, block.text) for block in found if block.kind == "item"] == [
        *(("1.", 0, "one"), ("a)", 1, "inner"), ("2.", 0, "two"), ("-", 0, "点")),
        *(("（一）", 0, "子项"), ("1、", 0, "第一\n接着说")),
    ]


def test_code_logs_and_tabs_keep_their_form() -> None:
    code = "def f(x):\n    return g(x);"
    log = "2024-01-01 10:00:00 INFO   start\n2024-01-01 10:00:01 ERROR  stop"
    found = list(text.blocks_of(f"{code}\n\n{log}\n\nName\tWeight\nVelm\t3"))
    assert [block.text for block in found] == [
        *(f"```\n{code}\n```", f"```\n{log}\n```", "| Name | Weight |\n| --- | --- |\n| Velm | 3 |"),
    ]


def test_a_file_with_old_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(b"One two three.\r\rFour five six.")
    assert [block.text for block in text.read(path).blocks] == ["One two three.", "Four five six."]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        *(("第二编 物权", 1), ("第十二卷", 1), ("第三章 安装", 2), ("第三回 灵根育孕", 2), ("第四節 檢查", 3)),
        *(("第四条 保护期", 4), ("一、概述", 4), ("Chapter 2 Care", 2), ("1.2 Overview", 3), ("1.2.3 安装步骤", 4)),
        *(("3.5 kg", None), ("2.4 GHz band", None), ("5.5 V", None), ("3.5 千克", None), ("1.5小时", None)),
        *(("第四条 民事主体的人身权利受法律保护，不得侵犯。", None), ("1.2 is less than 3.", None)),
    ],
)
def test_numbering_tells_headings_and_quantities_are_none(text: str, level: int | None) -> None:
    assert level_of(text) == level
