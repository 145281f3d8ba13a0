"""Rows that can't be used: counted by reason, told on stderr, and kept whole in a file beside."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import typer

from artifacts.records import Record, Reject, encodable

SHOWN = 20  # told on stderr; the file has them all


class LeftOut:
    def __init__(self, beside: Path, command: str) -> None:
        """`beside`: the file that the rows are missing from; theirs is called like it, with `.rejects.jsonl`."""
        self.path = beside.with_name(f"{beside.stem}.rejects.jsonl")
        self.counts = Counter[str]()
        self._command = command
        self._file: TextIO | None = None

    def __enter__(self) -> LeftOut:
        self.path.unlink(missing_ok=True)  # of the last time
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
            if (more := self.counts.total() - SHOWN) > 0:
                typer.secho(f"and {more:,} more", fg="yellow", err=True)
            typer.secho(f"what was left out is in {self.path}", fg="yellow", err=True)

    def __call__(self, reason: str, record: Record | dict[str, Any], detail: str) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8")
        data = record.model_dump(mode="json") if isinstance(record, Record) else record
        row = Reject(stage=self._command, reason=reason, detail=encodable(detail), record=encodable(data))
        self._file.write(row.model_dump_json() + "\n")
        self.counts[reason] += 1
        if self.counts.total() <= SHOWN:
            typer.secho(f"left out, {reason}: {row.detail}", fg="yellow", err=True)

    def told(self) -> str:
        """Such as `, 3 left out (empty_turn 2, duplicate 1)`."""
        if not self.counts:
            return ""
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in self.counts.most_common())
        return f", {self.counts.total():,} left out ({reasons})"
