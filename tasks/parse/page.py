"""A web page without what surrounds its text, in the few tags that unstructured reads without loss.

Left alone, unstructured drops definition lists, figures, forms, details, every tag that it doesn't know (`font`, `ins`,
`ruby`), paragraphs of one character, all outside `main`, the numbers of lists, the spans of cells and addresses of
links; and it recurses, so that deep nesting ends it. So what these say is written into the text here, with signs where
text has no form for it, and `markup` reads the signs from its elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tasks.parse.word.numbering import formatted

# Signs are noncharacters, which no document may hold; they stand around what they say.
BREAK, MARK, LANGUAGE, TITLE = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
SIGNS = dict.fromkeys(map(ord, (BREAK, MARK, LANGUAGE, TITLE)))

DOCTYPE = re.compile(r"^\s*<!DOCTYPE[^\[>]*\[[^\]]*\]\s*>", re.IGNORECASE)  # one that declares entities

UNREAD = (
    *("script", "style", "noscript", "template", "iframe", "svg", "select", "button", "textarea", "head", "object"),
    *("video", "audio", "canvas", "embed", "map", "datalist", "dialog", "del", "frameset"),
)
AROUND = ("nav", "footer", "aside", "header")
AROUND_ROLES = {
    "navigation",
    "banner",
    "contentinfo",
    "search",
    "complementary",
    "menu",
    "menubar",
    "dialog",
    "alertdialog",
}
AROUND_NAMES = re.compile(
    r"(?:[\w-]*[-_])?(?:nav|navbar|navigation|breadcrumbs?|menus?|sidebar|cookies?|consent|gdpr|skip|share|social|pager|"
    r"pagination|jump|editsection|headerlink|anchorlink|catlinks|printfooter)"
    r"(?:[-_](?:container|wrapper|bar|box|list|links?|content|inner|banner|notice|buttons?|icons?|items?|\d+))*",
    re.IGNORECASE,
)
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
HEADING_CLASS = re.compile(r"(?:mso)?(?:heading|标题)[-_]?([1-6])", re.IGNORECASE)  # what converters from Word write
TITLE_CLASS = re.compile("(?:Mso)?Title")
ICON = 32  # pixels of the sides of a picture that only decorates
SKIP = re.compile(
    r"(?:skip|jump) to .{0,40}|跳(?:转)?(?:到|至).{0,20}|¶|#|\[?edit\]?|↩︎?|[\^↑]|返回顶部|back to top", re.IGNORECASE
)
HIDDEN = re.compile(r"display:none|visibility:hidden", re.IGNORECASE)
MOST_AROUND = 0.5  # a share of the page's text above which a name or a tag does not make something its surroundings
MAIN = 0.5  # the least share of the text that stands in the page's main part

KEPT = {"p", "pre", "ul", "ol", "li", "table", "h1", "h2", "h3", "h4", "h5", "h6", "body", "html", "div"}
BLOCKS = {
    *(
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "details",
        "dd",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
    ),
    *(
        "figcaption",
        "form",
        "header",
        "hgroup",
        "legend",
        "main",
        "nav",
        "section",
        "summary",
        "caption",
        "menu",
        "dir",
    ),
    *("tr", "td", "th", "thead", "tbody", "tfoot", "option"),
}
ADDRESS = re.compile(r"(?:https?://|mailto:)\S+$", re.IGNORECASE)
SCHEME = re.compile("^(?:https?://|mailto:)", re.IGNORECASE)
BADGE = re.compile(r"badge|shield|\.svg(?:$|\?)", re.IGNORECASE)
FILE_NAME = re.compile(r"\S*\.(?:png|jpe?g|gif|svg|webp|bmp)", re.IGNORECASE)
WRAPPED = re.compile(
    r"(?<=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])"
)
POWER = re.compile(r"[+\-−]?\d+[+\-−]?|[n+\-−]")
LIST_TYPES = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
LIST_STYLES = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
    "lower-roman": "i", "upper-roman": "I",
}  # fmt: skip
MOST_SPAN = 100
LONGEST_REPEATED = 500  # characters of a merged cell that are said again in every place it covers
DEEPEST = 60


def readable(html: str, *, whole: bool = False) -> Any:
    """The page's body in the tags of `KEPT`; None where it has none. `whole` for what is no page, such as a letter."""
    from lxml import html as parser

    text = re.sub(r"^\s*(?:<\?xml[^>]*>)?", "", html.lstrip("\ufeff").replace("\0", "").translate(SIGNS))
    text = DOCTYPE.sub("", text)
    if not text.strip():
        return None
    rules = parser.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    root = parser.document_fromstring(text, parser=rules, ensure_head_body=True)
    title = " ".join((root.findtext(".//title") or "").split())
    for formula in list(root.iter("math")):
        if tex := formula.xpath("string(.//annotation[contains(@encoding, 'tex')])").strip():
            tail = formula.tail
            formula.clear()
            formula.text, formula.tail = f"${tex}$", tail
    for script in root.xpath("//script[starts-with(@type, 'math/tex')]"):
        script.text, script.tag = f"${script.text or ''}$", "span"
    _drop(root.iter(*UNREAD))
    _drop(one for one in root.iter() if _is_hidden(one))
    body = root.body
    if not whole:
        _drop_around(body)
        outside = " ".join(body.xpath("string(.//h1)").split())
        body = _main(body)
        if body.find(".//h1") is None and (title or outside):
            _lead(body, outside or TITLE + title)
    for heading in body.xpath(".//header[@id='title-block-header']/h1"):  # pandoc's form of a document's own title
        heading.text = TITLE + (heading.text or "")
    _drop(body.xpath(".//header[@id='title-block-header']/p[@class='date']"))
    _move_notes(body)
    _write_out(body)
    _shape(body)
    return body


def _drop(elements: Iterable[Any]) -> None:
    for element in list(elements):
        if element.getparent() is not None:
            element.drop_tree()


def _is_hidden(element: Any) -> bool:
    style = element.get("style")
    return (
        element.get("hidden") is not None
        or (element.get("aria-hidden") == "true" and element.tag not in ("math", "img", "span"))
        or bool(style and HIDDEN.search(style.replace(" ", "")))
    )


def _length(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _drop_around(body: Any) -> None:
    """Menus, banners, breadcrumbs and notices go, unless most of the text stands in them."""
    total = _length(body)
    for element in list(body.iter()):
        if element is body or element.getparent() is None:
            continue
        names = CAMEL.sub("-", f"{element.get('class', '')} {element.get('id', '')}").split()
        named = any(AROUND_NAMES.fullmatch(name) for name in names)
        tagged = element.tag in AROUND and not _belongs(element)
        skips = element.tag == "a" and SKIP.fullmatch(" ".join(element.text_content().split()))
        if not (named or tagged or skips or element.get("role") in AROUND_ROLES):
            continue
        if (
            element.find(".//h1") is None
            and element.tag not in ("h1", "main", "article")
            and _length(element) <= MOST_AROUND * total
        ):
            element.drop_tree()


def _belongs(element: Any) -> bool:
    """Whether a header, footer or aside is part of the text: that of an article or a quotation, a note."""
    if element.tag in ("header", "aside") and any(True for _ in element.iterancestors("article", "main", "section")):
        links = sum(_length(link) for link in element.iter("a"))
        return bool(2 * links <= _length(element))
    return any(True for _ in element.iterancestors("blockquote", "figure")) or "note" in element.get("epub:type", "")


def _main(body: Any) -> Any:
    """The page's main part where it says which, and most of the text stands there; else all of it."""
    found = body.xpath(".//main | .//*[@role='main']") or body.xpath(".//article")
    return found[0] if len(found) == 1 and _length(found[0]) >= MAIN * _length(body) else body


def _lead(body: Any, title: str) -> None:
    heading = body.makeelement("h1")
    heading.text, heading.tail = title, body.text
    body.text = None
    body.insert(0, heading)


def _move_notes(body: Any) -> None:
    """Footnotes go behind the paragraph that names them, as `[^1]: text`; the reference becomes `[^1]`."""
    by_id = {element.get("id"): element for element in body.iter() if element.get("id")}
    moved: dict[str, str] = {}
    for link in list(body.iter("a")):
        target = (
            by_id.get((link.get("href") or "").removeprefix("#")) if (link.get("href") or "").startswith("#") else None
        )
        if target is None or not _is_note(target) or _is_note(link):
            continue
        ident = target.get("id")
        if ident not in moved:
            moved[ident] = " ".join(link.text_content().split()).strip("[]() ") or str(len(moved) + 1)
            _drop(
                back
                for back in target.iter("a")
                if "back" in f"{back.get('class')} {back.get('role')} {back.text_content()}"
                or SKIP.fullmatch(back.text_content().strip())
            )
            place = next(
                (
                    one
                    for one in link.iterancestors(
                        "p", "li", "table", "blockquote", "dd", "h1", "h2", "h3", "h4", "h5", "h6"
                    )
                ),
                link,
            )
            place = next(iter(list(place.iterancestors("table", "ul", "ol"))[::-1]), place)
            note = body.makeelement("p")
            note.text = f"[^{moved[ident]}]: {' '.join(target.text_content().split())}"
            _behind(place, note)
        for child in list(link):
            child.drop_tree()
        link.text = f"[^{moved[ident]}]"
        link.attrib.pop("href")
    _drop(by_id[ident] for ident in moved)


def _is_note(element: Any) -> bool:
    """Whether an element stands among a page's notes, by the marks of pandoc, Python-Markdown and e-books."""
    for one in (element, *element.iterancestors()):
        marks = f"{one.get('class', '')} {one.get('role', '')} {one.get('epub:type', '')}".split()
        if {"footnotes", "footnote", "endnotes", "doc-endnotes", "doc-footnote", "endnote", "rearnote"} & set(marks):
            return one.tag in ("section", "div", "aside", "li", "ol", "p")
    return False


def _behind(place: Any, note: Any) -> None:
    while (after := place.getnext()) is not None and (after.text or "").startswith("[^") and after.tag == "p":
        place = after
    note.tail, place.tail = place.tail, None
    place.addnext(note)


def _write_out(body: Any) -> None:
    """Pictures, links, boxes to tick, line breaks and powers as text, and no inline tag left."""
    for element in reversed(list(body.iter())):  # what stands inside comes first
        inside = next(element.iterancestors("pre"), None) is not None
        match element.tag:
            case "br":
                element.text = "\n" if inside else BREAK
            case "img":
                element.text = _picture(element)
            case "input":
                ticked = "[x] " if element.get("checked") is not None else "[ ] "
                in_item = next(element.iterancestors("li", "td"), None) is not None
                element.text = ticked if in_item and element.get("type") == "checkbox" else None
            case "a" if not inside:
                _link(element)
            case "sup" if element.text and not len(element) and POWER.fullmatch(element.text.strip()):
                if re.search(r"[^\W_]$|\)$", _before(element)):
                    element.text = f"^{element.text.strip()}"
            case "code" if element.getparent().tag == "pre":
                _name_language(element.getparent(), element)
        if element.tag not in KEPT and element.tag not in BLOCKS and element is not body:
            element.drop_tag()
    for element in body.iter():
        if element.text and next(element.iterancestors("pre"), element).tag != "pre":
            element.text = WRAPPED.sub("", element.text)
        if element.tail and next(element.iterancestors("pre"), None) is None:
            element.tail = WRAPPED.sub("", element.tail)


def _before(element: Any) -> str:
    previous = element.getprevious()
    text = element.getparent().text if previous is None else previous.tail or previous.text_content()
    return (text or "")[-1:]


def _picture(image: Any) -> str | None:
    alt = " ".join((image.get("alt") or "").split())
    if 0 < _whole(image.get("width"), 0) < ICON or 0 < _whole(image.get("height"), 0) < ICON:
        return None
    linked = next(image.iterancestors("a"), None)
    badge = linked is not None and BADGE.search(f"{image.get('src', '')} {linked.get('href', '')}")
    return f"![{alt}]" if alt and not badge and not FILE_NAME.fullmatch(alt) else None


def _link(link: Any) -> None:
    """A link to the web as Markdown, where it has text of its own and holds no blocks."""
    address, text = (link.get("href") or "").strip(), " ".join(link.text_content().split())
    plain = text and not text.startswith("![") and all(child.tag not in BLOCKS | KEPT for child in link.iter())
    if plain and ADDRESS.match(address) and SCHEME.sub("", address).rstrip("/") != SCHEME.sub("", text).rstrip("/"):
        link.text = f"[{(link.text or '').lstrip()}"
        if len(link):
            link[-1].tail = f"{(link[-1].tail or '').rstrip()}]({address})"
        else:
            link.text = f"{link.text.rstrip()}]({address})"


def _name_language(block: Any, code: Any) -> None:
    named = re.search(
        r"(?:language|lang|highlight-source|sourceCode)[- ]([\w+#-]+)",
        f"{code.get('class', '')} {block.get('class', '')}",
    )
    if named:
        block.text = f"{LANGUAGE}{named[1]}{LANGUAGE}{block.text or ''}"


def _shape(body: Any) -> None:
    """Blocks as the few tags that are read, lists with their numbers, tables without spans."""
    for terms in list(body.iter("dl")):
        _define(terms)
    for grid in reversed(list(body.iter("table"))):
        _straighten(grid)
    for numbered in list(body.iter("ol", "ul", "menu", "dir")):
        _number(numbered)
    for item in list(body.iter("li")):
        _join(item)
    for element in list(body.iter()):
        if level := _heading_level(element):
            element.tag = f"h{level}"
        elif element.tag in ("p", "figcaption", "caption", "legend", "summary"):
            element.tag = "p"
        elif element.tag in BLOCKS and next(element.iterancestors("table"), None) is None:
            element.tag = "div"
    _flatten(body)


def _heading_level(element: Any) -> int | None:
    """The level of a paragraph that is a heading by its class or its role."""
    if element.tag not in ("p", "div", "span") or any(child.tag in KEPT for child in element):
        return None
    for name in element.get("class", "").split():
        if match := HEADING_CLASS.fullmatch(name):
            return int(match[1])
        if TITLE_CLASS.fullmatch(name) and element.tag == "p":
            return 1
    return min(_whole(element.get("aria-level"), 2), 6) if element.get("role") == "heading" else None


def _define(terms: Any) -> None:
    """Definitions as lines `term: definition`; a term without one stands alone."""
    for term in reversed(list(terms.iter("dt"))):
        if term.getparent().tag == "dt":  # one that nobody closed
            term.getparent().addnext(term)
    names: list[str] = []
    open_terms: list[Any] = []
    for part in [one for one in terms.iter("dt", "dd") if next(one.iterancestors("dl")) is terms]:
        if part.tag == "dt":
            if not open_terms:
                names = []
            names.append(" ".join(part.text_content().split()))
            open_terms.append(part)
        else:
            _drop(open_terms)
            open_terms = []
            first = part[0] if len(part) and part[0].tag == "p" and not (part.text or "").strip() else part
            first.text = f"{', '.join(names)}: {(first.text or '').lstrip()}" if names else first.text


def _number(numbered: Any) -> None:
    """The numbers that a list shows, before its items' text; in a cell there are no items, but numbers."""
    ordered = numbered.tag == "ol"
    style = re.search(r"list-style(?:-type)?:\s*([\w-]+)", numbered.get("style", ""))
    kind = LIST_STYLES.get(style[1], "1") if style else numbered.get("type", "1")
    items = [child for child in numbered if child.tag == "li"]
    reverse = numbered.get("reversed") is not None
    value = _whole(numbered.get("start"), len(items) if reverse else 1)
    in_cell = next(numbered.iterancestors("table"), None) is not None
    numbered.tag = "ol" if ordered else "ul"
    for item in items:
        value = _whole(item.get("value"), value)
        mark = f"{formatted(value, LIST_TYPES.get(kind, 'decimal'))}."
        if ordered:
            place = item[0] if len(item) and item[0].tag == "p" and not (item.text or "").strip() else item
            place.text = f"{mark} {place.text or ''}" if in_cell else f"{MARK}{mark}{MARK}{place.text or ''}"
        value += -1 if reverse else 1


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text.strip()) else default


def _join(item: Any) -> None:
    """An item's paragraphs as its lines; what else stands in it (lists, tables, code) comes behind."""
    for child in list(item):
        if child.tag in ("p", "div") and not len(child):
            earlier = (item.text or "") if child.getprevious() is None else child.getprevious().tail or ""
            if child.getprevious() is None:
                item.text = f"{earlier.rstrip()}{BREAK if earlier.strip() else ''}{child.text or ''}"
                item.text += f"{BREAK}{child.tail}" if (child.tail or "").strip() else ""
                item.remove(child)


def _straighten(grid: Any) -> None:
    """A table with one plain cell for each place, its caption before it; one that only lays out a page is none."""
    for caption in list(grid.iter("caption")):
        grid.addprevious(caption)
        caption.tail = None
    cells = list(grid.iter("td", "th"))
    laid_out = grid.get("role") in ("presentation", "none") or len(cells) < 2
    if laid_out or any(True for cell in cells for _ in cell.iter("table", "h1", "h2", "h3", "pre")):
        for part in list(grid.iter("tr", "td", "th", "thead", "tbody", "tfoot")):
            if next(part.iterancestors("table"), None) is grid:
                part.tag = "div"
        grid.tag = "div"
        return
    rows = _rows(grid)
    for child in list(grid):
        grid.remove(child)
    grid.text = None
    for row in rows:
        line = grid.makeelement("tr")
        grid.append(line)
        for text in row:
            cell = grid.makeelement("td")
            cell.text = text
            line.append(cell)


def _rows(grid: Any) -> list[list[str]]:
    """The cells' texts; one that spans rows or columns is said again in every place that it covers."""
    rows: list[list[str]] = []
    held: dict[int, tuple[str, int]] = {}  # by column: a text, and for how many rows more it holds
    for tr in grid.iter("tr"):
        row: list[str] = []
        cells = iter([cell for cell in tr if cell.tag in ("td", "th")])
        while True:
            if len(row) in held:
                text, left = held.pop(len(row))
                if left > 1:
                    held[len(row)] = text, left - 1
                row.append(text)
                continue
            cell = next(cells, None)
            if cell is None:
                if not any(column > len(row) for column in held):
                    break
                row.append("")
                continue
            text = " ".join(" ".join(cell.itertext()).split())
            again = text if len(text) <= LONGEST_REPEATED else ""
            down = _span(cell, "rowspan")
            for number in range(_span(cell, "colspan")):
                if down > 1:
                    held[len(row)] = again, down - 1
                row.append(again if number else text)
        rows.append(row)
    return rows


def _span(cell: Any, name: str) -> int:
    return max(1, min(_whole(cell.get(name), 1), MOST_SPAN))


def _flatten(body: Any) -> None:
    """Depth has its limit: what is nested deeper than that is lines of what is around it."""
    deep = []
    stack = [(body, 0)]
    while stack:
        element, depth = stack.pop()
        if depth > DEEPEST:
            deep.append(element)
        stack += [(child, depth + 1) for child in element]
    for element in reversed(deep):
        element.text = BREAK + (element.text or "")
        element.tail = BREAK + (element.tail or "")
        element.drop_tag()
