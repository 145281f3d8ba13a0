"""What pandoc does not take from RTF: characters of East Asian code pages, and headings that styles alone tell."""

from __future__ import annotations

import re

from tasks.parse.word.styles import HEADING, TITLE

BY_CHARSET = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5hkscs"}  # what a font is written in
BY_PAGE = {932: "cp932", 936: "gb18030", 949: "cp949", 950: "big5hkscs"}
FONT = re.compile(rb"\\f(?:(\d{1,5})|charset(\d{1,3}))(?!\w)")
PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
STYLED = re.compile(rb"\{\\s(\d{1,5})((?:\\[a-z]+-?\d*\s*)*+)([^{};]+);\}")  # a style of the table: number, looks, name
ESCAPED = re.compile(rb"\\'[0-9a-fA-F]{2}|\\u-?\d+ ?\??")
BRACE = re.compile(rb"[{}]|\\[\\{}]")
STYLE = re.compile(rb"(?<!\\)\\s(\d{1,5})(?![a-zA-Z\d])")
OUTLINE = re.compile(rb"\\outlinelevel(\d)(?!\d)")
NO_OUTLINE = 9  # the outline level of body text
TOKEN = re.compile(
    rb"(?P<unicode>\\u-?\d+ ?(?:\\'[0-9a-fA-F]{2}){0,2})"  # with what stands for it in old programs
    rb"|\\f(?P<font>\d{1,5})(?![a-zA-Z\d])"
    rb"|(?P<plain>\\plain\b)"
    rb"|(?P<bytes>\\'[89a-fA-F][0-9a-fA-F](?:\\'[0-9a-fA-F]{2}|[@-\[\]-z|~])?)"
    rb"|(?P<group>[{}])"
    rb"|\\[\\{}]"
)


def with_unicode(data: bytes) -> bytes:
    """The document with each pair of bytes written as the character that it is in its font's code page."""
    page = PAGE.search(data)
    usual = BY_PAGE.get(int(page[1])) if page else None
    fonts = _fonts(data)
    if usual is None and not any(fonts.values()):
        return data
    stack = [usual]

    def written(token: re.Match[bytes]) -> bytes:
        if token["group"] == b"{":
            stack.append(stack[-1])
        elif token["group"] and len(stack) > 1:
            stack.pop()
        elif token["font"]:
            stack[-1] = fonts.get(int(token["font"])) or usual
        elif token["plain"]:
            stack[-1] = usual
        elif token["bytes"] and stack[-1]:
            return _escaped(token["bytes"], stack[-1])
        return token[0]

    return TOKEN.sub(written, data)


def with_outline(data: bytes) -> bytes:
    """The document with the outline level, by which pandoc knows a heading, at each paragraph of a heading's style.

    The names of styles lose their escaped letters, which pandoc would take for text of the document.
    """
    start = max(data.find(b"{\\stylesheet"), 0)
    end = _end(data, start)
    levels = {number: _outline(look, name) for number, look, name in STYLED.findall(data, start, end)}

    def written(style: re.Match[bytes]) -> bytes:
        level = levels.get(style[1])
        return style[0] if level is None else rb"%b\outlinelevel%d" % (style[0], level)

    return data[:start] + ESCAPED.sub(b"", data[start:end]) + STYLE.sub(written, data[end:])


def _end(data: bytes, start: int) -> int:
    """Where the group that begins at `start` ends; `start` itself where that is the document's own."""
    depth = 0
    for brace in BRACE.finditer(data, start) if start else ():
        depth += {b"{": 1, b"}": -1}.get(brace[0], 0)
        if not depth:
            return brace.end()
    return start


def _outline(look: bytes, name: bytes) -> int | None:
    """The outline level of a style by its own word, else by its name; None where it is no heading's."""
    if told := OUTLINE.search(look):
        return int(told[1]) if int(told[1]) < NO_OUTLINE else None
    named = name.decode("latin-1").strip().lower()
    if match := HEADING.fullmatch(named):
        return int(match[1]) - 1
    return 0 if TITLE.fullmatch(named) else None


def _fonts(data: bytes) -> dict[int, str | None]:
    """What each font of the document is written in, as its table has it: a font's number, then its character set."""
    fonts: dict[int, str | None] = {}
    font = 0
    for number, charset in FONT.findall(data):
        if number:
            font = int(number)
        else:
            fonts.setdefault(font, BY_CHARSET.get(int(charset)))
    return fonts


def _escaped(written: bytes, encoding: str) -> bytes:
    pair = bytes.fromhex(written[2:4].decode()) + (
        bytes.fromhex(written[6:8].decode()) if written[4:6] == rb"\'" else written[4:]
    )
    try:
        text = pair.decode(encoding)
    except UnicodeDecodeError:
        return written
    units = text.encode("utf-16-le")
    codes = (int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2))
    return b"".join(rb"{\uc0\u%d }" % code for code in codes)  # with nothing that stands for it in old programs
