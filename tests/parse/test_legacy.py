"""Old Office files by LibreOffice, and Office files behind a password."""

from __future__ import annotations

import os
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import docx
import openpyxl
import pptx
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from tasks.parse.blocks import Options, Reading, UnreadableError
from tasks.parse.kinds import kind_of
from tasks.parse.office import legacy
from tasks.parse.read import read

needs_libreoffice = pytest.mark.skipif(not legacy.available(), reason="LibreOffice is not installed")


def word_file(path: Path) -> None:
    document = docx.Document()
    document.add_heading("Velm 手册", level=1)
    document.add_paragraph("水箱的容量是三升。")
    document.save(str(path))


def deck(path: Path) -> None:
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "Velm 手册"
    slide.placeholders[1].text = "水箱的容量是三升。"
    slides.save(str(path))


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Velm 手册"
    for row in (["名", "值"], ["水箱", "三升"]):
        book.active.append(row)
    book.save(path)


WRITERS = {"docx": word_file, "pptx": deck, "xlsx": workbook}


def old(path: Path, kind: str, folder: Path) -> Path:
    """A document that LibreOffice saved in an old format."""
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind, "--outdir"]
    subprocess.run([*command, str(folder / "old"), str(path)], check=True, capture_output=True)
    return folder / "old" / f"{path.stem}.{kind}"


def encrypted(path: Path, password: str) -> Path:
    copy = path.with_name(f"locked-{path.name}")
    with path.open("rb") as file, copy.open("wb") as out:
        OOXMLFile(file).encrypt(password, out)
    return copy


def words(reading: Reading) -> str:
    return " ".join(block.text for block in reading.blocks)


@needs_libreoffice
@pytest.mark.parametrize(("modern", "kind"), [("docx", "doc"), ("pptx", "ppt"), ("xlsx", "xls")])
def test_old_files_are_read_as_what_they_would_be_today(tmp_path: Path, modern: str, kind: str) -> None:
    path = tmp_path / f"velm.{modern}"
    WRITERS[modern](path)
    path = old(path, kind, tmp_path).rename(tmp_path / "-v velm;.bin")
    assert kind_of(path) == kind
    reading = read(path, Options())
    assert reading.blocks[0].kind == "heading"
    assert "Velm 手册" in words(reading)
    assert "三升" in words(reading)


@needs_libreoffice
def test_nothing_that_an_old_file_links_to_is_fetched(tmp_path: Path) -> None:
    asked: list[str] = []

    class Recorder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

    server = HTTPServer(("127.0.0.1", 0), Recorder)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = tmp_path / "velm.html"
        page.write_text(f'<p>Velm</p><img src="http://127.0.0.1:{server.server_port}/spy.png">', encoding="utf-8")
        path = old(page, "doc:MS Word 97", tmp_path).with_name("velm.doc")
        asked.clear()
        assert "Velm" in words(read(path, Options()))
    finally:
        server.shutdown()
    assert asked == []


def test_without_libreoffice_an_old_file_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    path = tmp_path / "velm.xls"
    path.write_text('<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook/>', encoding="utf-8")
    with pytest.raises(UnreadableError, match="apt-get install") as caught:
        read(path, Options())
    assert (caught.value.reason, caught.value.passing) == ("needs_libreoffice", True)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_password_opens_what_it_locks(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"velm.{kind}"
    WRITERS[kind](path)
    locked = encrypted(path, "松烟灰 7")
    assert read(locked, Options(password="松烟灰 7")).blocks == read(path, Options()).blocks


@pytest.mark.parametrize("password", [None, "", "wrong"])
def test_without_its_password_a_locked_file_says_so(tmp_path: Path, password: str | None) -> None:
    path = tmp_path / "velm.docx"
    word_file(path)
    locked = encrypted(path, "right")
    with pytest.raises(UnreadableError, match=r"parse\.passwords") as caught:
        read(locked, Options(password=password))
    assert (caught.value.reason, caught.value.passing) == ("encrypted", True)


def test_a_workbook_protected_against_changes_alone_opens(tmp_path: Path) -> None:
    path = tmp_path / "velm.xlsx"
    workbook(path)
    assert "三升" in words(read(encrypted(path, "VelvetSweatshop"), Options()))
