"""Word documents: what stands in them, in its order, with the numbers and marks that Word shows."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import docx
import pytest

from tasks.parse.blocks import Block, Options, UnreadableError
from tasks.parse.numerals import formatted
from tasks.parse.word import read
from tests.parse.word_files import (
    NAMES,
    field,
    level,
    listed,
    lists,
    paragraph,
    run,
    style,
    styled,
    table,
    word_file,
)

HEADINGS = style("1", "heading 1") + style("2", "heading 2")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "velm.docx"


def shown(path: Path, **options: bool) -> list[str]:
    """Each block on its line: headings with a # for each level (the title has one), items with mark and indent."""
    return [_shown(block) for block in read(path, Options(**options)).blocks]


def _shown(block: Block) -> str:
    if block.kind == "heading":
        return f"{'#' * (block.level + 1)} {block.text}"
    return f"{'  ' * block.level}{block.mark} {block.text}" if block.kind == "item" else block.text


def test_built_in_list_styles_have_the_level_of_their_number(tmp_path: Path) -> None:
    document = docx.Document()
    styles = ("List Bullet", "List Bullet 2", "List Bullet 3", "List Number 2")
    for text, name in zip(("清单", "inner", "innermost", "numbered"), styles, strict=True):
        document.add_paragraph(text, style=name)
    document.save(str(tmp_path / "velm.docx"))
    found = read(tmp_path / "velm.docx", Options()).blocks
    assert [(block.mark, block.level, block.text) for block in found] == [
        *(("-", 0, "清单"), ("-", 1, "inner"), ("-", 2, "innermost"), ("1.", 1, "numbered")),
    ]


def test_headings_are_known_by_styles_of_any_language_by_their_bases_and_by_outline(path: Path) -> None:
    styles = (
        style("a3", "Title")
        + style("1", "heading 1")
        + style("x", "标题 2")
        + style("own", "Company Head", '<w:basedOn w:val="x"/>')
        + style("out", "章节", '<w:pPr><w:outlineLvl w:val="2"/></w:pPr>')
        + style("no", "Plain", '<w:basedOn w:val="1"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr>')
    )
    body = "".join(
        styled(text, key)
        for text, key in (
            ("Velm 手册", "a3"),
            ("One", "1"),
            ("二", "x"),
            ("Own", "own"),
            ("章", "out"),
            ("Not one", "no"),
            ("Undefined", "Heading4"),
        )
    )
    word_file(path, body + paragraph("Direct", '<w:outlineLvl w:val="1"/>'), styles=styles)
    assert shown(path) == [
        "# Velm 手册",
        "## One",
        "### 二",
        "### Own",
        "#### 章",
        "Not one",
        "##### Undefined",
        "### Direct",
    ]


def test_headings_carry_the_numbers_of_their_list(path: Path) -> None:
    numbered = '<w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    styles = "".join(style(str(n), f"heading {n}", numbered.format(n - 1)) for n in (1, 2, 3))
    levels = (
        level("chineseCounting", "第%1章", 0, '<w:suff w:val="space"/>')
        + level("decimal", "%1.%2", 1, "<w:isLgl/>")
        + level("lowerLetter", "(%3)", 2)
    )
    body = "".join(styled(f"T{n}", n) for n in "1223121")
    word_file(path, body, styles=styles, numbering=lists(levels))
    assert shown(path) == [
        "## 第一章 T1",
        "### 1.1 T2",
        "### 1.2 T2",
        "#### (a) T3",
        "## 第二章 T1",
        "### 2.1 T2",
        "## 第三章 T1",
    ]


def test_lists_count_start_anew_and_go_on_as_word_does(path: Path) -> None:
    first = level("decimal", "%1.", 0) + level("upperRoman", "%2)", 1) + level("bullet", "\uf0b7", 2)
    numbers = (
        '<w:num w:numId="7"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/>'
        '</w:lvlOverride></w:num><w:num w:numId="8"><w:abstractNumId w:val="1"/></w:num>'
    )
    second = level("ideographTraditional", "%1、", 0) + level("decimal", "%2.", 1, '<w:lvlRestart w:val="0"/>')
    body = "".join(
        listed(text, depth, number)
        for text, depth, number in (
            ("a", 0, 1), ("b", 1, 1), ("c", 1, 1), ("d", 2, 1), ("e", 0, 1), ("f", 1, 1), ("g", 0, 7),
            ("h", 0, 2), ("i", 1, 2), ("j", 0, 8), ("k", 1, 8), ("lost", 1, 99), ("none", 0, 0),
        )
    )  # fmt: skip
    word_file(path, body, numbering=lists(first, second, numbers=numbers))
    assert shown(path) == [
        "1. a",
        "  I) b",
        "  II) c",
        "    - d",
        "2. e",
        "  I) f",
        "5. g",
        "甲、 h",
        "  1. i",
        "乙、 j",
        "  2. k",
        "  - lost",
        "none",
    ]


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (28, "lowerLetter", "bb"),
        (1994, "upperRoman", "MCMXCIV"),
        (12, "chineseCountingThousand", "十二"),
        (110, "chineseCounting", "一百一十"),
        (1005, "chineseCounting", "一千零五"),
        (10_500, "chineseCounting", "一万零五百"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (2024, "ideographDigital", "二〇二四"),
        (3, "ideographTraditional", "丙"),
        (13, "ideographZodiacTraditional", "丙子"),
        (7, "decimalEnclosedCircleChinese", "⑦"),
        (21, "decimalEnclosedCircle", "21"),
        (4, "decimalZero", "04"),
        (12, "ordinal", "12th"),
        (5, "a format of tomorrow", "5"),
    ],
)
def test_number_formats(number: int, kind: str, text: str) -> None:
    assert formatted(number, kind) == text


def test_a_table_counts_its_rows_where_the_first_column_is_a_list(path: Path) -> None:
    cell = f"<w:tc>{listed('')}</w:tc>"
    word_file(path, table(["序号", "品名"], [cell, "水箱"], [cell, "滤芯"]), numbering=lists(level("decimal", "%1")))
    assert shown(path) == ["| 序号 | 品名 |\n| --- | --- |\n| 1 | 水箱 |\n| 2 | 滤芯 |"]


def test_merged_cells_hold_in_each_place_and_a_title_row_is_said_once(path: Path) -> None:
    def cell(text: str, properties: str) -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"

    three, two = '<w:gridSpan w:val="3"/>', '<w:gridSpan w:val="2"/>'
    word_file(
        path,
        table(
            [cell("Prices", three)],
            [cell("lid", '<w:vMerge w:val="restart"/>'), "2 cm", "3 cm"],
            [cell("", "<w:vMerge/>"), cell("both", two)],
        ),
    )
    assert shown(path) == ["| Prices |  |  |\n| --- | --- | --- |\n| lid | 2 cm | 3 cm |\n| lid | both | both |"]


def test_a_table_in_a_cell_stays_there_and_a_frame_of_one_column_is_text(path: Path) -> None:
    inner = f"<w:tc>{paragraph('Sizes')}{table(['S', '1|2'], ['M', '3'])}{paragraph()}</w:tc>"
    framed = f"<w:tc>{styled('Warning', '1')}{paragraph('Hot.')}</w:tc>"
    word_file(path, table(["a", inner]) + table([framed]), styles=HEADINGS)
    assert shown(path) == ["| a | Sizes S, 1\\|2; M, 3 |\n| --- | --- |", "## Warning", "Hot."]


def test_notes_follow_their_paragraph_or_table_in_the_order_of_the_text(path: Path) -> None:
    foot, end = ('<w:r><w:{}noteReference w:id="{}"/></w:r>'.format(*one) for one in (("foot", 7), ("end", 7)))
    cell = f"<w:tc>{paragraph('cell', more=end)}</w:tc>"
    word_file(
        path,
        paragraph("正文", more=foot + run("。")) + table([cell, "b"]) + paragraph("After"),
        footnotes=f'<w:footnote w:id="0" w:type="separator"><w:p/></w:footnote>'
        f'<w:footnote w:id="7">{paragraph("见附录。")}</w:footnote>',
        endnotes=f'<w:endnote w:id="7">{paragraph("At the end.")}</w:endnote>',
    )
    assert shown(path) == [
        "正文[^1]。",
        "[^1]: 见附录。",
        "| cell[^2] | b |\n| --- | --- |",
        "[^2]: At the end.",
        "After",
    ]


def test_comments_are_read_only_when_asked_for(path: Path) -> None:
    document = docx.Document()
    first = document.add_paragraph("Sold in May.")
    document.add_comment(first.runs, text="Really?", author="Ilka")
    document.save(str(path))
    assert shown(path) == ["Sold in May."]
    assert shown(path, comments=True) == ["Sold in May.", "[comment by Ilka: Really?]"]


def test_tracked_changes_are_taken_as_accepted(path: Path) -> None:
    gone = "<w:rPr><w:del/></w:rPr>"
    row = f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph('gone')}</w:tc></w:tr>"
    old = f"<w:del><w:r><w:delText>four</w:delText></w:r></w:del><w:ins>{run('five')}</w:ins>"
    moved = f"<w:moveFrom>{run('here')}</w:moveFrom><w:moveTo>{run('there')}</w:moveTo>"
    word_file(
        path,
        paragraph("It has ", more=old)
        + paragraph("Joined ", gone)
        + paragraph("to this", more=moved)
        + table(["a", "b"]).replace("</w:tbl>", f"{row}</w:tbl>"),
    )
    assert shown(path) == ["It has five", "Joined to thisthere", "| a | b |\n| --- | --- |"]


def test_a_large_first_letter_belongs_to_its_word(path: Path) -> None:
    word_file(path, paragraph("T", '<w:framePr w:dropCap="drop"/>') + paragraph("he lid."))
    assert shown(path) == ["The lid."]


def test_boxes_are_read_once_and_pictures_by_their_words(path: Path) -> None:
    def picture(properties: str) -> str:
        return (
            f"<w:r><w:drawing><wp:inline>{properties}<a:graphic><a:graphicData><pic:pic/></a:graphicData></a:graphic>"
            "</wp:inline></w:drawing></w:r>"
        )

    box = f"<w:txbxContent>{paragraph('盒子里')}</w:txbxContent>"
    both = (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:anchor><wps:txbx>{box}</wps:txbx>"
        f"</wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )
    framed = f"<w:txbxContent>{paragraph('VML')}</w:txbxContent>"
    old = f"<w:r><w:pict><v:shape><v:textbox>{framed}</v:textbox></v:shape></w:pict></w:r>"
    decorative = '<wp:docPr descr="a line"><a:extLst><adec:decorative val="1"/></a:extLst></wp:docPr>'
    word_file(
        path,
        paragraph("Text", more=both + old + picture('<wp:docPr descr="A red lid"/>'))
        + paragraph(more=picture(decorative) + picture('<wp:docPr descr="image1.png"/>')),
    )
    assert shown(path) == ["Text", "盒子里", "VML", "![A red lid]"]


def test_charts_and_diagrams_are_read_from_their_parts(path: Path) -> None:
    def points(*values: str) -> str:
        return "".join(f'<c:pt idx="{i}"><c:v>{value}</c:v></c:pt>' for i, value in enumerate(values))

    chart = (
        "<c:chartSpace NAMES><c:chart><c:title><a:p><a:r><a:t>销量</a:t></a:r></a:p></c:title><c:plotArea><c:barChart>"
        f"<c:ser><c:tx><c:v>2024</c:v></c:tx><c:cat>{points('春', '夏')}</c:cat><c:val>"
        f"{points('1234567', '0.30000000000000004')}</c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"
    )
    data = (
        '<dgm:dataModel NAMES><dgm:ptLst><dgm:pt modelId="0" type="doc"/>'
        + "".join(
            f'<dgm:pt modelId="{i}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
            for i, text in ((1, "Sell"), (2, "Build"), (3, "Draw"))
        )
        + "</dgm:ptLst><dgm:cxnLst>"
        + "".join(f'<dgm:cxn srcId="{a}" destId="{b}" srcOrd="{i}"/>' for a, b, i in ((0, 2, 0), (0, 1, 1), (2, 3, 0)))
        + "</dgm:cxnLst></dgm:dataModel>"
    )
    drawing = "<w:r><w:drawing><wp:inline>{}</wp:inline></w:drawing></w:r>"
    body = paragraph(more=drawing.format('<c:chart r:id="chart1"/>') + drawing.format('<dgm:relIds r:dm="data1"/>'))
    word_file(path, body, chart1=chart, data1=data)
    table_text = "|  | 2024 |\n| --- | --- |\n| 春 | 1234567 |\n| 夏 | 0.3 |"
    assert shown(path) == ["销量", table_text, "- Build", "  - Draw", "- Sell"]


def test_a_table_of_contents_is_left_out_however_it_is_made(path: Path) -> None:
    begin, _, end = field("TOC \\o", "|").partition("|")
    control = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{paragraph('Made by Word 9')}</w:sdtContent></w:sdt>"
    )
    link = '<w:hyperlink w:anchor="_Toc1">{}</w:hyperlink>'.format(run("一、范围 3"))
    word_file(
        path,
        paragraph("目  录")
        + paragraph(more=begin + run("Intro 1"))
        + paragraph("Means 2", more=end)
        + control
        + styled("Lists 4", "TOC2")
        + paragraph(more=link)
        + paragraph("Body, page ", more=field("PAGE", run("12")) + field("REF x", run("see 3"))),
    )
    assert shown(path) == ["Body, page see 3"]


def test_a_field_without_an_end_takes_nothing_with_it(path: Path) -> None:
    begin = field("TOC", "|").partition("|")[0]
    word_file(path, paragraph(more=begin + run("First")) + paragraph("Second"))
    assert shown(path) == ["First", "Second"]


def test_controls_forms_and_prompts(path: Path) -> None:
    def control(content: str, properties: str = "") -> str:
        return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"

    form = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData></w:fldChar>'
        '</w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    ticked = control(f"<w:tc>{paragraph('☑')}</w:tc>")
    row = control(table(["in", "row"])[len("<w:tbl>") : -len("</w:tbl>")])
    word_file(
        path,
        control(paragraph("A block ", more=control(run("and inline")) + form))
        + control(paragraph("Click here to enter text."), "<w:showingPlcHdr/>")
        + f"<w:tbl>{row}<w:tr>{ticked}<w:tc>{paragraph('x')}</w:tc></w:tr></w:tbl>",
    )
    assert shown(path) == ["A block and inline☒", "| in | row |\n| --- | --- |\n| ☑ | x |"]


def test_links_say_their_address_only_where_it_says_more(path: Path) -> None:
    link = '<w:hyperlink r:id="{}">{}</w:hyperlink>'
    word_file(
        path,
        paragraph("见", more=link.format("a", run("官") + run("网")) + run("。"))
        + paragraph(more=link.format("b", run("www.velm.example")))
        + paragraph(more=link.format("c", run("a file")))
        + paragraph(more=field('HYPERLINK "https://velm.example/x"', run("more")))
        + paragraph("Call ", '<w:outlineLvl w:val="0"/>', more=link.format("a", run("us"))),
        links={"a": "https://velm.example", "b": "http://www.velm.example/", "c": "file:///etc/passwd"},
    )
    assert shown(path) == [
        "见[官网](https://velm.example)。",
        "www.velm.example",
        "a file",
        "[more](https://velm.example/x)",
        "## Call us",
    ]


def test_equations_in_a_line(path: Path) -> None:
    def said(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    power = f"<m:sSup><m:e>{said('x')}</m:e><m:sup>{said('n+1')}</m:sup></m:sSup>"
    fraction = f"<m:f><m:num>{said('a')}</m:num><m:den>{said('b')}</m:den></m:f>"
    total = (
        f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{said("i=1")}</m:sub><m:sup>{said("n")}</m:sup>'
        f"<m:e>{power}</m:e></m:nary>"
    )
    root = f"<m:rad><m:deg/><m:e>{fraction}</m:e></m:rad>"
    word_file(path, paragraph("So ", more=f"<m:oMath>{total}{said('=')}{root}</m:oMath>"))
    assert shown(path) == ["So ∑_(i=1)^n x^(n+1)=√(a/b)"]


def test_characters_breaks_and_hidden_text(path: Path) -> None:
    styles = style("secret", "Secret", "<w:rPr><w:vanish/></w:rPr>", kind="character")
    signs = (
        '<w:sym w:font="Symbol" w:char="F061"/><w:noBreakHyphen/><w:t>b</w:t><w:softHyphen/><w:t>c</w:t><w:tab/>'
        '<w:sym w:font="Wingdings" w:char="F0FE"/><w:br/><w:t>下一行</w:t>'
    )
    word_file(
        path,
        paragraph(more=f"<w:r>{signs}</w:r>")
        + paragraph("Seen", more=run(" hidden", "<w:vanish/>") + run(" too", '<w:rStyle w:val="secret"/>'))
        + paragraph("Struck", look="<w:strike/>")
        + paragraph("10", more=run("3", '<w:vertAlign w:val="superscript"/>') + run(" m"))
        + paragraph("The 1", more=run("st", '<w:vertAlign w:val="superscript"/>')),
        styles=styles,
    )
    assert shown(path) == ["α-bc ☑\n下一行", "Seen", "Struck", "10^3 m", "The 1st"]


def test_without_heading_styles_numbers_and_looks_make_headings(path: Path) -> None:
    bold, large = "<w:b/>", '<w:sz w:val="36"/>'
    body = "本机由三个部件组成，出厂前均经过检验，请在使用之前仔细阅读本说明。" * 3
    word_file(
        path,
        paragraph("维尔姆说明书", look=large)
        + paragraph(body)
        + paragraph("第一章 总则", look=bold)
        + paragraph(body)
        + paragraph("Cleaning", look=bold)
        + paragraph(body)
        + paragraph("Please note.", look=bold)
        + paragraph("表1 尺寸", look=bold)
        + paragraph(body),
    )
    assert [line for line in shown(path) if line != body] == [
        "# 维尔姆说明书",
        "### 第一章 总则",
        "### Cleaning",
        "Please note.",
        "表1 尺寸",
    ]


def test_with_heading_styles_a_line_that_only_looks_numbered_is_text(path: Path) -> None:
    body = styled("A", "1") + paragraph("1.2 apples") + paragraph("Bold", look="<w:b/>") + styled("B", "2")
    word_file(path, body, styles=HEADINGS)
    assert shown(path) == ["## A", "1.2 apples", "Bold", "### B"]


def test_soft_breaks_between_headings_and_paragraphs_part_them(path: Path) -> None:
    lines = "<w:r><w:t>第一章 总则</w:t><w:br/><w:t>本章适用于全部门店。</w:t></w:r>"
    word_file(path, paragraph(more=lines))
    assert shown(path) == ["### 第一章 总则", "本章适用于全部门店。"]


def test_lines_of_code_are_one_block(path: Path) -> None:
    word_file(path, paragraph("So:") + styled("if x:", "SourceCode") + styled("    y()", "SourceCode"))
    assert read(path, Options()).blocks[1:] == [Block("code", "if x:\n    y()")]


def test_what_is_embedded_is_named_as_lost_and_nothing_outside_is_fetched(path: Path) -> None:
    embedded = '<w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12" r:id="x"/></w:object></w:r>'
    word_file(path, paragraph("Text", more=embedded * 2 + '<w:subDoc r:id="s"/>') + '<w:altChunk r:id="y"/>')
    reading = read(path, Options())
    assert [block.text for block in reading.blocks] == ["Text"]
    assert {loss.reason for loss in reading.losses} == {"embedded"}
    said = " ".join(loss.detail for loss in reading.losses)
    assert "2 x Excel.Sheet.12" in said
    assert "subdocument" in said
    assert "altChunk" in said


def test_a_damaged_document_gives_what_is_readable_and_says_the_rest(path: Path) -> None:
    body = styled("One", "Heading1") + listed("item") + paragraph("正文")
    word_file(path, body, styles="<w:broken", numbering="")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    del parts["_rels/.rels"], parts["[Content_Types].xml"]
    parts["word/document.xml"] = parts["word/document.xml"][: -len("</w:p></w:body></w:document>")]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    reading = read(path, Options())
    assert [_shown(block) for block in reading.blocks] == ["## One", "- item", "正文"]
    assert {loss.detail.split(":")[0] for loss in reading.losses} == {"word/document.xml", "word/styles.xml"}


def test_an_archive_without_a_document_is_rejected(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/other.xml", "<a/>")
    with pytest.raises(UnreadableError, match=r"word/document\.xml"):
        read(path, Options())


def test_strict_files_and_templates_with_macros_are_read(path: Path) -> None:
    document = docx.Document()
    document.add_heading("Velm", 1)
    document.add_paragraph("Step", style="List Number")
    document.save(str(path))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    usual = rb"http://schemas\.openxmlformats\.org/(wordprocessingml|officeDocument|drawingml)/2006/"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            strict = re.sub(usual, rb"http://purl.oclc.org/ooxml/\1/", content)
            archive.writestr(name, strict.replace(b"document.main+xml", b"template.macroEnabledTemplate.main+xml"))
    assert shown(path) == ["## Velm", "1. Step"]


def test_entities_are_not_resolved(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("TOP SECRET", encoding="utf-8")
    word_file(path, "")
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    with zipfile.ZipFile(path, "w") as archive:
        body = paragraph("Before &x; after")
        archive.writestr("word/document.xml", f"{entity}<w:document {NAMES}><w:body>{body}</w:body></w:document>")
    assert shown(path) == ["Before after"]


def test_tables_nested_too_deep_are_told(tmp_path: Path) -> None:
    inner = paragraph("deep")
    for _ in range(120):
        inner = f"<w:tbl><w:tr><w:tc>{inner}{paragraph()}</w:tc></w:tr></w:tbl>"
    reading = read(word_file(tmp_path / "velm.docx", paragraph("水箱") + inner), Options())
    assert [block.text for block in reading.blocks] == ["水箱"]
    assert "nested_too_deeply" in [loss.reason for loss in reading.losses]
