"""The real type of a file, and archives that are not safe to unpack."""

from __future__ import annotations

import random
import tracemalloc
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import pymupdf
import pytest

from tasks.parse.blocks import Block, Options, UnreadableError
from tasks.parse.kinds import MOST_PARTS, kind_of
from tasks.parse.read import read

TYPES = '<Types><Override PartName="/word/document2.xml" ContentType="application/{}+xml"/></Types>'


def written(path: Path, kind: str) -> Path:
    match kind:
        case "docx":
            docx.Document().save(str(path))
        case "pptx":
            pptx.Presentation().save(str(path))
        case "xlsx":
            openpyxl.Workbook().save(path)
        case "pdf":
            document = pymupdf.open()
            document.new_page()
            document.save(str(path))
        case "rtf":
            path.write_bytes(rb"{\rtf1 Velm}")
        case "html":
            path.write_text("<!-- saved --><html><body>Velm</body></html>", encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx", "pdf", "rtf", "html"])
@pytest.mark.parametrize("name", ["velm.doc", "velm.pdf", "velm"])
def test_the_content_tells_the_format_not_the_name(tmp_path: Path, kind: str, name: str) -> None:
    assert kind_of(written(tmp_path / name, kind)) == kind


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("vnd.openxmlformats-officedocument.wordprocessingml.document.main", "docx"),
        ("vnd.ms-word.document.macroEnabled.main", "docx"),
        ("vnd.openxmlformats-officedocument.presentationml.slideshow.main", "pptx"),
        ("vnd.ms-excel.sheet.macroEnabled.main", "xlsx"),
        ("vnd.openxmlformats-officedocument.spreadsheetml.template.main", "xlsx"),
    ],
)
def test_the_main_part_tells_the_kind_of_an_office_file(tmp_path: Path, content_type: str, kind: str) -> None:
    path = tmp_path / "velm.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES.format(content_type))
    assert kind_of(path) == kind


def test_a_web_page_or_a_table_that_is_named_as_an_office_file_is_read(tmp_path: Path) -> None:
    page, sheet = tmp_path / "page.doc", tmp_path / "sheet.xls"
    page.write_text("<html><body><h1>说明</h1><p>Saved as a page.</p></body></html>", encoding="utf-8")
    sheet.write_text("Name\tWeight\nVelm\theavy\n", encoding="utf-16")
    assert [block.text for block in read(page, Options()).blocks] == ["说明", "Saved as a page."]
    assert [block.text for block in read(sheet, Options()).blocks] == [
        "| Name | Weight |\n| --- | --- |\n| Velm | heavy |"
    ]


@pytest.mark.parametrize("name", ["velm.pdf", "velm.pptx", "velm.odt", "velm.epub", "velm.whatever", "velm"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_text_is_read_whatever_its_name(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    text = "水箱的容量是三升。\nThe tank holds three litres."
    path.write_bytes(text.encode(encoding))
    assert [block.text for block in read(path, Options()).blocks] == [text]


@pytest.mark.parametrize(("name", "language"), [("velm.py", "python"), ("velm.JSON", "json"), ("velm.yml", "yaml")])
def test_code_is_one_block_in_its_language(tmp_path: Path, name: str, language: str) -> None:
    path = tmp_path / name
    path.write_bytes(b'a = {"```": 1}\r\n\r\n# no heading\r\n')
    assert read(path, Options()).blocks == [Block("code", f'````{language}\na = {{"```": 1}}\n\n# no heading\n````')]


def test_a_long_program_comes_in_several_blocks_that_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "velm.py"
    lines = [f"a{number} = 1" if number % 9 else "" for number in range(1, 300)]
    path.write_text("\n".join(lines), encoding="utf-8")
    blocks = [block.text.split("\n") for block in read(path, Options()).blocks]
    assert all(block[0] == "```python" and block[-1] == "```" and len(block) <= 82 for block in blocks)
    assert [line for block in blocks for line in block[1:-1] if line] == [line for line in lines if line]


def test_a_text_that_begins_like_a_picture_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "bm.txt"
    path.write_text("BM is what the band is called.", encoding="utf-8")
    assert kind_of(path) == "txt"


@pytest.mark.parametrize("name", ["velm.txt", "velm.py", "velm"])
def test_noise_is_no_text_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(bytes(byte for byte in random.Random(1).randbytes(4000) if byte))
    with pytest.raises(UnreadableError) as caught:
        read(path, Options())
    assert caught.value.reason == "unknown_type"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\x00\x01\x02\x03" * 50, "unknown_type"),
        (b"PK\x03\x04 and no more", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more", "broken"),
    ],
)
def test_what_is_no_document_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "velm.bin"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as caught:
        read(path, Options())
    assert caught.value.reason == reason


def test_an_archive_is_measured_before_any_of_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.epub"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", bytes(300 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableError, match="unpack"):
            read(path, Options())
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", ["word/document.xml", "word/media/image1.png", "xl/worksheets/sheet1.xml"])
def test_a_part_that_shrank_to_almost_nothing_is_not_unpacked(tmp_path: Path, part: str) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES.format("vnd.ms-word.document.macroEnabled.main"))
        archive.writestr(part, b"<w>" + b"velm " * (20 << 18))
    with pytest.raises(UnreadableError) as caught:
        read(path, Options())
    assert caught.value.reason == "unpacks_too_large"


def test_an_archive_of_very_many_parts_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(MOST_PARTS + 1):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    with pytest.raises(UnreadableError, match="parts"):
        read(path, Options())


@pytest.mark.parametrize("kind", ["docx", "pptx"])
def test_entities_in_an_office_file_are_not_resolved(tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret.txt").write_text("TOP SECRET", encoding="utf-8")
    plain, path = tmp_path / "plain", tmp_path / "velm"
    if kind == "docx":
        document = docx.Document()
        document.add_paragraph("Before MARK after")
        document.save(str(plain))
    else:
        deck = pptx.Presentation()
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Before MARK after"
        deck.save(str(plain))
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'.encode()
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(path, "w") as after:
        for part in before.namelist():
            content = before.read(part)
            if b"MARK" in content:
                content = content.replace(b"MARK", b"&x;").replace(b"?>", b"?>" + entity, 1)
            after.writestr(part, content)
    found = " ".join(block.text for block in read(path, Options()).blocks)
    assert "Before" in found
    assert "TOP SECRET" not in found


def test_a_damaged_list_of_types_costs_no_document(tmp_path: Path) -> None:
    path = written(tmp_path / "velm.docx", "docx")
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        part = archive.getinfo("[Content_Types].xml")
    begin = part.header_offset + 30 + len(part.filename)
    data[begin : begin + part.compress_size] = b"\xff" * part.compress_size
    path.write_bytes(data)
    assert kind_of(path) == "docx"
