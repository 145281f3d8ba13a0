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
    found = [describe(path, root) for path in _walk(root, unlisted.append)]
    found += [_unreadable(Path(error.filename), root, f"{error.strerror}") for error in unlisted]
    return sorted(found, key=lambda file: file.name)


def refusal(file: Found, max_megabytes: int) -> tuple[str, str] | None:
    """Why a file is not even opened: a reason and what to do about it; None where it may be."""
    if file.sha256 == LINK:
        return "link", "a link out of the folder, to a folder or to nothing; copy the documents into the folder"
    if file.sha256 == UNREADABLE:
        return "unreadable", f"{file.fault}; give the user that runs graft the right to read it, or take it away"
    if file.size > max_megabytes * 1_000_000:
        return "too_large", f"{file.size / 1e6:.0f} MB; split the document, or raise parse.max_megabytes"
    return None


def _walk(folder: Path, failed: Callable[[OSError], object]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=failed):  # does not follow links to folders
        folders[:] = [name for name in folders if not name.startswith(".")]
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in (*names, *linked) if not name.startswith((".", "~$")))


def describe(path: Path, root: Path) -> Found:
    """A file of a folder: its name in it, its digest and size, or why it can't be had."""
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
