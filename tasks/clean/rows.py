"""Rows on their way through the stage: on disk between passes, so that memory does not grow with them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from artifacts.records import QAPair


class Left(NamedTuple):
    """Why a row is left out."""

    reason: str
    detail: str
    masked: bool = (
        False  # what is left out holds what must not be written down: the outcome's row, and not the read one
    )


@dataclass
class Outcome:
    """A row after the steps that look at it alone."""

    pair: QAPair
    statistics: list[dict[str, Any]] = field(default_factory=list)  # what each filter measured
    left: Left | None = None
    counts: tuple[str, ...] = ()  # what is counted once for it: "edited", "masked_emails" ...


class Rows:
    """Rows in a JSONL file, in order; each can be read again by its number, at 8 bytes of memory a row.

    `pairs` are written to the file, which goes when the rows are closed; lines of JSON are written as they are. Where
    none are given, the file is there, and stays.
    """

    def __init__(self, path: Path, pairs: Iterable[QAPair | bytes] | None = None) -> None:
        self._path, self._starts, self._stays = path, array("Q"), pairs is None
        if pairs is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for pair in pairs:
                    line = pair if isinstance(pair, bytes) else pair.model_dump_json().encode()
                    file.write(line + b"\n")
        start = 0
        for line in self.lines():
            self._starts.append(start)
            start += len(line) + 1
        self._file = path.open("rb")

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[QAPair]:
        return map(QAPair.model_validate_json, self.lines())

    def __getitem__(self, number: int) -> QAPair:
        self._file.seek(self._starts[number])
        return QAPair.model_validate_json(self._file.readline())

    def lines(self) -> Iterator[bytes]:
        """Each row as JSON: to hand it on without reading it."""
        with self._path.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n")

    def close(self) -> None:
        self._file.close()
        if not self._stays:
            self._path.unlink(missing_ok=True)
