"""The part of a web page that people read: no menus, banners and notices, the main part where the page names it.

Left alone, unstructured drops definition lists, figures, forms, details, every tag that it doesn't know (`font`, `ins`,
`ruby`), paragraphs of one character, all outside `main`, the numbers of lists, the spans of cells and addresses of
links; and it recurses, so that deep nesting ends it. So what these say is written into the text here, with signs where
text has no form for it, and `formats` reads the signs from its elements.
"""

from __future__ import annotations

import re
from typing import Any

from tasks.parse.blocks import UnreadableError
from tasks.parse.markup.inline import write_out
from tasks.parse.markup.notes import move_notes
from tasks.parse.markup.shape import shape
from tasks.parse.markup.signs import SIGNS, TITLE, drop
from tasks.parse.office.package import TOO_DEEP

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
SKIP = re.compile(
    r"(?:skip|jump) to .{0,40}|跳(?:转)?(?:到|至).{0,20}|¶|#|\[?edit\]?|↩︎?|[\^↑]|返回顶部|back to top", re.IGNORECASE
)
HIDDEN = re.compile(r"display:none|visibility:hidden", re.IGNORECASE)
MOST_AROUND = 0.5  # a share of the page's text above which a name or a tag does not make something its surroundings
MAIN = 0.5  # the least share of the text that stands in the page's main part


def readable(html: str, *, whole: bool = False) -> Any:
    """The page's body in the tags of `KEPT`; None where it has none. `whole` for what is no page, such as a letter."""
    from lxml import html as parser

    text = re.sub(r"^\s*(?:<\?xml[^>]*>)?", "", html.lstrip("\ufeff").replace("\0", "").translate(SIGNS))
    text = DOCTYPE.sub("", text)
    if not text.strip():
        return None
    rules = parser.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    root = parser.document_fromstring(text, parser=rules, ensure_head_body=True)
    if any(TOO_DEEP in error.message for error in rules.error_log):
        raise UnreadableError(
            "nested_too_deeply", "its tags stand in one another thousands deep; save it as PDF or text"
        )
    title = " ".join((root.findtext(".//title") or "").split())
    for formula in list(root.iter("math")):
        if tex := formula.xpath("string(.//annotation[contains(@encoding, 'tex')])").strip():
            tail = formula.tail
            formula.clear()
            formula.text, formula.tail = f"${tex}$", tail
    for script in root.xpath("//script[starts-with(@type, 'math/tex')]"):
        script.text, script.tag = f"${script.text or ''}$", "span"
    drop(root.iter(*UNREAD))
    drop(one for one in root.iter() if _is_hidden(one))
    body = root.body
    if not whole:
        _drop_around(body)
        outside = " ".join(body.xpath("string(.//h1)").split())
        body = _main(body)
        if body.find(".//h1") is None and (title or outside):
            _lead(body, outside or TITLE + title)
    for heading in body.xpath(".//header[@id='title-block-header']/h1"):  # pandoc's form of a document's own title
        heading.text = TITLE + (heading.text or "")
    drop(body.xpath(".//header[@id='title-block-header']/p[@class='date']"))
    move_notes(body)
    write_out(body)
    shape(body)
    return body


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
