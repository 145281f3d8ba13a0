"""The dials of mix."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator, model_validator

from artifacts.records import Reasoning, digest
from artifacts.stage import Dials, SettingError, StageConfig
from artifacts.store import source_sha256

DOMAIN = "domain"


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


class MixConfig(StageConfig):
    stage: ClassVar[str] = "mix"
    version: ClassVar[int] = 4
    reads: ClassVar[tuple[str, ...]] = ("clean", "generate")

    domain_share: float = Field(0.3, gt=0, le=1)
    """Share of the training rows that come from the documents. Below 0.2 facts are learned slowly, above 0.4 the model
    forgets what it could do; 1.0 trains on the documents alone."""
    general: tuple[Source, ...] = ()
    """Where the other rows come from."""
    match_languages: bool = True
    """Draw general rows in the proportion of the domain rows' languages, where the sources have them."""
    repeat_general: bool = False
    """Use general rows again where there are too few for `domain_share`; else the share grows, and a note says so."""
    retention: Source | None = None
    """General rows that are never trained on, to measure forgetting; where empty, some of `general` are set aside."""
    retention_rows: int = Field(200, ge=0)
    """How many rows measure retention; at most a tenth of `general` where they are set aside from it."""
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
        if DOMAIN in titles:
            raise ValueError(
                f"no source may be called {DOMAIN!r}: that is what the documents' rows are called; set `name`"
            )
        if twice := sorted({title for title in titles if titles.count(title) > 1}):
            raise ValueError(f"two sources are called {twice[0]!r}; set `name` of one")
        return sources

    @model_validator(mode="after")
    def _retention_is_not_trained(self) -> MixConfig:
        if self.retention and any(self.retention.path == source.path for source in self.general):
            raise ValueError(f"{self.retention.path} is trained on; `retention` needs rows that are not in `general`")
        return self

    def outside(self) -> dict[str, str]:
        sources = [*self.general, *([self.retention] if self.retention else [])]
        return {source.path: source.identity() for source in sources}
