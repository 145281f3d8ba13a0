"""Lay out handbook.yaml as the sample documents in handbook/, and write their answer key, facts.jsonl.

    python examples/make_handbook.py [FOLDER]

With the same versions of the libraries the same files come out every time, byte for byte. The answer key is for tests:
the pipeline never reads it.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import pptx
import yaml
from fpdf import FPDF
from fpdf.fonts import FontFace
from pptx.util import Inches

HERE = Path(__file__).parent
DATE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # of all files, so that they are the same whenever they are made


@dataclass(frozen=True)
class Block:
    """A piece of layout: `rows` for a table (the header first), `items` for bullets, else one paragraph or heading."""

    kind: str  # heading, text, bullets, lines, table or notes
    text: str = ""
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[Block, ...] = ()


def blocks_of(document: dict[str, Any], described: list[dict[str, Any]]) -> Iterator[Block]:
    """The layout of a document's blocks."""
    subject, chinese = document["subject"], document["language"] == "zh"
    for block in described:
        match block:
            case {"heading": text} | {"text": text}:
                yield Block(next(iter(block)), text)
            case {"bullets": items}:
                yield Block("bullets", items=tuple(items))
            case {"properties": table}:
                yield Block("table", rows=(tuple(table["header"]), *table["rows"].items()))
            case {"grid": table}:
                rows = [(name, *values) for name, values in table["rows"].items()]
                yield Block("table", rows=(tuple(table["header"]), *rows))
            case {"lines": facts}:
                colon = "：" if chinese else ": "
                yield Block("lines", items=tuple(f"{key}{colon}{value}" for key, value in facts.items()))
            case {"sentences": facts}:
                form = "{e}的{a}是{v}。" if chinese else "The {a} of {e} is {v}."
                sentences = [form.format(e=subject, a=key, v=value) for key, value in facts.items()]
                yield Block("text", ("" if chinese else " ").join(sentences))
            case {"definition": term}:
                yield Block("text", term["sentence"])
            case {"notes": inner}:
                yield Block("notes", notes=tuple(blocks_of(document, inner)))


def facts_of(document: dict[str, Any], described: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """The facts that a document states, in its order."""

    def fact(subject: str, attribute: str, value: str) -> dict[str, str]:
        named = {"file": document["file"], "subject": subject, "attribute": attribute, "value": value}
        return {**named, "language": document["language"]}

    for block in described:
        match block:
            case {"properties": {"rows": facts}} | {"lines": facts} | {"sentences": facts}:
                yield from (fact(document["subject"], key, value) for key, value in facts.items())
            case {"grid": {"header": header, "rows": rows}}:
                for name, values in rows.items():
                    yield from (fact(name, key, value) for key, value in zip(header[1:], values, strict=True))
            case {"definition": {"term": term, "meaning": meaning}}:
                yield fact(term, "含义" if document["language"] == "zh" else "meaning", meaning)
            case {"notes": inner}:
                yield from facts_of(document, inner)


class Pages(FPDF):
    """Small pages with a running header and footer."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(format=(148, 210))  # A5
        self.document = document
        self.set_creation_date(DATE)
        self.set_title(document["title"])

    def header(self) -> None:
        self.set_font("Helvetica", size=8)
        self.cell(0, 8, self.document["header"], align="R", new_x="LMARGIN", new_y="NEXT")
        self.ln(4)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=8)
        self.cell(0, 8, f"{self.document['footer']}  -  page {self.page_no()}", align="C")


def write_pdf(path: Path, document: dict[str, Any], blocks: list[Block]) -> None:
    pdf = Pages(document)
    pdf.add_page()
    paragraph(pdf, document["title"], size=20, bold=True)
    for block in blocks:
        if block.kind == "heading":
            if pdf.will_page_break(25):  # no heading alone at the foot of a page
                pdf.add_page()
            pdf.ln(3)
            paragraph(pdf, block.text, size=14, bold=True)
        elif block.kind == "table":
            pdf.set_font("Helvetica", size=10)
            with pdf.table(headings_style=FontFace(emphasis="BOLD"), text_align="LEFT") as table:
                for cells in block.rows:
                    table.row(cells)
            pdf.ln(4)
        elif block.kind in ("bullets", "lines"):
            mark = "- " if block.kind == "bullets" else ""
            for item in block.items:
                paragraph(pdf, mark + item, gap=0)
            pdf.ln(2)
        else:
            paragraph(pdf, block.text)
    pdf.output(str(path))


def paragraph(pdf: FPDF, text: str, size: int = 10, bold: bool = False, gap: float = 2) -> None:
    pdf.set_font("Helvetica", style="B" if bold else "", size=size)
    pdf.multi_cell(0, size * 0.55, text, new_x="LMARGIN", new_y="NEXT", align="L")
    pdf.ln(gap)


def write_docx(path: Path, document: dict[str, Any], blocks: list[Block]) -> None:
    word = docx.Document()
    date(word.core_properties, document["title"])
    word.sections[0].header.paragraphs[0].text = document["header"]
    word.sections[0].footer.paragraphs[0].text = document["footer"]
    word.add_heading(document["title"], level=0)
    for block in blocks:
        if block.kind == "heading":
            word.add_heading(block.text, level=1)
        elif block.kind == "table":
            table = word.add_table(len(block.rows), len(block.rows[0]), style="Table Grid")
            for row, cells in zip(table.rows, block.rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        elif block.kind in ("bullets", "lines"):
            for item in block.items:
                word.add_paragraph(item, style="List Bullet")
        else:
            word.add_paragraph(block.text)
    word.save(str(path))
    settle(path)


def write_pptx(path: Path, document: dict[str, Any], blocks: list[Block]) -> None:
    deck = pptx.Presentation()
    date(deck.core_properties, document["title"])
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.shapes.title.text = document["title"]
    slide.placeholders[1].text = document["subtitle"]
    for block in blocks:
        if block.kind == "heading":
            slide = deck.slides.add_slide(deck.slide_layouts[1])
            slide.shapes.title.text = block.text
        elif block.kind == "table":
            slide.placeholders[1].element.getparent().remove(slide.placeholders[1].element)
            size = (len(block.rows), len(block.rows[0]))
            table = slide.shapes.add_table(*size, Inches(1), Inches(2), Inches(8), Inches(3)).table
            for row, cells in enumerate(block.rows):
                for column, text in enumerate(cells):
                    table.cell(row, column).text = text
        elif block.kind == "notes":
            lines = [line for note in block.notes for line in (note.items or (note.text,))]
            slide.notes_slide.notes_text_frame.text = "\n".join(lines)
        else:
            slide.placeholders[1].text_frame.text = "\n".join(block.items or (block.text,))
    deck.save(str(path))
    settle(path)


def date(properties: Any, title: str) -> None:
    properties.title, properties.author, properties.last_modified_by = title, "", ""
    properties.created = properties.modified = DATE.replace(tzinfo=None)


def settle(path: Path) -> None:
    """Give the parts of an Office file one fixed date; the libraries stamp them with the present."""
    with zipfile.ZipFile(path) as old:
        parts = [(info.filename, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts:
            new.writestr(zipfile.ZipInfo(name, DATE.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)


def write_markdown(path: Path, document: dict[str, Any], blocks: list[Block]) -> None:
    parts = [f"# {document['title']}"]
    for block in blocks:
        if block.kind == "heading":
            parts.append(f"## {block.text}")
        elif block.kind == "table":
            header, *rows = [f"| {' | '.join(cells)} |" for cells in block.rows]
            parts.append("\n".join([header, "|" + " --- |" * len(block.rows[0]), *rows]))
        elif block.items:
            parts.append("\n".join(f"- {item}" for item in block.items))
        else:
            parts.append(block.text)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def write_text(path: Path, document: dict[str, Any], blocks: list[Block]) -> None:
    parts = [document["title"], *("\n".join(block.items) or block.text for block in blocks)]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


WRITERS = {".pdf": write_pdf, ".docx": write_docx, ".pptx": write_pptx, ".md": write_markdown, ".txt": write_text}


def main(folder: Path) -> None:
    documents = yaml.safe_load((HERE / "handbook.yaml").read_text(encoding="utf-8"))
    facts = []
    for document in documents:
        path = folder / "handbook" / document["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        WRITERS[path.suffix](path, document, list(blocks_of(document, document["blocks"])))
        facts += facts_of(document, document["blocks"])
    key = "".join(json.dumps(fact, ensure_ascii=False) + "\n" for fact in facts)
    (folder / "facts.jsonl").write_text(key, encoding="utf-8")
    print(f"{len(documents)} documents with {len(facts)} facts in {folder / 'handbook'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else HERE)
