"""The configuration: one YAML, a section a stage, read into models that refuse what they don't know.

Relative paths mean the folder that the command runs in (a clone of the project, for the files shipped here), so a
file means the same in the shell, in a Prefect worker and wherever the YAML itself lies.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, model_validator

from artifacts.stage import Dials, StageConfig
from configs.mistakes import ConfigError, describe, find_secrets
from tasks.align.config import AlignConfig
from tasks.clean.config import CleanConfig
from tasks.evaluate.config import EvaluateConfig
from tasks.export.config import ExportConfig
from tasks.generate.config import GenerateConfig
from tasks.mix.config import MixConfig
from tasks.parse.config import ParseConfig
from tasks.prefer.config import PreferConfig
from tasks.sft.config import SftConfig


class Stage(StrEnum):
    """The stages, in the order of the pipeline."""

    parse = "parse"
    generate = "generate"
    clean = "clean"
    mix = "mix"
    sft = "sft"
    prefer = "prefer"
    align = "align"
    evaluate = "evaluate"
    export = "export"


class Config(Dials):
    """The whole pipeline's dials, in the order of its stages."""

    name: str = "graft"
    """What runs and reports of this configuration are called."""
    store: Path = Path(".graft")
    """Folder of the artifact store; it may be shared by all configurations."""
    parse: ParseConfig = Field(default_factory=ParseConfig)
    generate: GenerateConfig = Field(default_factory=GenerateConfig)
    clean: CleanConfig = Field(default_factory=CleanConfig)
    mix: MixConfig = Field(default_factory=MixConfig)
    sft: SftConfig = Field(default_factory=SftConfig)
    prefer: PreferConfig = Field(default_factory=PreferConfig)
    align: AlignConfig = Field(default_factory=AlignConfig)
    evaluate: EvaluateConfig = Field(default_factory=EvaluateConfig)
    export: ExportConfig = Field(default_factory=ExportConfig)

    @model_validator(mode="after")
    def _sections_are_sized_for_the_base_model(self) -> Config:
        if self.parse.tokenizer is None:
            parse = self.parse.model_copy(update={"tokenizer": self.sft.model.name()})
            object.__setattr__(self, "parse", parse)  # the only way in, as dials are frozen
        return self

    @model_validator(mode="after")
    def _mix_is_for_the_base_model(self) -> Config:
        update: dict[str, Any] = {}
        if self.mix.tokens is not None and not self.mix.tokenizer:
            update["tokenizer"] = self.sft.model.name()
        if (replay := self.mix.replay) is not None and "model" not in replay.model_fields_set:
            update["replay"] = replay.model_copy(update={"model": self.sft.model})
        if update:
            object.__setattr__(self, "mix", self.mix.model_copy(update=update))
        return self

    def sections(self) -> list[StageConfig]:
        """The stages' sections, in the order of the pipeline."""
        return [getattr(self, stage) for stage in Stage]


def load(path: Path | str | None, overrides: list[str] | tuple[str, ...] = ()) -> Config:
    """Read a YAML file, with `section.key=value` overrides laid over it; raises ConfigError with every mistake.

    None for no file: the defaults, with the overrides.
    """
    values, lines = _read(Path(path)) if path is not None else ({}, {})
    path = path or "--set"
    for override in overrides:
        name = _override(values, override)
        lines = {key: line for key, line in lines.items() if not f"{key}.".startswith(f"{name}.")} | {name: "--set"}
    if secrets := find_secrets(values):
        raise ConfigError(path, secrets)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(path, describe(error, Config, lines)) from None


def _read(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The file's values, and where each dotted key stands, such as "line 3"."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        shipped = ", ".join(f"configs/{file.name}" for file in sorted(Path(__file__).parent.glob("*.yaml")))
        raise ConfigError(path, [f"there is no such file; shipped with the project: {shipped}"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, [f"cannot be read: {error}"]) from None
    lines: dict[str, str] = {}
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            return {}, {}
        repeated = list(_number(root, "", lines))
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:  # its own text quotes the file, where a secret may stand
        mark = error.problem_mark
        raise ConfigError(path, [f"{f'line {mark.line + 1}: ' if mark else ''}is not YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise ConfigError(path, [f"is not YAML: {' '.join(str(error).split())}"]) from None
    if repeated:
        raise ConfigError(path, repeated)
    if not isinstance(values, dict):
        raise ConfigError(path, ["must be a mapping of sections, such as `sft:` with its keys indented below"])
    return values, lines


def _number(node: yaml.Node, prefix: str, lines: dict[str, str]) -> Any:
    """Fill in the line of each key and of each entry of a list, from 0; yields a mistake for each key that stands twice
    (YAML itself keeps the last)."""
    if isinstance(node, yaml.SequenceNode):
        for place, entry in enumerate(node.value):
            lines[f"{prefix}{place}"] = f"line {entry.start_mark.line + 1}"
            yield from _number(entry, f"{prefix}{place}.", lines)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        line = f"line {key.start_mark.line + 1}"
        if name in lines:
            yield f"{line}: {name}: stands twice (first in {lines[name]}); keep one"
        lines[name] = line
        yield from _number(value, f"{name}.", lines)


def _override(values: dict[str, Any], override: str) -> str:
    """Lay `sft.epochs=3` over the file's values; what follows the sign is read as YAML. Returns the key."""
    name, sign, text = override.partition("=")
    if not sign or not name.strip():
        raise ConfigError("--set", [f"{name!r}: write it as section.key=value, such as sft.epochs=3"])
    *path, last = name.strip().split(".")
    section = values
    for step in path:
        inner = section.setdefault(step, {})
        if inner is None:
            inner = section[step] = {}
        if not isinstance(inner, dict):
            raise ConfigError("--set", [f"{name}: {step} holds a value, not a section"])
        section = inner
    try:
        section[last] = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError("--set", [f"{name}: what follows the sign is not a YAML value; quote it"]) from None
    return name.strip()
