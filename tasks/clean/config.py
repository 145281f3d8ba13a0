"""The dials of clean."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import yaml
from pydantic import Field, field_validator, model_serializer, model_validator

from artifacts.stage import Dials, SettingError, StageConfig, unkeyed
from artifacts.store import source_sha256
from tasks.clean.operators import assets, guards
from tasks.clean.operators.catalogue import DEDUPLICATORS, mistake, statistics
from tasks.models.config import EMBEDDED, Budget, ModelConfig, OpenAIEndpoint, Price, folder_sha256, reward_identity

FieldName = Literal["question", "answer", "both"]
Preset = Literal["clean-mixed", "clean-en", "clean-zh"]
Handling = Literal["keep", "mask", "reject"]
PRESETS = Path(__file__).parent / "presets"
AXES = Path(__file__).parent / "quality/prompts/axes.yaml"


class Operator(Dials):
    """One data-juicer operator, written as in its recipes: `text_length_filter: {field: answer, min_len: 1}`."""

    name: str
    field: FieldName = "both"
    """What it works on. On `both`, a filter sees the question and the answer as one text, a mapper each in turn."""
    guard: bool = True
    """Keep it from harming good rows, in Chinese above all, as guards.py says; `false` runs it as published."""
    tokenizer: str = EMBEDDED
    """Of an operator that counts a model's tokens: `embedded` for the bundled toy's, or the folder of a tokenizer."""
    parameters: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_recipe(cls, written: Any) -> Any:
        """Read the one-key mapping of a data-juicer recipe, or a bare name."""
        if isinstance(written, str):
            written = {written: None}
        if not isinstance(written, dict) or len(written) != 1:
            raise ValueError(
                "write an operator as one name with its parameters, such as `- text_length_filter: {min_len: 1}`"
            )
        ((name, values),) = written.items()
        if values is not None and not isinstance(values, dict):
            raise ValueError(f"{name}: its parameters must be a mapping, such as `{{min_len: 1}}`")
        parameters = dict(values or {})
        own = {each: parameters.pop(each) for each in _own(str(name)) if each in parameters}
        if wrong := mistake(str(name), parameters, _own(str(name))):
            raise ValueError(wrong)
        return {"name": name, "parameters": parameters, **own}

    @model_serializer
    def _as_recipe(self) -> dict[str, dict[str, Any]]:
        return {self.name: {**{each: getattr(self, each) for each in _own(self.name)}, **self.parameters}}


def _own(name: str) -> tuple[str, ...]:
    """The parameters that this project adds to an operator's own."""
    guard, tokenizer = name in guards.GUARDED, name in assets.TOKENIZED
    return ("field", *(["guard"] if guard else []), *(["tokenizer"] if tokenizer else []))


class Outliers(Dials):
    """Cuts that follow from the data: each statistic's distribution, of each language apart, says what is far out."""

    method: Literal["sigma", "mad", "quantile"] = "mad"
    """`sigma`: mean +- k standard deviations; `mad`: median +- k median absolute deviations (times 1.4826, which makes
    them standard deviations of a normal distribution), for skewed lengths; `quantile`: `lowest` to `highest`."""
    k: float = Field(3.5, gt=0)
    lowest: float = Field(0.005, ge=0, lt=0.5)
    highest: float = Field(0.995, gt=0.5, le=1)
    statistics: tuple[str, ...] = ()
    """Which of what the filters measure, such as `text_len`; where empty, all numbers."""
    min_rows: int = Field(200, ge=10)
    """A language with fewer rows is not cut: too few to know what is far out."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, written: Any) -> Any:
        """`outliers: mad` is short for `outliers: {method: mad}`."""
        return {"method": written} if isinstance(written, str) else written


class Duplicates(Dials):
    """When two rows say the same. A deduplicator of the operators only finds the pairs to compare."""

    min_similarity: float = Field(0.85, ge=0, le=1)
    """How alike (Jaccard index of character trigrams) both the questions and the answers of two rows must be,
    where they differ in more than one typing error."""
    max_wordings: int = Field(24, ge=1)
    """Rows of one fact and kind that stay: ways to ask for it are wanted, up to here."""


class EvaluationSet(Dials):
    """Questions that the model will be measured by somewhere, and that it therefore must not train on."""

    path: str
    """A JSONL, JSON or Parquet file, or a folder of them; all text in `question`, `prompt`, `query`, `instruction` and
    `input`, `problem`, `text`, `问题`, `题目`, or in the user's turns, counts. Options to choose from count only where
    several questions have the same words."""
    name: str = ""
    """What rejects call it; the file's name where empty."""

    @property
    def title(self) -> str:
        return self.name or Path(self.path).stem

    def identity(self) -> str:
        """What names its questions in a key: the digest of its files."""
        path = Path(self.path)
        if path.is_file():
            return source_sha256(path)
        if path.is_dir():
            return folder_sha256(path)
        raise SettingError(f"clean.decontamination.sets: {path}: there is no such file or folder; correct the path")


class Decontamination(Dials):
    """What must not be in the rows, besides this run's own probes, which never may."""

    sets: tuple[EvaluationSet, ...] = ()
    ngram: int = Field(13, ge=4)
    """Words (Chinese characters each count as one) in a row that are enough to be a copy; shorter questions count when
    they stand in a row whole. 13 is GPT-3's choice: https://arxiv.org/abs/2005.14165 (appendix C)."""
    min_similarity: float = Field(0.8, gt=0, le=1)
    """How alike (Jaccard index of trigrams) a question of a row that simhash finds near one of a set must be; two
    Chinese ones, by pairs of characters, 7/8 of it."""


class Privacy(Dials):
    """What is done about personal data and secrets in questions and answers; each find is counted.

    `mask` puts `<email>`, `<phone>` ... in its place, `reject` leaves the row out, `keep` looks for none.
    """

    emails: Handling = "keep"
    phones: Handling = "keep"
    id_numbers: Handling = "mask"
    """Chinese resident identity numbers (18 digits with a right check digit)."""
    bank_cards: Handling = "mask"
    """13 to 19 digits with a right Luhn check digit, as cards have them."""
    secrets: Handling = "mask"
    """API keys, tokens, private keys, passwords in addresses and commands, and after their names."""


@cache
def explained(language: str) -> dict[str, str]:
    """The axes that the judge knows by their names alone, with what they mean."""
    meanings: dict[str, dict[str, str]] = yaml.safe_load(AXES.read_text(encoding="utf-8"))
    return meanings[language]


class Judge(Dials):
    """A model behind an endpoint scores each row from 1 to 5 on named axes."""

    endpoint: OpenAIEndpoint
    axes: tuple[str, ...] = Field(("correct", "complete", "clear"), min_length=1)
    """What is scored; an axis of your own brings its meaning along: `polite: addresses the reader as a customer`."""
    min_score: float = Field(3.0, ge=1, le=5)
    """The lowest mean of the axes that stays."""
    prices: dict[str, Price] = unkeyed({})
    """What a million tokens cost, by the model's name."""
    currency: str = unkeyed("USD")
    budget: Budget = unkeyed(Budget())
    """The most that judging may cost; where it is used up the stage stops, and goes on when it is raised."""

    @field_validator("axes", mode="before")
    @classmethod
    def _with_meaning(cls, axes: Any) -> Any:
        """YAML reads `- polite: addresses the reader` as a mapping."""
        if not isinstance(axes, list | tuple):
            return axes
        return [
            ": ".join(map(str, *each.items())) if isinstance(each, dict) and len(each) == 1 else each for each in axes
        ]

    @model_validator(mode="after")
    def _axes_are_known(self) -> Judge:
        """A name alone must be one that the prompts explain: a typing error would be scored as something."""
        names = [axis.replace("：", ":").partition(":")[0].strip() for axis in self.axes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"axes: {', '.join(twice)} stands there twice; name each axis once")
        if unknown := [name for name, meaning in self.meanings.items() if not meaning and name not in explained("en")]:
            raise ValueError(
                f"axes: {', '.join(unknown)}: write what it means, such as `- {unknown[0]}: ...`; "
                f"only {', '.join(explained('en'))} are explained to the judge already"
            )
        return self

    @property
    def meanings(self) -> dict[str, str]:
        """The axes by name, with what they mean where that is written."""
        parted = (axis.replace("：", ":").partition(":") for axis in self.axes)
        return {name.strip(): meaning.strip() for name, _, meaning in parted}


class Perplexity(Dials):
    """Rows by how likely a model finds question and answer: gibberish is far above what the model was trained on."""

    model: ModelConfig = ModelConfig()
    max_perplexity: float = Field(gt=1)
    max_length: int = Field(1024, ge=8)
    """Tokens; what stands behind them is not read."""
    batch_size: int = unkeyed(8, ge=1)


class Reward(Dials):
    """Rows by the score of a reward model (a sequence classifier with one label)."""

    path: str
    """Its folder."""
    min_reward: float
    max_length: int = Field(1024, ge=8)
    """Tokens; what stands behind them is not read."""
    batch_size: int = unkeyed(8, ge=1)


class CleanConfig(StageConfig):
    stage: ClassVar[str] = "clean"
    version: ClassVar[int] = 5
    reads: ClassVar[tuple[str, ...]] = ("generate",)

    preset: Preset = "clean-mixed"
    """Which operators run where `operators` names none: thresholds for both languages, for English or for Chinese."""
    operators: tuple[Operator, ...] = ()
    """data-juicer's operators by its own names and parameters, run in this order; deduplicators stand last."""
    outliers: Outliers | None = None
    """Cut each filter's statistic where the data itself says that a row is far out: `sigma`, `mad` or `quantile`."""
    duplicates: Duplicates = Duplicates()
    decontamination: Decontamination = Decontamination()
    privacy: Privacy = Privacy()
    judge: Judge | None = None
    perplexity: Perplexity | None = None
    reward: Reward | None = None
    engine: Literal["local", "ray"] = unkeyed("local")
    """`local`: processes of this machine; `ray`: data-juicer's Ray executor, for more rows than one machine holds."""
    workers: int = unkeyed(0, ge=0)
    """Processes; 0 for one a CPU core."""
    ray_address: str = unkeyed("auto")
    """The Ray cluster's address, as `ray.init` takes it; `local` starts one on this machine."""

    @model_validator(mode="before")
    @classmethod
    def _operators_of_preset(cls, written: Any) -> Any:
        if not isinstance(written, dict) or "operators" in written:
            return written
        preset = PRESETS / f"{written.get('preset', 'clean-mixed')}.yaml"
        if not preset.is_file():  # pydantic says which there are
            return written
        return {**written, "operators": yaml.safe_load(preset.read_text(encoding="utf-8"))}

    @field_validator("operators")
    @classmethod
    def _deduplicators_last(cls, operators: tuple[Operator, ...]) -> tuple[Operator, ...]:
        names = [operator.name in DEDUPLICATORS for operator in operators]
        if names != sorted(names):
            raise ValueError(f"{', '.join(DEDUPLICATORS)} must stand last: they compare what the others left")
        return operators

    @model_validator(mode="after")
    def _outliers_are_measured(self) -> CleanConfig:
        named = self.outliers.statistics if self.outliers else ()
        measured = {name for operator in self.operators for name in statistics(operator.name)}
        if missing := sorted(set(named) - measured):
            there = ", ".join(sorted(measured)) or "nothing, since there is no filter"
            raise ValueError(
                f"outliers: no filter of the operators measures {', '.join(missing)}; they measure {there}"
            )
        return self

    def endpoints(self) -> tuple[OpenAIEndpoint, ...]:
        """All that is asked: the judge, where there is one."""
        return (self.judge.endpoint,) if self.judge else ()

    def outside(self) -> dict[str, str]:
        found = {each.path: each.identity() for each in self.decontamination.sets}
        for each in self.operators:
            found |= assets.outside(each.name, each.parameters, each.tokenizer)
        if self.perplexity:
            found["perplexity model"] = self.perplexity.model.identity("clean.perplexity.model")
        if self.reward:
            found["reward model"] = reward_identity(self.reward.path, "clean.reward.path")
        return found
