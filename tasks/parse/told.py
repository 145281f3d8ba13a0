"""What is told of each document: its sections, its figures, and which other one it is nearly the same as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from artifacts.records import Region, Section, short_id
from tasks.parse.find import Found
from tasks.parse.near import near

NAMED = 5  # documents in a note; the rest stands in about/documents.jsonl


@dataclass
class Told:
    """A document: its file, where the memo has what was read of it, the other names it has, and its figures."""

    file: Found
    key: str
    aliases: list[str]
    sections: int = 0
    pages: int = 0
    characters: int = 0
    tables: int = 0
    language: str = ""  # of most of its sections
    fingerprint: int | None = None
    nearly: dict[str, Any] | None = None  # the earlier document that says almost the same

    @property
    def document(self) -> str:
        return document_id(self.file)

    @property
    def was_read(self) -> bool:
        """Whether there is text of it, though each of its sections may stand in another document too."""
        return self.fingerprint is not None

    def fill(self, answer: dict[str, Any]) -> None:
        """Take the figures from what the child answered."""
        self.pages, self.tables, self.characters = answer["pages"], answer["tables"], len(answer["text"])
        self.fingerprint = answer["fingerprint"]
        languages = Counter(section["language"] for section in answer["sections"])
        self.language = languages.most_common(1)[0][0] if languages else ""

    def row(self) -> dict[str, Any]:
        row = {"file": self.file.name, "document": self.document}
        row |= {name: getattr(self, name) for name in ("sections", "pages", "characters", "tables", "language")}
        return row | {"aliases": self.aliases, "nearly": self.nearly}


def document_id(file: Found) -> str:
    return file.sha256[:16]


def sections_in(answer: dict[str, Any], file: Found) -> Iterator[Section]:
    """The sections of a document that could be read."""
    for piece in answer["sections"]:
        text = answer["text"][piece["start"] : piece["end"]]
        yield Section(
            id=short_id(piece["headings"], text),
            document=document_id(file),
            file=file.name,
            page=piece["page"],
            headings=piece["headings"],
            text=text,
            language=piece["language"],
            start=piece["start"],
            end=piece["end"],
            regions=tuple(Region(page=page, box=box) for page, box in piece["boxes"]),
        )


def find_near(documents: Mapping[str, Told], text_of: Callable[[str], str]) -> str:
    """Mark the documents that are nearly the same as an earlier one; returns a note about them, or nothing."""
    hashes = {name: told.fingerprint for name, told in documents.items() if told.fingerprint is not None}
    found = list(near(hashes, text_of))
    for one in found:
        other = documents[one.other]
        similar = {"document": one.other, "file": other.file.name, "similarity": one.similarity}
        documents[one.document].nearly = similar
    if not found:
        return ""
    named = [
        f"{documents[one.document].file.name} is {one.similarity:.0%} {documents[one.other].file.name}"
        for one in sorted(found, key=lambda one: -one.similarity)[:NAMED]
    ]
    more = f", and {len(found) - NAMED} more in about/documents.jsonl" if len(found) > NAMED else ""
    return f"nearly the same text in two documents, so keep the one that is right: {'; '.join(named)}{more}"
