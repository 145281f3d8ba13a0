"""The rows of a general dataset, wherever it lies; only one with a revision is fetched, and no code of it is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from artifacts.stage import SettingError, StageError
from tasks.mix.config import Source
from tasks.mix.formats import BadRowError, conversation
from tasks.models.files import SUFFIXES, numbered, rows_of

CARDS = {"dataset_info.json", "dataset_infos.json"}  # tell of a dataset, and hold no row
ABOUT = {"", ".md", ".py"}  # suffixes of what may lie beside a dataset and holds no row
NAMED = 5  # files that a note names
SPLIT = re.compile(r"(?:^|[-_.])(train|test|validation|valid|val|dev|eval)(?:[-_.]|$)", re.IGNORECASE)


def read(source: Source) -> Iterator[tuple[str, Any]]:
    """Each row with the place it stands at; what is no JSON comes as the text that it is."""
    if source.revision:
        yield from numbered(source.path, _from_hub(source))
        return
    path = Path(source.path)
    if _is_saved(path):
        yield from numbered(source.path, _from_disk(source))
        return
    files = [path] if path.is_file() else _files(path, source.split)
    if not files:
        raise StageError(f"mix: {path}: the folder holds no {', '.join(SUFFIXES)} file; correct the path")
    for file in files:
        yield from rows_of(file, "mix")


def look_into(source: Source) -> None:
    """Raise what mix would where no row can be used; it reads up to the first that can, and nothing from a hub."""
    if source.revision:
        return
    why = ""
    for place, raw in read(source):
        try:
            conversation(raw, source.title)
        except BadRowError as bad:
            why = why or f"{place}: {bad}"
        else:
            return
    raise unusable(source, why)


def unread(source: Source) -> str:
    """A note of a folder's files that are not read, for their form or their split; empty where all are."""
    path = Path(source.path)
    if source.revision or not path.is_dir() or _is_saved(path):
        return ""
    left = sorted(set(_visible(path)) - set(_files(path, source.split)))
    names = [str(file.relative_to(path)) for file in left if file.suffix not in ABOUT]
    if not names:
        return ""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return (
        f"{source.path}: not read are {', '.join(names[:NAMED])}{more}; read are {', '.join(SUFFIXES)} files, and of "
        f"those named by splits {source.split!r} alone"
    )


def unusable(source: Source, why: str) -> SettingError:
    """`why` is what is wrong with its first row; empty where it has none."""
    return SettingError(
        f"mix: {source.path}: no row can be used ({why or 'it is empty'}); correct the file or leave the source out"
    )


def _files(folder: Path, split: str) -> list[Path]:
    """A folder's files in the order of their names; where names tell of splits, as at a hub, those of one alone."""
    files = [file for file in _visible(folder) if file.suffix in SUFFIXES]
    splits = {file: found[1].lower() for file in files if (found := SPLIT.search(file.stem))}
    if not set(splits.values()) - {split}:
        return files
    if split not in splits.values():
        known = ", ".join(sorted(set(splits.values())))
        raise StageError(f"mix: {folder}: has no file of the split {split!r}; set `split` to one of {known}")
    return [file for file in files if splits.get(file) == split]


def _visible(folder: Path) -> list[Path]:
    """All files but cards, and what is hidden."""
    inner = [(file, file.relative_to(folder).parts) for file in sorted(folder.rglob("*")) if file.is_file()]
    return [file for file, parts in inner if file.name not in CARDS and not any(p.startswith(".") for p in parts)]


def _is_saved(path: Path) -> bool:
    """Whether a folder is one of `save_to_disk`."""
    return (path / "dataset_dict.json").is_file() or (path / "state.json").is_file()


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
