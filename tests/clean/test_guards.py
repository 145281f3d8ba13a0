"""What operators written for English are kept from doing to Chinese, and what they still repair."""

from __future__ import annotations

import pytest

from artifacts.records import QAPair
from tasks.clean.config import Operator
from tasks.clean.operators.loaded import Loaded, load

FIX, PUNCTUATION = "fix_unicode_mapper", "punctuation_normalization_mapper"
LINKS, COPYRIGHT = "clean_links_mapper", "clean_copyright_mapper"
BLANKS = "whitespace_normalization_mapper"
CHINESE = (
    "角度“45°”和“Café”，他说：“请按（Ctrl+C）”；型号：AX-200，电压：220V，50Hz——对吗？对！【见《手册》】10～20％……"
)


def loaded(name: str, *, guard: bool = True, **parameters: object) -> Loaded:
    (operator,) = load([Operator.model_validate({name: {"guard": guard, **parameters}})])
    return operator


def edited(operator: Loaded, text: str, language: str = "en") -> str:
    (pair,) = operator.edit([QAPair(id="", fact="", question="Why?", answer=text, language=language)])
    return pair.answer


@pytest.mark.parametrize("name", [FIX, PUNCTUATION])
def test_good_chinese_keeps_its_marks(name: str) -> None:
    assert edited(loaded(name), CHINESE, "zh") == CHINESE
    assert edited(loaded(name), CHINESE) == CHINESE, "whatever its row says"
    assert edited(loaded(name), "220V（50Hz）", "zh") == "220V（50Hz）", "though it has no Chinese character"
    assert edited(loaded(name, guard=False), CHINESE, "zh") != CHINESE, "the published operator does not"


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        (FIX, "It\u00e2\u20ac\u2122s \u00e2\u20ac\u0153good\u00e2\u20ac\u009d.", 'It\'s "good".'),
        (FIX, "“Don’t” \ufb01x ＡＸ－２", "“Don’t” fix AX-2"),
        (FIX, "Curly ones: “ ” ‘ ’; `print(“x”)` fails.", "Curly ones: “ ” ‘ ’; `print(“x”)` fails."),
        (FIX, "Good \u00f0\u0178\u2018\u008d, it\u00e2\u20ac\u2122s “x”.", "Good 👍, it's “x”."),
        (FIX, "产品 Caf\u00c3\u00a9 保修\u00e2\u20ac\u201d两年，“好”。", "产品 Café 保修—两年，“好”。"),
        (FIX, "\u00e4\u00bf\u009d\u00e4\u00bf\u00ae\u00e6\u0153\u0178", "保修期"),
        (FIX, "Write &lt;b&gt; or &nbsp;, R&D.", "Write &lt;b&gt; or &nbsp;, R&D."),
        (FIX, "sch\u00c3\u00b6n\r\n中文，好\r\n“x”", "schön\n中文，好\n“x”"),
        (PUNCTUATION, "Hello，world！“yes”（no）", 'Hello,world!"yes"(no)'),
        (PUNCTUATION, "第１条，见“Ａ”。\nＡ：“１”", "第１条，见“Ａ”。\nＡ：“１”"),
        (PUNCTUATION, "Step １：“x”", 'Step １:"x"'),
    ],
)
def test_what_is_broken_or_english_is_repaired(name: str, text: str, wanted: str) -> None:
    assert edited(loaded(name), text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("请访问https://example.com/docs?a=1&b=2，下载后按说明安装。", "请访问，下载后按说明安装。"),
        ("见 http://example.com/文档 的说明（www.example.com/a）。", "见 文档 的说明（）。"),
        ("See https://example.com/a_(b).html. Then (ftp://x.org/y).", "See . Then ()."),
        ("Get example.com/path or a@example.com.", "Get  or a@example.com."),
        ("| Site | https://example.com/a|4 MB |", "| Site | |4 MB |"),
        (
            "main.rs/lib, a.py/b, file.md/x, km.hr/s, os.path/join",
            "main.rs/lib, a.py/b, file.md/x, km.hr/s, os.path/join",
        ),
        (
            "localhost:8080, image:latest, ratio 16:9, std::vector",
            "localhost:8080, image:latest, ratio 16:9, std::vector",
        ),
    ],
)
def test_a_link_ends_before_chinese_and_is_no_mere_colon(text: str, wanted: str) -> None:
    assert edited(loaded(LINKS), text) == wanted


def test_the_published_links_operator_eats_chinese() -> None:
    published = edited(loaded(LINKS, guard=False), "请访问 https://example.com/docs，下载后按说明安装。")
    assert "下载" not in published


def test_a_pattern_of_the_users_own_is_not_guarded() -> None:
    assert edited(loaded(LINKS, pattern="见.*?。"), "见图3。好") == "好"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# 安装\n按说明安装。", "# 安装\n按说明安装。"),
        ("-- a list\n-- of dashes", "-- a list\n-- of dashes"),
        ("# Copyright policy\n\nAll staff must ask Legal.", "# Copyright policy\n\nAll staff must ask Legal."),
        ("# 版权说明\n本手册由公司编写。", "# 版权说明\n本手册由公司编写。"),
        ("// © 2021 ACME\nint a;", "int a;"),
        ("/* add */ int a;", "/* add */ int a;"),
        ("# Copyright 2020 A. Lee\n# All rights reserved\n\nimport os\n# done", "import os\n# done"),
        ("-- 版权所有 某公司\nSELECT 1;", "SELECT 1;"),
        ("/* Copyright A. Lee */\nint a;", "\nint a;"),
    ],
)
def test_only_a_notice_is_taken_for_one(text: str, wanted: str) -> None:
    assert edited(loaded(COPYRIGHT), text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("```make\nbuild:\n\tgo build\n\nclean:\n\trm -rf bin\n```", None),
        ("姓名\t年龄\t城市\n王伟\t\t北京", None),
        ("  first\n    second\n  third", None),
        ("\tif x:\n\t\treturn\u00a01", "\tif x:\n\t\treturn 1"),
        ("می\u200cخواهم، 👩\u200d🔧", None),
        ("\n \n    first\n    second \n\n", "    first\n    second"),
        ("\u3000\u3000第一段。\n\u3000\u3000第二段。\u3000", "第一段。\n  第二段。"),
        (" \t一行\u3000而已\u200b。 ", "一行 而已 。"),
        ("a \t b", None),
        (" \t ", ""),
    ],
)
def test_white_space_that_means_something_stays(text: str, wanted: str | None) -> None:
    assert edited(loaded(BLANKS), text) == (text if wanted is None else wanted)
    if wanted is None:
        assert edited(loaded(BLANKS, guard=False), text) != text, "the published operator does not"


def measured(operator: Loaded, answer: str) -> float:
    (verdict,) = operator.judge([QAPair(id="", fact="", question="?", answer=answer)])
    (value,) = verdict.statistics.values()
    return float(value)


def test_each_chinese_character_is_a_word() -> None:
    words, published = (loaded("words_num_filter", guard=guard, field="answer") for guard in (True, False))
    assert (measured(words, "保修期为AX 24个月。"), measured(published, "保修期为AX 24个月。")) == (7, 2)
    assert measured(words, "It is made of steel.") == measured(published, "It is made of steel.") == 5
    words, published = (loaded("word_repetition_filter", guard=guard, field="answer") for guard in (True, False))
    assert (measured(words, "设备须每周清洗，" * 6), measured(published, "设备须每周清洗，" * 6)) == (1, 0)
