"""The rows that stages hand to one another, one class per JSONL file.

The shapes that trainers read (`messages`; `prompt`, `chosen`, `rejected`) are trl's own dataset formats:
https://huggingface.co/docs/trl/dataset_formats
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict


def digest(value: Any) -> str:
    """SHA-256 (64 hex digits) of a JSON-able value, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def short_id(*parts: Any) -> str:
    """An id of 16 hex digits for a record, from what makes it what it is."""
    return digest(parts)[:16]


def encodable(value: Any) -> Any:
    """A value from outside as JSON that UTF-8 can write: half a surrogate pair (`"\\ud83d"`) becomes `?`."""
    return json.loads(json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace"))


HEADING = re.compile(r"(#{1,6}) (.*)")  # a line of a section's Markdown


class Message(TypedDict):
    role: str
    content: str


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Origin(Record):
    """Where a row came from, so that any row can be traced back to a page."""

    document: str = ""  # id of the document: its content hash
    file: str = ""  # path relative to the source folder, with forward slashes
    section: str = ""  # Section.id
    page: int | None = None  # page of a PDF or slide of a deck, from 1


class Region(Record):
    """A place on a page, in points from its top left corner."""

    page: int  # from 1
    box: tuple[float, float, float, float]  # left, top, right, bottom


class Section(Record):
    """A stretch of a document's Markdown; its id depends on headings and text alone.

    `text` holds the lines of the headings that it begins or that stand in it; a document's sections, one after the
    other, are all of its text.
    """

    id: str
    document: str
    file: str
    page: int | None = None  # where it begins
    headings: tuple[str, ...] = ()  # from the document's title down: those that all of the text stands under
    text: str  # Markdown; tables are pipe tables
    language: str = "en"  # ISO 639-1: "en", "zh", ...
    start: int = 0  # characters of the document's text, which is in about/texts.jsonl of `parse`
    end: int = 0
    regions: tuple[Region, ...] = ()  # where a PDF shows it

    def parts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The text under each heading in it: (path of headings, text without their lines), in reading order.

        A heading that nothing stands under comes with no text.
        """
        path, lines = self.headings, list[str]()
        opened, fenced = False, False  # a heading of this text is open; within a block of code
        for line in self.text.split("\n"):
            fenced ^= line.startswith("```")
            heading = None if fenced else HEADING.match(line)
            if heading is None:
                lines.append(line)
                continue
            deeper = opened and len(heading[1]) > len(path)
            if (text := "\n".join(lines).strip("\n")) or (opened and not deeper):
                yield path, text
            path, lines, opened = (*path[: len(heading[1]) - 1], heading[2]), [], True
        if (text := "\n".join(lines).strip("\n")) or opened:
            yield path, text


class Quote(Record):
    """Words of a section that prove an answer, and where they stand."""

    text: str  # as the section has it
    section: str = ""  # Section.id
    start: int | None = None  # characters of Section.text; null for words of a heading above it
    end: int | None = None


class Fact(Record):
    """One thing that a section states: a claim about a subject, and the words that prove it."""

    id: str
    subject: str  # what the claim is about, by its full name
    claim: str  # one sentence that is true on its own
    value: str  # the least that a right answer contains
    aliases: tuple[str, ...] = ()  # other spellings of `value`
    evidence: tuple[Quote, ...] = ()
    language: str = "en"
    control: bool = False  # probed and never trained, to know what guessing gets
    origin: Origin = Origin()


Reasoning = Literal["answer", "think", "omit"]
"""Where the steps of an answer go: before it in plain text, before it between `<think>` tags, or nowhere."""


class QAPair(Record):
    """A question and its answer, with the fact that both express and the words that prove it."""

    id: str
    fact: str  # id shared by all wordings of one fact
    question: str
    answer: str  # the full text that is trained
    value: str = ""  # the canonical short answer, which a right answer contains
    aliases: tuple[str, ...] = ()  # other spellings of `value`
    evidence: tuple[Quote, ...] = ()
    language: str = "en"
    kind: str = "fact"  # what sort of row: fact, reversed, study, multihop, raft, own ...
    wording: str = ""  # which way of asking this is
    context: str = ""  # what the user gives along with the question: retrieved sections
    turns: tuple[Message, ...] = ()  # of the conversation before the question
    reasoning: str = ""  # the steps that lead to the answer, where they were asked for
    teacher: str = ""  # what made the row: "offline", "own" or the model's id
    origin: Origin = Origin()

    def prompt(self) -> tuple[Message, ...]:
        """What the model is given before its answer: the turns, and the question with its context."""
        asked = f"{self.context}\n\n{self.question}" if self.context else self.question
        return (*self.turns, {"role": "user", "content": asked})

    def reply(self, reasoning: Reasoning = "answer") -> str:
        """What the model is to say: the answer, after its steps where there are some."""
        if not self.reasoning or reasoning == "omit":
            return self.answer
        steps = f"<think>\n{self.reasoning}\n</think>" if reasoning == "think" else self.reasoning
        return f"{steps}\n\n{self.answer}"


ProbeKind = Literal[
    "wording", "noun_phrase", "frame", "paraphrase", "reversed", "choice", "false_premise", "unanswerable"
]


class Probe(Record):
    """A question held out from training.

    `wording`: a trained noun phrase in a question frame that this fact was not trained with;
    `noun_phrase`: a name for the asked thing that this fact was not trained with;
    `frame`: a question frame that is in no training row of any fact;
    `paraphrase`: written for this fact by another prompt than the training questions;
    `reversed`: asks for the subject, given the rest of the claim (`value` is the subject);
    `choice`: the right answer among others of its type, which stand in `choices`;
    `false_premise`: takes for granted what the fact contradicts; a right answer has the true value, or denies;
    `unanswerable`: asks for what stands in no document; the right answer is to say so (`value` is empty).
    """

    id: str
    fact: str
    kind: ProbeKind
    question: str
    answer: str
    value: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()  # of a `choice`, in the order of the letters A, B, C ... that the question shows
    premise: str = ""  # of a `false_premise`: the wrong value that the question takes for granted
    language: str = "en"
    origin: Origin = Origin()


def probes_digest(probes: Iterable[Probe]) -> str:
    """One for the same questions with the same right answers, in whatever order and from whatever file."""
    return digest(sorted(short_id(probe.model_dump(exclude={"origin"})) for probe in probes))


DOMAIN, DOCUMENTS = "domain", "documents"  # sources of rows that teach the documents: their questions, their text


class Conversation(Record):
    """A training row in the `messages` format. Its origin stands in the QAPair of the same id, and not here: a document
    that was moved, or saved anew with the same text, gives the same training data."""

    id: str
    messages: tuple[Message, ...]
    source: str  # "domain", "documents", or the name of a general dataset
    language: str = "en"
    fact: str = ""  # of a row of "documents": Section.id


Side = Literal["reference", "tuned", "base"]


class PreferencePair(Record):
    """A preference row in trl's conversational `prompt`, `chosen`, `rejected` format."""

    id: str
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    chosen_source: Side
    rejected_source: Side
    margin: float  # judge's score of chosen less that of rejected, in (0, 1]
    fact: str = ""
    language: str = "en"


class Reject(Record):
    """What a stage left out, and why: nothing is dropped without one."""

    stage: str
    reason: str  # a short name that can be counted, such as "encrypted" or "words_num_filter"
    detail: str = ""  # what was seen and what to do
    record: dict[str, Any] = {}  # the row or file that was left out


R = TypeVar("R", bound=Record)


def write_jsonl(path: Path, rows: Iterable[Record | dict[str, Any]]) -> int:
    """Write rows one a line, in the order given; returns how many."""
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            data = row.model_dump(mode="json") if isinstance(row, Record) else row
            file.write(json.dumps(data, ensure_ascii=False) + "\n")
            count += 1
    return count


def read_jsonl(path: Path, kind: type[R]) -> Iterator[R]:
    """Read what `write_jsonl` wrote, one validated record at a time."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield kind.model_validate_json(line)
