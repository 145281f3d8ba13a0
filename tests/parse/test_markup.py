"""Pages, Markdown, and what pandoc makes HTML of."""

from __future__ import annotations

from pathlib import Path

import pypandoc
import pytest

from tasks.parse.blocks import Block, Options, UnreadableError
from tasks.parse.markup import formats
from tasks.parse.read import read

TABLE = "| P | V |\n| --- | --- |\n| Tank | 3.5 l |"
SAMPLE = (
    "# Velm 手册\n\nIntro line[^1].\n\n## 数据\n\n| P | V |\n|---|---|\n| Tank | 3.5 l |\n\n"
    "3. Key: one\n4. 保修期：二年\n\n[^1]: A note.\n"
)


def page(tmp_path: Path, html: str, encoding: str = "utf-8") -> list[Block]:
    path = tmp_path / "page.html"
    path.write_bytes(html.encode(encoding))
    return formats.read_html(path).blocks


def texts(blocks: list[Block]) -> list[str]:
    return [block.text for block in blocks]


def markdown(tmp_path: Path, text: str) -> list[Block]:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    return formats.read_markdown(path).blocks


@pytest.mark.parametrize("suffix", ["epub", "odt", "org", "rst", "md", "html"])
def test_headings_tables_lists_and_notes_survive(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sample.{suffix}"
    if suffix == "md":
        found = markdown(tmp_path, SAMPLE)
    else:
        pypandoc.convert_text(SAMPLE, suffix, format="markdown", outputfile=str(path), extra_args=["--standalone"])
        found = (formats.read_html(path) if suffix == "html" else formats.read_by_pandoc(path, suffix)).blocks
    start = next(place for place, block in enumerate(found) if block.text == "Velm 手册" and block.level)
    assert found[start:] == [
        Block("heading", "Velm 手册", 1),
        Block("paragraph", "Intro line[^1]."),
        Block("paragraph", "[^1]: A note."),
        Block("heading", "数据", 2),
        Block("table", TABLE),
        Block("item", "Key: one", mark="3."),
        Block("item", "保修期：二年", mark="4."),
    ]


def test_rtf_in_chinese_code_pages(tmp_path: Path) -> None:
    def escaped(text: str, encoding: str) -> str:
        return "".join(f"\\'{byte:02x}" for byte in text.encode(encoding))

    path = tmp_path / "page.rtf"
    fonts = r"{\fonttbl{\f0\fnil\fcharset134 SimSun;}{\f1\fnil\fcharset136 MingLiU;}{\f2\fnil\fcharset0 Arial;}}"
    body = (
        rf"\f0 {escaped('水箱的容量', 'gbk')} {{\f1 {escaped('說明書', 'big5')}}} \f2 caf\'e9\par \u20013\'d6\'d0\par"
    )
    path.write_text(rf"{{\rtf1\ansi\ansicpg936\uc2{fonts}{body}}}", encoding="ascii")
    assert texts(formats.read_by_pandoc(path, "rtf").blocks)[0].startswith("水箱的容量 說明書")


def test_what_surrounds_a_page_is_dropped_and_all_its_text_kept(tmp_path: Path) -> None:
    found = page(
        tmp_path,
        "<html><head><title>Shop</title><script>evil()</script></head><body class='menu-open'><a href='#m'>Skip to "
        "content</a><header><a href='/'>Home</a></header><nav>Menu</nav><div class='cookieBanner'>We use cookies</div>"
        "<ul class='breadcrumb'><li>Shop</li></ul><form><font>红字</font><p>是</p><my-tag>kept</my-tag></form>"
        "<details><summary>More</summary>inside</details><figure><img src='a.png' alt='A jar'><figcaption>Fig. 1"
        "</figcaption></figure><aside>Adverts</aside><footer>Copyright</footer></body></html>",
    )
    assert found[0] == Block("heading", "Shop", 0)
    assert texts(found[1:]) == ["红字", "是", "kept", "More", "inside", "![A jar]", "Fig. 1"]


def test_the_main_part_is_taken_where_most_of_the_text_stands(tmp_path: Path) -> None:
    body = "<h1>Velm</h1><div>{}</div><main>{}</main>"
    assert texts(page(tmp_path, body.format("Related", "The long text of the page."))) == [
        *("Velm", "The long text of the page."),
    ]
    assert "The long text of the page." in texts(page(tmp_path, body.format("The long text of the page.", "Map")))


def test_breaks_definitions_links_and_powers(tmp_path: Path) -> None:
    found = page(
        tmp_path,
        "<h1>Velm</h1><p>Colour: green<br>Size: 4 m<sup>2</sup></p><dl><dt>One<dt>Two<dd>their meaning</dl>"
        "<p><a href='https://quellmere.example/a'>our <b>page</b></a>, <a href='/b'>here</a>, "
        "<a href='https://quellmere.example'>quellmere.example</a></p><p>中文\n换行</p>",
    )
    assert texts(found) == [
        *("Velm", "Colour: green\nSize: 4 m^2", "One, Two: their meaning"),
        *("[our page](https://quellmere.example/a), here, quellmere.example", "中文换行"),
    ]


def test_lines_of_keys_and_values_stay_lines_and_wrapped_prose_is_joined(tmp_path: Path) -> None:
    text = (
        "**Annual leave**: 25 days\nCarry-over limit: 5 days, of\nwhich all lapse\nNotice: 14 days\n\n"
        "订货电话：13812345678\n客服热线：400\n邮箱：a@b.example\n\n- Toner: black\n  Paper: A4\n\n"
        "The tank is rinsed\nonce: by hand, from 10:30\nto 11:00.\n"
    )
    wanted = [
        "Annual leave: 25 days\nCarry-over limit: 5 days, of which all lapse\nNotice: 14 days",
        *("订货电话：13812345678\n客服热线：400\n邮箱：a@b.example", "Toner: black\nPaper: A4"),
        "The tank is rinsed once: by hand, from 10:30 to 11:00.",
    ]
    assert texts(markdown(tmp_path, text)) == wanted


def test_lists_have_their_numbers_and_levels(tmp_path: Path) -> None:
    found = page(
        tmp_path,
        "<h1>Velm</h1><ol start='3'><li><p>three</p><p>goes on</p><ul><li>inner</li></ul></li><li value='7'>seven</li>"
        "</ol><ol type='a'><li>x</li></ol><ol style='list-style-type: upper-roman'><li>y</li></ol>",
    )
    assert [(block.mark, block.level, block.text) for block in found[1:]] == [
        *(("3.", 0, "three\ngoes on"), ("-", 1, "inner"), ("7.", 0, "seven"), ("a.", 0, "x"), ("I.", 0, "y")),
    ]


def test_tables_with_spans_captions_and_tables_that_only_lay_out(tmp_path: Path) -> None:
    found = page(
        tmp_path,
        "<h1>Velm</h1><table><tr><td><table><caption>Sizes</caption><tr><th>A<th>B<th>C</tr>"
        "<tr><td rowspan=2>x|y<td colspan=2>1</tr><tr><td>2<td>3</tr></table></td><td>beside</td></tr></table>",
    )
    table = "| A | B | C |\n| --- | --- | --- |\n| x\\|y | 1 | 1 |\n| x\\|y | 2 | 3 |"
    assert texts(found) == ["Velm", "Sizes", table, "beside"]


def test_code_keeps_its_lines_and_its_language(tmp_path: Path) -> None:
    found = page(tmp_path, "<h1>V</h1><pre><code class='language-python'>a = 1\n  b = `c`</code></pre>")
    assert found[1] == Block("code", "```python\na = 1\n  b = `c`\n```")


@pytest.mark.parametrize(("encoding", "declared"), [("utf-8", "gb2312"), ("gb18030", "gb2312"), ("big5", "big5")])
def test_a_page_may_declare_its_encoding_wrongly(tmp_path: Path, encoding: str, declared: str) -> None:
    html = f'<?xml encoding="{declared}"?><html><meta charset="{declared}"><h1>水箱</h1><p>容量</p></html>'
    assert texts(page(tmp_path, html, encoding)) == ["水箱", "容量"]


def test_a_page_nested_too_deep_loses_nothing(tmp_path: Path) -> None:
    found = page(tmp_path, f"<h1>Velm</h1>{'<div>' * 1500}deep{'</div>' * 1500}<p>after</p>")
    assert texts(found) == ["Velm", "deep", "after"]


def test_styles_of_a_word_processor_make_headings(tmp_path: Path) -> None:
    found = page(tmp_path, "<p class='MsoTitle'>Velm</p><p class='Heading2 Normal'>数据</p><p class='x'>text</p>")
    assert [(block.kind, block.level) for block in found] == [("heading", 1), ("heading", 2), ("paragraph", 0)]


def test_markdown_with_front_matter_nested_lists_and_code(tmp_path: Path) -> None:
    found = markdown(
        tmp_path,
        '---\ntitle: "手册"\ntags: [a]\n---\n[![Build](https://ci.example/badge.svg)](https://ci.example)\n\n'
        "<!-- no -->\n\n"
        "- a\n  - b\n    1. c\n- [x] done\n\n```py\n[^1]: no note\n# no heading\n```\n\n"
        "See[^w].\n\n[^w]: word\n[^x]: two\n",
    )
    assert found == [
        Block("heading", "手册"),
        Block("item", "a"),
        Block("item", "b", 1),
        Block("item", "c", 2, mark="1."),
        Block("item", "[x] done"),
        Block("code", "```py\n[^1]: no note\n# no heading\n```"),
        Block("paragraph", "See[^w]."),
        Block("paragraph", "[^w]: word"),
        Block("paragraph", "[^x]: two"),
    ]


def test_xml_keeps_what_stands_around_tags_and_entities(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("TOP SECRET", encoding="utf-8")
    path = tmp_path / "velm.xml"
    path.write_text(
        f"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY e SYSTEM '{(tmp_path / 'secret.txt').as_uri()}'>]>"
        "<r><p>before &e; after</p><!-- no --><q><p>水箱的<b>容量</b>是三升。</p></q></r>",
        encoding="utf-8",
    )
    assert texts(formats.read_xml(path).blocks) == ["before &e; after", "水箱的容量是三升。"]


@pytest.mark.parametrize(
    ("kind", "directive"),
    [
        ("rst", ".. include:: {}\n   :literal:"),
        ("rst", ".. csv-table:: 表\n   :header: a, b\n   :file: {}\n   :widths: 1 2"),
        ("rst", ".. raw:: html\n   :file: {}"),
        ("org", '#+INCLUDE: "{}"'),
    ],
)
def test_other_files_that_a_document_names_are_told_and_not_read(tmp_path: Path, kind: str, directive: str) -> None:
    secret, path = tmp_path / "secret.txt", tmp_path / f"velm.{kind}"
    secret.write_text("TOP SECRET", encoding="utf-8")
    path.write_text(f"水箱\n\n{directive.format(secret)}\n\nAfter.\n", encoding="utf-8")
    reading = formats.read_by_pandoc(path, kind)
    assert texts(reading.blocks) == ["水箱", "After."]
    assert [loss.reason for loss in reading.losses] == ["embedded"]
    assert "secret" not in reading.losses[0].detail


def test_a_table_within_rst_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "velm.rst"
    path.write_text(".. csv-table:: Sizes\n   :header: a, b\n\n   1, 2\n", encoding="utf-8")
    reading = formats.read_by_pandoc(path, "rst")
    assert texts(reading.blocks) == ["Sizes", "| a | b |\n| --- | --- |\n| 1 | 2 |"]
    assert not reading.losses


def test_markdown_keeps_inline_code_and_pictures_but_no_badges(tmp_path: Path) -> None:
    found = markdown(
        tmp_path,
        "![build](https://img.shields.io/b.svg) ![cov](https://ci.example/badges/c.png)\n\n"
        "运行 `graft <x>` and ``a`b``.\n\n![水箱](tank.svg)\n",
    )
    assert texts(found) == ["运行 `graft <x>` and ``a`b``.", "![水箱]"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("velm.html", f"<html>{'<div>' * 30_000}deep"),
        ("velm.md", f"{'>' * 20_000} deep"),
        ("velm.md", f"{'- ' * 5_000}deep"),
    ],
)
def test_what_is_nested_too_deep_is_not_called_empty(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableError) as caught:
        read(path, Options())
    assert caught.value.reason == "nested_too_deeply"


def test_twenty_lists_in_one_another_lose_nothing(tmp_path: Path) -> None:
    found = markdown(tmp_path, "\n".join(f"{'  ' * level}- 级{level}" for level in range(20)))
    assert [(block.text, block.level) for block in found] == [(f"级{level}", level) for level in range(20)]


def test_entities_of_a_document_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET", encoding="utf-8")
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    path = tmp_path / "page.xhtml"
    path.write_text(f'<?xml version="1.0"?>{entity}<html><p>Before &x; after</p></html>', encoding="utf-8")
    found = texts(formats.read_html(path).blocks)
    assert "Before" in found[0]
    assert "SECRET" not in found[0]


def test_rtf_has_headings_by_their_styles_where_no_paragraph_tells_its_level(tmp_path: Path) -> None:
    path = tmp_path / "velm.rtf"
    path.write_bytes(
        rb"{\rtf1\ansi{\fonttbl{\f0\fswiss Arial;}}{\stylesheet{\s0\sa200\f0 Normal;}{\s1\sbasedon0\sb480 Heading 1;}"
        rb"{\s2\sb200\outlinelevel1\b \'b1\'ea;}{\s3\sb2 Heading Char;}}"
        rb"\pard\plain \s1\sb480{\b\u25163?\u20876?}\par \pard\plain \s0 Text one.\par \pard\plain \s2 Weight\par "
        rb"\pard\plain \s3 Text two.\par}"
    )
    found = read(path, Options()).blocks
    assert [(block.kind, block.level, block.text) for block in found] == [
        *(
            ("heading", 1, "手册"),
            ("paragraph", 0, "Text one."),
            ("heading", 2, "Weight"),
            ("paragraph", 0, "Text two."),
        ),
    ]


def test_a_long_header_of_rtf_takes_no_time(tmp_path: Path) -> None:
    styles = b"".join(rb"{\s%d\af12\afs22\ltrch\lang1033\f4\fs24\sb120\keepn Heading %d;}" % (n, n) for n in range(200))
    path = tmp_path / "long.rtf"
    head = rb"{\rtf1\ansi{\fonttbl{\f4\fswiss Arial;}}{\stylesheet"
    path.write_bytes(head + styles + rb"}\f4 Velm weighs little.\par}")
    assert [block.text for block in formats.read_by_pandoc(path, "rtf").blocks] == ["Velm weighs little."]
