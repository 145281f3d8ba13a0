"""HTML, by unstructured, and the formats that become HTML on the way: Markdown, and what pandoc reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.parse.blocks import Block, Reading, UnreadableError, table, tidy
from tasks.parse.decode import decode

if TYPE_CHECKING:
    from unstructured.documents.elements import Element

DROPPED = ("script", "style", "noscript", "template", "nav", "aside", "footer", "iframe", "svg", "select", "button")
BREAK = "\ue000"  # stands for a line break while unstructured folds white space
SKIPPED = {"Header", "Footer", "PageBreak", "PageNumber", "Image"}


def read_html(path: Path) -> Reading:
    return Reading(list(blocks_of(decode(path.read_bytes()))))


def read_markdown(path: Path) -> Reading:
    import markdown

    text = re.sub(r"\A---\n.*?\n---\n", "", decode(path.read_bytes()), flags=re.DOTALL)  # front matter
    return Reading(
        list(blocks_of(markdown.markdown(text, extensions=["tables", "fenced_code", "sane_lists", "nl2br"])))
    )


def read_by_pandoc(path: Path, kind: str) -> Reading:
    import pypandoc

    try:
        html = pypandoc.convert_file(str(path.resolve()), "html", format=kind, sandbox=True)
    except RuntimeError as error:
        raise UnreadableError("broken", f"pandoc cannot read it: {str(error).strip()[:200]}") from None
    return Reading(list(blocks_of(html)))


def read_xml(path: Path) -> Reading:
    offline()
    from unstructured.partition.xml import partition_xml

    return Reading(list(from_elements(partition_xml(text=decode(path.read_bytes())))))


def blocks_of(html: str) -> Iterator[Block]:
    offline()
    from unstructured.partition.html import partition_html

    if prepared := prepare(html):
        yield from from_elements(partition_html(text=prepared))


@cache
def offline() -> None:
    """Keep unstructured from calling home and from fetching word lists, before any of its readers is imported.

    Its tagger and tokenizers serve to tell prose from titles by English grammar; we take headings from the tags.
    """
    for name in ("SCARF_NO_ANALYTICS", "DO_NOT_TRACK", "UNSTRUCTURED_DISABLE_NOTICE"):
        os.environ[name] = "true"
    os.environ["AUTO_DOWNLOAD_NLTK"] = "false"
    from unstructured.nlp import tokenize

    tokenize.sent_tokenize = lambda text: [text]
    tokenize.word_tokenize = str.split
    tokenize.pos_tag = lambda text: [(word, "NN") for word in text.split()]


def prepare(html: str) -> str:
    """The part of a page that people read, with breaks, definitions and merged cells as unstructured keeps them."""
    from lxml import html as parser

    body = re.sub(r"^\s*(?:<\?xml[^>]*>)?", "", html.lstrip("\ufeff"))
    if not body.strip():
        return ""
    root = parser.document_fromstring(body)
    for element in list(root.iter(*DROPPED)) + root.xpath("//*[@hidden or @aria-hidden='true' or @role='navigation']"):
        if element.getparent() is not None:
            element.drop_tree()
    for element in list(root.iter("br")):
        element.tail = BREAK + (element.tail or "")
        element.drop_tag()
    for terms in list(root.iter("dl")):
        _define(terms)
    for cell in list(root.iter("td", "th")):
        _widen(cell)
    for grid in root.iter("table"):
        _lengthen(grid)
    return str(parser.tostring(root, encoding="unicode"))


def _define(terms: Any) -> None:
    """Definitions as lines `term: definition`, which unstructured would drop."""
    term = ""
    for part in terms.iter("dt", "dd"):
        if part.tag == "dt":
            term = " ".join(part.text_content().split())
        elif term:
            part.text = f"{term}: {part.text or ''}"
        part.tag = "p"
    for part in [
        part
        for part in terms.iter("p")
        if not part.text_content().strip() or part.text_content().split() == term.split()
    ]:
        part.drop_tree()
    terms.tag = "div"


def _widen(cell: Any) -> None:
    """A cell that spans columns, said again in each."""
    for _ in range(_span(cell, "colspan") - 1):
        cell.addnext(_copy(cell))


def _lengthen(grid: Any) -> None:
    """A cell that spans rows, said again in each."""
    rows = list(grid.iter("tr"))
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            for below in rows[number + 1 : number + _span(cell, "rowspan")]:
                below.insert(place, _copy(cell))
            cell.attrib.pop("rowspan", None)


def _span(cell: Any, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(int(value), 100) if value.isdecimal() else 1


def _copy(cell: Any) -> Any:
    from copy import deepcopy

    copied = deepcopy(cell)
    copied.attrib.pop("colspan", None)
    copied.tail = None
    return copied


def from_elements(elements: list[Element]) -> Iterator[Block]:
    """unstructured's elements as blocks; what a title is, its depth tells."""
    for element in elements:
        kind, text, depth = element.category, _with_breaks(element.text), element.metadata.category_depth
        if kind in SKIPPED:
            continue
        if kind == "Table" and element.metadata.text_as_html:
            if block := table(_rows(element.metadata.text_as_html)):
                yield block
        elif not text:
            continue
        elif kind == "Title" and depth is not None:
            yield Block("heading", text, depth + 1)
        elif kind == "ListItem":
            yield Block("item", text, max(0, (depth or 1) - 1))
        elif kind == "CodeSnippet":
            yield Block("code", f"```\n{element.text.replace(BREAK, chr(10)).strip(chr(10))}\n```")
        else:
            yield Block("paragraph", text)


def _rows(html: str) -> Iterator[list[str]]:
    from lxml import html as parser

    for row in parser.fromstring(html).iter("tr"):
        yield [_with_breaks(cell.text_content()) for cell in row.iter("td", "th")]


def _with_breaks(text: str) -> str:
    return tidy(text.replace(BREAK, "\n"))
