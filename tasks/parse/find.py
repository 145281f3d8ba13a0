"""The files of a folder: which ones count, what they are called, and what they hold."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINK = "link"  # instead of a digest: a link out of the folder, to a folder or to nothing is not followed


@dataclass(frozen=True)
class Found:
    """A file of the folder. Names are for people and rows; files are opened by path."""

    path: Path
    name: str  # relative to the folder, with forward slashes
    sha256: str


def find(folder: Path) -> list[Found]:
    """All files in the folder and in the folders in it, by name; hidden files and editors' lock files are left out."""
    root = folder.resolve()
    return sorted((_describe(path, root) for path in _walk(root)), key=lambda found: found.name)


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):  # does not follow links to folders
        folders[:] = [name for name in folders if not name.startswith(".")]
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        for name in (*names, *linked):
            path = Path(parent, name)
            if not name.startswith((".", "~$")) and (path.is_file() or path.is_symlink()):
                yield path


def _describe(path: Path, root: Path) -> Found:
    name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "replace")
    if not path.is_file() or not path.resolve().is_relative_to(root):
        return Found(path, name, LINK)
    with path.open("rb") as file:
        return Found(path, name, hashlib.file_digest(file, "sha256").hexdigest())
