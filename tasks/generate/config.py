"""Who asks and answers, how much, and what is held out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from artifacts.stage import Dials, SettingError, StageConfig, unkeyed
from artifacts.store import file_sha256
from tasks.models.config import OpenAIEndpoint

PROMPTS = Path(__file__).parent / "prompts"
WORDINGS = Path(__file__).parent / "wordings.yaml"  # how the offline teacher asks
PROMPT_LANGUAGES = ("en", "zh")
PROMPT_NAMES = tuple(
    f"{part}.{language}.md" for part in ("system", "user", "again", "paraphrase") for language in PROMPT_LANGUAGES
)


class OfflineTeacher(Dials):
    """Rules over the structure of the text (headings, tables, definitions, key: value lines); no language model."""

    kind: Literal["offline"] = "offline"
    wordings: int = Field(default=8, ge=2, le=20)
    """Questions for each fact, those held out not counted."""
    names: int = Field(default=4, ge=1)
    """Names of the asked thing that the questions of a fact go over ("tank capacity", "volume of the tank" ...)."""
    section_questions: int = Field(default=1, ge=0, le=3)
    """Questions for each section as a whole, whose answer is its text."""
    max_section_characters: int = Field(default=2000, ge=0)
    """A longer section is not asked for as a whole."""


class OpenAITeacher(OpenAIEndpoint):
    """A model behind an OpenAI-compatible endpoint; see `prompts/` for what it is asked."""

    kind: Literal["openai"] = "openai"
    wordings: int = Field(default=4, ge=1, le=10)
    """Questions for each fact, of which one is held out; with 1, none is."""


class Probes(Dials):
    """Questions that are held out from training, to measure recall with."""

    paraphrases: int = Field(default=2, ge=0, le=10)
    """Further questions for each fact, asked of the teacher by a second prompt (kind `frame`); 0 saves its requests."""
    unanswerable: int = Field(default=20, ge=0)
    """Questions about invented things, in the languages of the documents."""


class GenerateConfig(StageConfig):
    stage: ClassVar[str] = "generate"
    version: ClassVar[int] = 3
    reads: ClassVar[tuple[str, ...]] = ("parse",)

    teacher: Annotated[OfflineTeacher | OpenAITeacher, Field(discriminator="kind")] = Field(
        default_factory=OfflineTeacher
    )
    """What makes the rows."""
    max_questions: int = Field(default=30, ge=1, le=30)
    """Most questions that a model may ask about one section."""
    prompts: Path | None = unkeyed(None)  # the files' digests are in the key, wherever they lie
    """A folder with prompts of your own; a file that is not in it is taken from those that are bundled."""
    probes: Probes = Field(default_factory=Probes)
    seed: int = 0

    def prompt_files(self) -> dict[str, Path]:
        """Each prompt's file: yours where there is one, else the bundled one."""
        if self.prompts is not None and not self.prompts.is_dir():
            raise SettingError(f"generate.prompts: {self.prompts} is not a folder; make it, or leave the key out")
        folder = self.prompts or PROMPTS
        return {name: folder / name if (folder / name).is_file() else PROMPTS / name for name in PROMPT_NAMES}

    def outside(self) -> dict[str, str]:
        if isinstance(self.teacher, OfflineTeacher):
            return {"wordings": file_sha256(WORDINGS)}
        return {f"prompt {name}": file_sha256(path) for name, path in self.prompt_files().items()}
