"""Rows of one's own, as `graft data import` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from artifacts.records import QAPair
from artifacts.stage import SettingError

KIND = "own"


def own_rows(path: Path) -> Iterator[QAPair]:
    """The rows of a file; any other line is an error, since a file that is half read would be half trained."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                pair = QAPair.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                fault = ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
                raise _unfit(path, number, fault) from None
            if pair.kind != KIND:
                raise _unfit(path, number, f"is a row of the kind {pair.kind!r}")
            if not (pair.question.strip() and pair.answer.strip()):
                raise _unfit(path, number, "lacks its question or its answer")
            yield pair


def look_into(path: Path) -> None:
    """Raise SettingError for the first line that is no row."""
    for _ in own_rows(path):
        pass


def _unfit(path: Path, line: int, fault: str) -> SettingError:
    return SettingError(
        f"generate.own: {path}, line {line}: {fault}; make a file that can be read by "
        f"`graft data import {path.name} --out own.jsonl`, and name that one"
    )
