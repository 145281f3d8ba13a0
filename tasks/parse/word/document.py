"""DOCX: its XML is walked as it stands, so that text boxes, notes and tracked changes are met in their places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Block, Loss, Options, Reading, table, tidy
from tasks.parse.headings import level_of
from tasks.parse.office import drawn
from tasks.parse.word import tables
from tasks.parse.word.names import W, unwrapped, value, whole
from tasks.parse.word.notes import Notes
from tasks.parse.word.numbering import LEVELS, Mark, Numbering
from tasks.parse.word.outline import Outline
from tasks.parse.word.parts import Parts
from tasks.parse.word.styles import NO_OUTLINE, Styles, outline_of
from tasks.parse.word.text import Line, Text

LONGEST_HEADING = 200  # characters; a longer paragraph that has a heading's style is no heading
NUMBERED_ENTRY = re.compile(r"\d\s*$")
WIDE_STOPS = "、．）】」："  # they bring their own space
CONTENTS_TITLE = re.compile(r"目\s*[录錄次]|(?:table of )?contents", re.IGNORECASE)


def read(path: Path, options: Options) -> Reading:
    parts = Parts(path)
    walk = _Walk(parts, options)
    blocks = list(_joined_code(walk.blocks(parts.body)))
    return Reading(blocks, [*parts.losses, *walk.losses()])


class _Walk:
    """The parts of a document, and how far its lists and notes have counted."""

    def __init__(self, parts: Parts, options: Options) -> None:
        self._parts = parts
        self._styles = Styles.of(parts.root(parts.related("styles")))
        self._numbering = Numbering(parts.root(parts.related("numbering")), self._styles.list_styles())
        self._objects: Counter[str] = Counter()
        kinds = ("footnote", "endnote", "comment") if options.comments else ("footnote", "endnote")
        related = {kind: parts.related(f"{kind}s") for kind in kinds}
        stories = {kind: parts.root(part) for kind, part in related.items()}
        comments = stories.get("comment")
        self._comments = {} if comments is None else {one.get(f"{W}id"): one for one in comments.iter(f"{W}comment")}
        self._notes = Notes({kind: stories[kind] for kind in ("footnote", "endnote")})
        self._texts = {kind: self._reader(story, related[kind]) for kind, story in stories.items()}
        root = parts.root(parts.main)
        self._text = self._reader(root, parts.main)
        self._told: set[str] = set()  # the labels of notes
        self._outline = Outline(_paragraphs(parts.body), self._styles)
        self._has_contents = any("TOC" in (code.text or "") for code in root.iter(f"{W}instrText"))
        self._free = True  # not in a box, a note or a table: here a heading may be told by its look
        self._held: list[Block] | None = None  # the notes of a table, which come after it

    def _reader(self, root: Any, part: Any) -> Text:
        return Text(root, self._styles, {} if part is None else part.rels, self._notes, self._objects)

    def losses(self) -> Iterator[Loss]:
        for name, count in sorted(self._objects.items()):
            yield Loss("embedded", f"{count} x {name}: not read; save what it holds as a document of its own")

    def blocks(self, parent: Any) -> Iterator[Block]:
        """Paragraphs and tables in their order, each followed by what hangs on it."""
        open_: list[Any] = []  # paragraphs that the next one goes on with
        for element in unwrapped(parent):
            if element.tag == f"{W}p":
                open_.append(element)
                if not _goes_on(element.find(f"{W}pPr")):
                    yield from self._paragraph(open_)
                    open_ = []
            elif element.tag == f"{W}tbl":
                yield from self._table(element)
            elif element.tag == f"{W}altChunk":
                self._objects["document of another format (altChunk)"] += 1
        if open_:
            yield from self._paragraph(open_)

    def _paragraph(self, elements: list[Any]) -> Iterator[Block]:
        line = self._text.line(elements)
        properties = elements[-1].find(f"{W}pPr")
        style = value(properties, "pStyle") or self._styles.usual
        if self._styles.use(style) == "contents" or _is_entry(elements[-1], line):
            return
        block = self._block(elements[-1], properties, style, line)
        if block is not None:
            yield from self._parted(block)
        yield from self._hanging(line)

    def _block(self, element: Any, properties: Any, style: str, line: Line) -> Block | None:
        place = self._place(properties, style)
        mark = self._numbering.next(*place) if place is not None else None
        text = tidy(line.text)
        if not text:
            numbered = mark is not None and mark.text != "-" and self._held is not None
            return Block("paragraph", mark.text) if mark is not None and numbered and mark.text else None
        if self._has_contents and CONTENTS_TITLE.fullmatch(text):
            return None
        level = self._level(element, properties, style, line, mark)
        if level is not None and len(text) <= LONGEST_HEADING:
            return Block("heading", " ".join(tidy(_marked(mark, line.plain)).split("\n")), level)
        if place is not None and mark is not None and mark.text:
            shown = place[1] if value(properties, "numPr/ilvl") else max(place[1], self._styles.list_level(style))
            return Block("item", text, shown, mark=mark.text)
        use = self._styles.use(style)
        if use == "code":
            return Block("code", line.plain.rstrip())
        if use == "list" and place is None and mark is None:
            return Block("item", text, self._styles.list_level(style))
        return Block("paragraph", text)

    def _parted(self, block: Block) -> Iterator[Block]:
        """A block; several where soft line breaks stand for paragraphs, as in text from web pages."""
        lines = block.text.split("\n")
        if block.kind != "paragraph" or not self._free or not self._outline.begins_parts(lines):
            yield block
            return
        for line in lines:
            level = level_of(line)
            yield Block("paragraph", line) if level is None else Block("heading", line, level)

    def _level(self, element: Any, properties: Any, style: str, line: Line, mark: Mark | None) -> int | None:
        level = self._styles.level(style)
        outline = outline_of(properties)
        if level is None and outline is not None and outline < NO_OUTLINE:
            level = outline + 1
        if level is None and self._free and (mark is None or mark.text != "-"):
            level = self._outline.level(element, tidy(_marked(mark, line.plain)), listed=mark is not None)
        return level

    def _place(self, properties: Any, style: str) -> tuple[str, int] | None:
        """The list that a paragraph is in by its own word or its style's, and the level there."""
        own, own_level = value(properties, "numPr/numId"), value(properties, "numPr/ilvl")
        styled, styled_level = self._styles.numbering(style)
        name = own or styled
        if not name or name == "0":
            return None
        by_style = self._numbering.level_of_style(name, style) if not own else None
        if own_level is None and by_style is not None:
            return name, by_style
        return name, min(whole(own_level or (styled_level if not own else None)), LEVELS - 1)

    def _hanging(self, line: Line) -> Iterator[Block]:
        """Notes and comments, which a table holds back until its end, and then what is drawn."""
        notes = [*self._noted(line.notes), *self._commented(line.comments)]
        if self._held is None:
            yield from notes
        else:
            self._held += notes
        for kind, what in line.drawn:
            match kind:
                case "box":
                    with self._aside():
                        yield from self.blocks(what)
                case "text":
                    if text := tidy(what):
                        yield Block("paragraph", text)
                case "chart" | "diagram":
                    yield from self._graphic(kind, what)

    def _noted(self, labels: list[str]) -> Iterator[Block]:
        for label in labels:
            if label not in self._told:
                self._told.add(label)
                note = self._notes.labelled[label]
                blocks = self._story(note, "footnote" if note.tag == f"{W}footnote" else "endnote")
                said = _said(blocks[0]) if blocks and blocks[0].kind != "table" else ""
                yield Block("paragraph", f"[^{label}]: {said}".rstrip())
                yield from blocks[1:] if said else blocks

    def _commented(self, names: list[str]) -> Iterator[Block]:
        for name in names:
            comment = self._comments.get(name)
            if comment is not None:
                said = " ".join(block.text for block in self._story(comment, "comment"))
                yield Block("paragraph", f"[comment by {comment.get(f'{W}author') or 'unknown'}: {said}]")

    def _story(self, element: Any, kind: str) -> list[Block]:
        """The blocks of a note or a comment, which stand in a part of their own."""
        with self._aside():
            main, self._text = self._text, self._texts[kind]
            held, self._held = self._held, None
            try:
                return list(self.blocks(element))
            finally:
                self._text, self._held = main, held

    @contextmanager
    def _aside(self) -> Iterator[None]:
        free, self._free = self._free, False
        try:
            yield
        finally:
            self._free = free

    def _graphic(self, kind: str, name: str) -> Iterator[Block]:
        relation = self._text.relations.get(name)
        within = relation is not None and not relation.is_external
        root = self._parts.root(relation.target_part) if within else None
        if root is None:
            return
        if kind == "diagram":
            yield from (Block("item", tidy(text), level) for level, text in drawn.diagram_texts(root))
            return
        if title := drawn.chart_title(root):
            yield Block("paragraph", title)
        for rows in drawn.chart_tables(root):
            if block := table(rows):
                yield block

    def _table(self, element: Any) -> Iterator[Block]:
        """A pipe table; what has a single column is a box around text, and its blocks are yielded as they are."""
        rows = list(tables.rows(element))
        with self._aside():
            if all(len(tables.cells(row)) <= 1 for row in rows):
                for row in rows:
                    for cell in tables.cells(row):
                        yield from self.blocks(cell)
                return
            outer = self._held
            held: list[Block] = [] if outer is None else outer
            self._held = held
            block = table(tables.grid(rows, self._cell))
            self._held = outer
        if block:
            yield block
        if outer is None:
            yield from held

    def _cell(self, cell: Any) -> str:
        """All that stands in a cell, on one line; a table in it row by row."""
        return " ".join(_said(block) for block in self.blocks(cell))


def _goes_on(properties: Any) -> bool:
    """Whether a paragraph is one with the next: its end was deleted, or it is the large first letter."""
    if properties is None:
        return False
    frame, look = properties.find(f"{W}framePr"), properties.find(f"{W}rPr")
    if frame is not None and frame.get(f"{W}dropCap") in ("drop", "margin"):
        return True
    return look is not None and (look.find(f"{W}del") is not None or look.find(f"{W}moveFrom") is not None)


def _said(block: Block) -> str:
    if block.kind == "item":
        return f"{block.mark} {block.text}"
    if block.kind != "table":
        return block.text
    lines = block.text.replace("\\|", "\0").split("\n")
    rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:]))
    return "; ".join(", ".join(filter(None, row)) for row in rows).replace("\0", "|")


def _marked(mark: Mark | None, text: str) -> str:
    """A paragraph with its number before it, as Word shows it."""
    if mark is None or mark.text in ("", "-"):
        return text
    if mark.text[-1] in WIDE_STOPS:
        return f"{mark.text}{text}"
    glued = not mark.gap and mark.text[-1].isascii() and mark.text[-1].isalnum() and text[:1].isalnum()
    return f"{mark.text}{' ' if glued else mark.gap}{text}"


def _is_entry(paragraph: Any, line: Line) -> bool:
    """Whether a paragraph is a line of a table of contents that has neither its field nor its style."""
    links = [child for child in paragraph if child.tag != f"{W}pPr"]
    return (
        bool(links)
        and all(one.tag == f"{W}hyperlink" and one.get(f"{W}anchor", "").startswith("_Toc") for one in links)
        and NUMBERED_ENTRY.search(line.plain) is not None
    )


def _paragraphs(body: Any) -> Iterator[Any]:
    return (element for element in unwrapped(body) if element.tag == f"{W}p")


def _joined_code(blocks: Iterator[Block]) -> Iterator[Block]:
    """Each line of code is a paragraph of its own in Word: those that stand together are one block."""
    for code, group in groupby(blocks, key=lambda block: block.kind == "code"):
        if code:
            yield Block("code", "\n".join(block.text for block in group))
        else:
            yield from group
