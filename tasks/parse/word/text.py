"""The text of Word's paragraphs, and what hangs on it: notes, comments, pictures, text boxes, charts, diagrams."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tasks.parse.numerals import formatted
from tasks.parse.office.runs import ADDRESS, linked, scripted
from tasks.parse.word.equations import M, linear
from tasks.parse.word.names import MC, W, chosen, content, switch, value, whole
from tasks.parse.word.notes import Notes
from tasks.parse.word.styles import Styles
from tasks.parse.word.symbols import shown_as

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
V = "{urn:schemas-microsoft-com:vml}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
DECORATIVE = "{http://schemas.microsoft.com/office/drawing/2017/decorative}decorative"
CHARTS = {
    f"{{{name}}}chart"
    for name in (
        "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "http://schemas.microsoft.com/office/drawing/2014/chartex",
    )
}
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
OLE = "{urn:schemas-microsoft-com:office:office}OLEObject"
LEFT_OUT = {f"{W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "rt", "delText")}
CHARACTERS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-", "softHyphen": ""}
LEFT_OUT_FIELDS = {"TOC", "TOA", "INDEX", "PAGE", "NUMPAGES", "SECTIONPAGES"}
LINK = re.compile(r'HYPERLINK\s+(?:"([^"]*)"|([^\s\\]\S*))')
CIRCLED = re.compile(r"EQ\s+\\o\s*\\ac\s*\([^,，]*[,，]\s*(\d+)\s*\)", re.IGNORECASE)
SYMBOL_CODE = re.compile("[\uf020-\uf0ff]")
FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|bmp|emf|wmf|tiff?|svg)", re.IGNORECASE)  # what a program calls a picture
BY_MACHINE = re.compile(
    r"\s*(?:Description automatically generated.*|AI-generated content may be incorrect\.?"
    r"|描述已自动生成|AI 生成的内容可能不正确。?)\s*$"
)


@dataclass
class Line:
    """A paragraph's text in pieces, each with the address that it links to; and what hangs on it, in its order."""

    pieces: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # labels
    comments: list[str] = field(default_factory=list)
    drawn: list[tuple[str, Any]] = field(default_factory=list)  # kind and element, text or the name of a relation

    def add(self, text: str, link: str = "") -> None:
        if self.pieces and self.pieces[-1][1] == link:
            self.pieces[-1] = (self.pieces[-1][0] + text, link)
        elif text:
            self.pieces.append((text, link))

    @property
    def ends_in_digit(self) -> bool:
        return bool(self.pieces) and self.pieces[-1][0][-1:].isdigit()

    @property
    def plain(self) -> str:
        return "".join(text for text, _ in self.pieces)

    @property
    def text(self) -> str:
        return "".join(linked(text, link) for text, link in self.pieces)


@dataclass
class Field:
    code: str = ""
    shows: bool = False  # past its code, in its result
    closed: bool = True  # one without an end would take the rest of the document with it, and is not obeyed

    @property
    def silent(self) -> bool:
        return self.closed and (not self.shows or self.kind in LEFT_OUT_FIELDS)

    @property
    def kind(self) -> str:
        return (self.code.split() or [""])[0].upper()

    @property
    def link(self) -> str:
        match = LINK.search(self.code) if self.shows and self.kind == "HYPERLINK" else None
        return (match[1] or match[2] or "") if match else ""


class Text:
    """Reads one part's paragraphs in their order: fields may begin in one and end in another."""

    def __init__(self, root: Any, styles: Styles, relations: Any, notes: Notes, objects: Counter[str]) -> None:
        self.relations = relations
        self._styles, self._notes, self._objects = styles, notes, objects
        self._closed = closed_fields(root)
        self._fields: list[Field] = []
        self._hidden: dict[tuple[str, str], bool] = {}

    def line(self, paragraphs: list[Any]) -> Line:
        """The text of a paragraph, or of several whose marks between them were deleted."""
        line = Line()
        for paragraph in paragraphs:
            self._walk(paragraph, line, value(paragraph, "pPr/pStyle") or "", "")
        return line

    def _walk(self, element: Any, line: Line, style: str, link: str) -> None:
        for child in element:
            tag = child.tag
            if tag == f"{W}r":
                if not self._vanishes(child, style):
                    self._run(child, line, style, link)
            elif tag == f"{W}hyperlink":
                self._walk(child, line, style, self._address(child) or link)
            elif tag == f"{W}fldSimple":
                simple = Field(child.get(f"{W}instr", ""), shows=True)
                if not simple.silent:
                    self._walk(child, line, style, simple.link or link)
            elif tag == f"{W}sdt":
                self._walk(content(child), line, style, link)
            elif tag == f"{MC}AlternateContent":
                self._walk(chosen(child), line, style, link)
            elif tag == f"{M}oMath":
                self._add(line, linear(child), link)
            elif tag == f"{M}oMathPara":
                self._add(line, "\n".join(linear(one) for one in child.iter(f"{M}oMath")), link)
            elif tag == f"{W}subDoc":
                self._objects["subdocument"] += 1
            elif isinstance(tag, str) and tag not in LEFT_OUT:
                self._walk(child, line, style, link)

    def _run(self, run: Any, line: Line, style: str, link: str) -> None:
        for child in run:
            name = child.tag.removeprefix(W) if isinstance(child.tag, str) else ""
            if name == "t":
                self._add(line, self._characters(child, run, style, line), link)
            elif name in CHARACTERS:
                self._add(line, CHARACTERS[name], link)
            elif name == "sym":
                self._add(line, _symbol(child), link)
            elif name == f"{MC}AlternateContent":
                self._run(chosen(child), line, style, link)
            elif name == "ruby":
                self._walk(child, line, style, link)
            else:
                self._refer(child, name, line)

    def _refer(self, child: Any, name: str, line: Line) -> None:
        """What a run holds besides characters: fields, notes, comments and drawings."""
        if name == "fldChar":
            self._field(child, line)
        elif name == "instrText":
            if self._fields and not self._fields[-1].shows:
                self._fields[-1].code += child.text or ""
        elif self._silent:
            return
        elif name in ("footnoteReference", "endnoteReference"):
            if label := self._notes.label(name.removesuffix("Reference"), child.get(f"{W}id", "")):
                line.notes.append(label)
                line.add(f"[^{label}]")
        elif name == "commentReference":
            line.comments.append(child.get(f"{W}id", ""))
        elif name in ("drawing", "pict", "object"):
            self._draw(child, line)

    @property
    def _silent(self) -> bool:
        return any(one.silent for one in self._fields)

    def _add(self, line: Line, text: str, link: str) -> None:
        if text and not self._silent:
            line.add(text, next((one.link for one in reversed(self._fields) if one.link), link))

    def _characters(self, element: Any, run: Any, style: str, line: Line) -> str:
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        text = scripted(text, value(run, "rPr/vertAlign"), after_digit=line.ends_in_digit)
        if not SYMBOL_CODE.search(text):
            return text.replace("\u00ad", "")
        looks = self._styles.looks(style, run.find(f"{W}rPr"))
        fonts = (look.find(f"{W}rFonts") for look in looks)
        font = next((name for one in fonts if one is not None and (name := one.get(f"{W}ascii"))), "")
        return SYMBOL_CODE.sub(lambda match: shown_as(ord(match[0]), font), text)

    def _vanishes(self, run: Any, style: str) -> bool:
        """Whether a run is hidden; by its own word, its style's or its paragraph's style's."""
        look = run.find(f"{W}rPr")
        own = switch(look, "vanish")
        if own is not None:
            return own
        named = value(look, "rStyle") or ""
        if (style, named) not in self._hidden:
            said = (switch(one, "vanish") for one in self._styles.looks(style, look))
            self._hidden[style, named] = next((one for one in said if one is not None), False)
        return self._hidden[style, named]

    def _address(self, hyperlink: Any) -> str:
        relation = self.relations.get(hyperlink.get(f"{R}id", ""))
        if relation is None or not relation.is_external:
            return ""
        address, anchor = relation.target_ref, hyperlink.get(f"{W}anchor")
        return f"{address}#{anchor}" if anchor and "#" not in address else str(address)

    def _field(self, mark: Any, line: Line) -> None:
        kind = mark.get(f"{W}fldCharType")
        if kind == "begin":
            if (form := mark.find(f"{W}ffData")) is not None:
                self._add(line, _filled_in(form), "")
            self._fields.append(Field(closed=mark in self._closed))
        elif kind == "separate" and self._fields:
            self._fields[-1].shows = True
        elif kind == "end" and self._fields and (circled := CIRCLED.match(self._fields.pop().code.strip())):
            self._add(line, formatted(int(circled[1]), "decimalEnclosedCircle"), "")

    def _draw(self, element: Any, line: Line) -> None:
        """Pictures, boxes, charts and diagrams below an element."""
        for child in element:
            tag = child.tag
            if tag == f"{MC}AlternateContent":
                self._draw(chosen(child), line)
            elif tag == f"{W}txbxContent":
                line.drawn.append(("box", child))
            elif tag in (PICTURE, f"{V}imagedata"):
                picture = ("text", f"![{_alternative(child)}]")
                if picture[1] != "![]" and picture not in line.drawn:  # a group's pictures share its text
                    line.drawn.append(picture)
            elif tag in CHARTS:
                line.drawn.append(("chart", child.get(f"{R}id", "")))
            elif tag == DIAGRAM:
                line.drawn.append(("diagram", child.get(f"{R}dm", "")))
            elif tag == f"{V}textpath":
                line.drawn.append(("text", child.get("string", "")))
            elif tag == f"{A}p":
                line.drawn.append(("text", "".join(t.text or "" for t in child.iter(f"{A}t"))))
            elif tag in (OLE, f"{W}control"):
                self._objects[child.get("ProgID") or "form control"] += 1
            elif isinstance(tag, str):
                self._draw(child, line)


def closed_fields(root: Any) -> set[Any]:
    """The beginnings of fields that have an end, too."""
    closed, begun = set(), []
    for mark in root.iter(f"{W}fldChar") if root is not None else ():
        kind = mark.get(f"{W}fldCharType")
        if kind == "begin":
            begun.append(mark)
        elif kind == "end" and begun:
            closed.add(begun.pop())
    return closed


def _symbol(element: Any) -> str:
    code = element.get(f"{W}char", "")
    return shown_as(int(code, 16), element.get(f"{W}font", "")) if re.fullmatch("[0-9A-Fa-f]{1,4}", code) else ""


def _filled_in(form: Any) -> str:
    """What a form's check box or list shows; a text field's text stands in its result."""
    box, choice = form.find(f"{W}checkBox"), form.find(f"{W}ddList")
    if box is not None:
        return "☒" if (switch(box, "default") if (own := switch(box, "checked")) is None else own) else "☐"
    if choice is not None:
        entries = [entry.get(f"{W}val", "") for entry in choice.findall(f"{W}listEntry")]
        place = whole(value(choice, "result"))
        return entries[place] if place < len(entries) else ""
    return ""


def _alternative(picture: Any) -> str:
    """A picture's alternative text; none for a decorative one, nor where a program put the file's name there."""
    around = next(picture.iterancestors(f"{WP}inline", f"{WP}anchor", f"{V}shape", f"{V}rect"), None)
    if around is None or next(around.iter(DECORATIVE), None) is not None:
        return ""
    properties = around.find(f"{WP}docPr")
    said = around.get("alt") if properties is None else properties.get("descr") or properties.get("title")
    text = BY_MACHINE.sub("", " ".join((said or "").split()))
    return "" if FILE_NAME.fullmatch(text) or ADDRESS.match(text) else text
