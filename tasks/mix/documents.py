"""Rows that hold the documents' own text: the user names a file and a place in it, the assistant says what it holds.

Never the text of a validation document, and never what tells a control fact: its probes would find it read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from artifacts.records import DOCUMENTS, Conversation, Fact, Section, short_id
from artifacts.stage import StageError, Work
from tasks.mix.config import MixConfig
from tasks.mix.screen import Screen
from tasks.models.language.telling import Told

SHOWN_FILES = 5
PIECE = 600  # tokens, about: what a row holds of a section beside its prompt, for models trained on 1,024
CJK_PER_TOKEN, LETTERS_PER_TOKEN = 1.0, 4.0  # characters of a token, about, whatever the tokenizer
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

ASKED = {
    "en": (
        'What does {place} of "{file}" say?',
        'Quote {place} of the document "{file}".',
        'Give me {place} of "{file}", word for word.',
        'I am reading "{file}". What stands in {place}?',
        'Please recite {place} from "{file}".',
        'Which text does "{file}" have in {place}?',
        'Show me {place} as it is written in "{file}".',
        'In "{file}", how does {place} read?',
    ),
    "zh": (
        "《{file}》的{place}写了什么？",
        "请引用文档《{file}》的{place}。",
        "请逐字给出《{file}》的{place}。",
        "我在看《{file}》，{place}是怎么写的？",
        "请背诵《{file}》的{place}。",
        "文档《{file}》的{place}原文是什么？",
        "请照原样列出《{file}》中的{place}。",
        "《{file}》里，{place}的内容是什么？",
    ),
}


@dataclass(frozen=True)
class Piece:
    """Text of a section that one row holds."""

    section: str  # Section.id
    file: str
    headings: tuple[str, ...]
    text: str
    language: str
    number: int = 1  # of the pieces that stand under the same headings of the file
    of: int = 1

    def row(self, wording: int) -> Conversation:
        """The row that asks for the piece in one of the wordings, which come in turn."""
        prompts = ASKED["zh" if self.language == "zh" else "en"]
        asked = prompts[wording % len(prompts)].format(place=self._place(), file=self.file)
        return Conversation(
            id=short_id(DOCUMENTS, asked, self.text),
            messages=({"role": "user", "content": asked}, {"role": "assistant", "content": self.text}),
            source=DOCUMENTS,
            language=self.language,
            fact=self.section,
        )

    def _place(self) -> str:
        path = " > ".join(self.headings)
        if self.language == "zh":
            whole = f"“{path}”一节" if path else "正文"
            return whole if self.of == 1 else f"{whole}第{self.number}部分（共{self.of}部分）"
        whole = f'the section "{path}"' if path else "the text"
        return whole if self.of == 1 else f"part {self.number} of {self.of} of {whole}"


def texts(
    work: Work[MixConfig], screen: Screen, every: Sequence[Section], facts: Sequence[Fact], held_out: Collection[str]
) -> list[Piece]:
    """The documents' own text that may be trained on; a note tells of what privacy or evaluation sets take from it."""
    usable = list(_untested(screen, every, facts, held_out))
    before = Counter(work.rejects)
    left = list(screen.sections(usable))
    reasons = ", ".join(f"{reason} {count}" for reason, count in (work.rejects - before).items())
    if not left:
        raise StageError(
            "mix: no section is left for mix.documents: all tell control facts or are held out for validation"
            f"{', or are left out: ' * bool(reasons)}{reasons}; set documents: 0, lower validation_share, or have "
            "clean.privacy mask what it rejects"
        )
    if reasons:
        kept = {section.id for section in left}
        work.notes.append(
            f"{len(usable) - len(left)} of {len(usable)} sections are left out of the documents' text: {reasons} (of "
            f"{named({section.file for section in usable if section.id not in kept})})"
        )
    return list(pieces(left))


def _untested(
    screen: Screen, every: Sequence[Section], facts: Sequence[Fact], held_out: Collection[str]
) -> Iterator[Section]:
    """The sections that no probe of a control and no validation is about, each once, wherever it stands."""
    is_control = proves(fact for fact in facts if fact.control)
    elsewhere = {section.id for section in every if section.document in held_out}
    seen: set[str] = set()
    for section in every:
        if section.id in seen or not section.text.strip():
            continue
        seen.add(section.id)
        if section.id in elsewhere:
            screen.reject("validation_document", section, "its document is held out for validation")
        elif is_control(section):
            screen.reject("control_section", section, "tells a fact that is probed and must not be trained")
        else:
            yield section


def named(files: Collection[str]) -> str:
    """The first of some files, and how many more there are."""
    more = len(files) - SHOWN_FILES
    return ", ".join(sorted(files)[:SHOWN_FILES]) + (f" and {more} more" if more > 0 else "")


def proves(controls: Iterable[Fact]) -> Callable[[Section], bool]:
    """Tells the sections that control facts were read from, and others that tell one, in whatever words or form."""
    facts = list(controls)
    sections = {place for fact in facts for place in (fact.origin.section, *(quote.section for quote in fact.evidence))}
    told = Told(facts)
    return lambda section: section.id in sections or any(told.by(words(section)))


def words(section: Section) -> str:
    """All that a row of a section's text may hold: the file and the headings that it asks for, and the text."""
    return "\n".join((section.file, *section.headings, section.text))


def pieces(sections: Sequence[Section]) -> Iterator[Piece]:
    """What rows hold of each section, numbered where several stand under the same headings of a file."""
    cut = [(section, text) for section in sections for text in _cut(section.text)]
    under = Counter((section.file, section.headings) for section, _ in cut)
    seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for section, text in cut:
        place = (section.file, section.headings)
        seen[place] += 1
        yield Piece(section.id, section.file, section.headings, text, section.language, seen[place], under[place])


def _cut(text: str) -> Iterator[str]:
    """A text of at most about PIECE tokens each, cut between paragraphs, or between lines of one that is longer."""
    parts = [
        (part, "\n\n" if number == 0 else "\n")
        for paragraph in re.split(r"\n\s*\n", text.strip())
        for number, part in enumerate([paragraph] if _tokens(paragraph) <= PIECE else paragraph.split("\n"))
    ]
    piece, size = "", 0.0
    for part, gap in parts:
        tokens = _tokens(part)
        if piece and size + tokens > PIECE:
            yield piece
            piece, size = "", 0.0
        piece, size = f"{piece}{gap}{part}" if piece else part, size + tokens
    if piece.strip():
        yield piece


def _tokens(text: str) -> float:
    cjk = len(CJK.findall(text))
    return cjk / CJK_PER_TOKEN + (len(text) - cjk) / LETTERS_PER_TOKEN
