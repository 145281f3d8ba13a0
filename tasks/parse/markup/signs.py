"""What the modules of this folder agree on: signs within text, the tags that are blocks, and steps on the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

# Signs are noncharacters, which no document may hold; they stand around what they say.
BREAK, MARK, LANGUAGE, TITLE = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
SIGNS = dict.fromkeys(map(ord, (BREAK, MARK, LANGUAGE, TITLE)))
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


def drop(elements: Iterable[Any]) -> None:
    for element in list(elements):
        if element.getparent() is not None:
            element.drop_tree()


def whole_number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text.strip()) else default
