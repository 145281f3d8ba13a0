"""What clean holds the documents' rows to, for what it never saw: general rows, replayed ones, the documents' text.

A row that asks a probe, or holds a question of an evaluation set, is left out; what is private is masked, or its row
left out, as `clean.privacy` says. What did not pass the screen is rejected by it, with masks in the reject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from artifacts.records import Conversation, Message, Probe, Record, Section
from artifacts.stage import Work
from tasks.mix.config import MixConfig
from tasks.models.language.contamination import Contamination
from tasks.models.language.leak import Guard
from tasks.models.language.private import handling_of, mask, with_masked


class Screen:
    """Holds rows against probes, evaluation sets and the dials of privacy; what it leaves out is a reject."""

    def __init__(self, work: Work[MixConfig]) -> None:
        self._work = work
        self._handling = handling_of(work.inputs["clean"])
        self._probes = Guard(with_masked(work.read("generate", "probes.jsonl", Probe), self._handling))
        self._sets = Contamination.of(work.inputs["clean"])

    def reject(self, reason: str, record: Record | dict[str, Any], detail: str = "") -> None:
        """Record what is left out, with masks in all that the record and the detail say."""
        told = [record.model_dump(mode="json") if isinstance(record, Record) else record, detail]
        texts = list(_texts(told))
        masked = dict(zip(texts, mask(texts, self._handling).texts, strict=True))
        self._work.reject(reason, *_replaced(told, masked.__getitem__))

    def rows(self, rows: Iterable[Conversation]) -> Iterator[Conversation]:
        return (left for row in rows if (left := self.row(row)) is not None)

    def row(self, row: Conversation) -> Conversation | None:
        """The row with masks, or None where it is left out."""
        texts = self._masked(row, _said(row))
        if texts is None:
            return None
        row = _saying(row, texts)
        if (leak := self._probes.find(row.messages, quoted=True)) is not None:
            self.reject("probe_leak", row, f"asks the question of probe {leak.probe}: {leak.question}")
            return None
        return row if self._is_unmeasured(row, row.messages) else None

    def masked(self, row: Conversation) -> Conversation:
        """The row as it would read among those that are trained on."""
        return _saying(row, mask(_said(row), self._handling).texts)

    def sections(self, sections: Iterable[Section]) -> Iterator[Section]:
        """Sections whose text can be trained on, with masks; what probes ask may well stand there."""
        for section in sections:
            if (texts := self._masked(section, [section.text])) is None:
                continue
            left = section.model_copy(update={"text": texts[0]})
            if self._is_unmeasured(left, [{"role": "assistant", "content": left.text}]):
                yield left

    def _masked(self, record: Conversation | Section, texts: list[str]) -> tuple[str, ...] | None:
        masked = mask(texts, self._handling)
        refused = [kind for kind in masked.counts if self._handling[kind] == "reject"]
        if refused:
            named = ", ".join(f"{count} of {kind}" for kind, count in masked.counts.items())
            self.reject(f"private_{refused[0]}", record, f"holds {named}, masked here (clean.privacy)")
            return None
        self._work.counts.update({f"masked_{kind}": count for kind, count in masked.counts.items()})
        return masked.texts

    def _is_unmeasured(self, record: Conversation | Section, messages: Iterable[Message]) -> bool:
        if (overlap := self._sets.find(messages)) is not None:
            self.reject("evaluation_leak", record, overlap.told())
        return overlap is None


def _said(row: Conversation) -> list[str]:
    return [message["content"] for message in row.messages]


def _saying(row: Conversation, texts: Iterable[str]) -> Conversation:
    told = (Message(role=said["role"], content=text) for said, text in zip(row.messages, texts, strict=True))
    return row.model_copy(update={"messages": tuple(told)})


def _texts(value: Any) -> Iterator[str]:
    """What a value of JSON says, names of fields aside; a number is what it reads as."""
    match value:
        case dict():
            yield from _texts(list(value.values()))
        case list():
            for held in value:
                yield from _texts(held)
        case str() | int() | float():
            yield str(value)


def _replaced(value: Any, of: Callable[[str], str]) -> Any:
    """A value of JSON with other texts in it; a number stays one where its text does."""
    match value:
        case dict():
            return {name: _replaced(held, of) for name, held in value.items()}
        case list():
            return [_replaced(held, of) for held in value]
        case str() | int() | float():
            return value if (told := of(str(value))) == str(value) else told
        case _:
            return value
