"""What stands within a paragraph: pictures, links, boxes to tick, line breaks and powers as text."""

from __future__ import annotations

import re
from typing import Any

from tasks.parse.markup.signs import BLOCKS, BREAK, KEPT, LANGUAGE, whole_number

ICON = 32  # pixels of the sides of a picture that only decorates
ADDRESS = re.compile(r"(?:https?://|mailto:)\S+$", re.IGNORECASE)
SCHEME = re.compile("^(?:https?://|mailto:)", re.IGNORECASE)
BADGE = re.compile(r"badge|shield|\.svg(?:$|\?)", re.IGNORECASE)
BADGE_SERVICE = re.compile(r"//(?:[\w-]+\.)*(?:shields\.io|badgen\.net|badge\.fury\.io)/|\bbadges?[./]", re.IGNORECASE)
FILE_NAME = re.compile(r"\S*\.(?:png|jpe?g|gif|svg|webp|bmp)", re.IGNORECASE)
WRAPPED = re.compile(
    r"(?<=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])"
)
KEY_VALUE = r"[ \t]*[^\s:：][^\n:：.。!！?？;；,，|]{0,39}(?:(?<!\d)[:：](?![:/])|[:：](?![\d:/]))[ \t]*\S"
PAIR = re.compile(f"^{KEY_VALUE}", re.MULTILINE)
BEFORE_PAIR = re.compile(rf"(?<=\S)\s*\n(?={KEY_VALUE})")
POWER = re.compile(r"[+\-−]?\d+[+\-−]?|[n+\-−]")


def write_out(body: Any) -> None:
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
            element.text = _unwrapped(element.text)
        if element.tail and next(element.iterancestors("pre"), None) is None:
            element.tail = _unwrapped(element.tail)


def _unwrapped(text: str) -> str:
    """Text whose lines were only wrapped as one; two lines or more that read `key: value` stay lines of their own."""
    if len(PAIR.findall(text)) > 1:
        text = BEFORE_PAIR.sub(BREAK, text)
    return WRAPPED.sub("", text)


def _before(element: Any) -> str:
    previous = element.getprevious()
    text = element.getparent().text if previous is None else previous.tail or previous.text_content()
    return (text or "")[-1:]


def _picture(image: Any) -> str | None:
    alt = " ".join((image.get("alt") or "").split())
    if 0 < whole_number(image.get("width"), 0) < ICON or 0 < whole_number(image.get("height"), 0) < ICON:
        return None
    linked = next(image.iterancestors("a"), None)
    source = image.get("src", "")
    badge = BADGE_SERVICE.search(source) or (linked is not None and BADGE.search(f"{source} {linked.get('href', '')}"))
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
