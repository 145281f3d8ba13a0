"""HTML, by unstructured, and the formats that become HTML on the way: Markdown, and what pandoc reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.parse.blocks import Block, Loss, Reading, UnreadableError, table, tidy
from tasks.parse.decode import decode
from tasks.parse.listing import fenced
from tasks.parse.markup.page import readable
from tasks.parse.markup.rtf import with_outline, with_unicode
from tasks.parse.markup.signs import BREAK, LANGUAGE, MARK, TITLE

if TYPE_CHECKING:
    from markdown_it.token import Token
    from unstructured.documents.elements import Element

SKIPPED = {"Header", "Footer", "PageBreak", "PageNumber", "Image"}
FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
FRONT_TITLE = re.compile(r"^title:[ \t]*(['\"]?)(.+?)\1[ \t]*$", re.MULTILINE)
CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
FENCED = re.compile(r"(^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:^ {0,3}(?P=fence)|\Z))", re.DOTALL | re.MULTILINE)
NOTE_LINE = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:", re.MULTILINE)
NOTE = re.compile(r"\[\^([^\]\s]+)\]: ")
REFERENCE = re.compile(r"\[\^([^\]\s]+)\](?!:)")
INDENTED = r"(?:\n[ \t]+\S[^\n]*)*"  # the lines of options below a directive
DIRECTIVES = {  # by format: what takes in another file
    "rst": re.compile(
        rf"^[ \t]*\.\.[ \t]+(?:include|literalinclude)::[^\n]*{INDENTED}"
        rf"|^[ \t]*\.\.[ \t]+(?:csv-table|raw)::[^\n]*(?:\n[ \t]+:(?!file:|url:)\w[^\n]*)*"
        rf"\n[ \t]+:(?:file|url):[^\n]*{INDENTED}",
        re.MULTILINE | re.IGNORECASE,
    ),
    "org": re.compile(r"^[ \t]*#\+include:[^\n]*", re.MULTILINE | re.IGNORECASE),
}
DEEPEST = 120  # of the levels of Markdown, of which a list takes two
HEAD = 4096  # bytes of a page in which it says its encoding
BULLET = re.compile(r"[-*+•·▪◦●]\s+(?=\S)")
MARKED = re.compile(f"{MARK}(.*?){MARK}")
NAMED = re.compile(f"{LANGUAGE}(.*?){LANGUAGE}")


def read_html(path: Path) -> Reading:
    data = path.read_bytes()
    declared = CHARSET.search(data[:HEAD])
    return Reading(list(blocks_of(decode(data, declared[1].decode("ascii") if declared else None), whole=False)))


def read_markdown(path: Path) -> Reading:
    from markdown_it import MarkdownIt

    text, titles = decode(path.read_bytes()).lstrip("\ufeff"), []
    if front := FRONT_MATTER.match(text):
        text = text[front.end() :]
        if title := FRONT_TITLE.search(front[1]):
            titles.append(Block("heading", tidy(title[2])))
    writer = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    writer.add_render_rule("code_inline", _inline_code)
    tokens = writer.parse(_without_definitions(text))
    if max((token.level for token in tokens), default=0) >= DEEPEST - 1:  # what is deeper is left out without a word
        detail = "lists or quotations stand in one another dozens deep; take out some of the marks that indent them"
        raise UnreadableError("nested_too_deeply", detail)
    html = writer.renderer.render(tokens, writer.options, {})
    return Reading([*titles, *_with_notes(list(blocks_of(html)))])


def _inline_code(_: Any, tokens: Sequence[Token], place: int, *_rest: Any) -> str:
    """Code within a sentence, in its backticks as it was written."""
    code, ticks = tokens[place].content, tokens[place].markup
    space = " " if code.startswith("`") or code.endswith("`") else ""
    return escape(f"{ticks}{space}{code}{space}{ticks}")


def _without_definitions(text: str) -> str:
    """A note `[^1]: one` stays text, where CommonMark would take it for the address of a link."""
    parts, end = [], 0
    for block in [*FENCED.finditer(text), None]:
        start = block.start() if block else len(text)
        parts.append(NOTE_LINE.sub(r"\n\\[^\1]:", text[end:start]))
        parts.append(block[0] if block else "")
        end = block.end() if block else end
    return "".join(parts)


def _with_notes(blocks: list[Block]) -> Iterator[Block]:
    """Each footnote behind the first block that refers to it; one that nothing refers to comes last."""
    notes = {match[1]: block for block in blocks if block.kind == "paragraph" and (match := NOTE.match(block.text))}
    placed: set[str] = set()
    for block in blocks:
        if block in notes.values():
            continue
        yield block
        for name in REFERENCE.findall(block.text) if block.kind != "code" else []:
            if name in notes and name not in placed:
                placed.add(name)
                yield notes[name]
    yield from (note for name, note in notes.items() if name not in placed)


def read_by_pandoc(path: Path, kind: str) -> Reading:
    import pypandoc

    # Standing alone, a document has its title; but RST's lone first heading would become one, and the rest move up.
    flags = ["--mathml"] if kind == "rst" else ["--mathml", "--standalone"]
    losses: list[Loss] = []
    try:
        if kind == "rtf":
            text = with_unicode(with_outline(path.read_bytes())).decode("latin-1")
            html = pypandoc.convert_text(text, "html", format=kind, sandbox=True, encoding="latin-1", extra_args=flags)
        elif kind in DIRECTIVES:
            text, losses = _alone(decode(path.read_bytes()), DIRECTIVES[kind])
            html = pypandoc.convert_text(text, "html", format=kind, sandbox=True, extra_args=flags)
        else:
            html = pypandoc.convert_file(str(path.resolve()), "html", format=kind, sandbox=True, extra_args=flags)
    except RuntimeError as error:
        raise UnreadableError("broken", f"pandoc cannot read it: {str(error).strip()[:200]}") from None
    return Reading(list(blocks_of(html)), losses)


def _alone(text: str, directive: re.Pattern[str]) -> tuple[str, list[Loss]]:
    """A document without what it would take in from other files, which may be any on this machine."""
    text, count = directive.subn("", text)
    detail = f"{count} x a text or table from another file: not read; put the file into the folder by itself"
    return text, [Loss("embedded", detail)] if count else []


def read_xml(path: Path) -> Reading:
    """Each element that holds text of its own is a paragraph; entities stay names, and nothing outside is read."""
    from lxml import etree

    data = path.read_bytes()
    declared = CHARSET.search(data[:HEAD])
    text = DECLARATION.sub("", decode(data, declared[1].decode("ascii") if declared else None).lstrip("\ufeff"))
    rules = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    blocks, waiting = [], [etree.fromstring(text, rules)]
    while waiting:
        element = waiting.pop()
        if any(part.strip() for part in (element.text or "", *(child.tail or "" for child in element))):
            blocks.append(Block("paragraph", tidy("".join(element.itertext()))))
        else:
            waiting += reversed(element)
    return Reading([block for block in blocks if block.text])


def blocks_of(html: str, *, whole: bool = True) -> Iterator[Block]:
    """The blocks of HTML; `whole` where it is no page of a site, so that nothing in it is navigation."""
    offline()
    from lxml import etree
    from unstructured.partition.html import partition_html

    if (body := readable(html, whole=whole)) is not None:
        body.tag = "body"
        text = etree.tostring(body, encoding="unicode", method="html", with_tail=False)
        yield from from_elements(partition_html(text=text))


@cache
def offline() -> None:
    """Keep unstructured from calling home and from fetching word lists, before any of its readers is imported.

    Its tagger and tokenizers serve to tell prose from titles by English grammar; we take headings from the tags, and
    keep paragraphs that it would drop or cut by their text (one character, a leading dash).
    """
    for name in ("SCARF_NO_ANALYTICS", "DO_NOT_TRACK", "UNSTRUCTURED_DISABLE_NOTICE"):
        os.environ[name] = "true"
    os.environ["AUTO_DOWNLOAD_NLTK"] = "false"
    from unstructured.nlp import tokenize

    tokenize.sent_tokenize = lambda text: [text]
    tokenize.word_tokenize = str.split
    tokenize.pos_tag = lambda text: [(word, "NN") for word in text.split()]

    from unstructured.documents.elements import Text
    from unstructured.partition.html import parser

    parser.derive_element_type_from_text = lambda text: Text


def from_elements(elements: list[Element]) -> Iterator[Block]:
    """unstructured's elements as blocks; what a title is, its depth tells."""
    for element in elements:
        kind, depth = element.category, element.metadata.category_depth
        text = tidy(element.text.replace(BREAK, "\n"))
        if kind in SKIPPED:
            continue
        if kind == "Table" and element.metadata.text_as_html:
            if block := table(_rows(element.metadata.text_as_html)):
                yield block
        elif kind == "CodeSnippet":
            yield from _code(element.text)
        elif not text:
            continue
        elif kind == "Title" and depth is not None:
            yield Block("heading", " ".join(text.replace(TITLE, "").split()), 0 if TITLE in text else depth + 1)
        elif kind == "ListItem":
            mark = MARKED.match(text)
            said = MARKED.sub("", text).strip()
            if said:
                yield Block("item", said, max(0, (depth or 1) - 1), mark=mark[1] if mark else "-")
        elif bullet := BULLET.match(text):
            yield Block("item", text[bullet.end() :])
        else:
            yield Block("paragraph", MARKED.sub(r"\1 ", text))


def _code(text: str) -> Iterator[Block]:
    named = NAMED.search(text)
    code = NAMED.sub("", text).replace(BREAK, "\n").strip("\n")
    if code.strip():
        yield Block("code", fenced(code, named[1] if named else ""))


def _rows(html: str) -> Iterator[list[str]]:
    from lxml import html as parser

    for row in parser.fromstring(html).iter("tr"):
        yield [cell.text_content().replace(BREAK, "\n") for cell in row.iter("td", "th")]
