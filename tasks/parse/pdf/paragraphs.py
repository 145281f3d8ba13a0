"""Columns of lines as blocks: paragraphs over line, column and page ends, headings, items of lists, notes, code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tasks.parse.blocks import Block, Box, table, tidy
from tasks.parse.pdf.joining import Link, Words, code, ends, had_room, linked, one_link
from tasks.parse.pdf.marks import BULLET, KEY_VALUE, Lists
from tasks.parse.pdf.notes import Note, referred, without_mark
from tasks.parse.pdf.numbers import Heading
from tasks.parse.pdf.page import Line, Page, around
from tasks.parse.pdf.tables import Table, goes_on
from tasks.parse.pdf.typography import Typography

GAP = 1.22  # of the usual leading; more begins a new paragraph
HEADING_GAP = 1.5
LOWEST = 0.5  # of the page's height: below, a page's last line may go on overleaf
INDENT = 0.7  # of the type's size
CAPTION = re.compile(r"^(?:(?i:figure|fig\.|table|example|listing|chart|exhibit)\s*(?:\d|[A-Z]\.?\d)|[图表圖]\s*\d)")
CONTINUED = re.compile(r"continued|cont'd|cont\.|续|續", re.IGNORECASE)


@dataclass(eq=False)
class Column:
    """A stretch of a page that is read from top to bottom."""

    page: Page
    items: list[Line | Table]
    left: float
    rights: dict[Line, float]  # the right edge of the text around a line


class Writer:
    """Takes a document's columns one after another and writes its blocks."""

    def __init__(
        self, typography: Typography, words: Words, pages: dict[int, Page], links: dict[int, list[Link]]
    ) -> None:
        self.blocks: list[Block] = []
        self._type, self._words, self._pages, self._links = typography, words, pages, links
        self._lists = Lists()
        self._group: list[Line] = []
        self._breaks: set[int] = set()  # places in the group before which a line's end is kept
        self._held: list[Line] = []  # what the column before ended with, if it may go on
        self._held_breaks: set[int] = set()
        self._held_at = 0
        self._notes: dict[int, dict[str, Note]] = {}
        self._table: tuple[Table, int] | None = None  # the last table, and the number of blocks when it was written
        self._tables: dict[int, list[Box]] = {}

    def expect(self, page: int, notes: Iterable[Note]) -> None:
        """The notes of a page, to which its text will refer."""
        self._notes[page] = {note.mark: note for note in notes}

    def write(self, column: Column) -> None:
        self._hold()
        for item in column.items:
            if isinstance(item, Table):
                self._end()
                self._write_table(item)
            else:
                self._add(item, column)
        if column.rights and self._group:
            self._right = column.rights[self._group[-1]]

    def write_aside(self, column: Column) -> None:
        """Write what stands beside a page's text, which may go on after it."""
        self._hold()
        held, self._held = self._held, []
        for item in column.items:
            if isinstance(item, Line):
                self._add(item, column)
        self._end()
        self._held = held

    def close(self) -> list[Block]:
        """All blocks, with headings whose levels are to be settled."""
        self._hold()
        self._release()
        for number in list(self._notes):
            self._left_notes(number)
        return self.blocks

    # -- paragraphs over the ends of columns

    def _hold(self) -> None:
        if self._group:
            self._release()
            self._held, self._held_breaks, self._held_at = self._group, self._breaks, len(self.blocks)
            self.blocks += self._after
            self._group, self._breaks, self._after = [], set(), ()

    def _release(self) -> None:
        """Write what was held at its place, for nothing went on with it."""
        if self._held:
            after = self.blocks[self._held_at :]
            del self.blocks[self._held_at :]
            held, self._held = self._held, []
            self._finish(held, self._held_breaks)
            self.blocks += after

    def _add(self, line: Line, column: Column) -> None:
        if self._group:
            match self._follows(self._group[-1], line, column):
                case "new":
                    self._end()
                case "break":
                    self._breaks.add(len(self._group))
        elif self._held and line.size == self._held[-1].size:
            if self._resumes(self._held[-1], line, column):
                after = self.blocks[self._held_at :]
                del self.blocks[self._held_at :]
                self._group, self._breaks, self._held = [*self._held, line], self._held_breaks, []
                self._after = after
                return
            self._release()
        if not self._group:
            self._lists.start(line)
        self._group.append(line)

    _after: Sequence[Block] = ()  # floats that stood between the parts of a paragraph
    _right = 0.0  # of the column before

    def _end(self) -> None:
        if self._group:
            group, breaks, after = self._group, self._breaks, self._after
            self._group, self._breaks, self._after = [], set(), ()
            self._finish(group, breaks)
            self.blocks += after

    def _resumes(self, before: Line, line: Line, column: Column) -> bool:
        """Whether the first line of a column goes on with the last one of the column before."""
        if before.size in self._type.sizes or before.bold != line.bold or self._lists.begins(line.text):
            return False
        if before.mono and line.mono and self._type.codes:
            return True
        if line.page != before.page and before.box[3] < LOWEST * self._pages[before.page].height:
            return False
        if ends(before) or CAPTION.match(line.text) or line.box[0] > column.left + INDENT * line.size:
            return False
        return line.text[0].islower() or not had_room(before, line, self._right)

    # -- lines

    def _follows(self, before: Line, line: Line, column: Column) -> str:
        """Whether a line begins a "new" paragraph, goes on after a kept line "break", or is to be joined."""
        size, step = line.size, line.base - before.base
        if abs(step) < size / 2 and line.box[0] >= before.box[2] - 1:
            return "join"  # a formula's pieces stand higher or lower
        if abs(size - before.size) > 0.5 or step <= 0:
            return "new"
        coded = before.mono and line.mono and self._type.codes
        heading = size in self._type.sizes and not (BULLET.match(line.text) or BULLET.match(self._group[0].text))
        if step > (HEADING_GAP if heading else 2.2 if coded else GAP) * self._type.leading(size):
            return "new"
        if coded:
            return "join"
        if heading:
            whole = self._type.outlined(before.text, before.page) is not None or self._type.begins_heading(line.text)
            return "new" if whole else "join"
        room, ended = had_room(before, line, column.rights[line]), ends(before)
        marked = self._lists.begins(line.text) is not None
        if marked or CAPTION.match(line.text):
            listed = marked and self._lists.began(self._group[0])
            if listed or room or ended or abs(line.box[0] - before.box[0]) > INDENT * size:
                return "new"
        weighs = before.bold != line.bold and (room or step > 1.1 * self._type.leading(size))
        if weighs or ((room or ended) and self._between_headings(before, line)):
            return "new"
        if KEY_VALUE.match(before.text) and KEY_VALUE.match(line.text):
            return "break"
        indent = line.box[0] - before.box[0]
        first = len(self._group) == 1
        if indent > INDENT * size and not (first and (self._lists.began(before) or not (room or ended))):
            centred = abs(sum(line.box[::2]) - sum(before.box[::2])) < size
            return "break" if centred and not ended else "new"
        if indent < -INDENT * size and not first and self._group[1].box[0] > self._group[0].box[0] + INDENT * size:
            return "new"  # back from the indent of an item's lines
        if not room:
            return "join"
        return "new" if ended else "break"

    def _between_headings(self, before: Line, line: Line) -> bool:
        """Whether a heading of the text's own size ends with a line, or begins after it."""
        alone = len(self._group) == 1 and self._type.names(before)
        return alone or self._type.names(line) or (before.bold and line.bold and self._type.begins_heading(line.text))

    # -- blocks

    def _finish(self, lines: list[Line], breaks: set[int]) -> None:
        boxes = self._boxes(lines)
        page = lines[0].page
        if not self._held:
            for earlier in [number for number in self._notes if number < page]:
                self._left_notes(earlier)
        if len(lines) > 1 and self._type.codes and all(line.mono for line in lines):
            self.blocks.append(Block("code", code(lines), page=page, boxes=boxes))
            return
        text, refs = self._referred(self._text(lines, breaks), lines)
        flat = " ".join(text.split("\n"))
        if not flat:
            return
        if not CAPTION.match(flat) and not BULLET.match(flat) and self._type.heads(lines, flat):
            self._lists.end()
            bold, told = all(line.bold for line in lines), self._type.outlined(flat, page)
            self.blocks.append(
                Heading(
                    "heading",
                    self._type.spelt(flat, page),
                    page=page,
                    boxes=boxes,
                    size=lines[0].size,
                    bold=bold,
                    told=told,
                )
            )
        elif (item := self._lists.item(text, lines[0])) is not None:
            mark, level, said = item
            if said:
                self.blocks.append(Block("item", said, level, page, mark, boxes))
        else:
            self._lists.past(lines[0].box[0])
            self.blocks.append(Block("paragraph", text, page=page, boxes=boxes))
        for note in refs:
            self._write_note(note)

    def _text(self, lines: list[Line], breaks: Iterable[int] = ()) -> str:
        text = ""
        for index, line in enumerate(lines):
            links = self._links.get(line.page)
            said = linked(line, links) if links else line.text
            text = said if not text else f"{text}\n{said}" if index in breaks else self._words.join(text, said)
        return one_link(text) if "](" in text else text

    def _referred(self, text: str, lines: Iterable[Line]) -> tuple[str, list[Note]]:
        """The text with its references, and the notes that they name."""
        pages = sorted({line.page for line in lines})
        if "\x02" not in text and not any(map(self._notes.get, pages)):
            return tidy(text.replace("\u00ad", "")), []
        notes = {mark: note for page in pages for mark, note in self._notes.get(page, {}).items()}
        text, marks = referred(text, set(notes))
        for page in pages:
            for mark in marks:
                self._notes.get(page, {}).pop(mark, None)
        return tidy(text.replace("\u00ad", "")), [notes[mark] for mark in dict.fromkeys(marks)]

    def _write_note(self, note: Note) -> None:
        text, _ = referred(without_mark(self._text(note.lines)), set())
        if text := tidy(text):
            boxes = self._boxes(note.lines)
            self.blocks.append(Block("paragraph", f"[^{note.mark}]: {text}", page=note.lines[0].page, boxes=boxes))

    def _left_notes(self, number: int) -> None:
        """Notes to which nothing refers come after their page's text."""
        for note in self._notes.pop(number, {}).values():
            text, _ = referred(self._text(note.lines), set())
            if text := tidy(text):
                self.blocks.append(Block("paragraph", text, page=number, boxes=self._boxes(note.lines)))

    def _boxes(self, lines: Iterable[Line]) -> tuple[tuple[int, Box], ...]:
        parts: dict[tuple[int, int], list[Box]] = {}
        for line in lines:
            parts.setdefault((line.page, line.column), []).append(line.box)
        return tuple((page, self._pages[page].shown(around(boxes))) for (page, _), boxes in parts.items())

    def _write_table(self, found: Table) -> None:
        """A table, or the rest of the one before, whose header may be repeated."""
        boxes: tuple[tuple[int, Box], ...] = ((found.page, self._pages[found.page].shown(found.box)),)
        rest = self._table and goes_on(self._table[0], found) and self._only_continued(self._table[1])
        if rest and self._table:
            whole = self._table[0]
            at = self._table[1] - 1
            del self.blocks[self._table[1] :]
            rows = found.rows[1:] if found.rows[0] == whole.rows[0] else found.rows
            whole = Table(found.box, whole.rows + rows, found.page, found.edges)
            boxes = self.blocks[at].boxes + boxes
            start = self.blocks[at].page
            del self.blocks[at]
        else:
            whole, start = found, found.page
        notes: list[Note] = []
        rows = []
        for row in whole.rows:
            told = [self._referred(cell, [_at(found.page)]) if "\x02" in cell else (cell, []) for cell in row]
            rows.append([text for text, _ in told])
            notes += [note for _, named in told for note in named]
        if block := table(rows, page=start):
            self.blocks.append(replace(block, boxes=boxes))
            self._table = (Table(whole.box, rows, whole.page, whole.edges), len(self.blocks))
            self._lists.end()
        for note in notes:
            self._write_note(note)

    def _only_continued(self, since: int) -> bool:
        return all(len(block.text) < 120 and CONTINUED.search(block.text) for block in self.blocks[since:])


def _at(page: int) -> Line:
    return Line("", (0, 0, 0, 0), 0, 0, False, page)
