"""Which documents are read, and how large their sections are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, model_validator

from artifacts.stage import SettingError, StageConfig, unkeyed
from tasks.parse.find import find


class ParseConfig(StageConfig):
    stage: ClassVar[str] = "parse"
    version: ClassVar[int] = 2

    source: Path = unkeyed(Path("examples/handbook"))  # the files' names and digests are in the key, wherever they lie
    """The folder of documents; folders in it are read too."""
    min_characters: int = Field(default=200, ge=0)
    """A shorter rest is joined to the section before it under the same heading."""
    max_characters: int = Field(default=2400, ge=100)
    """Sections are cut at this length, between paragraphs or sentences; a table is never cut."""
    max_megabytes: int = Field(default=200, ge=1)
    """A larger file is left out."""
    seconds: int = Field(default=120, ge=1)
    """A document that takes longer is left out."""
    workers: int | None = unkeyed(None, ge=1)
    """Documents read at a time; null: one for each processor."""

    @model_validator(mode="after")
    def _sizes_fit(self) -> ParseConfig:
        if self.min_characters > self.max_characters:
            raise ValueError("min_characters must not be larger than max_characters")
        return self

    def cutting(self) -> dict[str, Any]:
        """The dials that decide what a document's sections are, whatever else the folder holds."""
        return {"min_characters": self.min_characters, "max_characters": self.max_characters}

    def outside(self) -> dict[str, str]:
        """The documents' digests by name; a folder without any is a mistake to tell of at once."""
        if not self.source.is_dir():
            raise SettingError(
                f"parse.source: {self.source} is not a folder; name the folder that holds your documents"
            )
        if not (files := find(self.source)):
            raise SettingError(
                f"parse.source: {self.source} holds no files; put documents into it, or name another folder"
            )
        return {file.name: file.sha256 for file in files}
