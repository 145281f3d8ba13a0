"""One data-juicer operator over questions and answers, called directly: its own runner forks for every operator."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from artifacts.records import QAPair
from artifacts.stage import SettingError, StageError
from tasks.clean.config import Operator
from tasks.clean.operators import guards
from tasks.clean.operators.assets import TOKENIZED, tokenizer_folder
from tasks.clean.operators.catalogue import DEDUPLICATORS
from tasks.clean.operators.offline import offline, operator_classes

TEXT, STATS = "text", "__dj__stats__"
TRIAL = [
    QAPair(id="en", fact="", question="What is the capital of France?", answer="The capital of France is Paris."),
    QAPair(id="zh", fact="", question="法国的首都是哪里？", answer="法国的首都是巴黎。", language="zh"),
]


@dataclass(frozen=True)
class Verdict:
    """A filter's word on one row, with the statistics that it decided by."""

    keep: bool
    statistics: dict[str, Any]


class Loaded:
    """An operator of the configuration, made and tried."""

    def __init__(self, operator: Operator) -> None:
        self.name, self.field, self.parameters = operator.name, operator.field, operator.parameters
        in_process = {"text_key": TEXT, "auto_op_parallelism": False, "num_proc": None}
        make = operator_classes()[self.name]
        with self._explained():
            self.op: Any = make(**self.parameters, **in_process)
        if self.name in TOKENIZED and self.op.model_key is not None:
            self.op.model_key = partial(_tokenizer, tokenizer_folder(operator.tokenizer))
        self._cut = guards.mapper_guard(self.name, self.parameters) if operator.guard else None
        self._spaces = operator.guard and guards.counts_words(self.name, self.parameters)

    @property
    def is_mapper(self) -> bool:
        return self.name.endswith("_mapper")

    def attempt(self) -> None:
        """Run it on two sample rows; raises StageError where it can't work on such rows."""
        if self.name in DEDUPLICATORS:
            with self._explained():
                self.op.compute_hash({TEXT: TRIAL[0].question})
        elif self.is_mapper:
            self.edit(TRIAL)
        else:
            self.judge(TRIAL)

    @property
    def fields(self) -> tuple[str, ...]:
        return ("question", "answer") if self.field == "both" else (self.field,)

    def _text(self, pair: QAPair) -> str:
        text = "\n".join(getattr(pair, name) for name in self.fields)
        return guards.spaced(text) if self._spaces else text

    @property
    def limits(self) -> dict[str, Any]:
        """What it decides by, its own defaults too, such as `min_len` and `max_len`."""
        found = {name: value for name, value in vars(self.op).items() if name.startswith(("min_", "max_"))}
        return {name: value for name, value in found.items() if name[4:] != "closed_interval" and value != sys.maxsize}

    @property
    def bounds(self) -> str:
        """The limits in words: `min_len 3, max_len 1000`."""
        return ", ".join(f"{name} {value}" for name, value in self.limits.items())

    def judge(self, pairs: Sequence[QAPair]) -> list[Verdict]:
        """A filter's verdicts. Statistics start empty: data-juicer would take another operator's for its own."""
        samples: dict[str, list[Any]] = {TEXT: [self._text(pair) for pair in pairs], STATS: [{} for _ in pairs]}
        with self._explained():
            if self.op.is_batched_op():
                samples = self.op.compute_stats_batched(samples)
                kept = [bool(keep) for keep in self.op.process_batched(samples)]
            else:
                rows = [dict(zip(samples, row, strict=True)) for row in zip(*samples.values(), strict=True)]
                rows = [self.op.compute_stats_single(row) for row in rows]
                kept = [bool(self.op.process_single(row)) for row in rows]
                samples[STATS] = [row[STATS] for row in rows]
        return [
            Verdict(keep, {name: _plain(value) for name, value in statistics.items()})
            for keep, statistics in zip(kept, samples[STATS], strict=True)
        ]

    def edit(self, pairs: Sequence[QAPair]) -> list[QAPair]:
        """The rows as a mapper leaves them, each text edited by itself; the steps go with the answer. Ids stay."""
        changed: list[dict[str, str]] = [{} for _ in pairs]
        for name in (*self.fields, *(["reasoning"] if "answer" in self.fields else [])):
            rows = [number for number, pair in enumerate(pairs) if getattr(pair, name)]
            texts = self._edited([(getattr(pairs[row], name), guards.is_chinese(pairs[row])) for row in rows])
            for row, text in zip(rows, texts, strict=True):
                changed[row][name] = text
        return [pair.model_copy(update=update) for pair, update in zip(pairs, changed, strict=True)]

    def _edited(self, texts: list[tuple[str, bool]]) -> list[str]:
        """Texts, each with whether its row is Chinese, as the mapper leaves what its guard lets it see."""
        if self._cut is None:
            return self._map([text for text, _ in texts])
        return guards.guarded(self._cut, texts, self._map)

    def _map(self, texts: list[str]) -> list[str]:
        with self._explained():
            if self.op.is_batched_op():
                edited = list(self.op.process_batched({TEXT: list(texts)})[TEXT])
            else:
                edited = [self.op.process_single({TEXT: text})[TEXT] for text in texts]
            if len(edited) != len(texts) or not all(isinstance(text, str) for text in edited):
                raise ValueError("it does not give one text for each text")
        return edited

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what goes wrong inside the operator into words, and keep it from the network."""
        where = f"clean.operators: {self.name}"
        with offline() as wanted:
            try:
                yield
            except Exception as error:
                if not wanted:
                    said = f"{type(error).__name__}: {error}"
                    raise StageError(
                        f"{where}: fails on questions and answers ({said}); correct or remove it"
                    ) from error
        if wanted:
            raise StageError(
                f"{where}: would download from {wanted[0]}, and a run downloads nothing; name a local file in its "
                "parameters, put the file into data-juicer's cache (DATA_JUICER_CACHE_HOME), or remove the operator"
            )


def _tokenizer(folder: Path, device: str = "cpu") -> Any:
    """The tokenizer of a folder, for data-juicer's `get_model`, which names a device."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def load(operators: Sequence[Operator]) -> list[Loaded]:
    """Make each operator and try it on two rows; raises SettingError for what can't work."""
    try:
        loaded = [Loaded(operator) for operator in operators]
        for each in loaded:
            each.attempt()
    except StageError as error:
        raise SettingError(str(error)) from error
    return loaded


def _plain(value: Any) -> Any:
    """A statistic as JSON can hold it."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return round(value, 4) if isinstance(value, float) else value
