"""Which documents are read, what of them, and how large their sections are."""

from __future__ import annotations

import hashlib
import os
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from artifacts.stage import SettingError, StageConfig, unkeyed
from tasks.models.config import EMBEDDED
from tasks.models.tokens import tokenizer_identity
from tasks.parse.find import find
from tasks.parse.ocr import scan
from tasks.parse.office import legacy

ENVIRONMENT_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
TRACE_BYTES = 2  # enough to see that a password was corrected, too few to find it by


class ParseConfig(StageConfig):
    stage: ClassVar[str] = "parse"
    version: ClassVar[int] = 5

    source: Path = unkeyed(Path("examples/handbook"))  # the files' names and digests are in the key, wherever they lie
    """The folder of documents; folders in it are read too."""
    tokenizer: str | None = unkeyed(None)  # what it holds is in the key
    """Whose tokens sizes are counted in: a model's folder, or a hub id, with `@` and a revision where it has one; null:
    the base model's (`sft.model`). Name one to keep the sections as they are when the base model changes."""
    min_tokens: int = Field(default=300, ge=0)
    """Shorter neighbours under one heading are joined, as far as they fit; 0 joins none. More than half of
    `max_tokens` counts as half."""
    max_tokens: int = Field(default=800, ge=20)
    """Sections are cut at this length, between paragraphs or sentences; a table is never cut."""
    comments: bool = False
    """Read the comments of Word and PowerPoint files."""
    speaker_notes: bool = True
    """Read the notes below slides."""
    hidden_slides: bool = False
    """Read slides that are not shown."""
    ocr: bool = True
    """Read scanned pages by Tesseract, where it is installed."""
    ocr_languages: str = Field(default="eng+chi_sim", pattern=r"^\w+(\+\w+)*$")
    """Tesseract's names of the languages that are looked for; those that are not installed are left out."""
    passwords: dict[str, str] = Field(default_factory=dict)
    """For documents that ask for one: a pattern of file names, such as `hr/*.pdf`, and the name of the environment
    variable that holds the password."""
    max_pages: int = Field(default=2000, ge=1)
    """A PDF or a deck with more is left out."""
    max_megabytes: int = Field(default=200, ge=1)
    """A larger file is left out."""
    seconds: int = Field(default=120, ge=1)
    """A document that takes longer is left out; it has 30 more for each scanned page."""
    workers: int | None = unkeyed(None, ge=1)
    """Documents read at a time; null: one for each processor."""

    @field_validator("passwords")
    @classmethod
    def _are_names(cls, passwords: dict[str, str]) -> dict[str, str]:
        if not all(ENVIRONMENT_NAME.fullmatch(name) for name in passwords.values()):
            raise ValueError(
                "give the name of an environment variable that holds the password, in capitals, not the password "
                "itself, which would be stored with every artifact: '*.pdf': PDF_PASSWORD"
            )
        return passwords

    def cutting(self) -> dict[str, Any]:
        """The dials that decide how a document's blocks become sections."""
        return {"min_tokens": min(self.min_tokens, self.max_tokens // 2), "max_tokens": self.max_tokens}

    def options(self, name: str) -> dict[str, Any]:
        """The values of `tasks.parse.blocks.Options` for a document."""
        dials = ("comments", "speaker_notes", "hidden_slides", "ocr", "ocr_languages", "max_pages")
        return {**{dial: getattr(self, dial) for dial in dials}, "password": self.password(name)}

    def password(self, name: str) -> str | None:
        """What the first pattern that fits a document's name leads to."""
        for pattern, variable in self.passwords.items():
            if fnmatch(name, pattern) or fnmatch(name.rpartition("/")[2], pattern):
                return os.environ.get(variable) or None
        return None

    def outside(self) -> dict[str, str]:
        """The documents' digests by name, and what else is not in the folder and yet decides what is read of it."""
        if not self.source.is_dir():
            raise SettingError(
                f"parse.source: {self.source} is not a folder; name the folder that holds your documents"
            )
        if not (files := find(self.source)):
            raise SettingError(
                f"parse.source: {self.source} holds no files; put documents into it, or name another folder"
            )
        return {file.name: file.sha256 for file in files} | self.surroundings()

    def check_passwords(self) -> None:
        """Raise for a variable that is not set; its name is not told, for a password may stand there by mistake."""
        for pattern, variable in self.passwords.items():
            if not os.environ.get(variable):
                raise SettingError(
                    f"parse.passwords: the environment variable that {pattern!r} names is not set; export it with the "
                    "password in it (the configuration holds the variable's name, never the password)"
                )

    def surroundings(self) -> dict[str, str]:
        """What this machine brings along: the tokenizer, programs, and that passwords are what they were."""
        self.check_passwords()
        found = {
            "the tokenizer": tokenizer_identity(self.tokenizer or EMBEDDED),
            "LibreOffice": "installed" if legacy.available() else "",
            "Tesseract": scan.available(self.ocr_languages) if self.ocr else "",
            **{f"the password for {pattern}": _trace(os.environ[name]) for pattern, name in self.passwords.items()},
        }
        return {name: value for name, value in found.items() if value}


def _trace(password: str) -> str:
    return hashlib.scrypt(password.encode(), salt=b"graft", n=1 << 14, r=8, p=1, dklen=TRACE_BYTES).hex()
