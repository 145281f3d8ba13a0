"""Books: going on in the author's words, and telling something in the author's manner."""

from __future__ import annotations

from pathlib import PurePosixPath

from artifacts.records import Section, short_id
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.reply import Item
from tasks.generate.sources.instructions import instruction
from tasks.generate.split import halves
from tasks.generate.taught import Candidate
from tasks.models.language.match import contains

LONGEST = {"en": 2400, "zh": 900}  # characters of a passage: about 600 tokens


class Told(Item):
    """A passage in plain words."""

    passage: int
    account: str


async def from_book(lesson: Lesson) -> list[Candidate]:
    """Rows whose answers are the book's own text, so that nobody has to vouch for them."""
    texts = [passage for _, text in lesson.section.parts() for passage in _passages(text, lesson.section.language)]
    if not texts:
        lesson.reject("no_passage", lesson.section, "too short to be parted into a beginning and a continuation")
    return _continued(lesson, texts) + await _restyled(lesson, texts)


def _passages(text: str, language: str) -> list[str]:
    """A text in pieces, cut at ends of paragraphs or sentences; none of one that is too short to be parted."""
    parts = halves(text)
    if parts is None:
        return []
    if len(text) <= LONGEST["zh" if language == "zh" else "en"]:
        return [text]
    return [passage for part in parts for passage in _passages(part, language)]


def _continued(lesson: Lesson, texts: list[str]) -> list[Candidate]:
    rows = []
    for text in texts:
        if (parts := halves(text)) is not None:
            rows.append(_row(lesson, "continuation", parts[0], parts[1]))
    return rows


async def _restyled(lesson: Lesson, texts: list[str]) -> list[Candidate]:
    """A plain account of each passage by the teacher; the passage is what it becomes in the manner of the book."""
    rows = [{"text": text} for text in texts]
    found = []
    for place, item in await ask_each(lesson, Exercise("style", Told), rows, "passage"):
        if not item.account or contains(texts[place], item.account) or contains(item.account, texts[place]):
            lesson.reject(
                "no_plain_account", {"section": lesson.section.id, **item.model_dump()}, "the book's own words"
            )
        else:
            found.append(_row(lesson, "style", item.account, texts[place]))
    return found


def _row(lesson: Lesson, kind: str, given: str, wanted: str) -> Candidate:
    asked = instruction(lesson, kind, given, title=_title(lesson.section))
    fact = short_id(lesson.section.id, kind, wanted)
    return Candidate(kind, asked, wanted, (wanted,), fact=fact, context=given)


def _title(section: Section) -> str:
    """The book's title: its first heading, else the file's name."""
    return section.headings[0] if section.headings else PurePosixPath(section.file).stem
