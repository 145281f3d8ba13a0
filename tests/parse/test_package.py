"""Packages that python-docx and python-pptx refuse, and what they read of them once they are mended."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pptx
import pytest
from lxml import etree

from tasks.parse import slides, word
from tasks.parse.blocks import Loss, Options, UnreadableError
from tasks.parse.office.package import mended, parsed

Parts = dict[str, bytes]
Change = Callable[[Parts], Parts]


def document() -> Parts:
    made = docx.Document()
    made.add_heading("维尔姆", 1)
    made.add_paragraph("First step", style="List Number")
    return parts_of(made)


def deck() -> Parts:
    made = pptx.Presentation()
    for name in ("first", "第二"):
        made.slides.add_slide(made.slide_layouts[5]).shapes.title.text = name
    return parts_of(made)


def parts_of(made: docx.document.Document | pptx.presentation.Presentation) -> Parts:
    file = io.BytesIO()
    made.save(file)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, parts: Parts) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def words(path: Path) -> list[str]:
    """What the library reads of the mended package."""
    copy = mended(path, [])
    if path.suffix == ".docx":
        return [one.text for one in docx.Document(copy).paragraphs]
    return [slide.shapes.title.text for slide in pptx.Presentation(copy).slides]


def without(pattern: str) -> Change:
    return lambda parts: {name: content for name, content in parts.items() if not re.search(pattern, name)}


def renamed(change: Callable[[str], str]) -> Change:
    return lambda parts: {change(name): content for name, content in parts.items()}


def replaced(part: str, old: str, new: str) -> Change:
    """Every part whose name matches has `new` for what matches `old`."""

    def change(parts: Parts) -> Parts:
        return {
            name: re.sub(old.encode(), new.encode(), content) if re.search(part, name) else content
            for name, content in parts.items()
        }

    return change


STRICT = replaced(
    "", r"http://schemas\.openxmlformats\.org/(\w+ml|officeDocument)/2006/", r"http://purl.oclc.org/ooxml/\1/"
)


@pytest.mark.parametrize(
    "change",
    [
        without(r"Content_Types"),
        without(r"^_rels"),
        replaced(r"Content_Types", r"<Override [^>]*(?:main|slide)\+xml\"/>", ""),
        replaced(r"Content_Types", r"(?:document|presentation)\.main\+xml", "unheard.of"),
        replaced(r"\.rels$", r"</Relationships>", ""),
        replaced(r"^_rels", r"officeDocument\"", 'of-the-wrong-kind"'),
        replaced(r"\.rels$", r"</Relationships>", '<Relationship Id="z" Type="urn:z" Target="NULL"/></Relationships>'),
        replaced(r"\.rels$", r"</Relationships>", '<Relationship Id="z"/></Relationships>'),
        renamed(lambda name: name.replace("/", "\\")),
        renamed(lambda name: name if name.startswith("[") else name.title()),
        renamed(lambda name: f"/{name}"),
        STRICT,
    ],
    ids=[
        *("no types", "no relations", "untold types", "odd types", "cut relations", "odd relations", "to nothing"),
        *("empty relation", "backslashes", "capitals", "slash", "strict"),
    ],
)
def test_a_mended_package_says_all_that_it_said(change: Change, tmp_path: Path) -> None:
    assert words(packed(tmp_path / "a.docx", change(document()))) == ["维尔姆", "First step"]
    assert words(packed(tmp_path / "a.pptx", change(deck()))) == ["first", "第二"]
    read = word.read(tmp_path / "a.docx", Options())
    assert [(block.text, block.mark) for block in read.blocks] == [("维尔姆", "-"), ("First step", "1.")]
    read = slides.read(tmp_path / "a.pptx", Options())
    assert [block.text for block in read.blocks] == ["first", "第二"]


def test_parts_beside_the_document_are_found_without_its_relations(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.docx", without(r"document\.xml\.rels")(document()))
    reading = word.read(path, Options())
    assert [(block.kind, block.mark) for block in reading.blocks] == [("heading", "-"), ("item", "1.")]
    assert reading.losses == []


@pytest.mark.parametrize("suffix", [".docm", ".dotx", ".dotm"])
def test_macros_and_templates_are_documents(suffix: str, tmp_path: Path) -> None:
    kind = {".docm": "ms-word.document.macroEnabled", ".dotm": "ms-word.template.macroEnabledTemplate"}.get(
        suffix, "openxmlformats-officedocument.wordprocessingml.template"
    )
    usual = r"openxmlformats-officedocument\.wordprocessingml\.document(?=\.main)"
    path = packed(tmp_path / f"a{suffix}", replaced("Content_Types", usual, kind)(document()))
    reading = word.read(path, Options())
    assert [block.text for block in reading.blocks] == ["维尔姆", "First step"]


def test_what_is_missing_is_said_where_it_held_text(tmp_path: Path) -> None:
    relation = '<Relationship Id="z{0}" Type="urn:z" Target="{0}"/>'
    told = "".join(relation.format(name) for name in ("footnotes.xml", "media/image1.png", "#place"))
    change = replaced(r"document\.xml\.rels", "</Relationships>", f"{told}</Relationships>")
    losses: list[Loss] = []
    mended(packed(tmp_path / "a.docx", change(document())), losses)
    assert [(loss.reason, loss.detail.split(";")[0]) for loss in losses] == [
        ("damaged_part", "word/footnotes.xml: is missing")
    ]


def test_a_part_that_is_half_unpacked_keeps_its_start(tmp_path: Path) -> None:
    numbers = random.Random(3)
    made = docx.Document()
    for place in range(2000):
        made.add_paragraph(f"{place}: {numbers.random()}")
    path = packed(tmp_path / "a.docx", parts_of(made))
    with zipfile.ZipFile(path) as archive:
        part = archive.getinfo("word/document.xml")
    content = bytearray(path.read_bytes())
    middle = part.header_offset + part.compress_size // 2
    content[middle : middle + 200] = b"\xff" * 200
    path.write_bytes(content)
    reading = word.read(path, Options())
    found = [block.text.split(":")[0] for block in reading.blocks]
    assert 200 < len(found) < 2000
    assert found[:200] == [str(place) for place in range(200)]
    assert [loss.detail.split(":")[0] for loss in reading.losses] == ["word/document.xml"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"<a><b>one</b><b>two", "onetwo"),
        (b"<a><b>one</b><q:b q:c='d'>two</q:b></a>", "onetwo"),
        (b"<w:a xmlns:w='urn:w'><w:b/><w:4/>one</w:a>", "one"),
        (b"<a xmlns:w='\xfettp://velm.example'><w:b>one</w:b></a>", "one"),
        (b"<a><!-- aside -->one<?do?>two<b></a>", "onetwo"),
        (b"<a><b>one</b>&unheard;<b>two</b></a>", "onetwo"),
        (b"<a xmlns:w='http://\xfe.example'><w:b>one</w:b></a>", "one"),
        (b"<a><b>one \x01</b></a>", "one "),
    ],
)
def test_damaged_xml_becomes_xml_that_any_parser_takes(content: bytes, text: str) -> None:
    losses: list[Loss] = []
    root = parsed("word/document.xml", content, losses)
    assert "".join(etree.fromstring(etree.tostring(root)).itertext()) == text
    assert [loss.detail.split(":")[0] for loss in losses] == ["word/document.xml"]


@pytest.mark.parametrize("content", [b"", b" ", b"\x00\x01", b"no XML"])
def test_what_is_no_xml_is_lost(content: bytes) -> None:
    losses: list[Loss] = []
    assert parsed("word/styles.xml", content, losses) is None
    assert len(losses) == 1


@pytest.mark.parametrize("relations", ["whole", "lost"])
def test_no_entity_is_resolved(relations: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET", encoding="utf-8")
    declared = f'<!DOCTYPE x [<!ENTITY out SYSTEM "{secret.as_uri()}"><!ENTITY within "SWOLLEN">]>'
    for parts, name in ((document(), "word/document.xml"), (deck(), "ppt/slides/slide1.xml")):
        content = re.sub(rb"^<\?xml[^>]*\?>\s*", b"", parts[name])
        content = re.sub(rb"First step|first", b"a &out;&within;b", content)
        parts[name] = declared.encode() + content
        suffix, reader = (".docx", word.read) if name.startswith("word") else (".pptx", slides.read)
        path = packed(tmp_path / f"a{suffix}", without("^_rels")(parts) if relations == "lost" else parts)
        text = " ".join(block.text for block in reader(path, Options()).blocks)
        assert re.search(r"\ba\b", text)
        assert "SECRET" not in text
        assert "SWOLLEN" not in text


def test_an_archive_without_a_document_or_a_presentation_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"word/document\.xml or ppt/presentation\.xml"):
        mended(packed(tmp_path / "a.docx", {"word/other.xml": b"<a/>"}), [])
