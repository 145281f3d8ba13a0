"""The files of a folder: which ones count, what they are called, and what they hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from artifacts.store import source_sha256

# Instead of a digest:
LINK = "link"  # a link out of the folder, to a folder or to nothing, which is not followed
UNREADABLE = "unreadable"  # what the system does not let us open


@dataclass(frozen=True)
class Found:
    """A file of the folder. Names are for people and rows; files are opened by path."""

    path: Path
    name: str  # relative to the folder, with forward slashes
    sha256: str
    size: int = 0
    fault: str = ""  # why it is unreadable


def find(folder: Path) -> list[Found]:
    """All files in the folder and in the folders in it, by name; hidden files and editors' lock files are left out."""
    root = folder.resolve()
    unlisted: list[OSError] = []
    found = [_describe(path, root) for path in _walk(root, unlisted.append)]
    found += [_unreadable(Path(error.filename), root, f"{error.strerror}") for error in unlisted]
    return sorted(found, key=lambda file: file.name)


def _walk(folder: Path, failed: Callable[[OSError], object]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=failed):  # does not follow links to folders
        folders[:] = [name for name in folders if not name.startswith(".")]
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in (*names, *linked) if not name.startswith((".", "~$")))


def _describe(path: Path, root: Path) -> Found:
    try:
        if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(root)):
            return Found(path, _name(path, root), LINK)
        if not path.is_file():
            return _unreadable(path, root, "neither a file nor a folder, or no longer there")
        return Found(path, _name(path, root), source_sha256(path), path.stat().st_size)
    except OSError as error:
        return _unreadable(path, root, f"{error.strerror}")


def _unreadable(path: Path, root: Path, fault: str) -> Found:
    return Found(path, _name(path, root), UNREADABLE, fault=fault)


def _name(path: Path, root: Path) -> str:
    """The path as text; bytes that are no UTF-8 are written out, so that two such names stay two."""
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
