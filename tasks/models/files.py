"""The rows of files that datasets come in: JSONL, JSON and Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from artifacts.stage import StageError

SUFFIXES = (".jsonl", ".json", ".parquet")


def rows_of(path: Path, stage: str) -> Iterator[tuple[str, Any]]:
    """Each row of a file with the place it stands at; a line that is no JSON comes as the text that it is."""
    try:
        if path.suffix == ".parquet":
            yield from numbered(str(path), _from_parquet(path, stage))
        elif path.suffix == ".json" and (rows := _whole(path)) is not None:
            yield from numbered(str(path), rows)
        elif path.suffix in SUFFIXES:
            with path.open(encoding="utf-8-sig") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield f"{path}, line {number}", _parsed(line)
        else:
            raise StageError(
                f"{stage}: {path}: is no {', '.join(SUFFIXES)} file; convert it (tables: graft data import)"
            )
    except UnicodeDecodeError as error:
        raise StageError(f"{stage}: {path}: is not UTF-8 ({error}); convert it") from None


def _whole(path: Path) -> list[Any] | None:
    """The list that a JSON file holds, or None for one that holds a row a line, as many do."""
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return None
    return value if isinstance(value, list) else None


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def _from_parquet(path: Path, stage: str) -> Iterator[dict[str, Any]]:
    from pyarrow import ArrowInvalid  # type: ignore[import-untyped]
    from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]

    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except ArrowInvalid as error:
        raise StageError(f"{stage}: {path}: is not Parquet ({error}); replace it") from None


def numbered(name: str, rows: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for number, row in enumerate(rows, 1):
        yield f"{name}, row {number}", row
