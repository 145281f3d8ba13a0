"""Where the words that the teacher quotes stand in a section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from artifacts.records import Quote, Section
from tasks.models.match import contains


def locate(text: str, sections: Sequence[Section]) -> Quote | None:
    """The place of a quotation in one of the sections, whatever its blanks; None where it stands in none."""
    pattern = r"\s+".join(re.escape(word) for word in text.split())
    for section in sections:
        if pattern and (match := re.search(pattern, section.text)):
            return Quote(text=match.group(), section=section.id, start=match.start(), end=match.end())
        if contains("\n".join([*section.headings, section.text]), text):
            return Quote(text=text, section=section.id)
    return None
