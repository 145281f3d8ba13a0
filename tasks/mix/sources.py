"""The rows of a general dataset, wherever it lies; only one with a revision is fetched, and no code of it is run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from artifacts.stage import StageError
from tasks.mix.config import Source

SUFFIXES = (".jsonl", ".json", ".parquet")


def read(source: Source) -> Iterator[tuple[str, Any]]:
    """Each row with the place it stands at; what is no JSON comes as the text that it is."""
    if source.revision:
        yield from _numbered(source.path, _from_hub(source))
        return
    path = Path(source.path)
    if path.is_dir() and ((path / "dataset_dict.json").is_file() or (path / "state.json").is_file()):
        yield from _numbered(source.path, _from_disk(source))
        return
    files = [path] if path.is_file() else [each for each in sorted(path.rglob("*")) if each.suffix in SUFFIXES]
    if not files:
        raise StageError(f"mix: {path}: the folder holds no {', '.join(SUFFIXES)} file; correct the path")
    for file in files:
        yield from _from_file(file)


def _numbered(name: str, rows: Any) -> Iterator[tuple[str, Any]]:
    for number, row in enumerate(rows, 1):
        yield f"{name}, row {number}", row


def _from_file(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        if path.suffix == ".parquet":
            yield from _numbered(str(path), _from_parquet(path))
        elif path.suffix == ".json" and (rows := _whole(path)) is not None:
            yield from _numbered(str(path), rows)
        elif path.suffix in SUFFIXES:
            with path.open(encoding="utf-8-sig") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield f"{path}, line {number}", _parsed(line)
        else:
            raise StageError(f"mix: {path}: is no {', '.join(SUFFIXES)} file; convert it")
    except UnicodeDecodeError as error:
        raise StageError(f"mix: {path}: is not UTF-8 ({error}); convert it") from None


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


def _from_parquet(path: Path) -> Iterator[dict[str, Any]]:
    from pyarrow import ArrowInvalid  # type: ignore[import-untyped]
    from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]

    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except ArrowInvalid as error:
        raise StageError(f"mix: {path}: is not Parquet ({error}); replace it") from None


def _from_disk(source: Source) -> Any:
    from datasets import DatasetDict, load_from_disk

    loaded = load_from_disk(source.path)
    if not isinstance(loaded, DatasetDict):
        return loaded
    if source.split not in loaded:
        raise StageError(
            f"mix: {source.path}: has no split {source.split!r}; set `split` to one of {', '.join(loaded)}"
        )
    return loaded[source.split]


def _from_hub(source: Source) -> Any:
    from datasets import load_dataset

    try:
        return load_dataset(source.path, source.subset or None, revision=source.revision, split=source.split)
    except Exception as error:
        raise StageError(
            f"mix: {source.path}@{source.revision}: can't be had from the hub ({type(error).__name__}: {error}); "
            "correct path, revision, subset and split, or download it and name the folder"
        ) from error
