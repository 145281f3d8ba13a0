"""Footnotes of pages and e-books, put behind what refers to them."""

from __future__ import annotations

import re
from typing import Any

from tasks.parse.markup.signs import drop

BACK = re.compile("[↩↑^]\ufe0e?")  # the text of a link from a note to where it is referred to


def move_notes(body: Any) -> None:
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
            drop(
                back
                for back in target.iter("a")
                if "back" in f"{back.get('class')} {back.get('role')} {back.text_content()}"
                or BACK.fullmatch(back.text_content().strip())
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
    drop(by_id[ident] for ident in moved)


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
