"""Names of WordprocessingML, and the values of its elements: `<w:ilvl w:val="1"/>`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
LARGEST = 32_767  # of the numbers that Word takes
OFF = ("0", "false", "off")
CONTAINERS = {f"{W}{name}" for name in ("sdtContent", "ins", "moveTo", "customXml", "smartTag")}
LEFT_OUT_GALLERIES = ("Table of Contents", "Page Numbers")


def value(element: Any, path: str) -> str | None:
    """The value of an element below, such as "pPr/pStyle"; None where it is not there."""
    if element is None:
        return None
    found = element.find(_full(path))
    return None if found is None else found.get(f"{W}val")


@cache
def _full(path: str) -> str:
    return "/".join(f"{W}{name}" for name in path.split("/"))


def whole(text: str | None, default: int = 0) -> int:
    """An attribute's number; a damaged one counts as the default."""
    return min(int(text), LARGEST) if text is not None and re.fullmatch(r"[0-9]{1,9}", text) else default


def switch(element: Any, name: str) -> bool | None:
    """Whether a switch such as bold is on; None where nothing is said."""
    found = element.find(f"{W}{name}") if element is not None else None
    return None if found is None else found.get(f"{W}val") not in OFF


def chosen(alternatives: Any) -> Any:
    """Of what is said in several ways (mc:AlternateContent) the first, so that nothing is read twice."""
    return next((child for child in alternatives if child.tag in (f"{MC}Choice", f"{MC}Fallback")), ())


def content(control: Any) -> Any:
    """What a content control (w:sdt) holds; nothing of a table of contents, nor what asks to be filled in."""
    properties = control.find(f"{W}sdtPr")
    gallery = value(properties, "docPartObj/docPartGallery") or ""
    if switch(properties, "showingPlcHdr") or gallery.startswith(LEFT_OUT_GALLERIES):
        return ()
    found = control.find(f"{W}sdtContent")
    return () if found is None else found


def unwrapped(parent: Any) -> Iterator[Any]:
    """The children of an element, and those of the controls and insertions among them in their place."""
    for child in parent:
        if child.tag == f"{W}sdt":
            yield from unwrapped(content(child))
        elif child.tag == f"{MC}AlternateContent":
            yield from unwrapped(chosen(child))
        elif child.tag in CONTAINERS:
            yield from unwrapped(child)
        else:
            yield child
