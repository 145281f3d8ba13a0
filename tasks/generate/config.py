"""Who asks and answers, how, how much, what it may cost, and what is held out."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, field_validator, model_validator

from artifacts.stage import Dials, SettingError, StageConfig, unkeyed
from artifacts.store import file_sha256
from tasks.models.config import Budget, OpenAIEndpoint, Price, folder_sha256

PROMPTS = Path(__file__).parent / "prompts"
WORDINGS = Path(__file__).parent / "offline" / "wordings.yaml"  # how the offline teacher asks
PROMPT_NAMES = tuple(path.name for path in sorted(PROMPTS.glob("*.md")))

Strategy = Literal["facts", "direct", "study", "multihop", "multiturn", "reasoning"]
SourceKind = Literal["document", "book", "code", "log"]
StudyPrompt = Literal[
    "key_concepts", "mind_map", "implications", "critical_thinking", "case_study", "discussion", "teacher"
]
Evolution = Literal["self_instruct", "evol_instruct"]


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


class Probes(Dials):
    """Questions that are held out from training, to measure with what was learned."""

    paraphrases: int = Field(default=5, ge=0, le=10)
    """Questions for each fact that another prompt writes than the training questions; a fact counts as learned when
    most of them are answered rightly. 0 asks nothing about facts."""
    reversed: bool = True
    """Ask for the subject, given the rest of the claim."""
    choice: bool = True
    """Offer the right answer among others of its type."""
    false_premise: bool = True
    """Ask a question that takes something wrong for granted."""
    control_share: float = Field(default=0.02, ge=0, le=0.5)
    """Share of the facts that are probed and not trained: what the model knows of these, it guesses. A corpus that is
    too short for five of them has none."""
    max_controls: int = Field(default=20, ge=0)
    """Most facts that are held back for that: the share is halved until no more are to be expected."""
    unanswerable: int = Field(default=20, ge=0)
    """Questions about invented things, in the languages of the documents."""


class Retrieval(Dials):
    """How the sections are found that a question is answered from, and which rows show them."""

    by: Literal["bm25", "endpoint", "folder"] = "bm25"
    """`bm25`: by words; `endpoint`: by embeddings of `base_url`; `folder`: by a sentence-transformers model."""
    k: int = Field(default=4, ge=1, le=20)
    """Sections that a question is answered from."""
    embedder: str = ""
    """Name of the endpoint's embedding model, or the folder of the sentence-transformers model."""
    base_url: str = unkeyed("")
    """Of the endpoint that makes embeddings; the teacher's where it is empty."""
    api_key_env: str | None = unkeyed(None)
    """Name of the variable that holds that endpoint's key."""
    raft_share: float = Field(default=0.0, ge=0, le=1)
    """Share of the questions that also become a row with the section and distractors in the prompt (RAFT)."""
    abstention_share: float = Field(default=0.1, ge=0, le=1)
    """Share of those rows whose prompt lacks the section with the answer, and whose answer says so."""

    @model_validator(mode="after")
    def _names_its_embedder(self) -> Retrieval:
        if self.by != "bm25" and not self.embedder:
            what = "the folder of a sentence-transformers model" if self.by == "folder" else "the embedding model"
            raise ValueError(f"name {what} as embedder, or use `by: bm25`")
        return self


class GenerateConfig(StageConfig):
    stage: ClassVar[str] = "generate"
    version: ClassVar[int] = 6
    reads: ClassVar[tuple[str, ...]] = ("parse",)

    teacher: Annotated[OfflineTeacher | OpenAITeacher, Field(discriminator="kind")] = Field(
        default_factory=OfflineTeacher
    )
    """What makes the rows."""
    judge: OpenAITeacher | None = None
    """A second model that checks each answer against its section, claim by claim."""
    strategies: tuple[Strategy, ...] = ("facts",)
    """Ways to make rows of a document's section. `facts`: each fact of it in several questions; `direct`: questions
    and answers in one call; `study`: a fixed set of study prompts; `multihop`: over two sections that share an entity;
    `multiturn`: a conversation; `reasoning`: answers with their steps. Only `facts` and `direct` ask for single facts,
    so without them nothing can be probed."""
    study: tuple[StudyPrompt, ...] = get_args(StudyPrompt)
    """What the strategy `study` asks of each section, a call each: the set of SPA (arXiv 2603.22213)."""
    max_hops: int = Field(default=1000, ge=1)
    """Most pairs of sections that the strategy `multihop` asks about, a call each."""
    sources: dict[str, SourceKind] = Field(default_factory=dict)
    """What kind of text the files of a pattern hold, such as `"logs/**": log`; what no pattern names is found out."""
    evolve: tuple[Evolution, ...] = ()
    """Make harder or further questions out of the rows."""
    heading_questions: bool = True
    """Ask also for what stands under each heading of a document as a whole."""
    wordings: int = Field(default=4, ge=1, le=10)
    """Training questions for each fact."""
    reversed: bool = True
    """Also ask for the subject of a fact, given the rest: a model that learned A is B does not know B is A."""
    answers: Literal["detailed", "short"] = "detailed"
    """How long answers are. Short ones make the tuned model terse."""
    max_facts: int = Field(default=30, ge=1, le=100)
    """Most facts that are asked for at a time: of a section, or of a part of one whose tables hold more."""
    max_questions: int = Field(default=30, ge=1, le=30)
    """Most questions about one section that the strategy `direct` asks."""
    answering: Literal["section", "rag"] = "section"
    """`rag`: questions are answered from the best sections of all documents, and not from their own alone."""
    retrieval: Retrieval = Field(default_factory=Retrieval)
    own: tuple[Path, ...] = unkeyed(())  # the files' digests are in the key, wherever they lie
    """Files of questions and answers of your own, as `graft data import` writes them."""
    prompts: Path | None = unkeyed(None)  # the files' digests are in the key, wherever they lie
    """A folder with prompts of your own; a file that is not in it is taken from those that are bundled."""
    probes: Probes = Field(default_factory=Probes)
    prices: dict[str, Price] = unkeyed({})
    """What a million tokens cost, by the model's name."""
    currency: str = unkeyed("USD")
    budget: Budget = unkeyed(Budget())
    """The most that making the rows may cost; where it is used up the stage stops, and goes on when it is raised."""
    seed: int = 0

    @field_validator("strategies")
    @classmethod
    def _are_some(cls, strategies: tuple[Strategy, ...]) -> tuple[Strategy, ...]:
        if not strategies:
            raise ValueError("name at least one, such as [facts]")
        return tuple(dict.fromkeys(strategies))

    @property
    def retrieves(self) -> bool:
        """Whether rows are made of more sections than their own."""
        return self.answering == "rag" or self.retrieval.raft_share > 0

    def endpoints(self) -> list[OpenAIEndpoint]:
        """Those that may be asked: the teacher's and the judge's."""
        if isinstance(self.teacher, OfflineTeacher):
            return []
        return [self.teacher, *([self.judge] if self.judge else [])]

    def prompt_files(self) -> dict[str, Path]:
        """Each prompt's file: yours where there is one, else the bundled one."""
        if self.prompts is not None and not self.prompts.is_dir():
            raise SettingError(f"generate.prompts: {self.prompts} is not a folder; make it, or leave the key out")
        if self.prompts is None:
            return {name: PROMPTS / name for name in PROMPT_NAMES}
        own = {path.name: path for path in sorted(self.prompts.glob("*.md")) if path.name != "README.md"}
        for name, path in own.items():
            _check_prompt(name, path)
        return {name: own.get(name, PROMPTS / name) for name in PROMPT_NAMES}

    def outside(self) -> dict[str, str]:
        own = {f"own {number} {path.name}": file_sha256(_there(path)) for number, path in enumerate(self.own, 1)}
        if isinstance(self.teacher, OfflineTeacher):
            return {"wordings": file_sha256(WORDINGS), **own}
        found = {f"prompt {name}": file_sha256(path) for name, path in self.prompt_files().items()} | own
        if self.retrieves and self.retrieval.by == "folder" and Path(self.retrieval.embedder).is_dir():
            found["embedder"] = folder_sha256(Path(self.retrieval.embedder))
        return found


def _check_prompt(name: str, path: Path) -> None:
    """A prompt of one's own must have the name of a bundled one, and show the form of the reply where that does."""
    if name not in PROMPT_NAMES:
        near = get_close_matches(name, PROMPT_NAMES, n=3)
        nearest = f" (nearest: {', '.join(near)})" if near else ""
        raise SettingError(f"generate.prompts: {path} is no prompt's name; correct or remove it{nearest}")
    form = '"items"'
    if form in (PROMPTS / name).read_text(encoding="utf-8") and form not in path.read_text(encoding="utf-8"):
        raise SettingError(f"generate.prompts: {path} does not show the form of a reply; end it as the bundled one")


def _there(path: Path) -> Path:
    if not path.is_file():
        raise SettingError(f"generate.own: {path}: no such file; make it by `graft data import`, or correct it")
    return path
