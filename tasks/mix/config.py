"""The dials of mix."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from artifacts.records import DOCUMENTS, DOMAIN, Reasoning, digest
from artifacts.stage import Dials, SettingError, StageConfig, unkeyed
from artifacts.store import source_sha256
from tasks.models.config import EMBEDDED, ModelConfig, reward_identity, tuned_identity
from tasks.models.tokens import tokenizer_identity

BAND = (0.2, 0.4)  # of the domain share, by the rule of those who do this often


class Source(Dials):
    """A general dataset; its rows' format (alpaca, sharegpt, messages, ...) is found by their columns."""

    path: str
    """A JSONL, JSON or Parquet file, a folder of them, a folder of `save_to_disk`, or, with `revision`, a hub id."""
    revision: str = ""
    """Commit, tag or branch of a dataset on the hub; name a commit for runs that can be repeated."""
    subset: str = ""
    """The configuration of a hub dataset that has several."""
    split: str = "train"
    """The split of a dataset that has splits."""
    name: str = ""
    """What rows, counts and reports call it; the path's last part where empty."""
    weight: float = Field(1.0, gt=0)
    """How many rows it gives beside the others: one of weight 2 gives twice as many as one of weight 1."""

    @property
    def title(self) -> str:
        return self.name or (Path(self.path).name if self.revision else Path(self.path).stem)

    def identity(self) -> str:
        """What names its rows in a key: the digest of its files, or hub id and revision."""
        if self.revision:
            return f"{self.path}@{self.revision}"
        path = Path(self.path)
        if path.is_file():
            return source_sha256(path)
        if path.is_dir():
            files = (each for each in sorted(path.rglob("*")) if each.is_file() and not each.name.startswith("."))
            return digest([(each.relative_to(path).as_posix(), source_sha256(each)) for each in files])
        raise SettingError(
            f"mix: {self.path}: there is no such file or folder; correct the path, or name the `revision` of a dataset "
            "on the hub"
        )


class Chosen(Dials):
    """What every way to select has: how much of the general rows it keeps, and what is done with domain rows."""

    keep: float = Field(0.5, gt=0, le=1)
    """Share of the general rows that are kept, the best by the method's score."""
    flag_domain: bool = False
    """Score domain rows, too: those that would not be kept are flagged in `about/flags.jsonl`, never left out."""

    def models(self) -> dict[str, str]:
        """What names the weights that it asks, by the dial that sets them."""
        return {}


class Random(Chosen):
    """A share drawn by hash: the baseline that the others have to beat."""

    method: Literal["random"]


class IFD(Chosen):
    """Instruction-following difficulty: the loss of an answer given its question, over its loss alone. High and below 1
    is kept: hard, and the question helps. https://arxiv.org/abs/2308.12032"""

    method: Literal["ifd"]
    model: ModelConfig = ModelConfig()
    max_length: int = Field(1024, ge=8)
    """Tokens; what stands behind them is not weighed."""
    batch_size: int = unkeyed(8, ge=1)

    def models(self) -> dict[str, str]:
        return {"select.model": self.model.identity("mix.select.model")}


class Superfilter(IFD):
    """IFD of perplexities, and not of losses, by a small model, which ranks rows much as a large one does.
    https://arxiv.org/abs/2402.00530"""

    method: Literal["superfilter"]  # type: ignore[assignment]


class MoDS(Chosen):
    """Quality by a reward model, coverage by k-center greedy, then what the first tuned model does badly.
    https://arxiv.org/abs/2311.15653"""

    method: Literal["mods"]
    reward: str
    """Folder of a reward model (a sequence classifier with one label)."""
    min_quality: float = 0.0
    """The lowest reward of a row that may be chosen."""
    model: ModelConfig = ModelConfig()
    """Whose mean hidden states tell how alike rows are."""
    tuned: str = ""
    """Folder of an adapter or a model that was tuned on a first selection: rows that it answers below `min_quality` are
    chosen besides, as many again at most. Without it the first selection is all."""
    max_length: int = Field(1024, ge=8)
    """Tokens; what stands behind them is not read."""
    batch_size: int = unkeyed(8, ge=1)

    def models(self) -> dict[str, str]:
        return {
            "select.reward": reward_identity(self.reward, "mix.select.reward"),
            "select.model": self.model.identity("mix.select.model"),
        } | ({"select.tuned": tuned_identity(self.tuned, "mix.select.tuned")} if self.tuned else {})


class RDS(Chosen):
    """Representation-based selection: the rows most alike to the domain's, in turn for each domain row, by a model's
    hidden states, weighted to the last token. https://arxiv.org/abs/2503.01807"""

    method: Literal["rds"]
    model: ModelConfig = ModelConfig()
    max_length: int = Field(1024, ge=8)
    """Tokens; what stands behind them is not read."""
    batch_size: int = unkeyed(8, ge=1)

    def models(self) -> dict[str, str]:
        return {"select.model": self.model.identity("mix.select.model")}


Select = Annotated[Random | IFD | Superfilter | MoDS | RDS, Field(discriminator="method")]


class Replay(Dials):
    """Answers of the base model itself in place of those that the general rows have: what it says already is what it
    must not forget, in its own words."""

    model: ModelConfig = ModelConfig()
    """The model that is going to be trained; where empty, sft.model."""
    max_new_tokens: int = Field(256, ge=1)
    """An answer that has not ended by then is left out."""
    batch_size: int = Field(16, ge=1)  # in half precision a reply may hang on how far its prompt is padded


class MixConfig(StageConfig):
    stage: ClassVar[str] = "mix"
    version: ClassVar[int] = 6
    reads: ClassVar[tuple[str, ...]] = ("parse", "clean", "generate")

    domain_share: float = Field(0.3, gt=0, le=1)
    """Share of the training rows (with `tokens`, of the tokens) that come from the documents. Below 0.2 facts are
    learned slowly, above 0.4 the model forgets what it could do; 1.0 trains on the documents alone."""
    exposures: int | None = Field(None, ge=1)
    """How often an epoch shows each fact: its wordings are repeated in turn, or drawn from, up to that number. Where
    empty, each wording once. With `rows` or `tokens` the general rows fill what is left, and `domain_share` is not
    used."""
    rows: int | None = Field(None, ge=10)
    """Train on this many rows: domain rows are repeated or drawn, evenly over the facts, to fill `domain_share` of
    them."""
    tokens: int | None = Field(None, ge=100)
    """The same in tokens, which `tokenizer` counts."""
    tokenizer: str = ""
    """Whose tokens are counted: a model's folder, a hub id, or `embedded`; where empty, those of sft.model."""
    documents: float = Field(0.0, ge=0, le=4)
    """Rows that hold the documents' own text, for each row of questions and answers: 1.0 gives one for one."""
    curriculum: Literal["none", "qa_first"] = "none"
    """`qa_first`: first the questions alone, then documents together with questions, which shows what to take from a
    text before it is read: https://arxiv.org/abs/2402.12847. sft then keeps the order of the rows."""
    general: tuple[Source, ...] = ()
    """Where the other rows come from."""
    temperature: float | None = Field(None, gt=0)
    """How far a source's size counts beside its weight: a source gives weight x size^(1/temperature). 1 takes sources
    as large as they are, higher values level them, as multilingual models do (https://arxiv.org/abs/1910.10683,
    section 3.5.2); where empty, size does not count."""
    select: Select | None = None
    """Which general rows are good enough to be drawn from; where empty, all."""
    replay: Replay | None = None
    """Have the base model answer the general rows' prompts, and train on that; `self` for `{}`."""
    match_languages: bool = True
    """Draw general rows in the proportion of the domain rows' languages, where the sources have them."""
    repeat_general: bool = False
    """Use general rows again where there are too few for `domain_share`, those of each source and language as often as
    their weights ask; else the share grows, and a note says so."""
    retention: Source | None = None
    """General rows that are never trained on, to measure forgetting; where empty, some of `general` are set aside."""
    retention_rows: int = Field(200, ge=0)
    """How many rows measure retention; at most a tenth of each source and language where `general` gives them."""
    validation_share: float = Field(0.1, ge=0, le=0.5)
    """Share of the rows held out for validation: whole documents of the domain, whose facts the model then can't learn,
    questions of your own, and rows of the general data. 0 trains on every fact."""
    reasoning: Reasoning = "answer"
    """Where the steps of the documents' rows go that have some. `answer`: before the answer, which any model can learn;
    `think`: between `<think>` tags, for a model whose chat template knows them; `omit`: they are not trained."""
    seed: int = 0

    @field_validator("general")
    @classmethod
    def _names_differ(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        titles = [source.title for source in sources]
        if taken := sorted({DOMAIN, DOCUMENTS} & set(titles)):
            raise ValueError(
                f"no source may be called {taken[0]!r}: that is what the documents' rows are called; set `name`"
            )
        if twice := sorted({title for title in titles if titles.count(title) > 1}):
            raise ValueError(f"two sources are called {twice[0]!r}; set `name` of one")
        return sources

    @field_validator("replay", mode="before")
    @classmethod
    def _self_is_the_base_model(cls, replay: Any) -> Any:
        if isinstance(replay, str) and replay != "self":
            raise ValueError("must be `self`, or keys with values, such as {model: {path: my-model}}")
        return {} if replay == "self" else replay

    @model_validator(mode="after")
    def _amounts_agree(self) -> MixConfig:
        if self.rows is not None and self.tokens is not None:
            raise ValueError("rows and tokens both say how much is trained on; set one of them")
        if self.curriculum == "qa_first" and not self.documents:
            raise ValueError("curriculum: qa_first has documents in its second part; set documents, such as 1.0")
        return self

    @model_validator(mode="after")
    def _retention_is_not_trained(self) -> MixConfig:
        if self.retention and any(self.retention.path == source.path for source in self.general):
            raise ValueError(f"{self.retention.path} is trained on; `retention` needs rows that are not in `general`")
        return self

    @property
    def total(self) -> int | None:
        """Rows or tokens of an epoch, where one of them is set."""
        return self.rows if self.tokens is None else self.tokens

    @property
    def share_follows(self) -> bool:
        """Whether other dials decide the domain share."""
        return self.exposures is not None and self.total is not None

    def outside(self) -> dict[str, str]:
        sources = [*self.general, *([self.retention] if self.retention else [])]
        found = {source.path: source.identity() for source in sources}
        if self.tokens is not None:
            found["tokenizer"] = tokenizer_identity(self.tokenizer or EMBEDDED)
        if self.replay is not None:
            found["replay model"] = self.replay.model.identity()
        return found | (self.select.models() if self.select else {})
